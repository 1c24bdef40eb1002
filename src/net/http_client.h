#pragma once

/// \file net/http_client.h
/// \brief Sends HTTP requests, each once, and tells whether one that failed was sent.
///
/// Over libcurl, which only this room includes. HTTP/1.1; TLS from 1.2 on with the system's
/// certificates, always verified. Redirects are not followed: they would carry secrets to
/// another place. The environment's http_proxy, https_proxy and no_proxy count.

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "base/result.h"
#include "net/http.h"

namespace frazil {

/// \brief How patient a client is, and whom it trusts.
struct HttpClientOptions {
  /// For the name, the connection and the TLS handshake together.
  std::chrono::milliseconds connect_timeout = std::chrono::seconds(10);
  /// For the whole exchange.
  std::chrono::milliseconds timeout = std::chrono::seconds(60);
  /// Of a response, after decompression. Headers have at most 1 MiB besides.
  std::size_t max_body_bytes = std::size_t{256} << 20;
  /// A PEM file of certificates to trust instead of the system's; empty: the system's.
  std::string ca_file;
};

/// \brief A client with connections that are kept. Thread-safe; threads do not wait for each
/// other.
class HttpClient {
 public:
  explicit HttpClient(HttpClientOptions options = {});
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// \brief Sends a request once.
  ///
  /// A request other than GET and HEAD gets a new connection: a server may close an idle one
  /// at any time, and libcurl resends what was lost with it.
  /// \return The answer, of any status. Messages name neither query, headers nor bodies.
  ///  - kUnavailable: the server was not reached; it certainly did nothing;
  ///  - kInvalidConfig: a URL, header or certificate that will not do; nothing was sent;
  ///  - kIoError: sent, at least in part, and no whole answer came: it may have acted;
  ///  - kNotSupported: it answered with more than `max_body_bytes`, and may have acted.
  Result<HttpResponse> Send(const HttpRequest& request);

 private:
  class Connections;

  const HttpClientOptions options_;
  std::unique_ptr<Connections> connections_;
};

}  // namespace frazil
