#pragma once

/// \file catalog/rest/rest_settings.h
/// \brief What a client of a REST catalog is told: by its user, and by the server.
///
/// Source: Iceberg REST catalog specification, "getConfig". Names of properties are those of
/// Java's RESTCatalog and PyIceberg.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/http.h"

namespace frazil {

/// \brief Properties by name, as users and servers give them.
using RestProperties = std::map<std::string, std::string>;

/// \brief The properties, understood.
struct RestSettings {
  /// Without a slash at the end.
  std::string uri;
  /// Between "v1/" and the rest of a path: "", or without slashes at its ends.
  std::string prefix;
  /// What stands between levels of a namespace in a URL, percent-encoded.
  std::string namespace_separator = "%1F";
  /// Sent as "Authorization: Bearer"; empty: none.
  std::string token;
  /// "id:secret", or the secret alone, of OAuth2's client credentials; empty: none.
  std::string credential;
  std::string scope = "catalog";
  /// Where tokens are got.
  std::string oauth2_server_uri;
  /// Sent with every request.
  std::vector<HttpHeader> headers;
  /// PEM file of the authorities to trust; empty: the system's.
  std::string ca_file;
};

/// \brief Understands properties; those it does not know are passed over.
/// \return kInvalidConfig for a missing or wrong one, without its value where it is secret.
Result<RestSettings> MakeRestSettings(const RestProperties& properties);

/// \brief Merges the server's answer to "config": its defaults give way to `client`, which
/// gives way to its overrides.
/// \return kCorruptData if the body is no such answer.
Result<RestProperties> MergeRestConfig(const RestProperties& client,
                                       std::string_view body);

/// \brief The text with *** for each secret: servers repeat what they refuse.
/// \param token the one in use, which may be another than that of the settings.
std::string WithoutSecrets(std::string text, const RestSettings& settings,
                           std::string_view token = "");

}  // namespace frazil
