#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "pipeline/commit_stage.h"
#include "pipeline/pipeline_fixture.h"

namespace frazil {
namespace {

constexpr std::size_t kTables = 3;
constexpr int kSplits = 2;
constexpr std::int64_t kFirstOffset = 5;
constexpr std::int64_t kNoCrash = -1;

Split SplitOf(int partition) { return {"events", "orders", partition}; }

// Which records a table gets. Every INSERT has its own WHERE; the anchor's keeps few.
bool Wants(std::size_t table, const Split& split, std::int64_t offset) {
  switch (table) {
    case 0:
      return offset % 4 == split.partition;
    case 1:
      return offset % 3 != 0;
    default:
      return offset % 20 < 6;
  }
}

using Places = std::multiset<std::pair<std::int32_t, std::int64_t>>;

// A pipeline of up to three tables over two splits, people who roll the tables back or drop
// them, and people who edit its script. What a data file holds stands in its name:
// "t1-0-17-23-n" has the records 17 to 22 of split 0 that table 1 wants.
class World {
 public:
  World() : tables_(kTables), source_("events"), workers_(2) {
    for (int partition = 0; partition < kSplits; ++partition) {
      source_.splits[SplitOf(partition)] = {"c", "t"};
      source_.startup[SplitOf(partition)] = {kFirstOffset, ""};
    }
    choices_.pipeline = "p";
    source_.beginning = kFirstOffset;
    for (std::size_t table = 0; table < kTables; ++table) GiveHistory(table);
  }

  // The script's INSERTs, in order. Every process of the script before is gone.
  void Edit(std::vector<std::size_t> script) {
    script_ = std::move(script);
    for (Worker& worker : workers_) worker = Worker();
  }

  // Somebody drops a table; it is there again, empty, when the pipeline starts.
  void Drop(std::size_t table) {
    tables_.Replace(table);
    GiveHistory(table);
    is_new_[table] = true;
  }

  // A worker begins anew, from what the tables say.
  void Start(std::size_t index) {
    Worker& worker = workers_[index];
    worker = Worker();
    worker.script = script_;
    for (const std::size_t table : script_) worker.uuids.push_back(tables_.UuidOf(table));
    worker.committers = NewCommitters(index, kNoCrash);
    const std::vector<StartUpTable> tables = StartUpTables(worker);
    std::array<bool, kTables> has_ledger{};
    for (std::size_t table = 0; table < kTables; ++table) {
      has_ledger[table] = !tables_.LedgerOf(table).sources.empty();
    }
    RC_ASSERT(PrepareLedgers(tables, {&source_}, choices_, {}).has_value());
    const auto start = ReadStartPositions(tables);
    const auto epoch = NextEpoch(tables);
    RC_ASSERT(start.has_value() && epoch.has_value());
    worker.next = start->begin;
    // With the anchor the position of a split may be gone that gave no other table a row.
    for (int partition = 0; partition < kSplits; ++partition) {
      const Position beginning{kFirstOffset, ""};
      if (worker.next.try_emplace(SplitOf(partition), beginning).second) {
        worker.unknown.push_back(SplitOf(partition));
      }
    }
    worker.skip = std::make_shared<SkipPositions>(start->skip);
    worker.epoch = *epoch;
    worker.is_running = true;
    for (const std::size_t table : script_) {
      const bool is_new = std::exchange(is_new_[table], false);
      const bool begins = !has_ledger[table] && !tables_.LedgerOf(table).sources.empty();
      if (is_new || begins) begin_[table] = BeginOf(table);
    }
  }

