#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "base/result_matchers.h"
#include "source/datagen/datagen_options.h"
#include "source/datagen/datagen_source.h"
#include "source/datagen/record_writer.h"
#include "source/source_test_kit.h"

namespace frazil {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::SizeIs;

using Options = std::initializer_list<std::pair<std::string, std::string>>;

ColumnSpec Column(std::string name, Type type) {
  ColumnSpec column;
  column.name = std::move(name);
  column.type = std::move(type);
  return column;
}

SchemaField Field(std::string name, Type type) {
  SchemaField field;
  field.name = std::move(name);
  field.type = std::move(type);
  return field;
}

// A column of each type.
std::vector<ColumnSpec> AllTypes() {
  return {
      Column("a\"b", Type(TypeId::kBoolean)),
      Column("i", Type(TypeId::kInt)),
      Column("l", Type(TypeId::kLong)),
      Column("f", Type(TypeId::kFloat)),
      Column("d", Type(TypeId::kDouble)),
      Column("dec", Type::Decimal(9, 2)),
      Column("wide", Type::Decimal(38, 10)),
      Column("frac", Type::Decimal(20, 20)),
      Column("date", Type(TypeId::kDate)),
      Column("time", Type(TypeId::kTime)),
      Column("ts", Type(TypeId::kTimestamp)),
      Column("tz", Type(TypeId::kTimestamptz)),
      Column("s", Type(TypeId::kString)),
      Column("u", Type(TypeId::kUuid)),
      Column("fx", Type::Fixed(7)),
      Column("b", Type(TypeId::kBinary)),
      Column("st", Type::Struct(
                       {Field("x", Type(TypeId::kInt)),
                        Field("y", Type::List(Field("element", Type(TypeId::kLong))))})),
      Column("li", Type::List(Field("element", Type(TypeId::kString)))),
      Column("m", Type::Map(Field("key", Type(TypeId::kString)),
                            Field("value", Type(TypeId::kDouble)))),
      Column("empty", Type::Struct({})),
  };
}

Result<DatagenConfig> Parse(Options options, const std::vector<ColumnSpec>& columns) {
  const TestTable table("gen", options, columns);
  FRAZIL_TRY(CheckOptions(table.script, table.spec.options, table.spec.place,
                          "connector 'datagen'", DatagenOptions()));
  return ParseDatagen(table.script, table.spec);
}

DatagenConfig Config(Options options, const std::vector<ColumnSpec>& columns) {
  auto config = Parse(options, columns);
  EXPECT_THAT(config, IsOk());
  return *std::move(config);
}

std::string Record(const DatagenConfig& config, std::int64_t index) {
  const std::size_t most = MaxRecordBytes(config.fields);
  std::vector<char> buffer(most);
  char* const end = WriteRecord(config, index, buffer.data());
  EXPECT_LE(end, buffer.data() + most);
  return {buffer.data(), end};
}

TEST(DatagenTest, WritesEveryTypeAsJsonWithinItsBounds) {
  for (const char* const null_rate : {"0", "0.5", "1"}) {
    const DatagenConfig config = Config(
        {{"connector", "datagen"}, {"fields.st.null-rate", null_rate}}, AllTypes());
    for (std::int64_t i = 0; i < 500; ++i) {
      const auto json = ParseJson(Record(config, i));
      ASSERT_THAT(json, IsOk()) << Record(config, i);
      EXPECT_THAT(*json, SizeIs(20));
      EXPECT_EQ((*json)["s"].get<std::string>().size(), 100U);
      EXPECT_EQ((*json)["fx"].get<std::string>().size(), 12U);
      EXPECT_EQ((*json)["li"].size(), 3U);
      EXPECT_EQ((*json)["u"].get<std::string>().size(), 36U);
    }
  }
}

TEST(DatagenTest, KeepsTheTextOfARecordForEver) {
  const DatagenConfig config = Config({{"connector", "datagen"},
                                       {"seed", "42"},
                                       {"fields.s.length", "8"},
                                       {"fields.b.length", "4"},
                                       {"fields.li.length", "1"},
                                       {"fields.li.element.length", "2"},
                                       {"fields.f.min", "-1"},
                                       {"fields.f.max", "1"}},
                                      AllTypes());
  EXPECT_EQ(Record(config, 77),
            R"({"a\"b":true,"i":1593922482,"l":-5265766455332875060,"f":-0.752726)"
            R"(,"d":-4.791942116114984e+307,"dec":2257261.97,"wide":-776581656842)"
            R"(5.8369199461,"frac":-0.40498336534720958501,"date":"2026-01-01","t)"
            R"(ime":"04:14:09.230","ts":"2026-01-01T00:00:00.077","tz":"2026-01-0)"
            R"(1T00:00:00.077Z","s":"d76d1d10","u":"b6488cac-2982-4126-89ef-39894)"
            R"(2326604","fx":"cAQXaxPfaA==","b":"BVT6sw==","st":{"x":-328242829,")"
            R"(y":[7281505149863956672,2112098671888557632,8237711327461341313]},)"
            R"("li":["32"],"m":{"47a9076efc8373865cae084cb8fbd184f0f0818350739f58)"
            R"(d11b078e1d0362928fbb154989c1610b609baec93e4c5c622c39":1.7878240137)"
            R"(943159e+308,"2df8bbaca7fe23fe31096fe9fbeae2193bfb43d445f6a6ee1f79d)"
            R"(001577b58d5631c7089df59c2b3c9ef1cdcf04120defeb9":-1.16692773453252)"
            R"(77e+308,"c2fb0542459faf226c66f96abeaafe703a7bc28c089e91d785fd41e18)"
            R"(741a3c60d67ae97762c9cbaf9372ae64cb1de11a2a1":2.041206445514445e+30)"
            R"(7},"empty":{}})");
}

