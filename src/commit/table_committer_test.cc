#include "commit/table_committer.h"

#include <memory>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"
#include "catalog/memory/memory_catalog.h"
#include "storage/memory/memory_file_io.h"

namespace frazil {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

const TableIdentifier kTable{{"db"}, "events"};
const Split kSplit{"events", "orders", 0};

// Passes calls on to a real catalog, and spoils the answers of commits by a script.
class SpoilingCatalog : public Catalog {
 public:
  enum class Answer { kHonest, kLostAfterApplying, kLostBeforeApplying, kConflict };

  explicit SpoilingCatalog(Catalog& real) : real_(real) {}

  const std::string& name() const override { return real_.name(); }
  Status CreateNamespace(const Namespace& table_namespace,
                         const std::map<std::string, std::string>& properties) override {
    return real_.CreateNamespace(table_namespace, properties);
  }
  Result<bool> NamespaceExists(const Namespace& table_namespace) override {
    return real_.NamespaceExists(table_namespace);
  }
  Result<std::vector<Namespace>> ListNamespaces() override {
    return real_.ListNamespaces();
  }
  Result<std::vector<TableIdentifier>> ListTables(const Namespace& n) override {
    return real_.ListTables(n);
  }
  Result<LoadedTable> CreateTable(const TableIdentifier& identifier,
                                  NewTable table) override {
    return real_.CreateTable(identifier, std::move(table));
  }
  Result<LoadedTable> LoadTable(const TableIdentifier& identifier) override {
    return real_.LoadTable(identifier);
  }
  Status DropTable(const TableIdentifier& identifier) override {
    return real_.DropTable(identifier);
  }
  Result<LoadedTable> CommitTable(const TableIdentifier& identifier,
                                  const std::vector<TableRequirement>& requirements,
                                  const std::vector<TableUpdate>& updates) override {
    const Answer answer = calls_ < script_.size() ? script_[calls_] : Answer::kHonest;
    ++calls_;
    if (answer == Answer::kConflict) return Fail(ErrorKind::kCommitFailed, "409");
    if (answer == Answer::kLostBeforeApplying) {
      return Fail(ErrorKind::kCommitStateUnknown, "connection reset");
    }
    auto committed = real_.CommitTable(identifier, requirements, updates);
    if (answer == Answer::kHonest) return committed;
    return Fail(ErrorKind::kCommitStateUnknown, "connection reset");
  }

  // The next answers; honest ones follow.
  void Spoil(std::vector<Answer> answers) {
    script_ = std::move(answers);
    calls_ = 0;
  }

 private:
  Catalog& real_;
  std::vector<Answer> script_;
  std::size_t calls_ = 0;
};

using Answer = SpoilingCatalog::Answer;

class TableCommitterTest : public ::testing::Test {
 protected:
  TableCommitterTest()
      : io_(NewMemoryFileIO()),
        real_(NewMemoryCatalog("lake", "memory:/lake", io_)),
        catalog_(*real_) {
    EXPECT_THAT(catalog_.CreateNamespace({"db"}, {}), IsOk());
    NewTable table;
    SchemaField id;
    id.field_id = 1;
    id.name = "id";
    id.type = Type(TypeId::kLong);
    table.schema.fields = {id};
    EXPECT_THAT(catalog_.CreateTable(kTable, std::move(table)), IsOk());
  }

  TableCommitter Committer(std::string pipeline = "p", std::string writer = "w",
                           bool is_anchor = true,
                           std::chrono::milliseconds deadline = std::chrono::minutes(1)) {
    CommitterOptions options;
    options.pipeline = std::move(pipeline);
    options.writer_id = std::move(writer);
    options.is_anchor = is_anchor;
    options.deadline = deadline;
    options.engine_version = "test";
    return {catalog_,          *io_, Clock::System(), kTable, *catalog_.LoadTable(kTable),
            std::move(options)};
  }

