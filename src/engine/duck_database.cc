#include "engine/duck_database.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include <arrow/array/util.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include "config/sql/token.h"
#include "engine/duck_error.h"
#include "engine/duck_impl.h"
#include "model/arrow_schema.h"

namespace frazil {
namespace {

std::string ResultErrorText(duckdb_result* result) {
  const char* text = duckdb_result_error(result);
  return text == nullptr ? "INTERNAL Error: DuckDB failed without a message" : text;
}

}  // namespace

// ------------------------------------------------------------------------- DuckDatabase

DuckDatabase::DuckDatabase(std::unique_ptr<Impl> impl, DuckOptions options)
    : impl_(std::move(impl)), options_(std::move(options)) {}

DuckDatabase::~DuckDatabase() = default;

Result<std::unique_ptr<DuckDatabase>> DuckDatabase::Open(const DuckOptions& options) {
  const std::string threads = std::to_string(std::max(options.threads, 1));
  const std::string memory_limit = fmt::format("{}B", options.memory_limit_bytes);
  const std::pair<const char*, const char*> settings[] = {
      {"threads", threads.c_str()},
      {"memory_limit", memory_limit.c_str()},
      {"temp_directory", options.temp_directory.c_str()},
      {"autoinstall_known_extensions", "false"},
      {"autoload_known_extensions", "false"},
      {"allow_community_extensions", "false"},
      {"enable_external_access", options.external_access ? "true" : "false"},
  };
  duckdb_config raw = nullptr;
  if (duckdb_create_config(&raw) != DuckDBSuccess) {
    return Fail(ErrorKind::kInternal, "DuckDB has no memory for its settings");
  }
  const ConfigOwner config(raw);
  for (const auto& [name, value] : settings) {
    if (duckdb_set_config(config.get(), name, value) != DuckDBSuccess) {
      return Fail(ErrorKind::kInvalidConfig, "DuckDB refuses {} = {}", name, value);
    }
  }
  auto impl = std::make_unique<Impl>();
  char* error = nullptr;
  if (duckdb_open_ext(nullptr, &impl->handle, config.get(), &error) != DuckDBSuccess) {
    return Fail(DuckPrepareError(TakeDuckText(error)).Within("cannot open DuckDB"));
  }
  std::unique_ptr<DuckDatabase> database(new DuckDatabase(std::move(impl), options));
  FRAZIL_ASSIGN(const std::unique_ptr<DuckConnection> connection, database->Connect());
  // The time zone belongs to the ICU extension, which is there only once DuckDB is open.
  FRAZIL_TRY(connection->Execute("SET GLOBAL TimeZone = 'UTC'"));
  FRAZIL_TRY(connection->Execute("SET GLOBAL lock_configuration = true"));
  return database;
}

Result<std::unique_ptr<DuckConnection>> DuckDatabase::Connect() {
  auto impl = std::make_unique<DuckConnection::Impl>();
  if (duckdb_connect(impl_->handle, &impl->handle) != DuckDBSuccess) {
    return Fail(ErrorKind::kInternal, "DuckDB refuses a connection");
  }
  return std::unique_ptr<DuckConnection>(new DuckConnection(std::move(impl)));
}

std::string DuckDatabase::Version() { return duckdb_library_version(); }

// ----------------------------------------------------------------------- DuckConnection

DuckConnection::DuckConnection(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

DuckConnection::~DuckConnection() = default;

Status DuckConnection::Execute(const std::string& sql) {
  DuckResultOwner result;
  if (duckdb_query(impl_->handle, sql.c_str(), result.get()) == DuckDBSuccess) return {};
  return Fail(DuckPrepareError(ResultErrorText(result.get())));
}

Result<std::unique_ptr<DuckStatement>> DuckConnection::Prepare(const std::string& sql) {
  duckdb_prepared_statement raw = nullptr;
  const duckdb_state state = duckdb_prepare(impl_->handle, sql.c_str(), &raw);
  auto impl = std::make_unique<DuckStatement::Impl>();
  impl->handle.reset(raw);
  if (state != DuckDBSuccess) {
    const char* text = raw == nullptr ? nullptr : duckdb_prepare_error(raw);
    return Fail(DuckPrepareError(text == nullptr ? "INTERNAL Error: no message" : text));
  }
  if (duckdb_nparams(raw) > 0) {
    return Fail(ErrorKind::kInvalidConfig,
                "a statement with parameters cannot be run: {}", sql);
  }
  std::unique_ptr<DuckStatement> statement(new DuckStatement(std::move(impl)));
  statement->is_select_ =
      duckdb_prepared_statement_type(raw) == DUCKDB_STATEMENT_TYPE_SELECT;
  const idx_t count = duckdb_prepared_statement_column_count(raw);
  for (idx_t i = 0; i < count; ++i) {
    const LogicalTypeOwner type(duckdb_prepared_statement_column_logical_type(raw, i));
    const char* name = duckdb_prepared_statement_column_name(raw, i);
    statement->columns_.push_back(DuckColumn{name, DescribeLogicalType(type.get())});
    duckdb_free(const_cast<char*>(name));
  }
  return statement;
}

Result<std::unique_ptr<DuckStatement>> DuckConnection::PrepareForArrow(
    const std::string& sql) {
  FRAZIL_ASSIGN(std::unique_ptr<DuckStatement> statement, Prepare(sql));
  std::string items;
  std::string names;
  bool is_foreign = false;
  for (std::size_t i = 0; i < statement->columns().size(); ++i) {
    const DuckColumn& column = statement->columns()[i];
    const char* separator = i == 0 ? "" : ", ";
    names += fmt::format("{}c{}", separator, i);
    const bool fits = IcebergTypeOf(column.type).has_value();
    const bool is_huge = column.type.id == DuckTypeId::kHugeInt;
    const std::string item =
        fits ? fmt::format("c{}", i)
             : fmt::format("CAST(c{} AS {})", i, is_huge ? "DECIMAL(38, 0)" : "VARCHAR");
    items += fmt::format("{}{} AS {}", separator, item, QuoteSqlName(column.name));
    is_foreign = is_foreign || !fits;
  }
  if (!is_foreign || !statement->is_select()) return statement;
  std::string_view inner(sql);
  while (!inner.empty() &&
         (inner.back() == ';' || inner.back() == ' ' || inner.back() == '\n')) {
    inner.remove_suffix(1);
  }
  // A line of its own for the parenthesis: the query may end in a comment.
  return Prepare(
      fmt::format("SELECT {} FROM (\n{}\n) AS result({})", items, inner, names));
}

Result<std::vector<DuckColumn>> DuckConnection::Describe(const std::string& sql) {
  FRAZIL_ASSIGN(const std::unique_ptr<DuckStatement> statement, Prepare(sql));
  return statement->columns();
}

Result<std::vector<std::vector<std::string>>> DuckConnection::QueryTexts(
    const std::string& sql) {
  DuckResultOwner result;
  if (duckdb_query(impl_->handle, sql.c_str(), result.get()) != DuckDBSuccess) {
    return Fail(DuckPrepareError(ResultErrorText(result.get())));
  }
  const idx_t row_count = duckdb_row_count(result.get());
  const idx_t column_count = duckdb_column_count(result.get());
  std::vector<std::vector<std::string>> rows(row_count);
  for (idx_t row = 0; row < row_count; ++row) {
    for (idx_t column = 0; column < column_count; ++column) {
      const bool is_null = duckdb_value_is_null(result.get(), column, row);
      rows[row].push_back(
          is_null ? "NULL"
                  : TakeDuckText(duckdb_value_varchar(result.get(), column, row)));
    }
  }
  return rows;
}

void DuckConnection::Interrupt() { duckdb_interrupt(impl_->handle); }

// ------------------------------------------------------------------------ DuckStatement

DuckStatement::DuckStatement(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

DuckStatement::~DuckStatement() = default;

Result<std::unique_ptr<DuckRows>> DuckStatement::Run() {
  if (impl_->sinks == nullptr) {
    auto sinks = std::make_unique<ResultSinks>();
    arrow::FieldVector fields;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const LogicalTypeOwner type(
          duckdb_prepared_statement_column_logical_type(impl_->handle.get(), i));
      FRAZIL_ASSIGN(sinks->columns.emplace_back(),
                    MakeColumnSink(columns_[i].type, type.get()));
      fields.push_back(arrow::field(
          columns_[i].name, ArrowTypeOf(IcebergTypeOf(columns_[i].type).value())));
    }
    sinks->schema = arrow::schema(std::move(fields));
    impl_->sinks = std::move(sinks);
  }
  auto rows = std::make_unique<DuckRows::Impl>();
  rows->sinks = impl_->sinks.get();
  if (duckdb_execute_prepared_streaming(impl_->handle.get(), rows->result.get()) !=
      DuckDBSuccess) {
    return Fail(DuckRunError(ResultErrorText(rows->result.get())));
  }
  return std::unique_ptr<DuckRows>(new DuckRows(std::move(rows)));
}

// ----------------------------------------------------------------------------- DuckRows

DuckRows::DuckRows(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

DuckRows::~DuckRows() = default;

Result<std::shared_ptr<arrow::RecordBatch>> DuckRows::Next(std::int64_t row_count) {
  std::int64_t fetched = 0;
  auto& sinks = impl_->sinks->columns;
  const auto fail = [&](Error error) {
    impl_->is_over = true;
    static_cast<void>(
        impl_->sinks->Finish());  // Leaves the sinks empty for the next run.
    return Fail(std::move(error));
  };
  while (!impl_->is_over && fetched < row_count) {
    const DataChunkOwner chunk(duckdb_fetch_chunk(*impl_->result.get()));
    if (chunk == nullptr) {
      impl_->is_over = true;
      const char* text = duckdb_result_error(impl_->result.get());
      if (text != nullptr) return fail(DuckRunError(text));
      break;
    }
    const auto count = static_cast<std::int64_t>(duckdb_data_chunk_get_size(chunk.get()));
    for (std::size_t i = 0; i < sinks.size(); ++i) {
      Status status =
          sinks[i]->Append(duckdb_data_chunk_get_vector(chunk.get(), i), 0, count);
      if (!status.has_value()) return fail(std::move(status).error());
    }
    fetched += count;
  }
  if (fetched == 0) return std::shared_ptr<arrow::RecordBatch>();
  FRAZIL_ASSIGN(std::vector<std::shared_ptr<arrow::ArrayData>> columns,
                impl_->sinks->Finish());
  return arrow::RecordBatch::Make(impl_->sinks->schema, fetched, std::move(columns));
}

Result<std::shared_ptr<arrow::RecordBatch>> DuckRows::All() {
  FRAZIL_ASSIGN(std::shared_ptr<arrow::RecordBatch> rows,
                Next(std::numeric_limits<std::int64_t>::max()));
  if (rows != nullptr) return rows;
  std::vector<std::shared_ptr<arrow::Array>> columns;
  for (const auto& field : impl_->sinks->schema->fields()) {
    auto empty = arrow::MakeEmptyArray(field->type());
    if (!empty.ok()) return Fail(ErrorKind::kInternal, "{}", empty.status().message());
    columns.push_back(*std::move(empty));
  }
  return arrow::RecordBatch::Make(impl_->sinks->schema, 0, std::move(columns));
}

Status DuckRows::Drain() {
  while (!impl_->is_over) {
    const DataChunkOwner chunk(duckdb_fetch_chunk(*impl_->result.get()));
    if (chunk != nullptr) continue;
    impl_->is_over = true;
    const char* text = duckdb_result_error(impl_->result.get());
    if (text != nullptr) return Fail(DuckRunError(text));
  }
  return {};
}

}  // namespace frazil