TEST(DatagenTest, ARecordDependsOnSeedAndNumberAlone) {
  const DatagenConfig one = Config({{"connector", "datagen"}, {"seed", "1"}}, AllTypes());
  const DatagenConfig two = Config({{"connector", "datagen"}, {"seed", "2"}}, AllTypes());
  EXPECT_EQ(Record(one, 5), Record(one, 5));
  EXPECT_NE(Record(one, 5), Record(one, 6));
  EXPECT_NE(Record(one, 5), Record(two, 5));
}

TEST(DatagenTest, KeepsToRangesLengthsAndRates) {
  const DatagenConfig config = Config({{"connector", "datagen"},
                                       {"fields.i.min", "-3"},
                                       {"fields.i.max", "3"},
                                       {"fields.d.min", "0.5"},
                                       {"fields.d.max", "0.75"},
                                       {"fields.dec.min", "-1.25"},
                                       {"fields.dec.max", "1.25"},
                                       {"fields.s.length", "5"},
                                       {"fields.s.var-len", "true"},
                                       {"fields.s.null-rate", "0.25"},
                                       {"fields.tz.max-past", "1 h"}},
                                      AllTypes());
  std::set<std::int64_t> ints;
  std::set<std::size_t> lengths;
  int nulls = 0;
  for (std::int64_t i = 0; i < 1600; ++i) {
    const auto json = ParseJson(Record(config, i));
    ASSERT_THAT(json, IsOk());
    ints.insert((*json)["i"].get<std::int64_t>());
    EXPECT_GE((*json)["d"].get<double>(), 0.5);
    EXPECT_LE((*json)["d"].get<double>(), 0.75);
    EXPECT_LE(std::abs((*json)["dec"].get<double>()), 1.25);
    if ((*json)["s"].is_null()) {
      ++nulls;
    } else {
      lengths.insert((*json)["s"].get<std::string>().size());
    }
    const std::string moment = (*json)["tz"].get<std::string>();
    EXPECT_GE(moment, "2025-12-31T23:00:00.000Z");
    EXPECT_LE(moment, "2026-01-01T00:00:04.000Z");
  }
  EXPECT_EQ(ints, (std::set<std::int64_t>{-3, -2, -1, 0, 1, 2, 3}));
  EXPECT_EQ(lengths, (std::set<std::size_t>{1, 2, 3, 4, 5}));
  EXPECT_NEAR(nulls, 400, 80);
}

TEST(DatagenTest, TimesRiseByTheStepFromTheStart) {
  const DatagenConfig config =
      Config({{"connector", "datagen"},
              {"start-timestamp", "2024-02-29T23:59:59Z"},
              {"timestamp-step", "1 s"}},
             {Column("ts", Type(TypeId::kTimestamp)), Column("d", Type(TypeId::kDate))});
  EXPECT_EQ(Record(config, 0), R"({"ts":"2024-02-29T23:59:59.000","d":"2024-02-29"})");
  EXPECT_EQ(Record(config, 1), R"({"ts":"2024-03-01T00:00:00.000","d":"2024-03-01"})");
}

// What a bounded source yields, per split.
Reading ReadAll(const DatagenConfig& config, RecordingListener& listener) {
  DatagenSource source(config);
  Reading reading(listener);
  EXPECT_THAT(source.Open(), IsOk());
  EXPECT_THAT(source.Start(listener), IsOk());
  reading.Until(source, [&] { return source.IsAtEnd(); });
  EXPECT_EQ(source.Lag(), 0);
  return reading;
}

