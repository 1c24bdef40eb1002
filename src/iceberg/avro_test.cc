#include "iceberg/avro.h"

#include <limits>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/result_matchers.h"
#include "iceberg/compression.h"

namespace frazil {
namespace {

using std::string_literals::operator""s;

constexpr std::string_view kSync = "0123456789abcdef";

Result<std::vector<AvroValue>> ReadAll(std::string_view bytes) {
  FRAZIL_ASSIGN(AvroReader reader, AvroReader::Open(bytes));
  std::vector<AvroValue> values;
  while (true) {
    FRAZIL_ASSIGN(auto value, reader.Next());
    if (!value) return values;
    values.push_back(*std::move(value));
  }
}

// A container file by hand: `block` as it stands in the file, with any codec and schema.
std::string FileOf(const std::string& schema, const std::string& codec,
                   std::int64_t objects, const std::string& block) {
  AvroEncoder file;
  file.PutFixed("Obj\x01"s);
  file.StartArray(2);
  file.PutBytes("avro.schema");
  file.PutBytes(schema);
  file.PutBytes("avro.codec");
  file.PutBytes(codec);
  file.EndArray();
  file.PutFixed(kSync);
  file.PutLong(objects);
  file.PutBytes(block);
  file.PutFixed(kSync);
  return file.bytes();
}

template <typename T>
const T& Get(const AvroValue& value) {
  return std::get<T>(value.value);
}

const AvroValue& Item(const AvroValue& value, std::size_t index) {
  return Get<AvroValue::Items>(value).at(index);
}

TEST(AvroTest, ReadsEveryKindOfValue) {
  const std::string schema = R"({"type":"record","name":"r","namespace":"n","fields":[
    {"name":"nothing","type":"null"},
    {"name":"flag","type":{"type":"boolean"}},
    {"name":"small","type":"int"},
    {"name":"large","type":"long"},
    {"name":"real","type":"float"},
    {"name":"wide","type":"double"},
    {"name":"raw","type":"bytes"},
    {"name":"text","type":"string"},
    {"name":"five","type":{"type":"fixed","name":"f5","size":5}},
    {"name":"again","type":"n.f5"},
    {"name":"color","type":{"type":"enum","name":"c","symbols":["red","green"]}},
    {"name":"numbers","type":{"type":"array","items":"long"}},
    {"name":"named","type":{"type":"map","values":"int"}},
    {"name":"maybe","type":["null","string"]}]})";
  AvroEncoder record;
  record.PutBoolean(true);
  record.PutLong(-7);
  record.PutLong(std::numeric_limits<std::int64_t>::min());
  record.PutFloat(1.5F);
  record.PutDouble(-2.25);
  record.PutBytes("\x00\xff"s);
  record.PutBytes("h\u00e9");
  record.PutFixed("abcde");
  record.PutFixed("fghij");
  record.PutLong(1);
  record.StartArray(2);
  record.PutLong(1);
  record.PutLong(2);
  record.PutLong(-1);  // a block that tells its size in bytes
  record.PutLong(1);
  record.PutLong(3);
  record.EndArray();
  record.StartArray(1);
  record.PutBytes("key");
  record.PutLong(9);
  record.EndArray();
  record.PutIsPresent(true);
  record.PutBytes("x");

  const auto values = ReadAll(FileOf(schema, "null", 1, record.bytes()));
  ASSERT_THAT(values, IsOk());
  ASSERT_EQ(values->size(), 1U);
  const AvroValue& value = values->front();
  EXPECT_TRUE(Item(value, 0).is_null());
  EXPECT_EQ(Get<bool>(Item(value, 1)), true);
  EXPECT_EQ(Get<std::int64_t>(Item(value, 2)), -7);
  EXPECT_EQ(Get<std::int64_t>(Item(value, 3)), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(Get<double>(Item(value, 4)), 1.5);
  EXPECT_EQ(Get<double>(Item(value, 5)), -2.25);
  EXPECT_EQ(Get<std::string>(Item(value, 6)), "\x00\xff"s);
  EXPECT_EQ(Get<std::string>(Item(value, 7)), "h\u00e9");
  EXPECT_EQ(Get<std::string>(Item(value, 8)), "abcde");
  EXPECT_EQ(Get<std::string>(Item(value, 9)), "fghij");
  EXPECT_EQ(Get<std::int64_t>(Item(value, 10)), 1);
  EXPECT_EQ(Get<std::int64_t>(Item(Item(value, 11), 2)), 3);
  EXPECT_EQ(Get<std::string>(Item(Item(value, 12), 0)), "key");
  EXPECT_EQ(Get<std::int64_t>(Item(Item(value, 12), 1)), 9);
  EXPECT_EQ(Get<std::string>(Item(value, 13)), "x");
}

