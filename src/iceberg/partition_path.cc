#include "iceberg/partition_path.h"

#include <algorithm>
#include <cstdint>

#include <fmt/format.h>

#include "iceberg/transform.h"

namespace frazil {
namespace {

constexpr unsigned kHashBits = 20;
constexpr int kHashFolders = 3;
constexpr std::size_t kHashFolderLength = 4;

// As Java's URLEncoder: a blank becomes '+', and these stay as they are.
bool IsPlain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         c == '.' || c == '-' || c == '*' || c == '_';
}

std::string UrlEncode(std::string_view text) {
  std::string encoded;
  encoded.reserve(text.size());
  for (const char c : text) {
    if (IsPlain(c)) {
      encoded += c;
    } else if (c == ' ') {
      encoded += '+';
    } else {
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return encoded;
}

// Local file systems take names of 255 bytes, object stores keys of 1,024.
constexpr std::size_t kLongestFolder = 200;
constexpr std::size_t kLongestPath = 600;

// A longer name ends in a hash of all of it.
std::string Shortened(std::string name, std::size_t limit) {
  if (name.size() <= limit) return name;
  const std::string hash =
      fmt::format("-{:08x}", static_cast<std::uint32_t>(HashBytes(name)));
  std::size_t kept = limit - hash.size();
  // Not in the middle of "%2F".
  const std::size_t escape = name.rfind('%', kept - 1);
  if (escape != name.npos && escape + 3 > kept) kept = escape;
  return name.substr(0, kept) + hash;
}

std::string WithoutSlash(std::string location) {
  while (location.size() > 1 && location.back() == '/') location.pop_back();
  return location;
}

std::string FirstProperty(const TableMetadata& metadata,
                          std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) {
    std::string value = metadata.Property(key, "");
    if (!value.empty()) return WithoutSlash(std::move(value));
  }
  return metadata.location + "/data";
}

// "0101/0110/1001/10110010": the low bits of the hash of a name.
std::string HashFolders(std::string_view name) {
  const auto hash = static_cast<std::uint32_t>(HashBytes(name));
  std::string folders;
  for (unsigned bit = kHashBits; bit > 0; --bit) {
    folders += (hash >> (bit - 1) & 1U) != 0 ? '1' : '0';
  }
  for (int folder = kHashFolders; folder > 0; --folder) {
    folders.insert(static_cast<std::size_t>(folder) * kHashFolderLength, 1, '/');
  }
  return folders;
}

// "db/events" of "s3://bucket/db/events": keeps tables apart under a data path they share.
std::string PathContext(std::string_view table_location) {
  const std::size_t name = table_location.rfind('/');
  if (name == table_location.npos || name == 0) return std::string(table_location);
  const std::size_t parent = table_location.rfind('/', name - 1);
  return std::string(
      table_location.substr(parent == table_location.npos ? 0 : parent + 1));
}

std::string ObjectStoreLocation(const TableMetadata& metadata,
                                const std::string& partition_path,
                                std::string_view file_name) {
  const std::string data = FirstProperty(
      metadata,
      {"write.data.path", "write.object-storage.path", "write.folder-storage.path"});
  const bool is_partitioned =
      metadata.Property("write.object-storage.partitioned-paths", "true") != "false";
  std::string name(file_name);
  if (is_partitioned && !partition_path.empty()) name = partition_path + "/" + name;
  const std::string hash = HashFolders(name);
  if (!data.starts_with(metadata.location)) {
    return fmt::format("{}/{}/{}/{}", data, hash, PathContext(metadata.location), name);
  }
  return fmt::format("{}/{}{}{}", data, hash, is_partitioned ? "/" : "-", name);
}

}  // namespace

std::string PartitionPath(const PartitionSpec& spec, const Schema& schema,
                          const std::vector<Literal>& values) {
  std::string path;
  const std::size_t count = std::min(spec.fields.size(), values.size());
  if (count == 0) return path;
  const std::size_t limit =
      std::clamp(kLongestPath / count, std::size_t{32}, kLongestFolder);
  for (std::size_t i = 0; i < count; ++i) {
    const PartitionField& field = spec.fields[i];
    const SchemaField* source = schema.FindFieldById(field.source_id);
    // A dropped column leaves only the value's own form.
    const Type type = source == nullptr ? Type(TypeId::kString) : source->type;
    if (!path.empty()) path += '/';
    path += Shortened(UrlEncode(field.name) + "=" +
                          UrlEncode(field.transform.ToHumanString(values[i], type)),
                      limit);
  }
  return path;
}

std::string DataFileLocation(const TableMetadata& metadata, const PartitionSpec& spec,
                             const std::vector<Literal>& partition,
                             std::string_view file_name) {
  const std::string path = PartitionPath(spec, metadata.CurrentSchema(), partition);
  if (metadata.Property("write.object-storage.enabled", "false") == "true") {
    return ObjectStoreLocation(metadata, path, file_name);
  }
  const std::string data =
      FirstProperty(metadata, {"write.data.path", "write.folder-storage.path"});
  return path.empty() ? fmt::format("{}/{}", data, file_name)
                      : fmt::format("{}/{}/{}", data, path, file_name);
}

}  // namespace frazil
