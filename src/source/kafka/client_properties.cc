#include "source/kafka/client_properties.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

namespace frazil {
namespace {

enum class Treatment {
  kRename,  ///< `text` is librdkafka's name
  kPass,    ///< has no effect here: `text` says why
  kRefuse,  ///< would change what is read: `text` says what to do
};

struct Rule {
  std::string_view key;
  Treatment treatment;
  std::string_view text;
};

constexpr std::string_view kNoJavaClass = "Frazil runs no Java classes; leave it out";

// Properties that mean the same for every value. Those that depend on values or on each
// other have functions below.
constexpr std::array kRules = {
    Rule{"fetch.max.wait.ms", Treatment::kRename, "fetch.wait.max.ms"},
    Rule{"max.partition.fetch.bytes", Treatment::kRename, "fetch.message.max.bytes"},
    Rule{"send.buffer.bytes", Treatment::kRename, "socket.send.buffer.bytes"},
    Rule{"receive.buffer.bytes", Treatment::kRename, "socket.receive.buffer.bytes"},
    Rule{"sasl.mechanism", Treatment::kRename, "sasl.mechanisms"},
    Rule{"sasl.oauthbearer.scope", Treatment::kRename, "sasl.oauthbearer.scope"},
    Rule{"ssl.keystore.certificate.chain", Treatment::kRename, "ssl.certificate.pem"},
    Rule{"ssl.keystore.key", Treatment::kRename, "ssl.key.pem"},
    Rule{"ssl.truststore.certificates", Treatment::kRename, "ssl.ca.pem"},
    Rule{"key.deserializer", Treatment::kPass,
         "the key.format option decides how keys are read"},
    Rule{"value.deserializer", Treatment::kPass,
         "the format option decides how values are read"},
    Rule{"key.serializer", Treatment::kPass, "bytes are written as they are"},
    Rule{"value.serializer", Treatment::kPass, "bytes are written as they are"},
    Rule{"max.poll.records", Treatment::kPass,
         "batches are sized by bytes; use queued.max.messages.kbytes to hold less in "
         "memory"},
    Rule{"enable.auto.commit", Treatment::kPass,
         "offsets are in the table; the group's are written after each commit"},
    Rule{"auto.commit.interval.ms", Treatment::kPass,
         "the group's offsets are written after each commit; see commit.interval"},
    Rule{"enable.auto.offset.store", Treatment::kPass, "offsets are in the table"},
    Rule{"enable.partition.eof", Treatment::kPass, "always on here"},
    Rule{"partition.assignment.strategy", Treatment::kPass,
         "workers always use cooperative-sticky, so that a rebalance stops nothing else"},
    Rule{"default.api.timeout.ms", Treatment::kPass, "use socket.timeout.ms"},
    Rule{"max.request.size", Treatment::kRename, "message.max.bytes"},
    Rule{"buffer.memory", Treatment::kPass, "use queue.buffering.max.kbytes"},
    Rule{"max.block.ms", Treatment::kPass, "use delivery.timeout.ms"},
    Rule{"request.timeout.ms", Treatment::kRename, "socket.timeout.ms"},
    Rule{"socket.connection.setup.timeout.max.ms", Treatment::kPass,
         "use socket.connection.setup.timeout.ms"},
    Rule{"exclude.internal.topics", Treatment::kPass, "internal topics match no pattern"},
    Rule{"metric.reporters", Treatment::kPass, kNoJavaClass},
    Rule{"metrics.num.samples", Treatment::kPass, "Frazil has metrics of its own"},
    Rule{"metrics.recording.level", Treatment::kPass, "Frazil has metrics of its own"},
    Rule{"metrics.sample.window.ms", Treatment::kPass, "Frazil has metrics of its own"},
    Rule{"auto.include.jmx.reporter", Treatment::kPass, "Frazil has metrics of its own"},
    Rule{"register.consumer.metrics", Treatment::kPass, "Frazil has metrics of its own"},
    Rule{"partition.discovery.interval.ms", Treatment::kPass,
         "use 'scan.topic-partition-discovery.interval'"},
    Rule{"security.providers", Treatment::kPass, kNoJavaClass},
    Rule{"ssl.protocol", Treatment::kPass,
         "OpenSSL picks the newest that both sides know"},
    Rule{"ssl.enabled.protocols", Treatment::kPass,
         "OpenSSL picks the newest that both sides know"},
    Rule{"ssl.provider", Treatment::kPass, "OpenSSL is used"},
    Rule{"ssl.keymanager.algorithm", Treatment::kPass, "OpenSSL is used"},
    Rule{"ssl.trustmanager.algorithm", Treatment::kPass, "OpenSSL is used"},
    Rule{"ssl.secure.random.implementation", Treatment::kPass, "OpenSSL is used"},
    Rule{"ssl.truststore.password", Treatment::kPass,
         "PEM files with certificates have none"},
    Rule{"sasl.login.refresh.window.factor", Treatment::kPass,
         "tokens are renewed at 80 % of their life"},
    Rule{"sasl.login.refresh.window.jitter", Treatment::kPass,
         "tokens are renewed at 80 % of their life"},
    Rule{"sasl.login.refresh.min.period.seconds", Treatment::kPass,
         "tokens are renewed at 80 % of their life"},
    Rule{"sasl.login.refresh.buffer.seconds", Treatment::kPass,
         "tokens are renewed at 80 % of their life"},
    Rule{"interceptor.classes", Treatment::kRefuse,
         "interceptors are Java classes that may change records: put what they do into "
         "the "
         "SELECT and leave the property out"},
    Rule{"config.providers", Treatment::kRefuse,
         "config providers are Java classes: put secrets into the environment and write "
         "${NAME} in the script"},
    Rule{"ssl.engine.factory.class", Treatment::kRefuse,
         "OpenSSL is used: give the certificates by ssl.ca.location, "
         "ssl.certificate.location "
         "and ssl.key.location"},
    Rule{"sasl.client.callback.handler.class", Treatment::kRefuse,
         "callback handlers are Java classes: use PLAIN, SCRAM or OAUTHBEARER with "
         "sasl.oauthbearer.token.endpoint.url"},
    Rule{"sasl.login.class", Treatment::kRefuse,
         "login classes are Java classes: use PLAIN, SCRAM or OAUTHBEARER"},
};

bool EndsWith(std::string_view text, std::string_view lower_suffix) {
  if (text.size() < lower_suffix.size()) return false;
  return std::equal(
      lower_suffix.begin(), lower_suffix.end(),
      text.end() - static_cast<std::ptrdiff_t>(lower_suffix.size()),
      [](char a, char b) { return a == std::tolower(static_cast<unsigned char>(b)); });
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

std::string ValueOf(const JavaProperties& all, const std::string& key) {
  const auto found = all.find(key);
  return found == all.end() ? "" : found->second;
}

// "jks", "pkcs12" or "pem": as declared, else by the file's name, else Java's default.
std::string StoreType(const JavaProperties& all, const std::string& kind) {
  const std::string declared = Lower(ValueOf(all, "ssl." + kind + ".type"));
  if (!declared.empty()) return declared;
  const std::string file = ValueOf(all, "ssl." + kind + ".location");
  for (const std::string_view suffix : {".pem", ".crt", ".cer"}) {
    if (EndsWith(file, suffix)) return "pem";
  }
  if (EndsWith(file, ".p12") || EndsWith(file, ".pfx")) return "pkcs12";
  return "jks";
}

Status TranslateTruststore(const JavaProperties& all, const std::string& value,
                           ClientProperties& into) {
  if (StoreType(all, "truststore") != "pem") {
    return Fail(ErrorKind::kInvalidConfig,
                "only PEM files can be read as a trust store: make one by `keytool "
                "-exportcert -rfc -keystore <file> -alias <name> > ca.pem` and set "
                "'properties.ssl.ca.location' to it");
  }
  into.values["ssl.ca.location"] = value;
  return {};
}

Status TranslateKeystore(const JavaProperties& all, const std::string& value,
                         ClientProperties& into) {
  const std::string type = StoreType(all, "keystore");
  if (type == "pem") {
    into.values["ssl.certificate.location"] = value;
    into.values["ssl.key.location"] = value;
    return {};
  }
  if (type == "pkcs12") {
    into.values["ssl.keystore.location"] = value;
    return {};
  }
  return Fail(
      ErrorKind::kInvalidConfig,
      "Java key stores (JKS) cannot be read: convert it by `keytool -importkeystore "
      "-srckeystore <file> -destkeystore client.p12 -deststoretype PKCS12` and set "
      "'properties.ssl.keystore.type' to 'PKCS12'");
}

Status TranslateOAuthBearer(const JaasEntry& jaas, ClientProperties& into) {
  const auto copy = [&](const char* java, const char* ours) {
    const auto found = jaas.options.find(java);
    if (found != jaas.options.end()) into.values[ours] = found->second;
  };
  copy("clientId", "sasl.oauthbearer.client.id");
  copy("clientSecret", "sasl.oauthbearer.client.secret");
  copy("scope", "sasl.oauthbearer.scope");
  into.values["sasl.oauthbearer.method"] = "oidc";
  return {};
}

Status TranslateJaas(const std::string& value, ClientProperties& into) {
  FRAZIL_ASSIGN(const JaasEntry jaas, ParseJaasEntry(value));
  if (jaas.login_module == "OAuthBearerLoginModule") {
    return TranslateOAuthBearer(jaas, into);
  }
  if (jaas.login_module == "Krb5LoginModule") {
    return Fail(
        ErrorKind::kInvalidConfig,
        "Kerberos (GSSAPI) is not built in: use SASL_SSL with SCRAM-SHA-512, PLAIN or "
        "OAUTHBEARER, or TLS client certificates");
  }
  if (jaas.login_module == "IAMLoginModule") {
    return Fail(
        ErrorKind::kInvalidConfig,
        "AWS_MSK_IAM is not supported: enable SASL/SCRAM or TLS on the cluster and use "
        "that");
  }
  if (jaas.login_module != "PlainLoginModule" &&
      jaas.login_module != "ScramLoginModule") {
    return Fail(ErrorKind::kInvalidConfig,
                "unknown login module: use PlainLoginModule, ScramLoginModule or "
                "OAuthBearerLoginModule; got {}",
                jaas.login_module);
  }
  for (const char* const option : {"username", "password"}) {
    const auto found = jaas.options.find(option);
    if (found == jaas.options.end()) {
      return Fail(ErrorKind::kInvalidConfig, "{} needs {}=\"...\"", jaas.login_module,
                  option);
    }
    into.values[std::string("sasl.") + option] = found->second;
  }
  return {};
}

Status TranslateLoginHandler(const std::string& value, ClientProperties& into) {
  if (!value.ends_with("OAuthBearerLoginCallbackHandler")) {
    return Fail(ErrorKind::kInvalidConfig,
                "callback handlers are Java classes: use OAUTHBEARER with "
                "sasl.oauthbearer.token.endpoint.url, PLAIN or SCRAM");
  }
  into.values["sasl.oauthbearer.method"] = "oidc";
  return {};
}

Status TranslateOffsetReset(const std::string& value, ClientProperties& into) {
  if (value != "earliest" && value != "latest" && value != "none") {
    return Fail(
        ErrorKind::kInvalidConfig,
        "takes 'earliest', 'latest' or 'none'; where a pipeline starts is said by "
        "'scan.startup.mode'");
  }
  into.auto_offset_reset = value;
  return {};
}

// Properties whose treatment depends on the value. nullopt: `key` is none of them.
std::optional<Status> TranslateByValue(const JavaProperties& all, const std::string& key,
                                       const std::string& value, ClientProperties& into) {
  if (key == "sasl.jaas.config") return TranslateJaas(value, into);
  if (key == "ssl.truststore.location") return TranslateTruststore(all, value, into);
  if (key == "ssl.keystore.location") return TranslateKeystore(all, value, into);
  if (key == "sasl.login.callback.handler.class")
    return TranslateLoginHandler(value, into);
  // Read together with the location.
  if (key == "ssl.truststore.type" || key == "ssl.keystore.type") return Status();
  if (key == "auto.offset.reset") return TranslateOffsetReset(value, into);
  if (key == "security.protocol" || key == "group.protocol" || key == "isolation.level") {
    into.values[key] = Lower(value);
    return Status();
  }
  if (key == "ssl.endpoint.identification.algorithm") {
    into.values[key] = value.empty() ? "none" : Lower(value);
    return Status();
  }
  if (key == "commit.offsets.on.checkpoint") {
    into.commits_offsets = value != "false";
    return Status();
  }
  if (key == "client.id.prefix") {
    into.values["client.id"] = value;
    return Status();
  }
  return std::nullopt;
}

}  // namespace

Status TranslateProperty(const JavaProperties& all, const std::string& key,
                         ClientProperties& into) {
  const std::string& value = all.at(key);
  if (auto status = TranslateByValue(all, key, value, into)) return *std::move(status);
  const auto* const rule = std::find_if(kRules.begin(), kRules.end(),
                                        [&](const Rule& r) { return r.key == key; });
  if (rule == kRules.end()) {
    into.values[key] = value;
    return {};
  }
  switch (rule->treatment) {
    case Treatment::kRename:
      into.values[std::string(rule->text)] = value;
      return {};
    case Treatment::kPass:
      into.remarks.push_back(fmt::format("{}: {}", key, rule->text));
      return {};
    case Treatment::kRefuse:
      break;
  }
  return Fail(ErrorKind::kInvalidConfig, "{}", rule->text);
}

Result<ClientProperties> TranslateProperties(const JavaProperties& all) {
  ClientProperties properties;
  for (const auto& [key, value] : all) {
    if (Status status = TranslateProperty(all, key, properties); !status.has_value()) {
      return Fail(std::move(status).error().Within(key));
    }
  }
  return properties;
}

}  // namespace frazil
