#pragma once

/// \file catalog/rest/rest_error.h
/// \brief What an answer of a REST catalog that is no success means.
///
/// Source: Iceberg REST catalog specification, the responses of each path and
/// "ErrorModel"; Java's ErrorHandlers.

#include <string>

#include "base/result.h"
#include "net/http.h"

namespace frazil {

/// \brief What a request may have changed.
enum class RestEffect {
  kNone,    ///< It only asks.
  kChange,  ///< It changes the catalog: an answer of 5xx leaves open whether it did.
};

/// \brief True for the exception "NoSuchNamespaceException" and a status of 404.
bool IsNoSuchNamespace(const HttpResponse& response);

/// \brief The error of an answer with a status of 300 and above. The server's own message is
/// in it, shortened; secrets are not taken out.
///
///  - kInvalidArgument, kNotSupported: refused for what it says (400, 406, 501, ...);
///  - kInvalidConfig: who asks may not, or another address is meant (401, 403, 419, 3xx);
///  - kNotFound (404), kCommitFailed (409): said by the catalog itself;
///  - kUnavailable: refused for now (429), or for reads any other 5xx, or a 404 that is not
///    the catalog's: something in front of it does not reach it;
///  - kCommitStateUnknown: any other 5xx to a change.
Error RestErrorOf(const HttpResponse& response, RestEffect effect);

}  // namespace frazil
