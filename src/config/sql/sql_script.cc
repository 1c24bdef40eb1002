#include "config/sql/sql_script.h"

#include <algorithm>
#include <utility>

#include "config/excerpt.h"
#include "config/sql/parser.h"
#include "config/sql/resolver.h"
#include "config/sql/token_cursor.h"
#include "config/sql/variables.h"

namespace frazil {
namespace {

constexpr std::size_t kMaxScriptBytes = std::size_t{16} << 20U;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

Result<PipelineSpec> ParseSqlScript(std::string_view file, std::string_view text,
                                    const Environment& environment) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  if (text.size() > kMaxScriptBytes) {
    return Fail(ErrorKind::kInvalidConfig, "{}: longer than 16 MiB", file);
  }
  PipelineSpec spec;
  spec.file = file;
  spec.text = text;
  const std::size_t invalid = FindInvalidUtf8(text);
  if (invalid != std::string_view::npos) {
    return Fail(ErrorAt(spec, PlaceAt(text, invalid), "the script is not UTF-8"));
  }
  FRAZIL_ASSIGN(const ExpandedText expanded, ExpandedText::Expand(spec, environment));
  spec.variables = expanded.variables();
  TokenCursor cursor(spec, expanded);
  SqlParser parser(cursor);
  ScriptResolver resolver(spec);
  while (true) {
    FRAZIL_ASSIGN(std::optional<Statement> statement, parser.Next());
    if (!statement) return spec;
    FRAZIL_TRY(resolver.Add(*std::move(statement)));
  }
}

}  // namespace frazil
