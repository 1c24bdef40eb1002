#pragma once

/// \file source/datagen/datagen_source.h
/// \brief Records made up here, as a Source.
///
/// A split is every splits-th record: record i of the table is record i / splits of split
/// i % splits. What a record holds depends on the configuration and its number alone.

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "source/datagen/datagen_options.h"
#include "source/source.h"

namespace frazil {

/// \brief A Source of made-up JSON records.
class DatagenSource final : public Source {
 public:
  explicit DatagenSource(DatagenConfig config);

  [[nodiscard]] const std::string& name() const override { return config_.name; }
  Status Open() override { return {}; }
  [[nodiscard]] std::map<Split, StreamIdentity> Splits() const override;
  Result<Positions> ResolveStartup() override;
  Result<Positions> Beginnings(const std::vector<Split>& splits) override;
  Status Start(SplitListener& listener) override;
  Result<std::vector<RawBatch>> Poll(std::chrono::milliseconds wait) override;
  Status KeepAlive() override { return {}; }
  [[nodiscard]] bool IsAtEnd() const override;
  void ReportCommitted(const Positions& /*positions*/) override {}
  [[nodiscard]] std::int64_t Lag() const override;
  void Close() override { is_started_ = false; }

 private:
  using Clock = std::chrono::steady_clock;

  [[nodiscard]] Split SplitOf(std::int32_t partition) const;
  [[nodiscard]] std::int64_t RowsIn(std::int32_t partition) const;
  [[nodiscard]] std::int64_t Allowance() const;
  RawBatch Generate(std::int32_t partition, std::int64_t count);

  DatagenConfig config_;
  std::size_t record_bytes_;
  std::vector<std::int64_t> next_;  // ordinal per partition
  std::int32_t turn_ = 0;
  bool is_started_ = false;
  Clock::time_point started_;
  std::int64_t rows_made_ = 0;
};

}  // namespace frazil
