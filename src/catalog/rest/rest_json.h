#pragma once

/// \file catalog/rest/rest_json.h
/// \brief Bodies of a REST catalog's requests and answers, but those of commits.
///
/// Source: Iceberg REST catalog specification, "CreateTableRequest", "LoadTableResult",
/// "CommitTableResponse", "ListTablesResponse", "ListNamespacesResponse".

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "catalog/catalog.h"
#include "catalog/rest/rest_settings.h"

namespace frazil {

/// \brief The levels for a URL: each percent-encoded, with the server's separator between.
std::string EncodedNamespace(const RestSettings& settings,
                             const Namespace& table_namespace);

/// \brief The request for a table of ids that are given anew; the server may number them
/// otherwise. Without a location the server chooses one.
/// \return kInvalidArgument as MakeTableMetadata.
Result<std::string> CreateTableRequestJson(const std::string& name, NewTable table);

/// \brief A table as an answer tells of it. kCorruptData if that does not parse.
Result<LoadedTable> LoadedTableFromJson(std::string_view body);

/// \brief The same of the answer to a change that succeeded: kCommitStateUnknown if it does
/// not parse, since the change was made.
Result<LoadedTable> LoadedTableFromChange(std::string_view body,
                                          const TableIdentifier& identifier);

/// \brief A part of a listing.
struct ListingPage {
  std::vector<Json> items;
  /// Empty after the last page.
  std::string next_page_token;
};

/// \brief Reads the items in the array `member`. kCorruptData for anything else.
Result<ListingPage> ListingPageFromJson(std::string_view body, std::string_view member);

/// \brief An item of a listing of namespaces: an array of strings.
Result<Namespace> NamespaceFromJson(const Json& json);

}  // namespace frazil
