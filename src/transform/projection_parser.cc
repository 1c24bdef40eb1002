#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <string_view>
#include <utility>

#include "config/sql/token.h"
#include "engine/names.h"
#include "transform/assignment.h"
#include "transform/projection.h"

namespace frazil {
namespace {

// Words that DuckDB does not take as a name without quotes.
constexpr std::array<std::string_view, 107> kReserved = {
    "ALL",           "ANALYSE",    "ANALYZE",      "AND",
    "ANTI",          "ANY",        "ARRAY",        "AS",
    "ASC",           "ASOF",       "ASYMMETRIC",   "AT",
    "AUTHORIZATION", "BINARY",     "BOTH",         "CASE",
    "CAST",          "CHECK",      "COLLATE",      "COLLATION",
    "COLUMN",        "COLUMNS",    "CONCURRENTLY", "CONSTRAINT",
    "CREATE",        "CROSS",      "DEFAULT",      "DEFERRABLE",
    "DESC",          "DESCRIBE",   "DISTINCT",     "DO",
    "ELSE",          "END",        "EXCEPT",       "EXISTS",
    "FALSE",         "FETCH",      "FOR",          "FOREIGN",
    "FREEZE",        "FROM",       "FULL",         "GENERATED",
    "GLOB",          "GRANT",      "GROUP",        "HAVING",
    "ILIKE",         "IN",         "INITIALLY",    "INNER",
    "INTERSECT",     "INTO",       "IS",           "ISNULL",
    "JOIN",          "LAMBDA",     "LATERAL",      "LEADING",
    "LEFT",          "LIKE",       "LIMIT",        "MAP",
    "NATURAL",       "NOT",        "NOTNULL",      "NULL",
    "OFFSET",        "ON",         "ONLY",         "OR",
    "ORDER",         "OUTER",      "OVERLAPS",     "PIVOT",
    "PLACING",       "POSITIONAL", "PRIMARY",      "QUALIFY",
    "REFERENCES",    "RETURNING",  "RIGHT",        "SELECT",
    "SEMI",          "SHOW",       "SIMILAR",      "SOME",
    "STRUCT",        "SUMMARIZE",  "SYMMETRIC",    "TABLE",
    "TABLESAMPLE",   "THEN",       "TO",           "TRAILING",
    "TRUE",          "TRY_CAST",   "UNION",        "UNIQUE",
    "UNPIVOT",       "USING",      "VARIADIC",     "VERBOSE",
    "WHEN",          "WHERE",      "WINDOW"};

bool IsPlainName(const Token& token) {
  if (token.kind == TokenKind::kQuotedName) return true;
  return token.kind == TokenKind::kWord && !token.IsWord("WITH") &&
         std::ranges::none_of(kReserved,
                              [&](std::string_view word) { return token.IsWord(word); });
}

class ProjectionParser {
 public:
  ProjectionParser(const TransformSpec& spec, std::vector<Token> tokens)
      : spec_(spec), tokens_(std::move(tokens)) {}

  std::optional<std::vector<ProjectionItem>> Parse() {
    if (!NamesAreDistinct() || !SkipWord("SELECT") || !FindTable()) return std::nullopt;
    do {
      if (!ParseItem()) return std::nullopt;
    } while (SkipSymbol(","));
    // FindTable has read the rest.
    if (next_ != from_) return std::nullopt;
    return std::move(items_);
  }

 private:
  [[nodiscard]] const Token& Peek() const { return tokens_[next_]; }

  bool SkipWord(std::string_view word) {
    if (!Peek().IsWord(word)) return false;
    ++next_;
    return true;
  }

  bool SkipSymbol(std::string_view symbol) {
    if (!Peek().IsSymbol(symbol)) return false;
    ++next_;
    return true;
  }

  // DuckDB calls a name that means two columns ambiguous.
  [[nodiscard]] bool NamesAreDistinct() const {
    std::vector<std::string> names;
    for (const TransformColumn& column : spec_.source_columns) {
      names.push_back(LowerName(column.name));
    }
    std::ranges::sort(names);
    return std::ranges::adjacent_find(names) == names.end();
  }

  // Reads FROM and all after it, and stays where it was.
  bool FindTable() {
    const std::size_t start = next_;
    while (Peek().kind != TokenKind::kEnd && !Peek().IsWord("FROM")) ++next_;
    from_ = next_;
    const bool found = SkipWord("FROM") && ParseTable();
    next_ = start;
    return found;
  }

  bool ParseTable() {
    if (!IsPlainName(Peek()) || !SameName(Peek().Value(), spec_.source_name))
      return false;
    table_ = Peek().Value();
    ++next_;
    const bool has_as = SkipWord("AS");
    if (IsPlainName(Peek())) {
      table_ = Peek().Value();
      ++next_;
    } else if (has_as) {
      return false;
    }
    SkipSymbol(";");
    // A view of this name is not the source.
    return Peek().kind == TokenKind::kEnd &&
           std::ranges::none_of(spec_.views, [&](const ViewSpec& view) {
             return SameName(view.name, spec_.source_name);
           });
  }

