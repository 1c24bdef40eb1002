#pragma once

/// \file source/source_test_kit.h
/// \brief What tests of sources share. Included by tests only.

#include <chrono>
#include <functional>
#include <initializer_list>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/result_matchers.h"
#include "config/pipeline_spec.h"
#include "source/source.h"

namespace frazil {

/// \brief Longer than anything a test waits for.
inline constexpr std::chrono::seconds kTestPatience(30);

/// \brief A source table as the SQL front end would make it; each option on its own line.
struct TestTable {
  PipelineSpec script;
  SourceSpec spec;

  TestTable(std::string name,
            std::initializer_list<std::pair<std::string, std::string>> options,
            std::vector<ColumnSpec> columns = {}) {
    spec.name = std::move(name);
    spec.columns = std::move(columns);
    spec.place = {1, 1};
    script.file = "test.sql";
    script.text = "CREATE TABLE " + spec.name + "\n";
    int line = 2;
    for (const auto& [key, value] : options) {
      if (key == "connector") spec.connector = value;
      script.text += "'" + key + "' = '" + value + "'\n";
      const int value_column = static_cast<int>(key.size()) + 6;
      EXPECT_THAT(spec.options.Add({key, value, {line, 1}, {line, value_column}}),
                  IsOk());
      ++line;
    }
  }
};

/// \brief Starts splits where it is told, else at 0, and remembers what happened.
class RecordingListener : public SplitListener {
 public:
  explicit RecordingListener(Positions start = {}) : start_(std::move(start)) {}

  Result<Positions> OnAssigned(const std::vector<Split>& splits) override {
    Positions positions;
    for (const Split& split : splits) {
      const auto found = start_.find(split);
      positions[split] = found == start_.end() ? Position() : found->second;
      next[split] = positions[split].ordinal;
      ++assigned;
    }
    return positions;
  }
  void OnRevoked(const std::vector<Split>& splits) override {
    if (before_revoked) before_revoked(splits);
    Forget(splits);
    revoked += static_cast<int>(splits.size());
  }
  void OnLost(const std::vector<Split>& splits) override {
    Forget(splits);
    lost += static_cast<int>(splits.size());
  }

  void Forget(const std::vector<Split>& splits) {
    for (const Split& split : splits) next.erase(split);
  }

  /// The next ordinal expected of each split that is ours.
  std::map<Split, std::int64_t> next;
  int assigned = 0;
  int revoked = 0;
  int lost = 0;
  std::function<void(const std::vector<Split>&)> before_revoked;

 private:
  Positions start_;
};

/// \brief A record, copied out of its batch.
struct SeenRecord {
  std::int64_t ordinal = 0;
  std::string key;
  std::string value;
  bool operator==(const SeenRecord&) const = default;
};

/// \brief What was read, per split; checks on the way that ranges and ordinals fit.
class Reading {
 public:
  explicit Reading(RecordingListener& listener) : listener_(listener) {}

  void Add(const std::vector<RawBatch>& batches) {
    for (const RawBatch& batch : batches) {
      const auto expected = listener_.next.find(batch.split);
      ASSERT_NE(expected, listener_.next.end())
          << batch.split.ToString() << " is not ours";
      EXPECT_EQ(batch.range.begin.ordinal, expected->second) << batch.split.ToString();
      EXPECT_LT(batch.range.begin.ordinal, batch.range.end.ordinal);
      expected->second = batch.range.end.ordinal;
      std::int64_t last = batch.range.begin.ordinal - 1;
      std::int64_t bytes = 0;
      for (const RawRecord& record : batch.records) {
        EXPECT_GT(record.ordinal, last);
        last = record.ordinal;
        bytes += static_cast<std::int64_t>(record.key.size() + record.value.size());
        records[batch.split].push_back(
            {record.ordinal, std::string(record.key), std::string(record.value)});
        ++count;
      }
      EXPECT_LT(last, batch.range.end.ordinal);
      EXPECT_EQ(batch.size_bytes, bytes);
    }
  }

  /// \brief Polls until `done` says so.
  void Until(Source& source, const std::function<bool()>& done) {
    const auto deadline = std::chrono::steady_clock::now() + kTestPatience;
    while (!done()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline)
          << "after " << count << " records";
      auto batches = source.Poll(std::chrono::milliseconds(20));
      ASSERT_THAT(batches, IsOk());
      Add(*batches);
    }
  }
  void UntilCount(Source& source, std::size_t wanted) {
    Until(source, [&] { return count >= wanted; });
  }

  std::map<Split, std::vector<SeenRecord>> records;
  std::size_t count = 0;

 private:
  RecordingListener& listener_;
};

}  // namespace frazil
