#pragma once

/// \file config/redaction.h
/// \brief Keeps secrets out of messages, plans and logs.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "config/pipeline_spec.h"

namespace frazil {

/// \brief What stands where a secret was.
inline constexpr std::string_view kRedacted = "***";

/// \brief True for option keys whose values nobody should read: passwords, tokens, JAAS
/// lines, private keys. Keys of files, addresses and durations ("ssl.key.location",
/// "token.endpoint.url") are not secret.
bool IsSecretKey(std::string_view key);

/// \brief The option's value for people: secrets and passwords in URLs replaced.
std::string Redacted(const Option& option);

/// \brief A run of bytes, [begin, end).
struct ByteSpan {
  std::size_t begin = 0;
  std::size_t end = 0;

  bool operator==(const ByteSpan&) const = default;
};

/// \brief Finds secret values in the text of a script, properties or YAML file, in order:
/// the value after a secret key (`'k' = 'v'`, `k=v`, `"k": "v"`) and the password of a URL.
/// Works on broken text as well; a value whose quote never ends reaches to the end.
std::vector<ByteSpan> FindSecrets(std::string_view text);

}  // namespace frazil
