#pragma once

/// \file catalog/rest/rest_token.h
/// \brief The bearer token of a REST catalog: given, or got by OAuth2's client credentials.
///
/// Source: RFC 6749, sections 4.4 and 5; Iceberg REST catalog specification, "getToken".

#include <chrono>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "catalog/rest/rest_settings.h"
#include "net/http_client.h"

namespace frazil {

/// \brief Holds a token and renews it before it expires. Thread-safe.
class RestToken {
 public:
  /// \param settings, http, clock outlive this.
  RestToken(const RestSettings& settings, HttpClient& http, const Clock& clock)
      : settings_(settings), http_(http), clock_(clock), token_(settings.token) {}

  /// \brief The token to send; empty if there is none and no way to get one. Is got anew
  /// shortly before it expires; if that does not work, the old one serves to its end.
  /// \return kInvalidConfig if the credential is refused; kUnavailable if nobody answers. In
  /// neither case was anything asked of the catalog itself.
  Result<std::string> Get();

  /// \brief Another token than `refused`, or nullopt if there is none to be had.
  /// Errors as of Get.
  Result<std::optional<std::string>> Replace(const std::string& refused);

  /// \brief The token as it is; nothing is asked.
  std::string Current();

 private:
  // Called with the lock held.
  Status Fetch();

  const RestSettings& settings_;
  HttpClient& http_;
  const Clock& clock_;
  std::mutex mutex_;
  // Guarded by mutex_.
  std::string token_;
  std::optional<std::chrono::steady_clock::time_point> renew_at_;
  std::optional<std::chrono::steady_clock::time_point> expires_at_;
};

}  // namespace frazil
