#include "query/table_query.h"

#include <set>
#include <utility>

#include <arrow/array.h>
#include <arrow/record_batch.h>

#include "config/option_set.h"
#include "config/sql/token.h"
#include "engine/iceberg_scan.h"
#include "engine/query_tree.h"

namespace frazil {
namespace {

constexpr std::int64_t kRowsPerFetch = 4096;

// The parts of lake.db."my table".
Result<std::vector<std::string>> NameParts(const std::string& name) {
  FRAZIL_ASSIGN(const std::vector<Token> tokens, Tokenize(name));
  std::vector<std::string> parts;
  for (const Token& token : tokens) {
    if (token.IsName()) parts.push_back(token.Value());
  }
  return parts;
}

}  // namespace

TableQuery::TableQuery(std::map<std::string, Catalog*> catalogs, FileIO& io)
    : catalogs_(std::move(catalogs)), io_(io) {}

Result<std::unique_ptr<TableQuery>> TableQuery::Make(
    std::map<std::string, Catalog*> catalogs, FileIO& io,
    std::int64_t memory_limit_bytes) {
  std::unique_ptr<TableQuery> query(new TableQuery(std::move(catalogs), io));
  DuckOptions options;
  options.memory_limit_bytes = memory_limit_bytes;
  options.threads = 2;
  options.external_access = true;
  FRAZIL_ASSIGN(query->database_, DuckDatabase::Open(options));
  FRAZIL_ASSIGN(query->connection_, query->database_->Connect());
  return query;
}

Status TableQuery::BindTable(const std::string& name) {
  FRAZIL_ASSIGN(const std::vector<std::string> parts, NameParts(name));
  if (parts.size() < 3 || !catalogs_.contains(parts.front())) return {};
  const TableIdentifier identifier{{parts.begin() + 1, parts.end() - 1}, parts.back()};
  Catalog& catalog = *catalogs_.at(parts.front());
  auto table = catalog.LoadTable(identifier);
  if (!table.has_value()) {
    if (table.error().kind != ErrorKind::kNotFound) return Fail(std::move(table).error());
    std::vector<std::string> known;
    if (auto listed = catalog.ListTables(identifier.table_namespace)) {
      for (const TableIdentifier& other : *listed) known.push_back(other.name);
    }
    const std::string nearest = Nearest(identifier.name, known);
    return Fail(ErrorKind::kNotFound, "no such table: {}{}", name,
                nearest.empty() ? "" : fmt::format("; did you mean {}?", nearest));
  }
  FRAZIL_ASSIGN(const std::string scan, ScanSql(*table->metadata, io_));
  if (parts.size() > 3) {
    return Fail(ErrorKind::kNotSupported,
                "a namespace of several levels cannot be queried yet: {}", name);
  }
  const std::string database = QuoteSqlName(parts[0]);
  const std::string schema = fmt::format("{}.{}", database, QuoteSqlName(parts[1]));
  if (bound_.try_emplace(parts[0], true).second) {
    FRAZIL_TRY(connection_->Execute(fmt::format("ATTACH ':memory:' AS {}", database)));
  }
  FRAZIL_TRY(connection_->Execute(fmt::format("CREATE SCHEMA IF NOT EXISTS {}", schema)));
  return connection_->Execute(fmt::format("CREATE OR REPLACE VIEW {}.{} AS {}", schema,
                                          QuoteSqlName(parts[2]), scan));
}

Status TableQuery::Bind(const std::string& sql) {
  FRAZIL_ASSIGN(const std::vector<std::string> tables, ReferencedTables(sql, *database_));
  for (const std::string& table : tables) FRAZIL_TRY(BindTable(table));
  return {};
}

Result<std::vector<std::string>> TableQuery::Columns(const std::string& sql) {
  FRAZIL_TRY(Bind(sql));
  FRAZIL_ASSIGN(const std::vector<DuckColumn> columns, connection_->Describe(sql));
  std::vector<std::string> names;
  for (const DuckColumn& column : columns) names.push_back(column.name);
  return names;
}

Status TableQuery::Run(const std::string& sql, const OnRow& on_row) {
  FRAZIL_TRY(Bind(sql));
  FRAZIL_ASSIGN(const auto statement,
                connection_->Prepare(fmt::format(
                    "SELECT CAST(COLUMNS(*) AS VARCHAR) FROM (\n{}\n) AS answer", sql)));
  FRAZIL_ASSIGN(const auto rows, statement->Run());
  while (true) {
    FRAZIL_ASSIGN(const auto batch, rows->Next(kRowsPerFetch));
    if (batch == nullptr) return {};
    std::vector<const arrow::StringArray*> columns;
    for (const auto& column : batch->columns()) {
      columns.push_back(static_cast<const arrow::StringArray*>(column.get()));
    }
    std::vector<std::string_view> texts(columns.size());
    std::vector<const std::string_view*> row(columns.size());
    for (std::int64_t i = 0; i < batch->num_rows(); ++i) {
      for (std::size_t c = 0; c < columns.size(); ++c) {
        texts[c] = columns[c]->GetView(i);
        row[c] = columns[c]->IsNull(i) ? nullptr : &texts[c];
      }
      if (!on_row(row)) return {};
    }
  }
}

}  // namespace frazil
