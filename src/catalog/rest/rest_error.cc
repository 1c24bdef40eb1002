#include "catalog/rest/rest_error.h"

#include <optional>

#include <fmt/format.h>

#include "base/json.h"

namespace frazil {
namespace {

constexpr std::size_t kMaxMessageBytes = 1000;

// The "error" object of an answer that the catalog itself gave.
struct ErrorModel {
  std::string message;
  std::string type;
};

std::optional<ErrorModel> ReadModel(const HttpResponse& response) {
  const Result<Json> json = ParseJson(response.body);
  if (!json.has_value() || !json->is_object()) return std::nullopt;
  const Result<const Json*> error = GetObject(*json, "error");
  if (!error.has_value()) return std::nullopt;
  Result<std::string> type = GetString(**error, "type");
  if (!type.has_value()) return std::nullopt;
  return ErrorModel{GetString(**error, "message").value_or(""), *std::move(type)};
}

ErrorKind KindOfServerError(int status, RestEffect effect) {
  if (status == 501 || status == 505) return ErrorKind::kNotSupported;
  return effect == RestEffect::kChange ? ErrorKind::kCommitStateUnknown
                                       : ErrorKind::kUnavailable;
}

ErrorKind KindOf(int status, bool is_from_catalog, RestEffect effect) {
  if (status >= 500) return KindOfServerError(status, effect);
  if (status < 400) return ErrorKind::kInvalidConfig;
  switch (status) {
    case 401:
    case 403:
    case 407:
    case 419:
      return ErrorKind::kInvalidConfig;
    case 404:
      return is_from_catalog ? ErrorKind::kNotFound : ErrorKind::kUnavailable;
    case 405:
    case 406:
      return ErrorKind::kNotSupported;
    case 409:
      return ErrorKind::kCommitFailed;
    case 408:
    case 429:
      return ErrorKind::kUnavailable;
    default:
      return ErrorKind::kInvalidArgument;
  }
}

std::string_view HintOf(int status) {
  if (status == 401 || status == 419) return "; check 'token' or 'credential'";
  if (status == 403) return "; ask for the permission, or check 'scope'";
  if (status < 400) return "; 'uri' must name the catalog itself, not what leads to it";
  return "";
}

}  // namespace

bool IsNoSuchNamespace(const HttpResponse& response) {
  if (response.status != 404) return false;
  const std::optional<ErrorModel> model = ReadModel(response);
  return model.has_value() && model->type == "NoSuchNamespaceException";
}

Error RestErrorOf(const HttpResponse& response, RestEffect effect) {
  const std::optional<ErrorModel> model = ReadModel(response);
  const ErrorKind kind = KindOf(response.status, model.has_value(), effect);
  if (!model.has_value()) {
    return {kind, fmt::format("the answer is not the catalog's: HTTP {}{}",
                              response.status, HintOf(response.status))};
  }
  return {kind,
          fmt::format("{} ({}, HTTP {}){}", model->message.substr(0, kMaxMessageBytes),
                      model->type, response.status, HintOf(response.status))};
}

}  // namespace frazil
