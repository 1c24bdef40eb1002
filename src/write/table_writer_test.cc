#include "write/table_writer.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_primitive.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"
#include "storage/memory/memory_file_io.h"
#include "write/testing_rows.h"

namespace frazil {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Le;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr std::int64_t kMegabyte = 1 << 20;

PartitionSpec ByBucket(std::int32_t bucket_count) {
  PartitionSpec spec;
  spec.spec_id = 4;
  spec.fields = {{1, 1000, "id_bucket", Transform(TransformKind::kBucket, bucket_count)}};
  return spec;
}

std::vector<SchemaField> IdAndText() {
  return {RequiredField(1, "id", TypeId::kLong),
          OptionalField(2, "text", TypeId::kString)};
}

// Rows whose texts do not compress: `count` of them from id `first`.
std::shared_ptr<arrow::RecordBatch> NoisyRows(const Schema& schema, std::int64_t first,
                                              std::int64_t count, std::size_t text_size) {
  arrow::Int64Builder ids;
  arrow::StringBuilder texts;
  std::string text(text_size, ' ');
  std::uint64_t state = static_cast<std::uint64_t>(first) * 0x9E3779B97F4A7C15U + 1;
  for (std::int64_t i = 0; i < count; ++i) {
    for (char& c : text) {
      state ^= state << 13;
      state ^= state >> 7;
      state ^= state << 17;
      c = static_cast<char>(' ' + state % 95);
    }
    EXPECT_TRUE(ids.Append(first + i).ok());
    EXPECT_TRUE(texts.Append(text).ok());
  }
  return arrow::RecordBatch::Make(
      ArrowSchemaOf(schema), count,
      {ids.Finish().ValueOrDie(), texts.Finish().ValueOrDie()});
}

class TableWriterTest : public testing::Test {
 protected:
  std::unique_ptr<TableWriter> Make(TableMetadata metadata) {
    metadata_ = std::make_shared<TableMetadata>(std::move(metadata));
    auto writer = TableWriter::Make(metadata_, *io_, budget_);
    EXPECT_THAT(writer, IsOk());
    return *std::move(writer);
  }

  std::shared_ptr<arrow::RecordBatch> Rows(std::string_view json) const {
    return RowsFromJson(metadata_->CurrentSchema(), json);
  }

  // The ids in files, sorted.
  std::vector<std::int64_t> IdsIn(const std::vector<DataFile>& files) const {
    std::vector<std::int64_t> ids;
    for (const DataFile& file : files) {
      const ReadFile read = ReadParquet(*io_, file.file_path);
      EXPECT_EQ(read.rows->num_rows(), file.record_count);
      const auto& column = static_cast<const arrow::Int64Array&>(*read.rows->column(0));
      ids.insert(ids.end(), column.raw_values(), column.raw_values() + column.length());
    }
    std::sort(ids.begin(), ids.end());
    return ids;
  }

