#include "engine/scan_table.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <mutex>
#include <utility>

#include <arrow/record_batch.h>
#include <duckdb.h>
#include <fmt/format.h>

#include "config/sql/token.h"
#include "engine/arrow_to_duck.h"
#include "engine/duck_error.h"
#include "engine/duck_handle.h"
#include "engine/duck_impl.h"

namespace frazil {
namespace {

// Numbers the table functions of the process: no two tables may share one.
std::atomic<std::int64_t> next_function{1};

// Stands for the number of the row among the columns that a scan gives.
constexpr int kRowNumber = -1;
constexpr const char* kRowNumberName = "frazil row number";

// One scan of a statement, shared by the threads that take part in it.
struct GlobalScan {
  std::mutex mutex;
  std::unique_ptr<RowScan> scan;  ///< guarded by mutex
  /// Per column of the output: its index in the batches, or kRowNumber.
  std::vector<int> sources;
  /// Per column of the output; meaningless for kRowNumber.
  std::vector<Type> types;
};

// One thread's part: the batch it works on.
struct LocalScan {
  std::shared_ptr<arrow::RecordBatch> rows;
  std::int64_t position = 0;
};

// The only pass over one batch.
class BatchScan : public RowScan {
 public:
  explicit BatchScan(std::shared_ptr<arrow::RecordBatch> rows) : rows_(std::move(rows)) {}

  Result<std::shared_ptr<arrow::RecordBatch>> Next() override { return std::move(rows_); }

 private:
  std::shared_ptr<arrow::RecordBatch> rows_;
};

template <typename T>
void DeleteAs(void* object) {
  delete static_cast<T*>(object);
}

}  // namespace

// What the table function knows: shared by the ScanTable and DuckDB's catalog.
struct ScanTable::State {
  std::string function_name;
  std::vector<ScanColumn> columns;
  /// Empty for a table of batches.
  OpenScan open;
  int thread_count = 1;
  /// Of a table of batches.
  std::shared_ptr<arrow::RecordBatch> rows;
};

struct ScanTable::Callbacks {
  using StatePointer = std::shared_ptr<State>;

  static void Bind(duckdb_bind_info info) {
    const State& state = **static_cast<StatePointer*>(duckdb_bind_get_extra_info(info));
    for (const ScanColumn& column : state.columns) {
      const LogicalTypeOwner type = LogicalTypeOf(column.type);
      duckdb_bind_add_result_column(info, column.name.c_str(), type.get());
    }
    if (!state.open) {
      const LogicalTypeOwner number(duckdb_create_logical_type(DUCKDB_TYPE_BIGINT));
      duckdb_bind_add_result_column(info, kRowNumberName, number.get());
    }
  }

  static void Init(duckdb_init_info info) {
    const State& state = **static_cast<StatePointer*>(duckdb_init_get_extra_info(info));
    auto global = std::make_unique<GlobalScan>();
    ScanRequest request;
    const idx_t count = duckdb_init_get_column_count(info);
    for (idx_t i = 0; i < count; ++i) {
      const auto column = static_cast<std::size_t>(duckdb_init_get_column_index(info, i));
      const bool is_column = column < state.columns.size();
      global->types.push_back(is_column ? state.columns[column].type : Type());
      if (!is_column) {
        global->sources.push_back(kRowNumber);
      } else if (!state.open) {
        global->sources.push_back(static_cast<int>(column));
      } else {
        global->sources.push_back(static_cast<int>(request.columns.size()));
        request.columns.push_back(static_cast<int>(column));
      }
    }
    if (state.open) {
      auto scan = state.open(request);
      if (!scan.has_value()) {
        duckdb_init_set_error(info, PassThroughDuck(scan.error()).c_str());
        return;
      }
      global->scan = *std::move(scan);
    } else {
      global->scan = std::make_unique<BatchScan>(state.rows);
    }
    duckdb_init_set_max_threads(info, static_cast<idx_t>(state.thread_count));
    duckdb_init_set_init_data(info, global.release(), DeleteAs<GlobalScan>);
  }

  static void InitLocal(duckdb_init_info info) {
    duckdb_init_set_init_data(info, std::make_unique<LocalScan>().release(),
                              DeleteAs<LocalScan>);
  }

  static void Fetch(duckdb_function_info info, duckdb_data_chunk output) {
    auto& global = *static_cast<GlobalScan*>(duckdb_function_get_init_data(info));
    auto& local = *static_cast<LocalScan*>(duckdb_function_get_local_init_data(info));
    const Status status = FillChunk(global, local, output);
    if (!status.has_value())
      duckdb_function_set_error(info, PassThroughDuck(status.error()).c_str());
  }

