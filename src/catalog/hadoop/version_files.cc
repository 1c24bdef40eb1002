#include "catalog/hadoop/version_files.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <tuple>
#include <utility>

#include "base/log.h"
#include "storage/local/local_path.h"

namespace frazil {
namespace {

// What follows the number; the first is what we write.
constexpr std::array<std::string_view, 3> kSuffixes = {
    ".metadata.json", ".gz.metadata.json", ".metadata.json.gz"};

std::optional<int> ParseVersion(std::string_view text) {
  int version = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), version);
  if (error != std::errc() || end != text.data() + text.size() || version < 0) {
    return std::nullopt;
  }
  return version;
}

}  // namespace

std::optional<int> ParseVersionFileName(std::string_view name) {
  if (!name.starts_with('v')) return std::nullopt;
  name.remove_prefix(1);
  const auto dot = name.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  if (std::find(kSuffixes.begin(), kSuffixes.end(), name.substr(dot)) ==
      kSuffixes.end()) {
    return std::nullopt;
  }
  return ParseVersion(name.substr(0, dot));
}

std::string VersionFiles::LocationOf(int version) const {
  return fmt::format("{}/v{}{}", folder_, version, kSuffixes[0]);
}

Result<std::optional<VersionFile>> VersionFiles::Find(int version) {
  for (const std::string_view suffix : kSuffixes) {
    const std::string location = fmt::format("{}/v{}{}", folder_, version, suffix);
    FRAZIL_ASSIGN(const bool is_there, io_.Exists(location));
    if (is_there) return VersionFile{version, location};
  }
  return std::nullopt;
}

Result<std::optional<int>> VersionFiles::ReadHint() {
  Result<std::string> text = io_.Read(HintLocation());
  if (!text.has_value()) {
    if (text.error().kind == ErrorKind::kNotFound) return std::nullopt;
    return Fail(std::move(text).error());
  }
  std::string_view trimmed = *text;
  while (!trimmed.empty() && (trimmed.back() == '\n' || trimmed.back() == ' ')) {
    trimmed.remove_suffix(1);
  }
  return ParseVersion(trimmed);
}

Result<std::vector<VersionFile>> VersionFiles::All() {
  FRAZIL_ASSIGN(const std::string path, LocalPath(folder_));
  auto entries = ListFolder(path);
  if (!entries.has_value()) {
    if (entries.error().kind == ErrorKind::kNotFound) return std::vector<VersionFile>();
    return Fail(std::move(entries).error());
  }
  std::vector<VersionFile> files;
  for (const FolderEntry& entry : *entries) {
    if (const auto version = ParseVersionFileName(entry.name); version.has_value()) {
      files.push_back({*version, folder_ + "/" + entry.name});
    }
  }
  std::sort(files.begin(), files.end(), [](const VersionFile& a, const VersionFile& b) {
    return a.version < b.version;
  });
  return files;
}

Result<VersionFile> VersionFiles::Newest() {
  FRAZIL_ASSIGN(const std::optional<int> hint, ReadHint());
  std::optional<VersionFile> newest;
  if (hint.has_value()) {
    FRAZIL_ASSIGN(newest, Find(*hint));
  }
  if (!newest.has_value()) {
    FRAZIL_ASSIGN(const std::vector<VersionFile> files, All());
    if (files.empty()) {
      return Fail(ErrorKind::kNotFound, "no metadata file in the folder: {}", folder_);
    }
    newest = files.back();
  }
  while (true) {
    FRAZIL_ASSIGN(std::optional<VersionFile> next, Find(newest->version + 1));
    if (!next.has_value()) return *std::move(newest);
    newest = std::move(next);
  }
}

void VersionFiles::WriteHint(int version) {
  // Hadoop's checksum of a former hint would make Java distrust this one.
  std::ignore = io_.Delete(folder_ + "/.version-hint.text.crc");
  const auto path = LocalPath(HintLocation());
  const Status written =
      path.has_value() ? ReplaceFile(*path, std::to_string(version)) : Status();
  if (written.has_value()) return;
  Log(LogLevel::kWarning, "the version hint is behind",
      {{"folder", folder_}, {"version", version}, {"reason", written.error().message}});
}

Status VersionFiles::DeleteHint() { return io_.Delete(HintLocation()); }

}  // namespace frazil