  // One epoch of a worker: so many records of each split. \param crash the table at which
  // the process dies; below 0: it does not. \return whether all of it was committed.
  bool Commit(std::size_t index, const std::vector<std::int64_t>& lengths,
              std::int64_t crash, bool is_forced) {
    Worker& worker = workers_[index];
    if (!worker.is_running) return false;
    if (crash > kNoCrash) worker.committers = NewCommitters(index, crash);
    CommitChannel channel(1 << 20);
    SourceEpoch source;
    source.epoch = worker.epoch++;
    source.is_forced = is_forced;
    source.skip = worker.skip;
    for (int partition = 0; partition < kSplits; ++partition) {
      const Split split = SplitOf(partition);
      const std::int64_t begin = worker.next.at(split).ordinal;
      const std::int64_t end = begin + lengths[static_cast<std::size_t>(partition)];
      worker.next[split] = {end, ""};
      source.identities[split] = {"c", "t"};
      const auto unknown = std::find(worker.unknown.begin(), worker.unknown.end(), split);
      if (end > begin && unknown != worker.unknown.end()) {
        source.new_splits.push_back(split);
        worker.unknown.erase(unknown);
      }
      if (end > begin) source.ranges[split] = {{begin, ""}, {end, ""}};
    }
    const std::stop_token never;
    for (std::size_t place = 0; place < worker.script.size(); ++place) {
      WrittenTable written{place, source.epoch,
                           FilesOf(worker.script[place], place, source)};
      RC_ASSERT(channel.Push(std::move(written), 0, never));
    }
    RC_ASSERT(channel.Push(std::move(source), 0, never));
    channel.Close();
    const Status status = RunStage(worker, channel);
    worker.is_running = status.has_value();
    return worker.is_running;
  }

  void RollBack(std::size_t table, std::size_t choice) {
    tables_.RollBack(table, choice % tables_.SnapshotCount(table));
  }

  // Reads on until every split has reached `end`, with all tables.
  void Finish(std::int64_t end) {
    std::vector<std::size_t> script = script_;
    for (std::size_t table = 0; table < kTables; ++table) {
      if (std::find(script.begin(), script.end(), table) == script.end()) {
        script.push_back(table);
      }
    }
    Edit(std::move(script));
    Start(0);
    for (int round = 0; round < 100; ++round) {
      std::vector<std::int64_t> lengths;
      for (int partition = 0; partition < kSplits; ++partition) {
        const std::int64_t next = workers_[0].next.at(SplitOf(partition)).ordinal;
        lengths.push_back(std::min<std::int64_t>(7, end - next));
      }
      if (lengths == std::vector<std::int64_t>(kSplits, 0)) return;
      RC_ASSERT(Commit(0, lengths, kNoCrash, /*is_forced=*/true));
    }
    RC_FAIL("it never came to an end");
  }

  [[nodiscard]] std::int64_t highest() const { return highest_; }

  Places Expected(std::size_t table, std::int64_t end) const {
    Places places;
    for (int partition = 0; partition < kSplits; ++partition) {
      for (std::int64_t offset = begin_[table][static_cast<std::size_t>(partition)];
           offset < end; ++offset) {
        if (Wants(table, SplitOf(partition), offset)) places.emplace(partition, offset);
      }
    }
    return places;
  }

  Places Found(std::size_t table) {
    Places places;
    for (const std::string& path : tables_.LiveFiles(table)) {
      RC_ASSERT(*tables_.io().Exists(path));
      const std::vector<std::int64_t> numbers = NumbersIn(path);
      const auto partition = static_cast<std::int32_t>(numbers.at(1));
      for (std::int64_t offset = numbers.at(2); offset < numbers.at(3); ++offset) {
        if (Wants(table, SplitOf(partition), offset)) places.emplace(partition, offset);
      }
    }
    return places;
  }

 private:
  struct Worker {
    std::vector<std::size_t> script;
    // Of the script's tables when it started.
    std::vector<std::string> uuids;
    std::vector<std::unique_ptr<TableCommitter>> committers;
    Positions next;
    // Splits that no ledger knows, until they are read.
    std::vector<Split> unknown;
    std::shared_ptr<const SkipPositions> skip;
    std::int64_t epoch = 0;
    bool is_running = false;
  };