TEST(AvroTest, FindsFieldsByIdAndByNameWhereThereAreNoIds) {
  const auto json = ParseJson(R"({"type":"record","name":"r","fields":[
    {"name":"a","type":"int","field-id":7},{"name":"b","type":"int"}]})");
  const auto schema = AvroSchema::Parse(*json);
  ASSERT_THAT(schema, IsOk());
  EXPECT_EQ(AvroSchema::FindField(schema->root(), 7, "other"), 0U);
  EXPECT_EQ(AvroSchema::FindField(schema->root(), 8, "a"), std::nullopt);
  EXPECT_EQ(AvroSchema::FindField(schema->root(), 8, "b"), 1U);
}

TEST(AvroTest, WritesManyObjectsInSeveralBlocks) {
  AvroWriter writer(R"("string")", {{"who", "frazil"}});
  const std::string text(1000, 'x');
  for (int i = 0; i < 500; ++i) {
    writer.encoder().PutBytes(text);
    writer.Commit();
  }
  const std::string bytes = writer.Finish();
  EXPECT_LT(bytes.size(), 50'000U);
  const auto reader = AvroReader::Open(bytes);
  ASSERT_THAT(reader, IsOk());
  EXPECT_EQ(reader->metadata().at("who"), "frazil");
  EXPECT_EQ(reader->metadata().at("avro.codec"), "deflate");
  const auto values = ReadAll(bytes);
  ASSERT_THAT(values, IsOk());
  EXPECT_EQ(values->size(), 500U);
  EXPECT_EQ(Get<std::string>(values->back()), text);
}

TEST(AvroTest, AFileWithoutObjectsIsAFile) {
  EXPECT_THAT(ReadAll(AvroWriter(R"("int")", {}).Finish()), IsOkAnd(testing::IsEmpty()));
}

TEST(AvroTest, ReadsEveryCodec) {
  AvroEncoder block;
  block.PutBytes("aaaaaaaaaaaaaaaaaaaaaaaa");
  const std::string plain = block.bytes();
  // Made from `plain` by Arrow's codecs.
  const std::string zstd =
      "\x28\xb5\x2f\xfd\x20\x19\x45\x00\x00\x10\x30\x61\x01\x00\x35\xc0\x02"s;
  const std::string snappy = "\x19\x04\x30\x61\x5a\x01\x00\x44\x35\xd7\x99"s;
  for (const auto& [codec, bytes] :
       std::map<std::string, std::string>{{"null", plain},
                                          {"deflate", CompressDeflate(plain)},
                                          {"zstandard", zstd},
                                          {"snappy", snappy}}) {
    SCOPED_TRACE(codec);
    const auto values = ReadAll(FileOf(R"("string")", codec, 1, bytes));
    ASSERT_THAT(values, IsOk());
    EXPECT_EQ(Get<std::string>(values->at(0)), plain.substr(1));
  }
  EXPECT_THAT(ReadAll(FileOf(R"("string")", "bzip2", 1, plain)),
              FailsWith(ErrorKind::kNotSupported));
}

TEST(AvroTest, RefusesSchemasThatAreNone) {
  for (
      const char* schema :
      {"", "{}", "[]x", "7", R"("unknown")", R"({"type":"record","name":"r"})",
       R"({"type":"record","fields":[]})", R"({"type":"array"})",
       R"({"type":"fixed","name":"f","size":-1})", R"({"type":"fixed","name":"f"})",
       R"({"type":"enum","name":"e"})", R"(["null","nothing"])",
       R"({"type":"record","name":"r","fields":[{"name":"a","type":"int","field-id":"x"}]})"}) {
    SCOPED_TRACE(schema);
    EXPECT_THAT(ReadAll(FileOf(schema, "null", 0, "")),
                FailsWith(ErrorKind::kCorruptData));
  }
}

TEST(AvroTest, RefusesBlocksThatDoNotHoldTheirObjects) {
  const auto read = [](const char* schema, std::int64_t objects,
                       const std::string& block) {
    return ReadAll(FileOf(schema, "null", objects, block));
  };
  EXPECT_THAT(read(R"("long")", 2, "\x02"s), FailsWith(ErrorKind::kCorruptData));
  EXPECT_THAT(read(R"("long")", 1, "\x02\x02"s), FailsWith(ErrorKind::kCorruptData));
  EXPECT_THAT(read(R"("long")", -1, "\x02"s), FailsWith(ErrorKind::kCorruptData));
  EXPECT_THAT(read(R"("long")", 1, std::string(11, '\xff')),
              FailsWith(ErrorKind::kCorruptData));
  EXPECT_THAT(read(R"("int")", 1, "\x80\x80\x80\x80\x10"s),
              FailsWith(ErrorKind::kCorruptData));
  EXPECT_THAT(read(R"("boolean")", 1, "\x02"s), FailsWith(ErrorKind::kCorruptData));
  EXPECT_THAT(read(R"("string")", 1, "\x01"s), FailsWith(ErrorKind::kCorruptData));
  EXPECT_THAT(read(R"("string")", 1,
                   "\x10"
                   "a"s),
              FailsWith(ErrorKind::kCorruptData));
  EXPECT_THAT(read(R"(["null"])", 1, "\x02"s), FailsWith(ErrorKind::kCorruptData));
  EXPECT_THAT(read(R"({"type":"enum","name":"e","symbols":["a"]})", 1, "\x02"s),
              FailsWith(ErrorKind::kCorruptData));
  // Blocks of four, three, two and one null, each no longer than what follows it.
  EXPECT_THAT(read(R"({"type":"array","items":"null"})", 1, "\x08\x06\x04\x02\x00"s),
              FailsWith(ErrorKind::kCorruptData));
  EXPECT_THAT(read(R"({"type":"record","name":"r","fields":[{"name":"r","type":"r"}]})",
                   1, "\x02"s),
              FailsWith(ErrorKind::kCorruptData));
}

TEST(AvroTest, RefusesABlockWithoutItsSyncMarker) {
  std::string file = FileOf(R"("long")", "null", 1, "\x02"s);
  ASSERT_THAT(ReadAll(file), IsOk());
  file.back() = 'x';
  EXPECT_THAT(ReadAll(file), FailsWith(ErrorKind::kCorruptData));
}

TEST(AvroTest, EveryTruncationIsAnError) {
  AvroWriter writer(R"({"type":"array","items":"string"})", {});
  writer.encoder().StartArray(2);
  writer.encoder().PutBytes("one");
  writer.encoder().PutBytes("two");
  writer.encoder().EndArray();
  writer.Commit();
  const std::string bytes = writer.Finish();
  ASSERT_THAT(ReadAll(bytes), IsOk());
  const std::size_t header =
      bytes.size() - 16 - 14 - 2;  // sync, deflated block, its frame
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto values = ReadAll(std::string_view(bytes).substr(0, size));
    if (values.has_value()) {
      EXPECT_TRUE(values->empty() && size <= header) << size;
    } else {
      EXPECT_EQ(values.error().kind, ErrorKind::kCorruptData) << size;
    }
  }
}