  // An empty chunk ends this thread's part.
  static Status FillChunk(GlobalScan& global, LocalScan& local,
                          duckdb_data_chunk output) {
    while (local.rows == nullptr || local.position == local.rows->num_rows()) {
      const std::scoped_lock lock(global.mutex);
      FRAZIL_ASSIGN(local.rows, global.scan->Next());
      local.position = 0;
      if (local.rows == nullptr) {
        duckdb_data_chunk_set_size(output, 0);
        return {};
      }
    }
    const auto capacity = static_cast<std::int64_t>(duckdb_vector_size());
    const std::int64_t count =
        std::min(capacity, local.rows->num_rows() - local.position);
    for (std::size_t i = 0; i < global.sources.size(); ++i) {
      const duckdb_vector vector = duckdb_data_chunk_get_vector(output, i);
      if (global.sources[i] == kRowNumber) {
        auto* numbers = static_cast<std::int64_t*>(duckdb_vector_get_data(vector));
        for (std::int64_t row = 0; row < count; ++row)
          numbers[row] = local.position + row;
      } else {
        FRAZIL_TRY(FillVector(global.types[i],
                              *local.rows->column_data(global.sources[i]), local.position,
                              count, vector));
      }
    }
    local.position += count;
    duckdb_data_chunk_set_size(output, static_cast<idx_t>(count));
    return {};
  }

  static Result<std::unique_ptr<ScanTable>> Register(DuckConnection& connection,
                                                     std::string_view name,
                                                     State prepared) {
    auto state = std::make_shared<State>(std::move(prepared));
    state->function_name = fmt::format("frazil_rows_{}", next_function.fetch_add(1));
    const TableFunctionOwner function(duckdb_create_table_function());
    duckdb_table_function_set_name(function.get(), state->function_name.c_str());
    duckdb_table_function_set_extra_info(function.get(),
                                         std::make_unique<StatePointer>(state).release(),
                                         DeleteAs<StatePointer>);
    duckdb_table_function_set_bind(function.get(), Bind);
    duckdb_table_function_set_init(function.get(), Init);
    duckdb_table_function_set_local_init(function.get(), InitLocal);
    duckdb_table_function_set_function(function.get(), Fetch);
    duckdb_table_function_supports_projection_pushdown(function.get(), true);
    if (duckdb_register_table_function(connection.impl_->handle, function.get()) !=
        DuckDBSuccess) {
      return Fail(ErrorKind::kInvalidArgument, "DuckDB refuses the columns of {}", name);
    }
    FRAZIL_TRY(CreateView(connection, name, *state, {}));
    return std::unique_ptr<ScanTable>(new ScanTable(connection, std::move(state)));
  }

  static Status CreateView(DuckConnection& connection, std::string_view name,
                           const State& state, std::string_view row_column) {
    std::string items;
    for (const ScanColumn& column : state.columns) {
      if (!items.empty()) items += ", ";
      items += QuoteSqlName(column.name);
    }
    if (!row_column.empty()) {
      items += fmt::format("{}{} AS {}", items.empty() ? "" : ", ",
                           QuoteSqlName(kRowNumberName), QuoteSqlName(row_column));
    }
    return connection.Execute(fmt::format("CREATE TEMP VIEW {} AS SELECT {} FROM {}()",
                                          QuoteSqlName(name), items,
                                          state.function_name));
  }
};

ScanTable::ScanTable(DuckConnection& connection, std::shared_ptr<State> state)
    : connection_(connection), state_(std::move(state)) {}

ScanTable::~ScanTable() { state_->rows = nullptr; }

Result<std::unique_ptr<ScanTable>> ScanTable::Create(DuckConnection& connection,
                                                     std::string_view name,
                                                     std::vector<ScanColumn> columns,
                                                     OpenScan open, int thread_count) {
  State state;
  state.columns = std::move(columns);
  state.open = std::move(open);
  state.thread_count = std::max(thread_count, 1);
  return Callbacks::Register(connection, name, std::move(state));
}

Result<std::unique_ptr<ScanTable>> ScanTable::CreateForBatches(
    DuckConnection& connection, std::string_view name, std::vector<ScanColumn> columns) {
  State state;
  state.columns = std::move(columns);
  return Callbacks::Register(connection, name, std::move(state));
}

void ScanTable::SetRows(std::shared_ptr<arrow::RecordBatch> rows) {
  state_->rows = std::move(rows);
}

Status ScanTable::AddNumberedView(std::string_view name, std::string_view row_column) {
  return Callbacks::CreateView(connection_, name, *state_, row_column);
}

}  // namespace frazil
