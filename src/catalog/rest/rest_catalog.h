#pragma once

/// \file catalog/rest/rest_catalog.h
/// \brief A catalog behind HTTP: the server writes the metadata, the client sends updates.
///
/// Source: Iceberg REST catalog specification (OpenAPI).

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "catalog/catalog.h"
#include "catalog/rest/rest_session.h"
#include "catalog/rest/rest_settings.h"
#include "net/http_client.h"

namespace frazil {

/// \brief How a REST catalog is spoken to, besides its properties.
struct RestCatalogOptions {
  /// As the user gives them; the server's configuration is merged into them.
  RestProperties properties;
  /// Timeouts and limits; `ca_file` is taken from the properties.
  HttpClientOptions http;
  /// Between two attempts of a request that only asks. Unset: sleeps.
  PauseFunction pause;
};

/// \brief Opens the catalog. Nothing is sent before its first operation, which asks for the
/// configuration.
/// \param clock outlives the catalog.
/// \return kInvalidConfig for a property that is missing or wrong.
Result<std::unique_ptr<Catalog>> NewRestCatalog(std::string name,
                                                RestCatalogOptions options,
                                                const Clock& clock = Clock::System());

}  // namespace frazil
