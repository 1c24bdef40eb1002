// Cost of a SELECT per row, by kind of SELECT, over events of 8 columns with a struct, a
// map and a list; one worker, batches of 20,000 rows.

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <arrow/api.h>
#include <arrow/record_batch.h>
#include <benchmark/benchmark.h>

#include "engine/random_rows.h"
#include "model/arrow_schema.h"
#include "transform/transform_spec.h"

namespace frazil {
namespace {

constexpr std::int64_t kRows = 20'000;

std::vector<TransformColumn> EventColumns() {
  const Type text(TypeId::kString);
  return {{"id", Type(TypeId::kLong)},
          {"user_id", text},
          {"event_type", text},
          {"ts", Type(TypeId::kTimestamptz)},
          {"amount", Type(TypeId::kDouble)},
          {"geo", Type::Struct({Member("country", text), Member("city", text),
                                Member("lat", Type(TypeId::kDouble)),
                                Member("lon", Type(TypeId::kDouble))})},
          {"props", Type::Map(Member("key", text, true), Member("value", text))},
          {"tags", Type::List(Member("element", text))}};
}

std::shared_ptr<arrow::RecordBatch> Events(const TransformSpec& spec) {
  RandomRows random(/*seed=*/1, /*null_percent=*/2);
  arrow::FieldVector fields;
  std::vector<std::shared_ptr<arrow::Array>> columns;
  for (const TransformColumn& column : spec.source_columns) {
    columns.push_back(random.Column(column.type, kRows));
    fields.push_back(arrow::field(column.name, columns.back()->type()));
  }
  return arrow::RecordBatch::Make(arrow::schema(fields), kRows, columns);
}

// The texts of user_id as numbers, but one in `one_in`.
std::shared_ptr<arrow::RecordBatch> WithNumbers(
    const std::shared_ptr<arrow::RecordBatch>& rows, std::int64_t one_in) {
  arrow::StringBuilder builder;
  for (std::int64_t i = 0; i < kRows; ++i) {
    const std::string text = i % one_in == 0 ? "bad" : std::to_string(i);
    if (!builder.Append(text).ok()) std::abort();
  }
  return *rows->SetColumn(1, rows->schema()->field(1), *builder.Finish());
}

void Run(benchmark::State& state, const std::string& select,
         std::vector<SchemaField> target, std::int64_t bad_one_in = 0) {
  TransformSpec spec;
  spec.select = select;
  spec.source_name = "events";
  spec.source_columns = EventColumns();
  spec.target_name = "t";
  if (target.empty()) {
    for (const TransformColumn& column : spec.source_columns) {
      target.push_back(Member(column.name, column.type));
    }
  }
  spec.target.fields = std::move(target);
  spec.target = AssignFreshIds(spec.target);
  auto database = DuckDatabase::Open({});
  auto transformer = MakeTransformer(spec, database->get());
  if (!transformer.has_value()) {
    state.SkipWithError(transformer.error().message.c_str());
    return;
  }
  auto rows = Events(spec);
  if (bad_one_in > 0) rows = WithNumbers(rows, bad_one_in);
  for (auto _ : state) {
    auto result = (*transformer)->Apply(rows);
    if (!result.has_value()) state.SkipWithError(result.error().message.c_str());
    benchmark::DoNotOptimize(result);
  }
  state.SetItemsProcessed(state.iterations() * kRows);
}

const char* const kColumns = "id, user_id, event_type, ts, amount, geo, props, tags";

void BM_Projection(benchmark::State& state) {
  Run(state, std::string("SELECT ") + kColumns + " FROM events", {});
}
BENCHMARK(BM_Projection);

void BM_DuckDbIdentity(benchmark::State& state) {
  Run(state, "SELECT * FROM events WHERE true", {});
}
BENCHMARK(BM_DuckDbIdentity);

void BM_DuckDbFilter(benchmark::State& state) {
  Run(state, std::string("SELECT ") + kColumns + " FROM events WHERE amount > 0", {});
}
BENCHMARK(BM_DuckDbFilter);

void BM_DuckDbFilterScalars(benchmark::State& state) {
  Run(state, "SELECT id, user_id, ts, amount FROM events WHERE amount > 0",
      {Member("id", Type(TypeId::kLong)), Member("user_id", Type(TypeId::kString)),
       Member("ts", Type(TypeId::kTimestamptz)),
       Member("amount", Type(TypeId::kDouble))});
}
BENCHMARK(BM_DuckDbFilterScalars);

void BM_DuckDbExpressions(benchmark::State& state) {
  Run(state,
      "SELECT id, upper(user_id), event_type || '!', ts, amount * 1.19, geo, props, tags "
      "FROM events",
      {});
}
BENCHMARK(BM_DuckDbExpressions);

// One row in a hundred does not convert: the price of finding them.
void BM_DuckDbFailures(benchmark::State& state) {
  Run(state, "SELECT id, CAST(user_id AS BIGINT) FROM events",
      {Member("id", Type(TypeId::kLong)), Member("n", Type(TypeId::kLong))},
      /*bad_one_in=*/100);
}
BENCHMARK(BM_DuckDbFailures);

void BM_DuckDbAggregate(benchmark::State& state) {
  Run(state, "SELECT event_type, count(*), sum(amount) FROM events GROUP BY event_type",
      {Member("event_type", Type(TypeId::kString)), Member("c", Type(TypeId::kLong)),
       Member("s", Type(TypeId::kDouble))});
}
BENCHMARK(BM_DuckDbAggregate);

}  // namespace
}  // namespace frazil
