// Decoding allocates per batch and per column, never per record.

#include <atomic>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"
#include "decode/decoder_fixture.h"
#include "decode/json/json_decoder.h"

namespace {

// Counts while a test asks for it; every operator new of this program comes here.
std::atomic<bool> is_counting{false};
std::atomic<std::int64_t> allocations{0};

void* CountedAllocation(std::size_t size) noexcept {
  if (is_counting.load(std::memory_order_relaxed)) allocations.fetch_add(1);
  return std::malloc(size == 0 ? 1 : size);
}

}  // namespace

// Not inlined: GCC would see free() of what an operator new gave, and take them for a mismatch.
[[gnu::noinline]] void* operator new(std::size_t size) {
  void* const memory = CountedAllocation(size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void* operator new[](std::size_t size) { return operator new(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return CountedAllocation(size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return CountedAllocation(size);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { operator delete(memory); }
void operator delete(void* memory, std::size_t) noexcept { operator delete(memory); }
void operator delete[](void* memory, std::size_t) noexcept { operator delete(memory); }

namespace frazil {
namespace {

const Type kString(TypeId::kString);

std::vector<SourceColumn> Columns() {
  return {
      ValueColumn("id", Type(TypeId::kLong)),
      ValueColumn("name", kString),
      ValueColumn("ts", Type(TypeId::kTimestamptz)),
      ValueColumn("amount", Type(TypeId::kDouble)),
      ValueColumn("price", Type::Decimal(18, 4)),
      ValueColumn("token", Type(TypeId::kUuid)),
      ValueColumn("bytes", Type(TypeId::kBinary)),
      ValueColumn("geo", Type::Struct({Member("city", kString),
                                       Member("ok", Type(TypeId::kBoolean))})),
      ValueColumn("properties", MapOf(kString, kString)),
      ValueColumn("tags", ListOf(kString)),
      KeyColumn("k", Type(TypeId::kInt)),
      MetadataColumnOf("topic", kString),
      MetadataColumnOf("offset", Type(TypeId::kLong)),
  };
}

RawBatch Batch(int records) {
  RawBatchBuilder builder;
  for (int i = 0; i < records; ++i) {
    std::string name = i % 4 == 0 ? R"("esc\u0061ped\n")" : R"("plain")";
    if (i % 5 == 0) name = "null";
    builder.Add(
        fmt::format(R"({{"k":{}}})", i),
        fmt::format(
            R"({{"id":{},"name":{},"unknown":{{"a":[1,2,"x"]}},"ts":"2024-02-29T12:34:56.789Z",)"
            R"("amount":{}.25,"price":12.3456,"token":"f79c3e09-677c-4bbd-a479-3f349cb785e7",)"
            R"("bytes":"AAECAw==","geo":{{"city":"Köln","ok":true}},)"
            R"("properties":{{"p":"1","q":"2"}},"tags":["a","b"],"id":{}}})",
            i, name, i, i));
  }
  return builder.Build();
}

struct Cost {
  std::int64_t objects = 0;  // operator new
  std::int64_t buffers = 0;  // Arrow's memory pool
};

Cost CostOf(Decoder& decoder, const RawBatch& batch) {
  const std::int64_t buffers = arrow::default_memory_pool()->num_allocations();
  allocations = 0;
  is_counting = true;
  const auto decoded = decoder.Decode(batch, 0);
  is_counting = false;
  EXPECT_THAT(decoded, IsOk());
  EXPECT_TRUE(decoded->failures.empty());
  return {allocations, arrow::default_memory_pool()->num_allocations() - buffers};
}

TEST(JsonAllocationTest, TenTimesTheRecordsTakeNotOneAllocationMore) {
  auto decoder = MakeJsonDecoder(Columns(), {});
  ASSERT_THAT(decoder, IsOk());
  const RawBatch small = Batch(300);
  const RawBatch large = Batch(3000);
  // The first batches tell what the next ones need.
  CostOf(**decoder, small);
  CostOf(**decoder, large);
  const Cost of_small = CostOf(**decoder, small);
  const Cost of_large = CostOf(**decoder, large);
  EXPECT_EQ(of_small.objects, of_large.objects);
  EXPECT_EQ(of_small.buffers, of_large.buffers);
  EXPECT_GT(of_small.buffers, 0);
}

TEST(JsonAllocationTest, BadValuesThatAreIgnoredTakeNoneEither) {
  JsonOptions options;
  options.value.ignore_parse_errors = true;
  auto decoder = MakeJsonDecoder(Columns(), options);
  ASSERT_THAT(decoder, IsOk());
  const auto batch_of = [](int records) {
    RawBatchBuilder builder;
    for (int i = 0; i < records; ++i)
      builder.Add(R"({"id":"x","geo":{"city":[1],"ok":5}})");
    return builder.Build();
  };
  const RawBatch small = batch_of(300);
  const RawBatch large = batch_of(3000);
  CostOf(**decoder, small);
  CostOf(**decoder, large);
  const Cost of_small = CostOf(**decoder, small);
  const Cost of_large = CostOf(**decoder, large);
  EXPECT_EQ(of_small.objects, of_large.objects);
  EXPECT_EQ(of_small.buffers, of_large.buffers);
}

}  // namespace
}  // namespace frazil