  std::shared_ptr<FileIO> io_ = NewMemoryFileIO();
  MemoryBudget budget_{512 * kMegabyte};
  std::shared_ptr<TableMetadata> metadata_;
};

TEST_F(TableWriterTest, AnEpochBecomesAFileWithItsRows) {
  auto writer = Make(TableOf(IdAndText()));
  ASSERT_THAT(writer->Write(7, Rows(R"([[1, "a"], [2, null]])")), IsOk());
  ASSERT_THAT(writer->Write(7, Rows(R"([[3, "b"]])")), IsOk());
  EXPECT_GT(writer->EpochBytes(7), 0);

  const auto files = writer->Finish(7);

  ASSERT_THAT(files, IsOkAnd(SizeIs(1)));
  const DataFile& file = files->front();
  EXPECT_EQ(file.record_count, 3);
  EXPECT_EQ(file.content, FileContent::kData);
  EXPECT_EQ(file.file_format, "PARQUET");
  EXPECT_EQ(file.spec_id, 0);
  EXPECT_EQ(file.sort_order_id, 0);
  EXPECT_THAT(file.partition, IsEmpty());
  EXPECT_THAT(file.file_path,
              AllOf(StartsWith("/table/data/00000-7-"), HasSubstr(".parquet")));
  EXPECT_THAT(IdsIn(*files), ElementsAre(1, 2, 3));
  EXPECT_EQ(writer->EpochBytes(7), 0);
  EXPECT_EQ(budget_.used_bytes(), 0);
}

TEST_F(TableWriterTest, AnEpochWithoutRowsHasNoFiles) {
  auto writer = Make(TableOf(IdAndText()));
  EXPECT_THAT(writer->Finish(1), IsOkAnd(IsEmpty()));
  EXPECT_THAT(writer->Write(2, Rows("[]")), IsOk());
  EXPECT_THAT(writer->Finish(2), IsOkAnd(IsEmpty()));
}

TEST_F(TableWriterTest, EachPartitionHasItsFile) {
  auto writer = Make(TableOf(IdAndText(), ByBucket(4)));
  ASSERT_THAT(writer->Write(1, NoisyRows(metadata_->CurrentSchema(), 0, 100, 5)), IsOk());
  ASSERT_THAT(writer->Write(1, NoisyRows(metadata_->CurrentSchema(), 100, 100, 5)),
              IsOk());
  const auto files = writer->Finish(1);
  ASSERT_THAT(files, IsOkAnd(SizeIs(4)));
  std::set<std::int32_t> buckets;
  for (const DataFile& file : *files) {
    ASSERT_EQ(file.partition.size(), 1U);
    const std::int32_t bucket = std::get<std::int32_t>(file.partition[0]);
    buckets.insert(bucket);
    EXPECT_EQ(file.spec_id, 4);
    EXPECT_THAT(file.file_path, HasSubstr("/id_bucket=" + std::to_string(bucket) + "/"));
    for (const std::int64_t id : IdsIn({file})) {
      EXPECT_EQ(BucketOf(HashLong(id), 4), bucket);
    }
  }
  EXPECT_THAT(buckets, ElementsAre(0, 1, 2, 3));
  std::vector<std::int64_t> all(200);
  std::iota(all.begin(), all.end(), 0);
  EXPECT_EQ(IdsIn(*files), all);
}

TEST_F(TableWriterTest, FilesRollAtTheTargetSize) {
  constexpr std::int64_t kTarget = 2 * kMegabyte;
  auto writer = Make(TableOf(
      IdAndText(), {}, {{"write.target-file-size-bytes", std::to_string(kTarget)}}));
  for (int i = 0; i < 20; ++i) {
    ASSERT_THAT(
        writer->Write(1, NoisyRows(metadata_->CurrentSchema(), i * 5000, 5000, 100)),
        IsOk());
  }
  const auto files = writer->Finish(1);
  ASSERT_THAT(files, IsOk());
  ASSERT_THAT(*files, SizeIs(testing::Ge(4U)));
  EXPECT_THAT(*files, Each(Field(&DataFile::file_size_bytes, Le(kTarget * 5 / 4))));
  for (std::size_t i = 0; i + 1 < files->size(); ++i) {
    EXPECT_GE((*files)[i].file_size_bytes, kTarget * 3 / 4);
  }
  std::vector<std::int64_t> all(100'000);
  std::iota(all.begin(), all.end(), 0);
  EXPECT_EQ(IdsIn(*files), all);
  std::set<std::string> paths;
  for (const DataFile& file : *files) paths.insert(file.file_path);
  EXPECT_EQ(paths.size(), files->size());
}

TEST_F(TableWriterTest, LargeRowsOfOneBatchAlsoRoll) {
  auto writer =
      Make(TableOf(IdAndText(), {},
                   {{"write.target-file-size-bytes", std::to_string(8 * kMegabyte)}}));
  ASSERT_THAT(writer->Write(1, NoisyRows(metadata_->CurrentSchema(), 0, 30, kMegabyte)),
              IsOk());
  const auto files = writer->Finish(1);
  ASSERT_THAT(files, IsOkAnd(SizeIs(testing::Ge(2U))));
  EXPECT_THAT(*files, Each(Field(&DataFile::file_size_bytes, Le(13 * kMegabyte))));
}

TEST_F(TableWriterTest, RowsOfManyPartitionsWaitAndAreNotForgotten) {
  auto writer = Make(TableOf(IdAndText(), ByBucket(100)));
  for (int i = 0; i < 30; ++i) {
    ASSERT_THAT(
        writer->Write(1 + i % 2, NoisyRows(metadata_->CurrentSchema(), i * 100, 100, 5)),
        IsOk());
  }
  EXPECT_GT(writer->EpochBytes(2), 0);
  std::vector<std::int64_t> ids;
  for (const std::int64_t epoch : {1, 2}) {
    const auto files = writer->Finish(epoch);
    ASSERT_THAT(files, IsOkAnd(SizeIs(100)));
    const std::vector<std::int64_t> found = IdsIn(*files);
    EXPECT_EQ(found.size(), 1500U);
    ids.insert(ids.end(), found.begin(), found.end());
  }
  std::sort(ids.begin(), ids.end());
  std::vector<std::int64_t> all(3000);
  std::iota(all.begin(), all.end(), 0);
  EXPECT_EQ(ids, all);
  EXPECT_EQ(budget_.used_bytes(), 0);
}

TEST_F(TableWriterTest, PartitionsBeyondTheBudgetAreWrittenOneAfterTheOther) {
  metadata_ = std::make_shared<TableMetadata>(TableOf(IdAndText(), ByBucket(600)));
  MemoryBudget small(8 * kMegabyte);
  auto writer = TableWriter::Make(metadata_, *io_, small);
  ASSERT_THAT(writer, IsOk());
  std::int64_t most = 0;
  for (int i = 0; i < 20; ++i) {
    ASSERT_THAT(
        (*writer)->Write(1, NoisyRows(metadata_->CurrentSchema(), i * 1000, 1000, 50)),
        IsOk());
    most = std::max(most, small.used_bytes());
  }
  EXPECT_LE(most, small.limit_bytes() + kMegabyte);
  const auto files = (*writer)->Finish(1);
  ASSERT_THAT(files, IsOk());
  // The first batch shows how many partitions there are; all others wait for the end.
  EXPECT_LE(files->size(), 1200U);
  std::vector<std::int64_t> all(20'000);
  std::iota(all.begin(), all.end(), 0);
  EXPECT_EQ(IdsIn(*files), all);
}

TEST_F(TableWriterTest, EpochsAreWrittenSideBySide) {
  auto writer = Make(TableOf(IdAndText()));
  // One worker is three epochs behind the other.
  for (int epoch = 1; epoch <= 4; ++epoch) {
    const std::string row = "[[" + std::to_string(epoch * 10) + ", \"a\"]]";
    ASSERT_THAT(writer->Write(epoch, Rows(row)), IsOk());
  }
  ASSERT_THAT(writer->Write(1, Rows(R"([[11, "a"]])")), IsOk());
  const auto first = writer->Finish(1);
  ASSERT_THAT(first, IsOk());
  EXPECT_THAT(IdsIn(*first), ElementsAre(10, 11));
  ASSERT_THAT(writer->Write(4, Rows(R"([[41, "a"]])")), IsOk());
  for (int epoch = 2; epoch <= 3; ++epoch) {
    const auto files = writer->Finish(epoch);
    ASSERT_THAT(files, IsOk());
    EXPECT_THAT(IdsIn(*files), ElementsAre(epoch * 10));
  }
  const auto last = writer->Finish(4);
  ASSERT_THAT(last, IsOk());
  EXPECT_THAT(IdsIn(*last), ElementsAre(40, 41));
}

TEST_F(TableWriterTest, AbandonLeavesNothing) {
  const TempFolder folder;
  io_ = NewLocalFileIO();
  TableMetadata table =
      TableOf(IdAndText(), ByBucket(2), {{"write.target-file-size-bytes", "100000"}});
  table.location = folder.path();
  auto writer = Make(std::move(table));
  for (int i = 0; i < 4; ++i) {
    ASSERT_THAT(writer->Write(1 + i % 2,
                              NoisyRows(metadata_->CurrentSchema(), i * 5000, 5000, 100)),
                IsOk());
  }
  EXPECT_THAT(folder.Files(), SizeIs(Gt(4U)));

  writer->Abandon();

  EXPECT_THAT(folder.Files(), IsEmpty());
  EXPECT_EQ(budget_.used_bytes(), 0);
  EXPECT_EQ(writer->EpochBytes(1), 0);
  ASSERT_THAT(writer->Write(9, Rows(R"([[1, "a"]])")), IsOk());
  EXPECT_THAT(writer->Finish(9), IsOkAnd(SizeIs(1)));
}

TEST_F(TableWriterTest, FilesOfAFinishedEpochStayWhenTheNextIsAbandoned) {
  auto writer = Make(TableOf(IdAndText()));
  ASSERT_THAT(writer->Write(1, Rows(R"([[1, "a"]])")), IsOk());
  const auto files = writer->Finish(1);
  ASSERT_THAT(files, IsOkAnd(SizeIs(1)));
  ASSERT_THAT(writer->Write(2, Rows(R"([[2, "a"]])")), IsOk());
  writer->Abandon();
  EXPECT_THAT(io_->Exists(files->front().file_path), IsOkAnd(true));
}

TEST_F(TableWriterTest, ANullInARequiredColumnIsRefusedAndHarmsNothing) {
  auto writer = Make(TableOf(IdAndText()));
  ASSERT_THAT(writer->Write(1, Rows(R"([[1, "a"]])")), IsOk());
  EXPECT_THAT(writer->Write(1, Rows(R"([[null, "b"]])")),
              FailsWith(ErrorKind::kInvalidArgument, HasSubstr("required column id")));
  const auto files = writer->Finish(1);
  ASSERT_THAT(files, IsOk());
  EXPECT_THAT(IdsIn(*files), ElementsAre(1));
}

TEST_F(TableWriterTest, TablesThatCannotBeWrittenAreRefused) {
  const auto make = [&](TableMetadata table) {
    return TableWriter::Make(std::make_shared<TableMetadata>(std::move(table)), *io_,
                             budget_);
  };
  EXPECT_THAT(make(TableOf(IdAndText(), {}, {{"write.format.default", "avro"}})),
              FailsWith(ErrorKind::kNotSupported));
  PartitionSpec spec;
  spec.fields = {{1, 1000, "p", Transform::Parse("of-the-future")}};
  EXPECT_THAT(make(TableOf(IdAndText(), spec)), FailsWith(ErrorKind::kNotSupported));
}

TEST_F(TableWriterTest, MemoryIsReservedAndTheLargestFileGivesWay) {
  auto writer = Make(TableOf(IdAndText(), ByBucket(50)));
  MemoryBudget small(4 * kMegabyte);
  auto limited = TableWriter::Make(metadata_, *io_, small);
  ASSERT_THAT(limited, IsOk());
  std::int64_t most = 0;
  for (int i = 0; i < 100; ++i) {
    const auto rows = NoisyRows(metadata_->CurrentSchema(), i * 1000, 1000, 100);
    ASSERT_THAT((*limited)->Write(1, rows), IsOk());
    most = std::max(most, small.used_bytes());
  }
  EXPECT_GT(most, kMegabyte);
  EXPECT_LE(most, small.limit_bytes() + kMegabyte);
  const auto files = (*limited)->Finish(1);
  ASSERT_THAT(files, IsOk());
  std::vector<std::int64_t> all(100'000);
  std::iota(all.begin(), all.end(), 0);
  EXPECT_EQ(IdsIn(*files), all);
  EXPECT_EQ(small.used_bytes(), 0);
}

TEST_F(TableWriterTest, WhatOthersHoldDoesNotMakeFilesSmall) {
  MemoryBudget crowded(64 * kMegabyte);
  crowded.Add(100 * kMegabyte);
  metadata_ = std::make_shared<TableMetadata>(TableOf(IdAndText()));
  auto writer = TableWriter::Make(metadata_, *io_, crowded);
  ASSERT_THAT(writer, IsOk());
  for (int i = 0; i < 20; ++i) {
    ASSERT_THAT(
        (*writer)->Write(1, NoisyRows(metadata_->CurrentSchema(), i * 1000, 1000, 100)),
        IsOk());
  }
  EXPECT_THAT((*writer)->Finish(1), IsOkAnd(SizeIs(1)));
}

TEST_F(TableWriterTest, PartitionsWithoutRoomForRowGroupsKeepTheirFiles) {
  metadata_ = std::make_shared<TableMetadata>(TableOf(IdAndText(), ByBucket(100)));
  MemoryBudget small(5 * kMegabyte);
  auto writer = TableWriter::Make(metadata_, *io_, small);
  ASSERT_THAT(writer, IsOk());
  std::int64_t most = 0;
  for (int i = 0; i < 60; ++i) {
    ASSERT_THAT(
        (*writer)->Write(1, NoisyRows(metadata_->CurrentSchema(), i * 1000, 1000, 100)),
        IsOk());
    most = std::max(most, small.used_bytes());
  }
  EXPECT_LE(most, small.limit_bytes() + kMegabyte);
  const auto files = (*writer)->Finish(1);
  ASSERT_THAT(files, IsOkAnd(SizeIs(100)));
  EXPECT_THAT(files->front().split_offsets, SizeIs(Gt(1U)));
  std::vector<std::int64_t> all(60'000);
  std::iota(all.begin(), all.end(), 0);
  EXPECT_EQ(IdsIn(*files), all);
  EXPECT_EQ(small.used_bytes(), 0);
}

// A process that holds the same whatever is freed.
class FullProcess : public ProcessMemory {
 public:
  explicit FullProcess(std::int64_t bytes) : bytes_(bytes) {}
  std::int64_t ResidentBytes() override { return bytes_; }
  void ReturnUnused() override { ++returns; }

  int returns = 0;

 private:
  const std::int64_t bytes_;
};

TEST_F(TableWriterTest, WhatNoReservationTellsOfMakesFilesGiveWayToo) {
  FullProcess process(300 * kMegabyte);
  MemoryGuard guard(200 * kMegabyte, process);
  MemoryBudget budget(64 * kMegabyte, &guard);
  metadata_ = std::make_shared<TableMetadata>(TableOf(IdAndText()));
  auto writer = TableWriter::Make(metadata_, *io_, budget);
  ASSERT_THAT(writer, IsOk());
  std::int64_t most = 0;
  for (int i = 0; i < 40; ++i) {
    ASSERT_THAT(
        (*writer)->Write(1, NoisyRows(metadata_->CurrentSchema(), i * 5000, 5000, 100)),
        IsOk());
    most = std::max(most, budget.used_bytes());
  }
  // The writer's share, and what comes between two looks.
  EXPECT_GT(most, 4 * kMegabyte);
  EXPECT_LE(most, (8 + 4) * kMegabyte);
  EXPECT_GT(process.returns, 0);
  const auto files = (*writer)->Finish(1);
  // A file keeps growing; only its row groups are smaller.
  ASSERT_THAT(files, IsOkAnd(SizeIs(1)));
  EXPECT_THAT(files->front().split_offsets, SizeIs(Gt(1U)));
  EXPECT_THAT(IdsIn(*files), SizeIs(200'000));
}

// A file system on which opening or writing fails when told to.
class FailingFileIO : public FileIO {
 public:
  explicit FailingFileIO(std::shared_ptr<FileIO> inner) : inner_(std::move(inner)) {}

  bool is_failing = false;

  Result<std::unique_ptr<OutputFile>> NewOutput(std::string_view location) override {
    FRAZIL_ASSIGN(auto file, inner_->NewOutput(location));
    return std::unique_ptr<OutputFile>(
        std::make_unique<FailingFile>(*this, std::move(file)));
  }
  Result<std::unique_ptr<InputFile>> NewInput(std::string_view location) override {
    return inner_->NewInput(location);
  }
  Result<std::string> Read(std::string_view location) override {
    return inner_->Read(location);
  }
  Status Write(std::string_view location, std::string_view bytes) override {
    return inner_->Write(location, bytes);
  }
  Status Delete(std::string_view location) override { return inner_->Delete(location); }
  Result<bool> Exists(std::string_view location) override {
    return inner_->Exists(location);
  }
  [[nodiscard]] std::string ReadablePath(std::string_view location) const override {
    return inner_->ReadablePath(location);
  }

 private:
  class FailingFile : public OutputFile {
   public:
    FailingFile(const FailingFileIO& io, std::unique_ptr<OutputFile> inner)
        : io_(io), inner_(std::move(inner)) {}
    Status Write(std::string_view bytes) override {
      if (io_.is_failing) return Fail(ErrorKind::kIoError, "no space left on device");
      return inner_->Write(bytes);
    }
    Status Close() override { return inner_->Close(); }
    [[nodiscard]] std::int64_t size_bytes() const override {
      return inner_->size_bytes();
    }

   private:
    const FailingFileIO& io_;
    std::unique_ptr<OutputFile> inner_;
  };

  std::shared_ptr<FileIO> inner_;
};

TEST_F(TableWriterTest, AfterAFullDiskOnlyAbandonIsLeft) {
  auto failing = std::make_shared<FailingFileIO>(io_);
  io_ = failing;
  auto writer = Make(TableOf(IdAndText()));
  ASSERT_THAT(writer->Write(1, Rows(R"([[1, "a"]])")), IsOk());
  failing->is_failing = true;
  EXPECT_THAT(writer->Finish(1),
              FailsWith(ErrorKind::kIoError, HasSubstr("no space left on device")));
  failing->is_failing = false;
  EXPECT_THAT(writer->Finish(1), FailsWith(ErrorKind::kIoError));
  EXPECT_THAT(writer->Write(1, Rows(R"([[1, "a"]])")), FailsWith(ErrorKind::kIoError));
  writer->Abandon();
  ASSERT_THAT(writer->Write(1, Rows(R"([[2, "a"]])")), IsOk());
  const auto files = writer->Finish(1);
  ASSERT_THAT(files, IsOk());
  EXPECT_THAT(IdsIn(*files), ElementsAre(2));
}

}  // namespace
}  // namespace frazil
