#include "catalog/rest/rest_token.h"

#include <algorithm>
#include <utility>

#include "base/json.h"
#include "net/url.h"

namespace frazil {
namespace {

// How long before its end a token is renewed, or half of a shorter life.
constexpr std::chrono::seconds kMargin(60);
// What a server may say at most: a century.
constexpr std::int64_t kMaxSeconds = 3'153'600'000;

HttpRequest TokenRequest(const RestSettings& settings) {
  UrlParameters form = {{"grant_type", "client_credentials"}};
  const std::size_t colon = settings.credential.find(':');
  if (colon != std::string::npos) {
    form.emplace_back("client_id", settings.credential.substr(0, colon));
    form.emplace_back("client_secret", settings.credential.substr(colon + 1));
  } else {
    form.emplace_back("client_secret", settings.credential);
  }
  form.emplace_back("scope", settings.scope);
  HttpRequest request;
  request.method = "POST";
  request.url = settings.oauth2_server_uri;
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded"},
                     {"Accept", "application/json"}};
  request.body = EncodeParameters(form);
  return request;
}

// {"error": "invalid_client", ...} of OAuth2, or {"error": {"message": ...}} of Iceberg.
std::string ReasonOf(const HttpResponse& response) {
  const Result<Json> json = ParseJson(response.body);
  const Json* error =
      json.has_value() && json->is_object() ? FindMember(*json, "error") : nullptr;
  if (error != nullptr && error->is_object()) error = FindMember(*error, "message");
  const bool is_text = error != nullptr && error->is_string();
  return is_text ? error->get<std::string>().substr(0, 500) : "no reason given";
}

}  // namespace

Result<std::string> RestToken::Get() {
  const std::scoped_lock lock(mutex_);
  if (settings_.credential.empty()) return token_;
  const auto now = clock_.SteadyNow();
  if (!token_.empty() && (!renew_at_ || now < *renew_at_)) return token_;
  Status fetched = Fetch();
  const bool is_usable = !token_.empty() && expires_at_ && now < *expires_at_;
  if (!fetched.has_value() && !is_usable) return Fail(std::move(fetched).error());
  return token_;
}

Result<std::optional<std::string>> RestToken::Replace(const std::string& refused) {
  const std::scoped_lock lock(mutex_);
  if (settings_.credential.empty()) return std::nullopt;
  if (token_ == refused) FRAZIL_TRY(Fetch());  // else another thread was quicker
  if (token_ == refused) return std::nullopt;
  return token_;
}

std::string RestToken::Current() {
  const std::scoped_lock lock(mutex_);
  return token_;
}

Status RestToken::Fetch() {
  Result<HttpResponse> response = http_.Send(TokenRequest(settings_));
  if (!response.has_value()) {
    Error error = std::move(response).error();
    if (error.kind != ErrorKind::kInvalidConfig) error.kind = ErrorKind::kUnavailable;
    return Fail(std::move(error).Within("getting a token"));
  }
  const std::string server(WithoutQuery(settings_.oauth2_server_uri));
  if (!response->is_success()) {
    const bool is_refused = response->status < 500 && response->status != 429;
    return Fail(is_refused ? ErrorKind::kInvalidConfig : ErrorKind::kUnavailable,
                "{} gives no token for 'credential' and 'scope' (HTTP {}): {}", server,
                response->status, WithoutSecrets(ReasonOf(*response), settings_));
  }
  const Result<Json> json = ParseJson(response->body);
  const Result<std::string> token =
      json.has_value() ? GetString(*json, "access_token") : Fail(json.error());
  if (!token.has_value() || token->empty()) {
    return Fail(ErrorKind::kInvalidConfig,
                "what 'oauth2-server-uri' names answers without an access_token: {}",
                server);
  }
  token_ = *token;
  renew_at_.reset();
  expires_at_.reset();
  const Result<std::int64_t> seconds = GetInt64(*json, "expires_in");
  if (seconds.has_value() && *seconds > 0) {
    const std::chrono::seconds life(std::min(*seconds, kMaxSeconds));
    expires_at_ = clock_.SteadyNow() + life;
    renew_at_ = *expires_at_ - std::min<std::chrono::seconds>(kMargin, life / 2);
  }
  return {};
}

}  // namespace frazil
