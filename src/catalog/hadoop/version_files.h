#pragma once

/// \file catalog/hadoop/version_files.h
/// \brief The numbered metadata files of one table of a hadoop catalog.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "storage/file_io.h"

namespace frazil {

/// \brief The version in "v12.metadata.json", "v12.gz.metadata.json" or
/// "v12.metadata.json.gz"; nullopt for other names.
std::optional<int> ParseVersionFileName(std::string_view name);

/// \brief A version and the location of its file.
struct VersionFile {
  int version = 0;
  std::string location;
};

/// \brief The metadata folder of a table. Keeps nothing: each call looks.
class VersionFiles {
 public:
  /// \param table_location without a slash at its end.
  /// \param io outlives this.
  VersionFiles(FileIO& io, std::string_view table_location)
      : io_(io), folder_(fmt::format("{}/metadata", table_location)) {}

  /// \brief The newest version: from the hint upward, or from a listing where the hint is
  /// missing or wrong. \return kNotFound without any version.
  Result<VersionFile> Newest();

  /// \brief All versions, ascending; none if there is no folder.
  Result<std::vector<VersionFile>> All();

  /// \brief Where we write a version.
  [[nodiscard]] std::string LocationOf(int version) const;

  /// \brief The file of a version under any of its names; nullopt without one.
  Result<std::optional<VersionFile>> Find(int version);

  /// \brief Points the hint at a version. A failure is logged: it is only a hint.
  void WriteHint(int version);
  Status DeleteHint();

 private:
  [[nodiscard]] std::string HintLocation() const {
    return folder_ + "/version-hint.text";
  }
  // The hinted version; nullopt if the hint is missing or makes no sense.
  Result<std::optional<int>> ReadHint();

  FileIO& io_;
  std::string folder_;
};

}  // namespace frazil
