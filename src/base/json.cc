#include "base/json.h"

#include <algorithm>
#include <limits>

namespace frazil {
namespace {

constexpr int kMaxDepth = 500;

// Refuses deep nesting before the recursive parser sees it.
Status CheckDepth(std::string_view text) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        in_string = false;
      }
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kMaxDepth) {
        return Fail(ErrorKind::kCorruptData,
                    "JSON nests deeper than {} levels at byte {}", kMaxDepth, i);
      }
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return {};
}

}  // namespace

Result<Json> ParseJson(std::string_view text) {
  FRAZIL_TRY(CheckDepth(text));
  try {
    return Json::parse(text.begin(), text.end());
  } catch (const nlohmann::json::exception& e) {
    return Fail(ErrorKind::kCorruptData, "not a JSON document: {}", e.what());
  }
}

std::string DumpJson(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string QuoteJson(std::string_view text) {
  // As names and locations are: DumpJson would copy them as they stand.
  const bool is_plain = std::all_of(text.begin(), text.end(), [](char c) {
    return c >= ' ' && c <= '~' && c != '"' && c != '\\';
  });
  return is_plain ? fmt::format(R"("{}")", text) : DumpJson(Json(std::string(text)));
}

const Json* FindMember(const Json& object, std::string_view key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(std::string(key));
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

Result<const Json*> GetMember(const Json& object, std::string_view key) {
  const Json* member = FindMember(object, key);
  if (member == nullptr) return Fail(ErrorKind::kCorruptData, "missing member: {}", key);
  return member;
}

Result<std::int64_t> GetInt64(const Json& object, std::string_view key) {
  FRAZIL_ASSIGN(const Json* member, GetMember(object, key));
  if (!member->is_number_integer() ||
      (member->is_number_unsigned() &&
       member->get<std::uint64_t>() >
           static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))) {
    return Fail(ErrorKind::kCorruptData, "not a 64-bit integer: {}", key);
  }
  return member->get<std::int64_t>();
}

Result<std::int32_t> GetInt32(const Json& object, std::string_view key) {
  FRAZIL_ASSIGN(const std::int64_t value, GetInt64(object, key));
  if (value < std::numeric_limits<std::int32_t>::min() ||
      value > std::numeric_limits<std::int32_t>::max()) {
    return Fail(ErrorKind::kCorruptData, "not a 32-bit integer: {}", key);
  }
  return static_cast<std::int32_t>(value);
}

Result<bool> GetBool(const Json& object, std::string_view key) {
  FRAZIL_ASSIGN(const Json* member, GetMember(object, key));
  if (!member->is_boolean())
    return Fail(ErrorKind::kCorruptData, "not a boolean: {}", key);
  return member->get<bool>();
}

Result<std::string> GetString(const Json& object, std::string_view key) {
  FRAZIL_ASSIGN(const Json* member, GetMember(object, key));
  if (!member->is_string()) return Fail(ErrorKind::kCorruptData, "not a string: {}", key);
  return member->get<std::string>();
}

Result<const Json*> GetArray(const Json& object, std::string_view key) {
  FRAZIL_ASSIGN(const Json* member, GetMember(object, key));
  if (!member->is_array()) return Fail(ErrorKind::kCorruptData, "not an array: {}", key);
  return member;
}

Result<const Json*> GetObject(const Json& object, std::string_view key) {
  FRAZIL_ASSIGN(const Json* member, GetMember(object, key));
  if (!member->is_object())
    return Fail(ErrorKind::kCorruptData, "not an object: {}", key);
  return member;
}

}  // namespace frazil