  // A committer that remembers another table fails before it does anything, which to the
  // others looks like a process that died. So does that of a table dropped since the start.
  std::vector<std::unique_ptr<TableCommitter>> NewCommitters(std::size_t worker,
                                                             std::int64_t crash) {
    const std::vector<std::size_t>& script = workers_[worker].script;
    const std::vector<std::string>& uuids = workers_[worker].uuids;
    CommitterOptions options;
    options.pipeline = "p";
    options.writer_id = "worker-" + std::to_string(worker);
    options.tables.insert(uuids.begin(), uuids.end());
    std::vector<std::unique_ptr<TableCommitter>> committers;
    for (std::size_t place = 0; place < script.size(); ++place) {
      const bool dies = static_cast<std::int64_t>(place) == crash ||
                        uuids[place] != tables_.UuidOf(script[place]);
      options.is_anchor = place == 0;
      committers.push_back(
          tables_.NewCommitter(script[place], options, [&](TableMetadata& metadata) {
            if (dies) metadata.table_uuid = "another";
          }));
    }
    return committers;
  }

  // So that a rollback can go behind all that is ours.
  void GiveHistory(std::size_t table) {
    EXPECT_THAT(tables_.NewCommitter(table, "w", "q")->Commit({}, {}), IsOk());
  }

  // Where a table made while the pipeline was there begins.
  std::array<std::int64_t, kSplits> BeginOf(std::size_t table) {
    std::array<std::int64_t, kSplits> begin{};
    for (int partition = 0; partition < kSplits; ++partition) {
      const Ledger ledger = tables_.LedgerOf(table);
      const Position* first = ledger.First(SplitOf(partition));
      begin[static_cast<std::size_t>(partition)] =
          first == nullptr ? kFirstOffset : first->ordinal;
    }
    return begin;
  }

  std::vector<StartUpTable> StartUpTables(const Worker& worker) {
    std::vector<StartUpTable> tables;
    for (std::size_t place = 0; place < worker.script.size(); ++place) {
      tables.push_back({worker.committers[place].get(), &tables_.catalog(),
                        tables_.UuidOf(worker.script[place]), false});
    }
    return tables;
  }

  // What the writer of a table is given: the records that it wants and does not hold.
  std::vector<DataFile> FilesOf(std::size_t table, std::size_t place,
                                const SourceEpoch& source) {
    std::vector<DataFile> files;
    const Positions& held = (*source.skip)[place].held;
    for (const auto& [split, range] : source.ranges) {
      const auto at = held.find(split);
      std::int64_t begin = range.begin.ordinal;
      if (at != held.end()) begin = std::max(begin, at->second.ordinal);
      std::int64_t rows = 0;
      for (std::int64_t offset = begin; offset < range.end.ordinal; ++offset) {
        rows += Wants(table, split, offset) ? 1 : 0;
      }
      highest_ = std::max(highest_, range.end.ordinal);
      if (rows == 0) continue;
      files.push_back(
          tables_.NewFile(fmt::format("t{}-{}-{}-{}-{}", table, split.partition, begin,
                                      range.end.ordinal, ++file_count_),
                          rows));
    }
    return files;
  }

  Status RunStage(Worker& worker, CommitChannel& channel) {
    CommitProgress progress(0);
    CommitStageContext context;
    for (const auto& committer : worker.committers) {
      context.committers.push_back(committer.get());
      context.ios.push_back(&tables_.io());
    }
    context.source_count = 1;
    context.input = &channel;
    context.status = &status_;
    context.progress = &progress;
    context.clock = &Clock::System();
    // An epoch that would wait for the next one is committed here, as it is at a stop.
    context.empty_epochs_per_commit = 1;
    CommitStage stage(context);
    Status status = stage.Run({});
    stage.DiscardUncommitted();
    return status;
  }

  static std::vector<std::int64_t> NumbersIn(const std::string& path) {
    std::vector<std::int64_t> numbers;
    const std::string name = path.substr(path.rfind('/') + 2);
    const char* at = name.data();
    const char* const end = name.data() + name.size();
    while (at < end) {
      std::int64_t number = 0;
      at = std::from_chars(at, end, number).ptr + 1;
      numbers.push_back(number);
    }
    return numbers;
  }

