#pragma once

/// \file base/json.h
/// \brief JSON as a document: for metadata, ledgers and settings, not for records.
///
/// Wraps nlohmann-json so that nothing throws. Key order is kept as written.

#include <cstdint>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/result.h"

namespace frazil {

/// \brief A JSON document whose objects keep the order of their keys.
using Json = nlohmann::ordered_json;

/// \brief Parses a whole document. Nesting is bounded by 500 levels.
/// \return kCorruptData, with the byte position, for anything else than one document.
Result<Json> ParseJson(std::string_view text);

/// \brief Writes a document without blanks; invalid UTF-8 becomes U+FFFD.
std::string DumpJson(const Json& json);

/// \brief A string as a JSON literal, with its quotes; invalid UTF-8 becomes U+FFFD.
std::string QuoteJson(std::string_view text);

/// \name Checked access
/// Each returns kCorruptData, naming the key, if the member is absent or of another type.
/// @{
Result<const Json*> GetMember(const Json& object, std::string_view key);
Result<std::int64_t> GetInt64(const Json& object, std::string_view key);
Result<std::int32_t> GetInt32(const Json& object, std::string_view key);
Result<bool> GetBool(const Json& object, std::string_view key);
Result<std::string> GetString(const Json& object, std::string_view key);
Result<const Json*> GetArray(const Json& object, std::string_view key);
Result<const Json*> GetObject(const Json& object, std::string_view key);
/// @}

/// \brief The member, or nullptr where it is absent or JSON null.
const Json* FindMember(const Json& object, std::string_view key);

}  // namespace frazil
