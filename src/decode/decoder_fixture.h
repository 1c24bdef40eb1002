#pragma once

/// \file decode/decoder_fixture.h
/// \brief Columns and batches of records for tests, benchmarks and fuzz targets of decoders.
/// Included by those only.

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "decode/decoder.h"
#include "model/batch.h"
#include "model/type.h"

namespace frazil {

/// \name Columns, and members of nested types
/// @{
inline SourceColumn ValueColumn(std::string name, Type type, bool is_required = false) {
  return {std::move(name), std::move(type), is_required, ColumnOrigin::kValue, {}};
}
inline SourceColumn KeyColumn(std::string name, Type type, bool is_required = false) {
  return {std::move(name), std::move(type), is_required, ColumnOrigin::kKey, {}};
}
inline SourceColumn MetadataColumnOf(const std::string& key, Type type,
                                     bool is_required = false) {
  return {key, std::move(type), is_required, ColumnOrigin::kMetadata, key};
}
inline SchemaField Member(std::string name, Type type, bool is_required = false) {
  return {0, std::move(name), std::move(type), is_required, {}};
}
inline Type ListOf(Type element, bool is_required = false) {
  return Type::List(Member("element", std::move(element), is_required));
}
inline Type MapOf(Type key, Type value, bool is_value_required = false) {
  return Type::Map(Member("key", std::move(key), true),
                   Member("value", std::move(value), is_value_required));
}
/// @}

/// \brief Collects records of one split, topic "events", partition 3, from offset 100 on.
class RawBatchBuilder {
 public:
  /// \brief A record whose key is null.
  RawBatchBuilder& Add(std::optional<std::string> value) {
    return Add(std::nullopt, std::move(value));
  }

  RawBatchBuilder& Add(std::optional<std::string> key, std::optional<std::string> value,
                       Headers headers = {}) {
    RawRecord record;
    record.ordinal = 100 + static_cast<std::int64_t>(records_.size());
    record.timestamp_ms = 1'700'000'000'000 + record.ordinal;
    record.timestamp_type = TimestampType::kCreateTime;
    record.has_key = key.has_value();
    record.has_value = value.has_value();
    record.key = Keep(std::move(key));
    record.value = Keep(std::move(value));
    records_.push_back(record);
    storage_->headers.push_back(std::move(headers));
    return *this;
  }

  /// \brief The record added last, to be changed.
  RawRecord& last() { return records_.back(); }

  /// \brief The batch; the builder is empty then.
  RawBatch Build() {
    RawBatch batch;
    batch.split = {"source", "events", 3};
    batch.range = {{100, ""}, {100 + static_cast<std::int64_t>(records_.size()), ""}};
    batch.records = std::move(records_);
    batch.storage = std::move(storage_);
    storage_ = std::make_unique<Storage>();
    records_.clear();
    return batch;
  }

 private:
  class Storage : public RawStorage {
   public:
    [[nodiscard]] Headers HeadersOf(std::size_t index) const override {
      return headers[index];
    }
    std::deque<std::string> texts;
    std::vector<Headers> headers;
  };

  std::string_view Keep(std::optional<std::string> text) {
    if (!text) return {};
    return storage_->texts.emplace_back(std::move(*text));
  }

  std::vector<RawRecord> records_;
  std::unique_ptr<Storage> storage_ = std::make_unique<Storage>();
};

}  // namespace frazil