  MemoryTables tables_;
  ScriptedSource source_;
  StartUpChoices choices_;
  PipelineStatus status_;
  std::vector<Worker> workers_;
  std::vector<std::size_t> script_ = {0, 1, 2};
  std::array<bool, kTables> is_new_{};
  std::array<std::array<std::int64_t, kSplits>, kTables> begin_ = {
      {{kFirstOffset, kFirstOffset},
       {kFirstOffset, kFirstOffset},
       {kFirstOffset, kFirstOffset}}};
  std::int64_t highest_ = kFirstOffset;
  int file_count_ = 0;
};

// Two workers over the same splits, of which one or both may be zombies, that die between
// the commits of tables; owners who set any table to any state it ever had, at any time.
// Whatever happened, a last run leaves every record in each of its tables exactly once.
RC_GTEST_PROP(RollbackProperty, EveryTableHasEveryRecordExactlyOnce, ()) {
  World world;
  world.Start(0);
  const int steps = *rc::gen::inRange(1, 14);
  for (int step = 0; step < steps; ++step) {
    const auto worker = *rc::gen::inRange<std::size_t>(0, 2);
    switch (*rc::gen::inRange(0, 8)) {
      case 0:
      case 1:
        world.Start(worker);
        break;
      case 2:
      case 3:
        world.RollBack(*rc::gen::inRange<std::size_t>(0, kTables),
                       *rc::gen::inRange<std::size_t>(0, 64));
        break;
      default: {
        const auto lengths = *rc::gen::container<std::vector<std::int64_t>>(
            kSplits, rc::gen::inRange<std::int64_t>(0, 12));
        const auto crash = *rc::gen::inRange<std::int64_t>(kNoCrash - 1, kTables);
        world.Commit(worker, lengths, crash, *rc::gen::arbitrary<bool>());
      }
    }
  }
  const std::int64_t end = world.highest() + 3;
  world.Finish(end);
  for (std::size_t table = 0; table < kTables; ++table) {
    RC_ASSERT(world.Found(table) == world.Expected(table, end));
  }
}

// Every order of some of the tables, none of them twice.
rc::Gen<std::vector<std::size_t>> GenScript() {
  return rc::gen::exec([] {
    std::vector<std::size_t> left = {0, 1, 2};
    std::vector<std::size_t> script;
    const auto count = *rc::gen::inRange<std::size_t>(1, kTables + 1);
    while (script.size() < count) {
      const auto pick = *rc::gen::inRange<std::size_t>(0, left.size());
      script.push_back(left[pick]);
      left.erase(left.begin() + static_cast<std::ptrdiff_t>(pick));
    }
    return script;
  });
}

// The same where INSERTs come and go and change places between runs, and tables are dropped:
// a table has all since it got its ledger, also what came while it was not in the script.
RC_GTEST_PROP(ScriptProperty, EveryTableHasEveryRecordSinceItsLedger, ()) {
  World world;
  world.Start(0);
  const int steps = *rc::gen::inRange(1, 14);
  for (int step = 0; step < steps; ++step) {
    const auto worker = *rc::gen::inRange<std::size_t>(0, 2);
    switch (*rc::gen::inRange(0, 10)) {
      case 0:
        world.Start(worker);
        break;
      case 1:
      case 2:
        world.Edit(*GenScript());
        world.Start(worker);
        break;
      case 3:
        world.Drop(*rc::gen::inRange<std::size_t>(0, kTables));
        break;
      case 4:
        world.RollBack(*rc::gen::inRange<std::size_t>(0, kTables),
                       *rc::gen::inRange<std::size_t>(0, 64));
        break;
      default: {
        const auto lengths = *rc::gen::container<std::vector<std::int64_t>>(
            kSplits, rc::gen::inRange<std::int64_t>(0, 12));
        const auto crash = *rc::gen::inRange<std::int64_t>(kNoCrash - 1, kTables);
        world.Commit(worker, lengths, crash, *rc::gen::arbitrary<bool>());
      }
    }
  }
  const std::int64_t end = world.highest() + 3;
  world.Finish(end);
  for (std::size_t table = 0; table < kTables; ++table) {
    RC_ASSERT(world.Found(table) == world.Expected(table, end));
  }
}

}  // namespace
}  // namespace frazil
