#include "query/table_reader.h"

#include <optional>
#include <utility>

#include "engine/damaged_file.h"
#include "engine/iceberg_scan.h"

namespace frazil {
namespace {

constexpr std::int64_t kRowsPerFetch = 65'536;

Status Read(const std::string& sql, DuckConnection& connection, const OnBatch& on_batch) {
  FRAZIL_ASSIGN(const auto statement, connection.Prepare(sql));
  FRAZIL_ASSIGN(const auto rows, statement->Run());
  while (true) {
    FRAZIL_ASSIGN(const auto batch, rows->Next(kRowsPerFetch));
    if (batch == nullptr) return {};
    FRAZIL_TRY(on_batch(*batch));
  }
}

}  // namespace

Status ReadTable(const PipelinePlan& plan, std::size_t target, DuckConnection& connection,
                 const std::string& sql, const OnBatch& on_batch) {
  const TargetPlan& table = plan.targets[target];
  const std::string name = table.name.ToString();
  if (!table.table.has_value()) {
    return Fail(ErrorKind::kNotFound, "no such table: {}", name);
  }
  const TableMetadata& metadata = *table.table->metadata;
  const auto scan = ScanSql(metadata, *plan.io);
  if (!scan.has_value()) return Fail(Error(scan.error()).Within(name));
  Status status =
      Read(fmt::format("WITH this_table AS ({}) {}", *scan, sql), connection, on_batch);
  if (status.has_value()) return status;
  std::optional<Error> damage =
      FindDamagedFile(status.error(), metadata, *plan.io, connection);
  return Fail(
      (damage.has_value() ? *std::move(damage) : std::move(status).error()).Within(name));
}

}  // namespace frazil