TEST(CompressionTest, RefusesWhatDoesNotDecompress) {
  for (const std::string& bytes : {""s, "x"s, "\xff\xff\xff\xff\xff\xff"s}) {
    EXPECT_THAT(DecompressDeflate(bytes), FailsWith(ErrorKind::kCorruptData));
    EXPECT_THAT(DecompressGzip(bytes), FailsWith(ErrorKind::kCorruptData));
    EXPECT_THAT(DecompressZstd(bytes), FailsWith(ErrorKind::kCorruptData));
    EXPECT_THAT(DecompressAvroSnappy(bytes), FailsWith(ErrorKind::kCorruptData));
  }
}

TEST(CompressionTest, SnappyIsCheckedBySum) {
  const std::string block = "\x19\x04\x30\x61\x5a\x01\x00\x44\x35\xd7\x99"s;
  ASSERT_THAT(DecompressAvroSnappy(block), IsOk());
  std::string changed = block;
  changed[3] = 'b';
  EXPECT_THAT(DecompressAvroSnappy(changed), FailsWith(ErrorKind::kCorruptData));
}

TEST(CompressionTest, OutputIsBounded) {
  // Deflate blocks of zeros by the hundred million, a thousandth of their size.
  const std::string large = CompressDeflate(std::string(kMaxDecompressedBytes + 1, '\0'));
  EXPECT_THAT(DecompressDeflate(large), FailsWith(ErrorKind::kCorruptData));
}

RC_GTEST_PROP(AvroProperty, LongsAndTextsReadBack, ()) {
  const auto numbers = *rc::gen::arbitrary<std::vector<std::int64_t>>();
  const auto texts = *rc::gen::arbitrary<std::vector<std::string>>();
  AvroWriter writer(R"({"type":"record","name":"r","fields":[
      {"name":"n","type":{"type":"array","items":"long"}},
      {"name":"t","type":{"type":"array","items":"bytes"}}]})",
                    {});
  for (int object = 0; object < 2; ++object) {
    writer.encoder().StartArray(numbers.size());
    for (const std::int64_t number : numbers) writer.encoder().PutLong(number);
    writer.encoder().EndArray();
    writer.encoder().StartArray(texts.size());
    for (const std::string& text : texts) writer.encoder().PutBytes(text);
    writer.encoder().EndArray();
    writer.Commit();
  }
  const auto values = ReadAll(writer.Finish());
  RC_ASSERT(values.has_value());
  RC_ASSERT(values->size() == 2U);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    RC_ASSERT(Get<std::int64_t>(Item(Item(values->at(1), 0), i)) == numbers[i]);
  }
  for (std::size_t i = 0; i < texts.size(); ++i) {
    RC_ASSERT(Get<std::string>(Item(Item(values->at(1), 1), i)) == texts[i]);
  }
}

RC_GTEST_PROP(AvroProperty, DeflateReadsBack, ()) {
  const auto unit = *rc::gen::arbitrary<std::string>();
  std::string bytes;
  for (int i = *rc::gen::inRange(0, 2'000); i > 0; --i) bytes += unit;
  RC_ASSERT(DecompressDeflate(CompressDeflate(bytes)) == bytes);
}

}  // namespace
}  // namespace frazil
