// What a committer and its catalog hold grows with the table's snapshots by what each of them
// says, and a commit reads nothing back that this process wrote.

#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <new>
#include <stop_token>
#include <string>

#include <gtest/gtest.h>

#include "base/result_matchers.h"
#include "catalog/memory/memory_catalog.h"
#include "commit/table_committer.h"

namespace {

// Bytes that are allocated now; every operator new and delete of this program comes here.
std::atomic<std::int64_t> held_bytes{0};

void* Allocate(std::size_t size) noexcept {
  void* const memory = std::malloc(size == 0 ? 1 : size);
  held_bytes.fetch_add(static_cast<std::int64_t>(malloc_usable_size(memory)));
  return memory;
}

void Free(void* memory) noexcept {
  held_bytes.fetch_sub(static_cast<std::int64_t>(malloc_usable_size(memory)));
  std::free(memory);
}

}  // namespace

// Not inlined: GCC would see free() of what an operator new gave, and take them for a mismatch.
[[gnu::noinline]] void* operator new(std::size_t size) {
  void* const memory = Allocate(size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void* operator new[](std::size_t size) { return operator new(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return Allocate(size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return Allocate(size);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { Free(memory); }
void operator delete[](void* memory) noexcept { operator delete(memory); }
void operator delete(void* memory, std::size_t) noexcept { operator delete(memory); }
void operator delete[](void* memory, std::size_t) noexcept { operator delete(memory); }

namespace frazil {
namespace {

const TableIdentifier kTable{{"db"}, "events"};
const Split kSplit{"events", "orders", 0};

// Takes files and keeps none: whoever reads one back fails.
class ForgetfulFileIO : public FileIO {
 public:
  Result<std::unique_ptr<OutputFile>> NewOutput(std::string_view location) override {
    return Fail(ErrorKind::kNotSupported, "{}", location);
  }
  Result<std::unique_ptr<InputFile>> NewInput(std::string_view location) override {
    return Fail(ErrorKind::kNotFound, "{}", location);
  }
  Result<std::string> Read(std::string_view location) override {
    return Fail(ErrorKind::kNotFound, "{}", location);
  }
  Status Write(std::string_view, std::string_view) override { return {}; }
  Status Delete(std::string_view) override { return {}; }
  Result<bool> Exists(std::string_view) override { return false; }
  [[nodiscard]] std::string ReadablePath(std::string_view location) const override {
    return std::string(location);
  }
};

class CommitterMemoryTest : public ::testing::Test {
 protected:
  CommitterMemoryTest()
      : catalog_(NewMemoryCatalog("lake", "memory:/lake", io_)), table_(MakeTable()) {
    CommitterOptions options;
    options.pipeline = "p";
    options.writer_id = "w";
    options.is_anchor = true;
    options.engine_version = "test";
    committer_ = std::make_unique<TableCommitter>(*catalog_, *io_, Clock::System(),
                                                  kTable, table_, std::move(options));
  }

  LoadedTable MakeTable() {
    EXPECT_THAT(catalog_->CreateNamespace({"db"}, {}), IsOk());
    NewTable table;
    table.schema.fields = {{1, "id", Type(TypeId::kLong), false, ""}};
    auto made = catalog_->CreateTable(kTable, std::move(table));
    EXPECT_THAT(made, IsOk());
    return *std::move(made);
  }

  void CommitEpochs(std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) {
      TableEpoch epoch;
      epoch.epoch = ++epochs_;
      const bool is_first = epochs_ == 1;
      epoch.claims[kSplit] =
          Claim{is_first ? std::nullopt : std::optional(Position{epochs_ - 1, ""}),
                {epochs_, ""}};
      DataFile file;
      file.file_path = "memory:/lake/db/events/data/" + std::to_string(epochs_);
      file.record_count = 1;
      file.file_size_bytes = 100;
      epoch.files = {file};
      ASSERT_THAT(committer_->Commit(epoch, {}), IsOk());
    }
  }

  std::shared_ptr<FileIO> io_ = std::make_shared<ForgetfulFileIO>();
  std::unique_ptr<Catalog> catalog_;
  LoadedTable table_;
  std::unique_ptr<TableCommitter> committer_;
  std::int64_t epochs_ = 0;
};

TEST_F(CommitterMemoryTest, ASnapshotCostsWhatItSaysAndIsHeldOnce) {
  constexpr std::int64_t kCommits = 100;
  // The text of a snapshot is 1 KB here, its line in the list of manifests 0.4 KB.
  constexpr std::int64_t kSnapshotBytes = 3000;
  CommitEpochs(kCommits);  // logs, caches and what else has a bound is full
  const std::int64_t before = held_bytes;
  CommitEpochs(kCommits);
  EXPECT_LT(held_bytes - before, kCommits * kSnapshotBytes);
}

}  // namespace
}  // namespace frazil
