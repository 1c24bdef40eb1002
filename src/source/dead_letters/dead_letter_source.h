#pragma once

/// \file source/dead_letters/dead_letter_source.h
/// \brief The dead letters of one source table, as a bounded Source: to run them again.
///
/// Splits are those of the records' own stream, so metadata columns come out as they would
/// have. Positions: source/dead_letters/replay_position.h.

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/duck_database.h"
#include "iceberg/table_metadata.h"
#include "source/dead_letters/replay_position.h"
#include "source/source.h"
#include "storage/file_io.h"

namespace frazil {

/// \brief What to read, and how.
struct DeadLetterConfig {
  /// The source table whose records they are.
  std::string name;
  /// The dead-letter table; its current snapshot is what is read.
  std::shared_ptr<const TableMetadata> table;
  /// Outlives the source.
  FileIO* io = nullptr;
  /// Of the streams, as the pipeline's own ledger has them.
  std::map<Split, StreamIdentity> identities;
  /// Names of the script's INSERTs.
  std::vector<std::string> inserts;
  /// How far some table has been, also before it was rolled back: where a split begins
  /// behind that, it goes the same way again, from round to round.
  Positions reached;
  /// Begin the next round in splits with failed letters, where the last one is finished.
  bool is_retry = false;
};

/// \brief A Source of dead letters.
class DeadLetterSource final : public Source {
 public:
  explicit DeadLetterSource(DeadLetterConfig config);
  ~DeadLetterSource() override;

  [[nodiscard]] const std::string& name() const override { return config_.name; }
  /// \return errors of the table's files.
  Status Open() override;
  [[nodiscard]] std::map<Split, StreamIdentity> Splits() const override {
    return splits_;
  }
  Result<Positions> ResolveStartup() override;
  Result<Positions> Beginnings(const std::vector<Split>& splits) override;
  /// \return kInvalidConfig if a letter waits for an INSERT that the script no longer has;
  /// kDataLoss if a table was rolled back over more than one round.
  Status Start(SplitListener& listener) override;
  Result<std::vector<RawBatch>> Poll(std::chrono::milliseconds wait) override;
  Status KeepAlive() override { return {}; }
  [[nodiscard]] bool IsAtEnd() const override { return is_at_end_; }
  void ReportCommitted(const Positions& /*positions*/) override {}
  [[nodiscard]] std::int64_t Lag() const override { return waiting_; }
  void Close() override;

 private:
  // Which letters wait, and what of each is to be done.
  [[nodiscard]] std::string OwnLetters() const;
  [[nodiscard]] std::string WaitingLetters() const;
  [[nodiscard]] std::string BeforeBounds() const;
  Result<std::set<Split>> SplitsWith(const std::string& condition);
  Status ReadReached();
  Status BeginRounds();
  void Move(const Split& split, const ReplayPosition& to);
  Status CheckInserts();
  Status StartPass();
  void EndPass();

  DeadLetterConfig config_;
  std::string spill_folder_;
  std::unique_ptr<DuckDatabase> database_;
  std::unique_ptr<DuckConnection> connection_;
  std::unique_ptr<DuckStatement> statement_;
  std::unique_ptr<DuckRows> rows_;
  std::map<Split, StreamIdentity> splits_;
  ReplayPositions next_;
  ReplayPositions reached_;
  std::vector<RawBatch> moves_;  // ranges without letters, to be given out first
  std::int64_t waiting_ = 0;     // letters not given out yet
  bool is_at_end_ = false;
};

}  // namespace frazil
