#pragma once

/// \file write/bench_events.h
/// \brief Events for the benchmarks of this room: what a web shop might send, about 250
/// bytes each as JSON. Included by benchmarks only.

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_nested.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/record_batch.h>
#include <arrow/table_builder.h>
#include <fmt/format.h>

#include "iceberg/table_metadata.h"
#include "model/arrow_schema.h"
#include "storage/file_io.h"

namespace frazil {

inline Schema EventSchema() {
  const auto optional = [](std::string name, Type type) {
    return SchemaField{0, std::move(name), std::move(type), false, ""};
  };
  const Type string(TypeId::kString);
  Schema schema;
  schema.fields = {
      optional("id", Type(TypeId::kLong)),
      optional("user_id", string),
      optional("event_type", string),
      optional("ts", Type(TypeId::kTimestamptz)),
      optional("amount", Type(TypeId::kDouble)),
      optional("geo", Type::Struct({optional("country", string), optional("city", string),
                                    optional("ip", string)})),
      optional("attributes",
               Type::Map({0, "key", string, true, ""}, optional("value", string))),
      optional("tags", Type::List(optional("element", string))),
  };
  return AssignFreshIds(schema);
}

inline TableMetadata EventTable(PartitionSpec spec,
                                std::map<std::string, std::string> properties) {
  TableMetadata table;
  table.location = "/events";
  table.schemas = {EventSchema()};
  table.partition_specs = {std::move(spec)};
  table.properties = std::move(properties);
  return table;
}

/// \brief Rows of EventSchema(), the same for the same numbers.
class EventGenerator {
 public:
  explicit EventGenerator(std::uint64_t seed) : random_(seed) {}

  std::shared_ptr<arrow::RecordBatch> Next(std::int64_t row_count) {
    auto rows = arrow::RecordBatchBuilder::Make(ArrowSchemaOf(EventSchema()),
                                                arrow::default_memory_pool(), row_count)
                    .ValueOrDie();
    for (std::int64_t i = 0; i < row_count; ++i) Append(*rows);
    return rows->Flush().ValueOrDie();
  }

 private:
  std::uint64_t Below(std::uint64_t end) { return random_() % end; }

  static void String(arrow::ArrayBuilder* builder, std::string_view text) {
    (void)static_cast<arrow::StringBuilder*>(builder)->Append(text);
  }

  void Append(arrow::RecordBatchBuilder& rows) {
    static constexpr std::string_view kTypes[] = {"view",     "click",  "add_to_cart",
                                                  "search",   "signup", "logout",
                                                  "purchase", "refund"};
    static constexpr std::string_view kBrowsers[] = {"Firefox", "Chrome", "Safari",
                                                     "Edge"};
    static constexpr std::string_view kTags[] = {
        "mobile", "new", "campaign-7", "returning", "beta", "sale", "newsletter", "gift"};
    const std::int64_t id = next_id_++;
    (void)rows.GetFieldAs<arrow::Int64Builder>(0)->Append(id);
    String(rows.GetField(1), fmt::format("user-{:08}", Below(1'000'000)));
    String(rows.GetField(2), kTypes[Below(8)]);
    time_us_ += static_cast<std::int64_t>(Below(5'000));
    (void)rows.GetFieldAs<arrow::TimestampBuilder>(3)->Append(time_us_ / 1000 * 1000);
    (void)rows.GetFieldAs<arrow::DoubleBuilder>(4)->Append(
        static_cast<double>(Below(100'000)) / 100.0);
    auto* geo = rows.GetFieldAs<arrow::StructBuilder>(5);
    (void)geo->Append();
    String(geo->field_builder(0), fmt::format("C{}", Below(40)));
    String(geo->field_builder(1), fmt::format("city-{}", Below(3'000)));
    String(geo->field_builder(2),
           fmt::format("10.{}.{}.{}", Below(256), Below(256), Below(256)));
    auto* map = rows.GetFieldAs<arrow::MapBuilder>(6);
    (void)map->Append();
    String(map->key_builder(), "browser");
    String(map->item_builder(), kBrowsers[Below(4)]);
    String(map->key_builder(), "session");
    String(map->item_builder(), fmt::format("{:016x}", random_()));
    auto* list = rows.GetFieldAs<arrow::ListBuilder>(7);
    (void)list->Append();
    String(list->value_builder(), kTags[Below(8)]);
    String(list->value_builder(), kTags[Below(8)]);
  }

  std::mt19937_64 random_;
  std::int64_t next_id_ = 0;
  std::int64_t time_us_ = 1'760'000'000'000'000;
};

/// \brief A file system that forgets what it is given: what is measured is our work.
class ForgetfulFileIO : public FileIO {
 public:
  Result<std::unique_ptr<OutputFile>> NewOutput(std::string_view) override {
    return std::unique_ptr<OutputFile>(std::make_unique<ForgetfulFile>());
  }
  Result<std::unique_ptr<InputFile>> NewInput(std::string_view) override {
    return Fail(ErrorKind::kNotFound, "forgotten");
  }
  Result<std::string> Read(std::string_view) override {
    return Fail(ErrorKind::kNotFound, "forgotten");
  }
  Status Write(std::string_view, std::string_view) override { return {}; }
  Status Delete(std::string_view) override { return {}; }
  Result<bool> Exists(std::string_view) override { return false; }
  [[nodiscard]] std::string ReadablePath(std::string_view location) const override {
    return std::string(location);
  }

 private:
  class ForgetfulFile : public OutputFile {
   public:
    Status Write(std::string_view bytes) override {
      size_bytes_ += static_cast<std::int64_t>(bytes.size());
      return {};
    }
    Status Close() override { return {}; }
    [[nodiscard]] std::int64_t size_bytes() const override { return size_bytes_; }

   private:
    std::int64_t size_bytes_ = 0;
  };
};

}  // namespace frazil