  bool ParseItem() {
    if (SkipSymbol("*")) return AddAllColumns();
    if (IsPlainName(Peek()) && SameName(Peek().Value(), table_) &&
        tokens_[next_ + 1].IsSymbol(".") && tokens_[next_ + 2].IsSymbol("*")) {
      next_ += 3;
      return AddAllColumns();
    }
    ProjectionItem item;
    item.place = Peek().place;
    if (!ParseValue(item)) return false;
    if (SkipWord("AS")) {
      if (!IsPlainName(Peek())) return false;
      item.name = Peek().Value();
      ++next_;
    }
    items_.push_back(std::move(item));
    return Peek().IsSymbol(",") || next_ == from_;
  }

  bool AddAllColumns() {
    for (std::size_t i = 0; i < spec_.source_columns.size(); ++i) {
      const TransformColumn& column = spec_.source_columns[i];
      items_.push_back(
          ProjectionItem{TakenColumn{static_cast<int>(i), {}, column.type, column.type},
                         column.name, Peek().place});
    }
    return Peek().IsSymbol(",") || next_ == from_;
  }

  bool ParseValue(ProjectionItem& item) {
    if (Peek().IsWord("CAST") && tokens_[next_ + 1].IsSymbol("(")) {
      next_ += 2;
      return ParseColumn(item) && SkipWord("AS") && ParseCast(item) && SkipSymbol(")");
    }
    if (!ParseColumn(item)) return false;
    return !SkipSymbol("::") || ParseCast(item);
  }

  bool ParseColumn(ProjectionItem& item) {
    std::vector<std::string> names;
    do {
      if (!IsPlainName(Peek())) return false;
      names.push_back(Peek().Value());
      ++next_;
    } while (SkipSymbol("."));
    // "t.x" is the column x of the table t, or the field x of the column t.
    std::size_t used = 0;
    if (names.size() > 1 && SameName(names[0], table_)) {
      if (FindColumn(names[0]) >= 0) return false;
      used = 1;
    }
    TakenColumn& value = item.value;
    value.column = FindColumn(names[used]);
    if (value.column < 0) return false;
    value.type = spec_.source_columns[static_cast<std::size_t>(value.column)].type;
    while (++used < names.size()) {
      if (!PickMember(names[used], value)) return false;
    }
    value.cast = value.type;
    item.name = names.back();
    return true;
  }

  [[nodiscard]] int FindColumn(std::string_view name) const {
    for (std::size_t i = 0; i < spec_.source_columns.size(); ++i) {
      if (SameName(spec_.source_columns[i].name, name)) return static_cast<int>(i);
    }
    return -1;
  }

  bool ParseCast(ProjectionItem& item) {
    const std::optional<Type> type = ParseCastType();
    if (!type.has_value() || !IsAssignable(item.value.type, *type)) return false;
    item.value.cast = *type;
    return true;
  }

  // Only names that mean in DuckDB what they mean here.
  std::optional<Type> ParseCastType() {
    struct Named {
      std::string_view word;
      TypeId id;
    };
    constexpr Named kTypes[] = {{"BIGINT", TypeId::kLong},
                                {"INT8", TypeId::kLong},
                                {"LONG", TypeId::kLong},
                                {"INTEGER", TypeId::kInt},
                                {"INT", TypeId::kInt},
                                {"INT4", TypeId::kInt},
                                {"DOUBLE", TypeId::kDouble},
                                {"FLOAT8", TypeId::kDouble},
                                {"FLOAT", TypeId::kFloat},
                                {"REAL", TypeId::kFloat},
                                {"VARCHAR", TypeId::kString},
                                {"TEXT", TypeId::kString},
                                {"STRING", TypeId::kString},
                                {"DATE", TypeId::kDate},
                                {"TIME", TypeId::kTime},
                                {"TIMESTAMP", TypeId::kTimestamp},
                                {"TIMESTAMPTZ", TypeId::kTimestamptz},
                                {"UUID", TypeId::kUuid},
                                {"BOOLEAN", TypeId::kBoolean}};
    const Token& word = Peek();
    if (word.IsWord("DECIMAL") || word.IsWord("NUMERIC")) return ParseDecimal();
    for (const Named& named : kTypes) {
      if (!word.IsWord(named.word)) continue;
      ++next_;
      return Type(named.id);
    }
    return std::nullopt;
  }

  std::optional<Type> ParseDecimal() {
    ++next_;
    int precision = 0;
    int scale = 0;
    if (!SkipSymbol("(") || !ParseInteger(precision) || !SkipSymbol(",") ||
        !ParseInteger(scale) || !SkipSymbol(")") || precision < 1 || precision > 38 ||
        scale < 0 || scale > precision) {
      return std::nullopt;
    }
    return Type::Decimal(precision, scale);
  }

  bool ParseInteger(int& value) {
    const std::string_view text = Peek().text;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return false;
    ++next_;
    return true;
  }

  const TransformSpec& spec_;
  std::vector<Token> tokens_;
  std::size_t next_ = 0;
  std::size_t from_ = 0;
  std::string table_;
  std::vector<ProjectionItem> items_;
};

}  // namespace

std::optional<std::vector<ProjectionItem>> ParseProjection(const TransformSpec& spec) {
  auto tokens = Tokenize(spec.select);
  if (!tokens.has_value()) return std::nullopt;
  // Room for looking two tokens ahead.
  tokens->push_back(Token{});
  tokens->push_back(Token{});
  return ProjectionParser(spec, *std::move(tokens)).Parse();
}

}  // namespace frazil