  // An epoch with one file; `from` < 0: a split the table does not know.
  static TableEpoch Epoch(std::int64_t number, std::int64_t from, std::int64_t to,
                          const std::string& file) {
    TableEpoch epoch;
    epoch.epoch = number;
    epoch.claims[kSplit] =
        Claim{from < 0 ? std::nullopt : std::optional(Position{from, ""}), {to, ""}};
    if (file.empty()) return epoch;
    DataFile data_file;
    data_file.file_path = "memory:/lake/data/" + file;
    data_file.record_count = to - std::max<std::int64_t>(from, 0);
    data_file.file_size_bytes = 100;
    epoch.files = {data_file};
    return epoch;
  }

  // Paths of the live data files, each as often as it is listed.
  std::vector<std::string> LiveFiles() {
    std::vector<std::string> files;
    const LoadedTable table = *catalog_.LoadTable(kTable);
    const Snapshot* snapshot = table.metadata->CurrentSnapshot();
    if (snapshot == nullptr) return files;
    const std::string list = *io_->Read(snapshot->manifest_list);
    const auto manifests = *DecodeManifestList(list);
    for (const ManifestFile& manifest : manifests) {
      const std::string bytes = *io_->Read(manifest.manifest_path);
      const auto entries = *DecodeManifest(bytes, manifest, *table.metadata);
      for (const ManifestEntry& entry : entries) {
        files.push_back(entry.data_file.file_path.substr(18));
      }
    }
    return files;
  }

  std::int64_t CommittedPosition(TableCommitter& committer) {
    const auto lookup = committer.ReadLedger();
    return lookup->ledger->Find(kSplit)->ordinal;
  }

