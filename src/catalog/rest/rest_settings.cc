#include "catalog/rest/rest_settings.h"

#include <utility>

#include "base/json.h"
#include "config/redaction.h"
#include "net/url.h"

namespace frazil {
namespace {

constexpr std::string_view kHeaderPrefix = "header.";
// Shorter values are in any text by chance.
constexpr std::size_t kMinSecretBytes = 4;

std::string Find(const RestProperties& properties, const std::string& key,
                 std::string_view fallback = "") {
  const auto found = properties.find(key);
  return found == properties.end() || found->second.empty() ? std::string(fallback)
                                                            : found->second;
}

std::string_view Trim(std::string_view text, char c) {
  while (text.starts_with(c)) text.remove_prefix(1);
  while (text.ends_with(c)) text.remove_suffix(1);
  return text;
}

// A path of the server's own: what no URL may hold is encoded, what is encoded stays.
std::string EncodePath(std::string_view path) {
  std::string encoded;
  for (const char c : path) {
    encoded += c == '/' || c == '%' ? std::string(1, c) : PercentEncode({&c, 1});
  }
  return encoded;
}

Status CheckUrl(const std::string& url, std::string_view key) {
  Status checked = CheckHttpUrl(url);
  if (checked.has_value()) return checked;
  return Fail(std::move(checked).error().Within(fmt::format("'{}'", key)));
}

Status TakeEach(const Json& json, std::string_view member, RestProperties& properties) {
  if (FindMember(json, member) == nullptr) return {};
  FRAZIL_ASSIGN(const Json* object, GetObject(json, member));
  for (const auto& [key, value] : object->items()) {
    if (value.is_null()) continue;
    if (!value.is_string()) {
      return Fail(ErrorKind::kCorruptData, "{}: no string: {}", member, key);
    }
    properties[key] = value.get<std::string>();
  }
  return {};
}

void Replace(std::string& text, std::string_view secret) {
  if (secret.size() < kMinSecretBytes) return;
  for (std::size_t at = text.find(secret); at != std::string::npos;
       at = text.find(secret, at)) {
    text.replace(at, secret.size(), kRedacted);
    at += kRedacted.size();
  }
}

}  // namespace

Result<RestSettings> MakeRestSettings(const RestProperties& properties) {
  RestSettings settings;
  std::string uri = Find(properties, "uri");
  while (uri.ends_with('/')) uri.pop_back();
  FRAZIL_TRY(CheckUrl(uri, "uri"));
  if (uri.find('?') != std::string::npos) {
    return Fail(ErrorKind::kInvalidConfig, "'uri' has a query: {}", WithoutQuery(uri));
  }
  settings.prefix = EncodePath(Trim(Find(properties, "prefix"), '/'));
  settings.namespace_separator =
      EncodePath(Find(properties, "namespace-separator", settings.namespace_separator));
  settings.token = Find(properties, "token");
  settings.credential = Find(properties, "credential");
  settings.scope = Find(properties, "scope", settings.scope);
  settings.oauth2_server_uri =
      Find(properties, "oauth2-server-uri", uri + "/v1/oauth/tokens");
  FRAZIL_TRY(CheckUrl(settings.oauth2_server_uri, "oauth2-server-uri"));
  for (const auto& [key, value] : properties) {
    if (!key.starts_with(kHeaderPrefix)) continue;
    settings.headers.push_back({key.substr(kHeaderPrefix.size()), value});
  }
  settings.ca_file = Find(properties, "ssl.cabundle");
  settings.uri = std::move(uri);
  return settings;
}

Result<RestProperties> MergeRestConfig(const RestProperties& client,
                                       std::string_view body) {
  FRAZIL_ASSIGN(const Json json, ParseJson(body));
  if (!json.is_object()) {
    return Fail(ErrorKind::kCorruptData, "the catalog's configuration is no object");
  }
  RestProperties merged;
  FRAZIL_TRY(TakeEach(json, "defaults", merged));
  for (const auto& [key, value] : client) merged[key] = value;
  FRAZIL_TRY(TakeEach(json, "overrides", merged));
  return merged;
}

std::string WithoutSecrets(std::string text, const RestSettings& settings,
                           std::string_view token) {
  Replace(text, token);
  Replace(text, settings.token);
  Replace(text, settings.credential);
  const std::size_t colon = settings.credential.find(':');
  if (colon != std::string::npos) {
    Replace(text, std::string_view(settings.credential).substr(colon + 1));
  }
  for (const HttpHeader& header : settings.headers) Replace(text, header.value);
  return text;
}

}  // namespace frazil
