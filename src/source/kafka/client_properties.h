#pragma once

/// \file source/kafka/client_properties.h
/// \brief Kafka client properties under the names of Java's client, for librdkafka.
///
/// Most names are the same in both clients. A property that exists only in Java is
/// translated, passed over with a remark, or refused with what to do instead. Every name
/// of librdkafka is accepted as it is.
/// Source of the names: Kafka's ConsumerConfigs, ProducerConfigs, SslConfigs, SaslConfigs;
/// librdkafka's CONFIGURATION.md.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace frazil {

/// \brief Properties as the user wrote them, without the prefix "properties.".
using JavaProperties = std::map<std::string, std::string>;

/// \brief Properties as librdkafka takes them. Values may be secrets: never log them.
struct ClientProperties {
  std::map<std::string, std::string> values;
  /// What was passed over, and why: "max.poll.records: ...". Never holds a value.
  std::vector<std::string> remarks;
  /// Java's auto.offset.reset: "earliest", "latest", "none", or "" if not given.
  std::string auto_offset_reset;
  /// Flink's commit.offsets.on.checkpoint.
  bool commits_offsets = true;
};

/// \brief Translates one property of `all` into `into`.
/// \param all every property, as some depend on others (the type of a key store).
/// \return kInvalidConfig if it can have no effect here that the user would want; the
/// message says what to do instead, and begins without the key.
Status TranslateProperty(const JavaProperties& all, const std::string& key,
                         ClientProperties& into);

/// \brief Translates all of them; messages begin with the key.
Result<ClientProperties> TranslateProperties(const JavaProperties& all);

/// \brief The parts of a line of JAAS: `a.b.PlainLoginModule required user="x";`.
struct JaasEntry {
  /// The class without its package: "PlainLoginModule".
  std::string login_module;
  std::map<std::string, std::string> options;
};

/// \brief Reads a JAAS line with one login module.
/// \return kInvalidConfig for anything else; the message repeats no value.
Result<JaasEntry> ParseJaasEntry(std::string_view text);

}  // namespace frazil
