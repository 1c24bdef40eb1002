#pragma once

/// \file net/http.h
/// \brief HTTP requests and responses as plain data.
///
/// Source: RFC 9110.

#include <string>
#include <string_view>
#include <vector>

namespace frazil {

/// \brief A field of a header. Names are the same in upper and lower case.
struct HttpHeader {
  std::string name;
  std::string value;
};

/// \brief What a client asks of a server.
struct HttpRequest {
  /// "GET", "HEAD", "POST" or "DELETE".
  std::string method = "GET";
  /// Absolute, with its query; see CheckHttpUrl.
  std::string url;
  std::vector<HttpHeader> headers;
  /// Sent with "POST" only.
  std::string body;
};

/// \brief A complete answer, whatever its status.
struct HttpResponse {
  int status = 0;
  std::vector<HttpHeader> headers;
  std::string body;

  [[nodiscard]] bool is_success() const { return status >= 200 && status < 300; }
};

/// \brief The value of the first header of this name, or nullptr.
const std::string* FindHeader(const std::vector<HttpHeader>& headers,
                              std::string_view name);

}  // namespace frazil
