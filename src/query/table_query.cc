#include "query/table_query.h"

#include <charconv>
#include <span>
#include <utility>

#include <arrow/array.h>
#include <arrow/record_batch.h>

#include "base/text_list.h"
#include "config/option_set.h"
#include "config/sql/token.h"
#include "engine/damaged_file.h"
#include "engine/duck_error.h"
#include "engine/duck_types.h"
#include "engine/iceberg_scan.h"
#include "engine/names.h"
#include "engine/query_tree.h"
#include "query/row_json.h"

namespace frazil {
namespace {

constexpr std::int64_t kRowsPerFetch = 4096;

std::string QuotedName(std::span<const std::string> parts) {
  std::string quoted;
  for (const std::string& part : parts) {
    if (!quoted.empty()) quoted += '.';
    quoted += QuoteSqlName(part);
  }
  return quoted;
}

Status AppendJsonLines(const arrow::RecordBatch& rows, std::string& lines) {
  for (std::int64_t i = 0; i < rows.num_rows(); ++i) {
    FRAZIL_TRY(AppendJsonRow(rows, i, lines));
    lines += '\n';
  }
  return {};
}

// DuckDB's names have three parts at most: "a.b" in quotes is a namespace of two levels.
std::vector<std::string> LevelsOf(std::span<const std::string> parts) {
  std::vector<std::string> levels;
  for (const std::string& part : parts) {
    for (std::string& level : SplitList(part, '.')) levels.push_back(std::move(level));
  }
  return levels;
}

Error NoSuchTable(const TableName& name, Catalog& catalog) {
  std::vector<std::string> known;
  if (auto listed = catalog.ListTables(name.levels)) {
    for (const TableIdentifier& other : *listed) known.push_back(other.name);
  }
  const std::string nearest = Nearest(name.table, known);
  return {ErrorKind::kNotFound,
          fmt::format("no such table: {}{}", name.ToString(),
                      nearest.empty() ? "" : fmt::format("; did you mean {}?", nearest))};
}

}  // namespace

TableQuery::TableQuery(std::map<std::string, Catalog*> catalogs, FileIO& io,
                       NameScope scope)
    : catalogs_(std::move(catalogs)), io_(io), scope_(std::move(scope)) {}

Result<std::unique_ptr<TableQuery>> TableQuery::Make(
    std::map<std::string, Catalog*> catalogs, FileIO& io, std::int64_t memory_limit_bytes,
    NameScope scope) {
  std::unique_ptr<TableQuery> query(
      new TableQuery(std::move(catalogs), io, std::move(scope)));
  query->memory_limit_bytes_ = memory_limit_bytes;
  DuckOptions options;
  options.memory_limit_bytes = memory_limit_bytes;
  options.threads = 2;
  options.external_access = true;
  FRAZIL_ASSIGN(query->database_, DuckDatabase::Open(options));
  FRAZIL_ASSIGN(query->connection_, query->database_->Connect());
  return query;
}

std::optional<TableName> TableQuery::Resolve(const NameParts& written) const {
  if (written.size() >= 3) {
    for (const auto& [name, catalog] : catalogs_) {
      if (!SameName(name, written[0])) continue;
      const std::span levels = std::span(written).subspan(1, written.size() - 2);
      return TableName{name, LevelsOf(levels), written.back()};
    }
    return std::nullopt;
  }
  if (written.size() == 1) {
    const auto named = scope_.tables.find(LowerName(written[0]));
    if (named != scope_.tables.end()) return named->second;
  }
  if (!catalogs_.contains(scope_.catalog)) return std::nullopt;
  if (written.size() == 2) {
    return TableName{scope_.catalog, LevelsOf(std::span(written).first(1)), written[1]};
  }
  if (scope_.database.empty()) return std::nullopt;
  return TableName{scope_.catalog, scope_.database, written[0]};
}

Error TableQuery::NotNamed(const NameParts& written) const {
  return {ErrorKind::kNotFound,
          fmt::format("no such table: {}; tables are named catalog.namespace.table{}",
                      fmt::join(written, "."),
                      catalogs_.empty() ? ""
                                        : fmt::format(", and there is the catalog {}",
                                                      catalogs_.begin()->first))};
}

Result<TableQuery::Rows> TableQuery::Databases() const {
  Rows rows;
  for (const auto& [name, catalog] : catalogs_) {
    FRAZIL_ASSIGN(const auto databases, catalog->ListNamespaces());
    for (const auto& levels : databases) {
      rows.push_back({name, fmt::format("{}", fmt::join(levels, "."))});
    }
  }
  return rows;
}

Result<TableQuery::Rows> TableQuery::Tables(const NameParts& database) const {
  Rows rows;
  bool is_known = database.empty();
  for (const auto& [name, catalog] : catalogs_) {
    FRAZIL_ASSIGN(const auto databases, catalog->ListNamespaces());
    for (const auto& levels : databases) {
      const std::string text = fmt::format("{}", fmt::join(levels, "."));
      const std::string wanted = fmt::format("{}", fmt::join(database, "."));
      if (!database.empty() && !SameName(wanted, text) && !SameName(wanted, name) &&
          !SameName(wanted, fmt::format("{}.{}", name, text))) {
        continue;
      }
      is_known = true;
      FRAZIL_ASSIGN(const auto tables, catalog->ListTables(levels));
      for (const TableIdentifier& table : tables)
        rows.push_back({name, text, table.name});
    }
  }
  if (!is_known) {
    return Fail(ErrorKind::kNotFound, "no such database: {}; SHOW DATABASES lists them",
                fmt::join(database, "."));
  }
  return rows;
}

Result<std::string> TableQuery::DescribeSql(const NameParts& written) const {
  const std::optional<TableName> name = Resolve(written);
  if (!name.has_value()) return Fail(NotNamed(written));
  Catalog& catalog = *catalogs_.at(name->catalog);
  const auto table = catalog.LoadTable({name->levels, name->table});
  if (!table.has_value()) {
    if (table.error().kind != ErrorKind::kNotFound) return Fail(table.error());
    return Fail(NoSuchTable(*name, catalog));
  }
  const TableMetadata& metadata = *table->metadata;
  Rows rows;
  for (const SchemaField& field : metadata.CurrentSchema().fields) {
    std::string partitioning;
    for (const PartitionField& part : metadata.DefaultSpec().fields) {
      if (part.source_id != field.field_id) continue;
      partitioning += (partitioning.empty() ? "" : ", ") + part.transform.ToString();
    }
    rows.push_back({field.name, DuckTypeName(field.type), field.type.ToString(),
                    field.required ? "NO" : "YES", partitioning, field.doc});
  }
  return RowsSql(
      {"column_name", "column_type", "iceberg_type", "null", "partition", "comment"},
      rows);
}

Result<std::string> TableQuery::Translate(std::string_view text) {
  FRAZIL_ASSIGN(ReadStatement statement, ParseReadStatement(text));
  if (!statement.show.has_value()) return std::move(statement.sql);
  Rows rows;
  switch (statement.show->kind) {
    case ShowStatement::Kind::kCatalogs:
      for (const auto& [name, catalog] : catalogs_) rows.push_back({name});
      return RowsSql({"catalog"}, rows);
    case ShowStatement::Kind::kDatabases: {
      FRAZIL_ASSIGN(rows, Databases());
      return RowsSql({"catalog", "database"}, rows);
    }
    case ShowStatement::Kind::kTables: {
      FRAZIL_ASSIGN(rows, Tables(statement.show->name));
      return RowsSql({"catalog", "database", "table"}, rows);
    }
    case ShowStatement::Kind::kDescribe:
      break;
  }
  return DescribeSql(statement.show->name);
}

Status TableQuery::BindTable(const NameParts& written) {
  const std::optional<TableName> name = Resolve(written);
  if (!name.has_value()) {
    missing_ = NotNamed(written);
    return {};
  }
  Catalog& catalog = *catalogs_.at(name->catalog);
  const auto table = catalog.LoadTable({name->levels, name->table});
  if (!table.has_value()) {
    if (table.error().kind != ErrorKind::kNotFound) return Fail(table.error());
    missing_ = NoSuchTable(*name, catalog);
    return {};
  }
  bound_.emplace_back(*name, table->metadata);
  const auto scan = ScanSql(*table->metadata, io_);
  if (!scan.has_value()) return Fail(Error(scan.error()).Within(name->ToString()));
  // DuckDB finds the table under the name that the query has for it.
  if (written.size() == 3 && attached_.insert(LowerName(written[0])).second) {
    FRAZIL_TRY(connection_->Execute(
        fmt::format("ATTACH ':memory:' AS {}", QuoteSqlName(written[0]))));
  }
  if (written.size() > 1) {
    FRAZIL_TRY(connection_->Execute(
        fmt::format("CREATE SCHEMA IF NOT EXISTS {}",
                    QuotedName(std::span(written).first(written.size() - 1)))));
  }
  return connection_->Execute(
      fmt::format("CREATE OR REPLACE VIEW {} AS {}", QuotedName(written), *scan));
}

Status TableQuery::Bind(const std::string& sql) {
  missing_.reset();
  bound_.clear();
  auto parsed = QueryTree::Parse(*connection_, sql);
  if (!parsed.has_value() &&
      parsed.error().message.find("NameListToString") != std::string::npos) {
    return Fail(
        ErrorKind::kInvalidConfig,
        "a name has more than three parts: write the levels of a namespace as one "
        "name in quotes, lake.\"a.b\".t");
  }
  FRAZIL_ASSIGN(const QueryTree tree, std::move(parsed));
  for (const NameParts& written : tree.TableParts()) FRAZIL_TRY(BindTable(written));
  return {};
}

Error TableQuery::Explain(Error error) const {
  const std::string_view text = DuckErrorText(error);
  const bool is_table = text.starts_with("Table with name ") ||
                        text.starts_with("Schema with name ") ||
                        text.starts_with("Catalog \"");
  if (is_table && missing_.has_value()) return *missing_;
  for (const auto& [name, metadata] : bound_) {
    std::optional<Error> damage = FindDamagedFile(error, *metadata, io_, *connection_);
    if (damage.has_value()) return std::move(*damage).Within(name.ToString());
  }
  if (IsOutOfDuckMemory(error)) {
    error.message +=
        fmt::format("; a query may use {} MiB: sort, group or join fewer rows or columns",
                    memory_limit_bytes_ / (1 << 20));
  }
  // No record is to blame, as it is where a pipeline runs: the query asks for it.
  if (error.kind == ErrorKind::kInvalidRecord) error.kind = ErrorKind::kInvalidConfig;
  return error;
}

template <typename Value>
Result<Value> TableQuery::Explained(Result<Value> result) const {
  if (result.has_value()) return result;
  return Fail(Explain(std::move(result).error()));
}

Result<std::vector<std::string>> TableQuery::Columns(const std::string& sql) {
  return Explained(ReadColumns(sql));
}

Status TableQuery::Run(const std::string& sql, const OnRow& on_row) {
  return Explained(ReadRows(sql, on_row));
}

Status TableQuery::RunAsJson(const std::string& sql, const OnLines& on_lines) {
  return Explained(ReadAsJson(sql, on_lines));
}

Result<std::int64_t> TableQuery::Count(const std::string& sql) {
  return Explained(ReadCount(sql));
}

Result<std::vector<std::string>> TableQuery::ReadColumns(const std::string& sql) {
  FRAZIL_TRY(Bind(sql));
  FRAZIL_ASSIGN(const std::vector<DuckColumn> columns, connection_->Describe(sql));
  std::vector<std::string> names;
  names.reserve(columns.size());
  for (const DuckColumn& column : columns) names.push_back(column.name);
  return names;
}

Status TableQuery::ReadRows(const std::string& sql, const OnRow& on_row) {
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

Status TableQuery::ReadAsJson(const std::string& sql, const OnLines& on_lines) {
  FRAZIL_TRY(Bind(sql));
  // As a table of its own the query gets a name for each column.
  FRAZIL_ASSIGN(const auto statement, connection_->PrepareForArrow(fmt::format(
                                          "SELECT * FROM (\n{}\n) AS answer", sql)));
  FRAZIL_ASSIGN(const auto rows, statement->Run());
  std::string lines;
  while (true) {
    FRAZIL_ASSIGN(const auto batch, rows->Next(kRowsPerFetch));
    if (batch == nullptr) return {};
    lines.clear();
    FRAZIL_TRY(AppendJsonLines(*batch, lines));
    if (!on_lines(lines)) return {};
  }
}

Result<std::int64_t> TableQuery::ReadCount(const std::string& sql) {
  FRAZIL_TRY(Bind(sql));
  FRAZIL_ASSIGN(const auto rows, connection_->QueryTexts(fmt::format(
                                     "SELECT count(*) FROM (\n{}\n) AS answer", sql)));
  std::int64_t count = 0;
  const std::string& text = rows.at(0).at(0);
  std::from_chars(text.data(), text.data() + text.size(), count);
  return count;
}

}  // namespace frazil
