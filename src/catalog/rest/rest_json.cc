#include "catalog/rest/rest_json.h"

#include <memory>
#include <utility>

#include "iceberg/metadata_json.h"
#include "net/url.h"

namespace frazil {

std::string EncodedNamespace(const RestSettings& settings,
                             const Namespace& table_namespace) {
  std::string text;
  for (const std::string& level : table_namespace) {
    if (!text.empty()) text += settings.namespace_separator;
    text += PercentEncode(level);
  }
  return text;
}

Result<std::string> CreateTableRequestJson(const std::string& name, NewTable table) {
  const std::string location = table.location;
  // Checks the table; the location does not matter for that.
  if (location.empty()) table.location = "/";
  FRAZIL_ASSIGN(const TableMetadata metadata, MakeTableMetadata(table, /*now_ms=*/0));
  Json properties = Json(metadata.properties);
  properties["format-version"] = std::to_string(metadata.format_version);
  Json body = {{"name", name},
               {"schema", SchemaToJson(metadata.CurrentSchema())},
               {"partition-spec", PartitionSpecToJson(metadata.DefaultSpec())},
               {"write-order", SortOrderToJson(metadata.sort_orders.front())},
               {"stage-create", false},
               {"properties", std::move(properties)}};
  if (!location.empty()) body["location"] = location;
  return DumpJson(body);
}

Result<LoadedTable> LoadedTableFromJson(std::string_view body) {
  FRAZIL_ASSIGN(const Json json, ParseJson(body));
  LoadedTable table;
  FRAZIL_ASSIGN(table.metadata_location, GetString(json, "metadata-location"));
  FRAZIL_ASSIGN(const Json* member, GetObject(json, "metadata"));
  FRAZIL_ASSIGN(TableMetadata metadata, TableMetadataFromJson(*member));
  table.metadata = std::make_shared<const TableMetadata>(std::move(metadata));
  return table;
}

Result<LoadedTable> LoadedTableFromChange(std::string_view body,
                                          const TableIdentifier& identifier) {
  Result<LoadedTable> table = LoadedTableFromJson(body);
  if (table.has_value()) return table;
  return Fail(ErrorKind::kCommitStateUnknown,
              "{}: the catalog made the change, and its answer does not parse: {}",
              identifier.ToString(), table.error().message);
}

Result<ListingPage> ListingPageFromJson(std::string_view body, std::string_view member) {
  FRAZIL_ASSIGN(const Json json, ParseJson(body));
  FRAZIL_ASSIGN(const Json* items, GetArray(json, member));
  ListingPage page;
  page.items.assign(items->begin(), items->end());
  if (FindMember(json, "next-page-token") != nullptr) {
    FRAZIL_ASSIGN(page.next_page_token, GetString(json, "next-page-token"));
  }
  return page;
}

Result<Namespace> NamespaceFromJson(const Json& json) {
  Namespace levels;
  if (!json.is_array() || json.empty()) {
    return Fail(ErrorKind::kCorruptData, "a namespace that is no list of levels");
  }
  for (const Json& level : json) {
    if (!level.is_string()) {
      return Fail(ErrorKind::kCorruptData, "a level of a namespace that is no string");
    }
    levels.push_back(level.get<std::string>());
  }
  return levels;
}

}  // namespace frazil
