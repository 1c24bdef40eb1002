#pragma once

/// \file decode/json/json_plan.h
/// \brief A schema compiled for reading JSON: what each field is, and how its name is found.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "decode/column.h"
#include "model/type.h"

namespace frazil {

/// \brief True if two names are equal; inline, for names of a field's usual length.
inline bool IsSameName(std::string_view a, std::string_view b) {
  const std::size_t size = a.size();
  if (size != b.size()) return false;
  if (size > 16) return a == b;
  const auto differs_in = [&](auto word) {
    const auto load = [&](std::string_view from, std::size_t at) {
      std::memcpy(&word, from.data() + at, sizeof(word));
      return word;
    };
    const std::size_t last = size - sizeof(word);
    return load(a, 0) != load(b, 0) || load(a, last) != load(b, last);
  };
  if (size >= 8) return !differs_in(std::uint64_t{0});
  if (size >= 4) return !differs_in(std::uint32_t{0});
  if (size >= 2) return !differs_in(std::uint16_t{0});
  return size == 0 || a[0] == b[0];
}

/// \brief Finds a field by name: a hash of length, first and last bytes into a table that
/// is never more than a quarter full.
class FieldIndex {
 public:
  static constexpr std::uint32_t kNone = 0xFFFF'FFFF;

  FieldIndex() = default;
  /// The names outlive the index.
  explicit FieldIndex(const std::vector<std::string_view>& names);

  /// \brief The name's index, or kNone.
  [[nodiscard]] std::uint32_t Find(std::string_view name) const {
    for (std::uint64_t slot = Hash(name) & mask_;; slot = (slot + 1) & mask_) {
      const Entry& entry = entries_[slot];
      if (entry.index == kNone || IsSameName(entry.name, name)) return entry.index;
    }
  }

 private:
  struct Entry {
    std::string_view name;
    std::uint32_t index = kNone;
  };

  template <typename Word>
  static Word Load(const char* at) {
    Word word = 0;
    std::memcpy(&word, at, sizeof(word));
    return word;
  }

  static std::uint64_t Hash(std::string_view name) {
    const char* const at = name.data();
    const std::size_t size = name.size();
    std::uint64_t word = size;
    if (size >= 8) {
      word ^= Load<std::uint64_t>(at) ^ std::rotl(Load<std::uint64_t>(at + size - 8), 7);
    } else if (size >= 4) {
      word ^= (std::uint64_t{Load<std::uint32_t>(at)} << 32U) ^
              (std::uint64_t{Load<std::uint32_t>(at + size - 4)} << 3U);
    } else if (size > 0) {
      word ^= (std::uint64_t{Load<std::uint8_t>(at)} << 24U) ^
              (std::uint64_t{Load<std::uint8_t>(at + size / 2)} << 16U) ^
              (std::uint64_t{Load<std::uint8_t>(at + size - 1)} << 8U);
    }
    word *= 0x9E37'79B9'7F4A'7C15ULL;
    return word ^ (word >> 32U);
  }

  std::vector<Entry> entries_ = std::vector<Entry>(1);
  std::uint64_t mask_ = 0;
};

/// \brief A column or a member of one, with all that reading its value needs.
struct JsonNode {
  JsonNode() = default;
  // The index refers to the children's names.
  JsonNode(JsonNode&&) noexcept = default;
  JsonNode& operator=(JsonNode&&) noexcept = default;
  JsonNode(const JsonNode&) = delete;
  JsonNode& operator=(const JsonNode&) = delete;
  ~JsonNode() = default;

  TypeId type = TypeId::kStruct;
  bool is_required = false;
  /// Of a decimal.
  std::uint8_t precision = 0;
  std::uint8_t scale = 0;
  /// Nullptr for the root, whose children are columns of the table.
  Column* column = nullptr;
  /// In the enclosing struct: the index of the field that came next in the last record. The
  /// writer of a topic keeps its order, so the next name is compared with one name only.
  std::uint32_t follower = 0;
  /// Of a struct: the index of the field that came first in the last record.
  std::uint32_t first = 0;
  std::string name;
  /// "geo.city", "tags.element": for messages.
  std::string path;
  /// Of a struct its fields, of a list the element, of a map key and value.
  std::vector<JsonNode> children;
  FieldIndex index;
};

/// \brief A column to be read from the members of a JSON object.
struct JsonField {
  std::string name;
  Type type;
  bool is_required = false;
  Column* column = nullptr;
};

/// \brief Compiles columns into the root of a plan.
/// \pre names are unique; the columns do not move any more.
JsonNode CompileJsonPlan(const std::vector<JsonField>& fields);

}  // namespace frazil
