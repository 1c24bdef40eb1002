#include "catalog/rest/rest_session.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "base/retry.h"

namespace frazil {
namespace {

constexpr int kReadAttempts = 4;
constexpr std::chrono::milliseconds kFirstPause(100);
constexpr std::chrono::milliseconds kLongestPause(10'000);

bool IsTokenRefused(int status) { return status == 401 || status == 419; }

// Whether the same question may be answered a little later.
bool IsWorthAsking(const HttpResponse& response) {
  return response.status == 429 || response.status == 500 || response.status == 502 ||
         response.status == 503 || response.status == 504;
}

// Retry-After in seconds; the form with a date is for longer times than we wait.
std::optional<std::chrono::milliseconds> RetryAfter(const HttpResponse& response) {
  const std::string* text = FindHeader(response.headers, "Retry-After");
  if (text == nullptr) return std::nullopt;
  int seconds = 0;
  const auto [end, error] =
      std::from_chars(text->data(), text->data() + text->size(), seconds);
  if (error != std::errc() || end != text->data() + text->size() || seconds < 0) {
    return std::nullopt;
  }
  return std::min<std::chrono::milliseconds>(kLongestPause,
                                             std::chrono::seconds(std::min(seconds, 60)));
}

}  // namespace

RestSession::RestSession(RestSettings settings, HttpClient& http, const Clock& clock,
                         PauseFunction pause)
    : settings_(std::move(settings)),
      http_(http),
      token_(settings_, http, clock),
      pause_(std::move(pause)) {}

std::string RestSession::UrlOf(const std::string& path) const {
  return settings_.uri + "/v1/" +
         (settings_.prefix.empty() ? "" : settings_.prefix + "/") + path;
}

Result<HttpResponse> RestSession::Exchange(HttpRequest request) {
  request.headers.insert(request.headers.end(), settings_.headers.begin(),
                         settings_.headers.end());
  request.headers.push_back({"Accept", "application/json"});
  request.headers.push_back({"User-Agent", "frazil/" FRAZIL_VERSION});
  if (request.method == "POST") {
    request.headers.push_back({"Content-Type", "application/json"});
  }
  FRAZIL_ASSIGN(std::string token, token_.Get());
  const std::size_t plain_headers = request.headers.size();
  for (bool is_first = true;; is_first = false) {
    request.headers.resize(plain_headers);
    if (!token.empty()) request.headers.push_back({"Authorization", "Bearer " + token});
    FRAZIL_ASSIGN(HttpResponse response, http_.Send(request));
    if (!IsTokenRefused(response.status)) return response;
    std::optional<std::string> other;
    if (is_first) {
      FRAZIL_ASSIGN(other, token_.Replace(token));
    }
    if (!other.has_value()) return Fail(ErrorOf(response, RestEffect::kNone));
    token = *std::move(other);
  }
}

Result<HttpResponse> RestSession::GetUrl(const std::string& url,
                                         const std::vector<HttpHeader>& headers) {
  HttpRequest request;
  request.url = url;
  request.headers = headers;
  Backoff backoff(kFirstPause, kLongestPause);
  for (int attempt = 1;; ++attempt) {
    Result<HttpResponse> response = Exchange(request);
    std::chrono::milliseconds pause = backoff.Next();
    if (response.has_value()) {
      if (response->is_success() || response->status == 304) return response;
      if (attempt == kReadAttempts || !IsWorthAsking(*response)) {
        return Fail(ErrorOf(*response, RestEffect::kNone));
      }
      pause = RetryAfter(*response).value_or(pause);
    } else {
      Error error = std::move(response).error();
      // Lost on the way back: nothing was changed, and it can be asked again.
      if (error.kind == ErrorKind::kIoError) error.kind = ErrorKind::kUnavailable;
      if (attempt == kReadAttempts || error.kind != ErrorKind::kUnavailable) {
        return Fail(std::move(error));
      }
    }
    pause_(pause);
  }
}

Result<HttpResponse> RestSession::Get(const std::string& path,
                                      const std::vector<HttpHeader>& headers) {
  return GetUrl(UrlOf(path), headers);
}

Result<HttpResponse> RestSession::GetConfig(const std::string& query) {
  return GetUrl(settings_.uri + "/v1/config" + query, {});
}

Result<HttpResponse> RestSession::Change(const std::string& method,
                                         const std::string& path, std::string body) {
  HttpRequest request;
  request.method = method;
  request.url = UrlOf(path);
  request.body = std::move(body);
  Result<HttpResponse> response = Exchange(std::move(request));
  if (response.has_value()) return response;
  Error error = std::move(response).error();
  // Those two say of themselves that nothing was sent, or that it was refused.
  if (error.kind != ErrorKind::kUnavailable && error.kind != ErrorKind::kInvalidConfig) {
    error.kind = ErrorKind::kCommitStateUnknown;
  }
  return Fail(std::move(error));
}

Error RestSession::ErrorOf(const HttpResponse& response, RestEffect effect) {
  Error error = RestErrorOf(response, effect);
  error.message = WithoutSecrets(std::move(error.message), settings_, token_.Current());
  return error;
}

}  // namespace frazil