  std::shared_ptr<FileIO> io_;
  std::unique_ptr<Catalog> real_;
  SpoilingCatalog catalog_;
  std::stop_source stop_;
};

TEST_F(TableCommitterTest, DataAndLedgerAppearTogether) {
  TableCommitter committer = Committer();
  EXPECT_THAT(committer.Commit(Epoch(1, -1, 100, "a"), stop_.get_token()), IsOk());
  EXPECT_THAT(committer.Commit(Epoch(2, 100, 150, "b"), stop_.get_token()), IsOk());
  EXPECT_THAT(LiveFiles(), UnorderedElementsAre("a", "b"));
  EXPECT_EQ(CommittedPosition(committer), 150);

  const LoadedTable table = *catalog_.LoadTable(kTable);
  const Snapshot& snapshot = *table.metadata->CurrentSnapshot();
  EXPECT_EQ(snapshot.summary.at("total-records"), "150");
  EXPECT_EQ(snapshot.summary.at("engine-name"), "frazil");
  EXPECT_TRUE(DecodeLedger(snapshot.summary.at("frazil.ledger.p"))->is_anchor);
  EXPECT_EQ(
      DecodeLedgerMirror(table.metadata->properties.at("frazil.ledger.p"))->snapshot_id,
      snapshot.snapshot_id);
}

TEST_F(TableCommitterTest, ALostAnswerNeverCommitsTwice) {
  const std::vector<std::vector<Answer>> scripts = {
      {},
      {Answer::kConflict},
      {Answer::kLostBeforeApplying},
      {Answer::kLostAfterApplying},
      {Answer::kConflict, Answer::kLostBeforeApplying, Answer::kLostAfterApplying},
      {Answer::kLostBeforeApplying, Answer::kConflict, Answer::kHonest},
  };
  std::int64_t from = -1;
  std::int64_t number = 0;
  std::vector<std::string> expected;
  for (const auto& script : scripts) {
    SCOPED_TRACE(number);
    catalog_.Spoil(script);
    TableCommitter committer = Committer();
    const std::string file = "file-" + std::to_string(++number);
    const std::int64_t to = std::max<std::int64_t>(from, 0) + 10;
    EXPECT_THAT(committer.Commit(Epoch(number, from, to, file), stop_.get_token()),
                IsOk());
    expected.push_back(file);
    from = to;
    EXPECT_THAT(LiveFiles(), ::testing::UnorderedElementsAreArray(expected));
    EXPECT_EQ(CommittedPosition(committer), to);
  }
}

TEST_F(TableCommitterTest, ALostAnswerIsUnknownWhenTimeRunsOut) {
  catalog_.Spoil(std::vector<Answer>(10000, Answer::kLostBeforeApplying));
  TableCommitter committer = Committer("p", "w", true, std::chrono::milliseconds(100));
  EXPECT_THAT(committer.Commit(Epoch(1, -1, 100, "a"), stop_.get_token()),
              FailsWith(ErrorKind::kCommitStateUnknown));
  EXPECT_TRUE(committer.was_in_doubt());
}

TEST_F(TableCommitterTest, AZombieIsRefusedAndLeavesNothingBehind) {
  TableCommitter zombie = Committer("p", "zombie");
  TableCommitter heir = Committer("p", "heir");
  EXPECT_THAT(zombie.Commit(Epoch(1, -1, 100, "a"), stop_.get_token()), IsOk());
  EXPECT_THAT(heir.Commit(Epoch(2, 100, 170, "b"), stop_.get_token()), IsOk());

  EXPECT_THAT(zombie.Commit(Epoch(2, 100, 150, "c"), stop_.get_token()),
              FailsWith(ErrorKind::kLedgerConflict, HasSubstr("orders")));

  EXPECT_FALSE(zombie.was_in_doubt());
  EXPECT_THAT(LiveFiles(), UnorderedElementsAre("a", "b"));
  EXPECT_EQ(CommittedPosition(heir), 170);
}

TEST_F(TableCommitterTest, PipelinesKeepEachOthersLedgers) {
  TableCommitter ours = Committer("p");
  TableCommitter theirs = Committer("q");
  EXPECT_THAT(ours.Commit(Epoch(1, -1, 100, "a"), stop_.get_token()), IsOk());
  EXPECT_THAT(theirs.Commit(Epoch(1, -1, 7, "b"), stop_.get_token()), IsOk());
  EXPECT_EQ(CommittedPosition(ours), 100);
  EXPECT_EQ(CommittedPosition(theirs), 7);
  const LoadedTable table = *catalog_.LoadTable(kTable);
  EXPECT_EQ(table.metadata->CurrentSnapshot()->summary.count("frazil.ledger.p"), 1U);
}

TEST_F(TableCommitterTest, ALedgerAloneIsASnapshotWithoutFiles) {
  TableCommitter committer = Committer();
  EXPECT_THAT(committer.Commit(Epoch(1, -1, 42, ""), stop_.get_token()), IsOk());
  EXPECT_THAT(LiveFiles(), ElementsAre());
  EXPECT_EQ(CommittedPosition(committer), 42);
}

TEST_F(TableCommitterTest, ATableMadeAnewIsNotFilledByMistake) {
  TableCommitter committer = Committer();
  NewTable again;
  again.schema = catalog_.LoadTable(kTable)->metadata->CurrentSchema();
  ASSERT_THAT(catalog_.DropTable(kTable), IsOk());
  ASSERT_THAT(catalog_.CreateTable(kTable, std::move(again)), IsOk());
  EXPECT_THAT(committer.Commit(Epoch(1, -1, 42, "a"), stop_.get_token()),
              FailsWith(ErrorKind::kDataLoss, HasSubstr("made anew")));
}

TEST_F(TableCommitterTest, AnOverwriteSetsTheLedgerWhateverItSays) {
  TableCommitter committer = Committer();
  EXPECT_THAT(committer.Commit(Epoch(1, -1, 100, "a"), stop_.get_token()), IsOk());
  Ledger ledger;
  ledger.epoch = 9;
  ledger.Set(kSplit, {5, ""});
  EXPECT_THAT(committer.OverwriteLedger(ledger, stop_.get_token()), IsOk());
  EXPECT_EQ(CommittedPosition(committer), 5);
  EXPECT_THAT(LiveFiles(), ElementsAre("a"));
}

}  // namespace
}  // namespace frazil