TEST(DatagenSourceTest, SplitsOfASequenceCoverItOnce) {
  DatagenConfig config = Config({{"connector", "datagen"},
                                 {"splits", "3"},
                                 {"rows-per-second", "0"},
                                 {"fields.id.kind", "sequence"},
                                 {"fields.id.start", "10"},
                                 {"fields.id.end", "10009"}},
                                {Column("id", Type(TypeId::kLong))});
  RecordingListener listener;
  const Reading reading = ReadAll(config, listener);
  EXPECT_EQ(reading.count, 10'000U);
  std::set<std::string> values;
  for (const auto& [split, records] : reading.records) {
    for (const SeenRecord& record : records) values.insert(record.value);
  }
  EXPECT_EQ(values.size(), 10'000U);
  EXPECT_TRUE(values.contains(R"({"id":10})"));
  EXPECT_TRUE(values.contains(R"({"id":10009})"));
}

TEST(DatagenSourceTest, GoesOnFromAnyPositionWithTheSameRecords) {
  const DatagenConfig config = Config({{"connector", "datagen"},
                                       {"number-of-rows", "9000"},
                                       {"splits", "2"},
                                       {"rows-per-second", "0"}},
                                      {Column("x", Type(TypeId::kLong))});
  RecordingListener from_zero;
  const Reading all = ReadAll(config, from_zero);
  const Split split{"gen", "gen", 1};
  RecordingListener from_some({{split, {1234, ""}}});
  const Reading rest = ReadAll(config, from_some);
  const auto& whole = all.records.at(split);
  const auto& tail = rest.records.at(split);
  ASSERT_THAT(whole, SizeIs(4500));
  ASSERT_THAT(tail, SizeIs(4500 - 1234));
  EXPECT_TRUE(std::equal(tail.begin(), tail.end(), whole.begin() + 1234));
}

TEST(DatagenSourceTest, LetsOutNoMoreRowsThanItsRate) {
  DatagenSource source(Config({{"connector", "datagen"}, {"rows-per-second", "1000"}},
                              {Column("x", Type(TypeId::kLong))}));
  RecordingListener listener;
  Reading reading(listener);
  ASSERT_THAT(source.Start(listener), IsOk());
  const auto begin = std::chrono::steady_clock::now();
  reading.UntilCount(source, 200);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(199));
  EXPECT_FALSE(source.IsAtEnd());
  EXPECT_EQ(source.Lag(), -1);
}

TEST(DatagenOptionsTest, PointsAtTheOptionThatIsWrong) {
  const std::vector<ColumnSpec> columns = AllTypes();
  struct Case {
    std::string key;
    std::string value;
    std::string part;
  };
  const std::vector<Case> cases = {
      {"fields.nope.min", "1", "is no field of 'gen'"},
      {"fields.i.mim", "1", "did you mean 'fields.i.min'?"},
      {"fields.i.min", "x", "takes a number"},
      {"fields.i.max", "3000000000", "takes a number from -2147483648 to 2147483647"},
      {"fields.i.kind", "row", "'random' or 'sequence'"},
      {"fields.i.kind", "sequence", "'fields.i.start' and 'fields.i.end'"},
      {"fields.st.kind", "sequence", "needs a number or a string"},
      {"fields.s.null-rate", "1.5", "takes a number from 0 to 1"},
      {"fields.tz.max-past", "soon", "takes a duration"},
      {"fields.s.length", "-1", "takes a number"},
      {"start-timestamp", "2026-02-30", "takes '2026-01-01T00:00:00Z'"},
      {"start-timestamp", "yesterday", "takes '2026-01-01T00:00:00Z'"},
      {"splits", "0", "takes a number"},
      {"number-of-rows", "-5", "takes a number"},
      {"row-per-second", "5", "did you mean 'rows-per-second'?"},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.key);
    EXPECT_THAT(Parse({{"connector", "datagen"}, {one.key, one.value}}, columns),
                FailsWith(ErrorKind::kInvalidConfig,
                          AllOf(HasSubstr("test.sql:3:"), HasSubstr(one.part))));
  }
  EXPECT_THAT(
      Parse({{"connector", "datagen"}, {"fields.i.min", "5"}, {"fields.i.max", "4"}},
            columns),
      FailsWith(ErrorKind::kInvalidConfig, HasSubstr("above the maximum")));
}

TEST(DatagenOptionsTest, LeavesMetadataColumnsOut) {
  ColumnSpec metadata = Column("o", Type(TypeId::kLong));
  metadata.metadata_key = "offset";
  const DatagenConfig config =
      Config({{"connector", "datagen"}, {"fields.x.max", "0"}, {"fields.x.min", "0"}},
             {metadata, Column("x", Type(TypeId::kInt))});
  EXPECT_EQ(Record(config, 1), R"({"x":0})");
}

}  // namespace
}  // namespace frazil
