#pragma once

/// \file catalog/rest/rest_session.h
/// \brief Requests to one REST catalog: who asks, what is tried again, what an answer means.

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "catalog/rest/rest_error.h"
#include "catalog/rest/rest_settings.h"
#include "catalog/rest/rest_token.h"
#include "net/http_client.h"

namespace frazil {

/// \brief Waits. Replaced in tests.
using PauseFunction = std::function<void(std::chrono::milliseconds)>;

/// \brief Sends requests with the token and the headers of the settings. Thread-safe.
///
/// A token that is refused (401, 419) is replaced once and the request sent again: it
/// certainly did nothing. No other request is sent twice, but those that only ask.
class RestSession {
 public:
  /// \param http, clock outlive the session.
  RestSession(RestSettings settings, HttpClient& http, const Clock& clock,
              PauseFunction pause);
  ~RestSession() = default;
  RestSession(const RestSession&) = delete;
  RestSession& operator=(const RestSession&) = delete;

  [[nodiscard]] const RestSettings& settings() const { return settings_; }

  /// \brief Asks. Tries four times in all if nobody answers or the server is not ready,
  /// waiting as long as it says (Retry-After), at most 10 s.
  /// \param path behind "v1/" and the prefix, with its query.
  /// \param headers besides those of the settings.
  /// \return A success or 304. Errors of RestErrorOf; kUnavailable if no answer came.
  Result<HttpResponse> Get(const std::string& path,
                           const std::vector<HttpHeader>& headers = {});

  /// \brief Asks for the catalog's configuration, which stands outside the prefix.
  Result<HttpResponse> GetConfig(const std::string& query);

  /// \brief Changes something, once.
  /// \param method "POST" with a JSON body, or "DELETE".
  /// \return The answer, of any status but 401 and 419; RestErrorOf tells what it means.
  /// kCommitStateUnknown if the request was sent and no whole answer came.
  Result<HttpResponse> Change(const std::string& method, const std::string& path,
                              std::string body = "");

  /// \brief RestErrorOf without secrets.
  Error ErrorOf(const HttpResponse& response, RestEffect effect);

 private:
  [[nodiscard]] std::string UrlOf(const std::string& path) const;
  // One exchange, or two where the first is refused for its token.
  Result<HttpResponse> Exchange(HttpRequest request);
  Result<HttpResponse> GetUrl(const std::string& url,
                              const std::vector<HttpHeader>& headers);

  const RestSettings settings_;
  HttpClient& http_;
  RestToken token_;
  const PauseFunction pause_;
};

}  // namespace frazil
