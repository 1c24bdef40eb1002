#include "catalog/catalog_factory.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "catalog/hadoop/hadoop_catalog.h"
#include "catalog/memory/memory_catalog.h"
#include "catalog/rest/rest_catalog.h"
#include "catalog/sql/sql_catalog.h"
#include "storage/local/local_path.h"

namespace frazil {
namespace {

constexpr OptionDeclaration kType = {
    .key = "type",
    .type = OptionType::kEnum,
    .default_value = "iceberg",
    .allowed = "iceberg|sql|jdbc|hadoop|rest",
    .description = "what the catalog is; 'iceberg' leaves the kind to catalog-type"};
constexpr OptionDeclaration kCatalogType = {
    .key = "catalog-type",
    .type = OptionType::kEnum,
    .allowed = "sql|jdbc|hadoop|rest",
    .description =
        "sql: a SQLite file shared with PyIceberg and Java's JDBC catalog; "
        "hadoop: folders of a local disk; rest: a server of Iceberg's REST "
        "specification"};
constexpr OptionDeclaration kUri = {
    .key = "uri",
    .is_required = true,
    .description =
        "where the database is: sqlite:///relative/path.db, "
        "sqlite:////absolute/path.db or jdbc:sqlite:path"};
constexpr OptionDeclaration kWarehouse = {
    .key = "warehouse", .description = "the folder in which new tables lie"};
constexpr OptionDeclaration kRequiredWarehouse = {
    .key = "warehouse",
    .is_required = true,
    .description = "the folder that holds all tables"};

constexpr OptionDeclaration kRestUri = {
    .key = "uri",
    .is_required = true,
    .description = "the server: http://host:port/path or https://..., without /v1"};
constexpr OptionDeclaration kRestWarehouse = {
    .key = "warehouse",
    .description = "what the server calls the warehouse: a name, a place, an ARN"};
constexpr OptionDeclaration kToken = {.key = "token", .description = "a bearer token"};
constexpr OptionDeclaration kCredential = {
    .key = "credential",
    .description =
        "id:secret of OAuth2's client credentials, by which tokens are got and renewed"};
constexpr OptionDeclaration kScope = {.key = "scope",
                                      .default_value = "catalog",
                                      .description = "what tokens are asked for"};
constexpr OptionDeclaration kOAuth2ServerUri = {
    .key = "oauth2-server-uri",
    .description = "where tokens are got; by default <uri>/v1/oauth/tokens"};
constexpr OptionDeclaration kPrefix = {
    .key = "prefix",
    .description = "what stands behind /v1/ in paths, if the server does not say so"};
constexpr OptionDeclaration kHeaders = {
    .key = "header.",
    .is_prefix = true,
    .description = "a header of every request: 'header.X-Tenant'"};
constexpr OptionDeclaration kCaBundle = {
    .key = "ssl.cabundle",
    .description = "a PEM file of the authorities to trust instead of the system's"};

std::optional<std::string> Find(const CatalogOptions& options, const std::string& key) {
  const auto found = options.find(key);
  if (found == options.end() || found->second.empty()) return std::nullopt;
  return found->second;
}

Result<std::string> Require(const CatalogOptions& options, const std::string& key,
                            const std::string& catalog) {
  if (auto value = Find(options, key); value.has_value()) return *std::move(value);
  return Fail(ErrorKind::kInvalidConfig, "the catalog '{}' needs the option '{}'",
              catalog, key);
}

Result<std::string> Warehouse(const CatalogOptions& options) {
  const auto warehouse = Find(options, "warehouse");
  if (!warehouse.has_value()) return std::string();
  auto location = AbsoluteLocation(*warehouse);
  if (!location.has_value())
    return Fail(std::move(location).error().Within("'warehouse'"));
  return location;
}

// As PyIceberg infers it; empty where it does not.
std::string TypeOfUri(std::string_view uri) {
  if (uri.starts_with("sqlite") || uri.starts_with("jdbc:sqlite:")) return "sql";
  return uri.starts_with("http://") || uri.starts_with("https://") ? "rest" : "";
}

}  // namespace

Result<std::string> SqlitePathOf(std::string_view uri) {
  std::string_view rest = uri;
  if (rest.starts_with("jdbc:sqlite:")) {
    rest.remove_prefix(12);
    if (rest.starts_with("file:")) rest.remove_prefix(5);
  } else if (rest.starts_with("sqlite:") || rest.starts_with("sqlite+pysqlite:")) {
    rest.remove_prefix(rest.find(':') + 1);
    if (!rest.starts_with("///")) {
      return Fail(
          ErrorKind::kInvalidConfig,
          "'uri' has three slashes before a relative path and four before an absolute "
          "one: {}",
          uri);
    }
    rest.remove_prefix(3);
  } else {
    // Without the URI: a server's has a password.
    return Fail(ErrorKind::kNotSupported,
                "'uri' must name a SQLite file, as in sqlite:///lake/catalog.db");
  }
  rest = rest.substr(0, rest.find('?'));
  if (rest.empty() || rest.starts_with(":memory:")) {
    return Fail(ErrorKind::kInvalidConfig,
                "'uri' must name a file; a catalog in memory would be lost: {}", uri);
  }
  return LocalPath(rest);
}

Result<std::string> CatalogTypeOf(const CatalogOptions& options) {
  std::string type = Find(options, "type").value_or("iceberg");
  if (type == "iceberg") {
    const auto uri = Find(options, "uri");
    type = Find(options, "catalog-type").value_or(TypeOfUri(uri.value_or("")));
  }
  if (type == "jdbc") type = "sql";
  if (type == "sql" || type == "hadoop" || type == "rest" || type == "memory") {
    return type;
  }
  if (type.empty()) {
    return Fail(ErrorKind::kInvalidConfig,
                "a catalog needs the option 'catalog-type': sql, hadoop or rest");
  }
  return Fail(ErrorKind::kNotSupported,
              "'catalog-type' must be sql, hadoop or rest: other catalogs are not "
              "supported: {}",
              type);
}

const std::vector<OptionDeclaration>& CatalogOptionsOf(std::string_view catalog_type) {
  static const std::vector<OptionDeclaration> sql = {kType, kCatalogType, kUri,
                                                     kWarehouse};
  static const std::vector<OptionDeclaration> hadoop = {kType, kCatalogType,
                                                        kRequiredWarehouse};
  static const std::vector<OptionDeclaration> rest = {
      kType,  kCatalogType,     kRestUri, kRestWarehouse, kToken,   kCredential,
      kScope, kOAuth2ServerUri, kPrefix,  kHeaders,       kCaBundle};
  static const std::vector<OptionDeclaration> any = {kType, kCatalogType, kWarehouse};
  if (catalog_type == "sql") return sql;
  if (catalog_type == "rest") return rest;
  return catalog_type == "hadoop" ? hadoop : any;
}

Result<std::unique_ptr<Catalog>> OpenCatalog(std::string name,
                                             const CatalogOptions& options,
                                             std::shared_ptr<FileIO> io) {
  FRAZIL_ASSIGN(const std::string type, CatalogTypeOf(options));
  if (type == "rest") {
    RestCatalogOptions rest;
    rest.properties = options;
    return NewRestCatalog(std::move(name), std::move(rest));
  }
  FRAZIL_ASSIGN(std::string warehouse, Warehouse(options));
  if (type == "sql") {
    FRAZIL_ASSIGN(const std::string uri, Require(options, "uri", name));
    FRAZIL_ASSIGN(std::string path, SqlitePathOf(uri));
    return NewSqlCatalog(std::move(name), {std::move(path), std::move(warehouse)},
                         std::move(io));
  }
  FRAZIL_TRY(Require(options, "warehouse", name));
  if (type == "hadoop") {
    return NewHadoopCatalog(std::move(name), std::move(warehouse), std::move(io));
  }
  return NewMemoryCatalog(std::move(name), std::move(warehouse), std::move(io));
}

}  // namespace frazil
