// Any bytes as a record: no crash, well-formed arrays, and what is JSON at all is decided as
// another parser decides it.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/compare.h>
#include <arrow/record_batch.h>

#include "base/json.h"
#include "decode/decoder_fixture.h"
#include "decode/json/json_decoder.h"

namespace frazil {
namespace {

// A column of every type, under short names that a fuzzer finds.
std::vector<SourceColumn> AllTypes() {
  const Type integer(TypeId::kInt);
  const Type string(TypeId::kString);
  const Type point = Type::Struct({Member("x", integer), Member("s", string)});
  return {
      ValueColumn("b", Type(TypeId::kBoolean)),
      ValueColumn("i", integer),
      ValueColumn("l", Type(TypeId::kLong)),
      ValueColumn("f", Type(TypeId::kFloat)),
      ValueColumn("d", Type(TypeId::kDouble)),
      ValueColumn("n", Type::Decimal(18, 4)),
      ValueColumn("N", Type::Decimal(38, 20)),
      ValueColumn("date", Type(TypeId::kDate)),
      ValueColumn("time", Type(TypeId::kTime)),
      ValueColumn("ts", Type(TypeId::kTimestamp)),
      ValueColumn("tz", Type(TypeId::kTimestamptz)),
      ValueColumn("s", string),
      ValueColumn("u", Type(TypeId::kUuid)),
      ValueColumn("x", Type::Fixed(3)),
      ValueColumn("B", Type(TypeId::kBinary)),
      ValueColumn("p", point),
      ValueColumn("a", ListOf(ListOf(point))),
      ValueColumn("m", MapOf(string, MapOf(integer, string))),
  };
}

JsonOptions FuzzOptions(bool ignore_parse_errors) {
  JsonOptions options;
  options.max_depth = 500;  // that of ParseJson
  options.value.ignore_parse_errors = ignore_parse_errors;
  options.value.epoch_unit = EpochUnit::kMilliseconds;
  return options;
}

DecodedBatch DecodeText(Decoder& decoder, std::string_view text) {
  RawBatchBuilder builder;
  builder.Add(R"({"i":1,"s":"before","a":[[{"x":1}]],"m":{"k":{"1":"v"}}})");
  builder.Add(std::string(text));
  builder.Add(R"({"i":2,"s":"after"})");
  auto decoded = decoder.Decode(builder.Build(), 0);
  if (!decoded.has_value() || !decoded->rows->ValidateFull().ok()) std::abort();
  return *std::move(decoded);
}

// Rows that a text has, by the other parser; -1 where the two differ on purpose.
std::int64_t RowsExpected(std::string_view text) {
  // Half a surrogate pair is a bad value here and a bad document there; a NUL byte ends the
  // document there.
  if (text.find("\\u") != std::string_view::npos) return -1;
  if (text.find('\0') != std::string_view::npos) return -1;
  const auto json = ParseJson(text);
  if (!json.has_value()) {
    return json.error().message.find("out_of_range") == std::string::npos ? 0 : -1;
  }
  if (json->is_object()) return 1;
  if (!json->is_array()) return 0;
  std::int64_t rows = 0;
  for (const auto& element : *json) rows += element.is_object() ? 1 : 0;
  return rows;
}

}  // namespace
}  // namespace frazil

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using frazil::FuzzOptions;
  static const auto strict =
      *frazil::MakeJsonDecoder(frazil::AllTypes(), FuzzOptions(false));
  static const auto lenient =
      *frazil::MakeJsonDecoder(frazil::AllTypes(), FuzzOptions(true));
  const std::string_view text(reinterpret_cast<const char*>(data), size);

  const frazil::DecodedBatch ignoring = frazil::DecodeText(*lenient, text);
  if (!ignoring.failures.empty()) std::abort();
  const std::int64_t expected = frazil::RowsExpected(text);
  if (expected >= 0 && ignoring.rows->num_rows() != expected + 2) std::abort();

  const frazil::DecodedBatch failing = frazil::DecodeText(*strict, text);
  const auto equal = arrow::EqualOptions::Defaults().nans_equal(true);
  if (failing.failures.empty()) {
    if (!failing.rows->Equals(*ignoring.rows, /*check_metadata=*/false, equal))
      std::abort();
  } else if (failing.rows->num_rows() != 2 || failing.failures.size() != 1) {
    std::abort();
  }
  return 0;
}
