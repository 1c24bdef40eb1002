// CREATE TABLE: columns, key, partitioning, options.

#include <algorithm>
#include <array>
#include <limits>

#include "config/sql/parser.h"
#include "config/sql/type_parser.h"

namespace frazil {
namespace {

struct TransformName {
  std::string_view word;
  std::string_view transform;
  bool has_parameter = false;
};

// Spark's plural names mean the same.
constexpr std::array<TransformName, 12> kTransforms = {{
    {"BUCKET", "bucket", true},
    {"TRUNCATE", "truncate", true},
    {"IDENTITY", "identity"},
    {"YEAR", "year"},
    {"YEARS", "year"},
    {"MONTH", "month"},
    {"MONTHS", "month"},
    {"DAY", "day"},
    {"DAYS", "day"},
    {"HOUR", "hour"},
    {"HOURS", "hour"},
    {"VOID", "void"},
}};

constexpr std::size_t kMaxPartitionFields = 100;

class TableParser {
 public:
  TableParser(TokenCursor& cursor, TextPlace place) : cursor_(cursor) {
    table_.place = place;
  }

  Result<CreateTableStatement> Parse() {
    table_.if_not_exists = cursor_.AcceptWords({"IF", "NOT", "EXISTS"});
    FRAZIL_ASSIGN(table_.name, cursor_.ExpectQualifiedName("the name of a table"));
    FRAZIL_TRY(ParseColumns());
    FRAZIL_TRY(ParseClauses());
    FRAZIL_TRY(CheckPrimaryKey());
    return std::move(table_);
  }

 private:
  Status ParseColumns() {
    if (!cursor_.AcceptSymbol("(")) {
      if (auto refused = RefuseOtherForms()) return Fail(*std::move(refused));
      return Fail(cursor_.Unexpected("'(' and the columns of the table"));
    }
    do {
      FRAZIL_TRY(ParseElement());
    } while (cursor_.AcceptSymbol(","));
    if (!cursor_.AcceptSymbol(")")) return Fail(cursor_.Unexpected("',' or ')'"));
    if (table_.columns.empty()) {
      return Fail(cursor_.ErrorAtPlace(table_.place, "a table without a column"));
    }
    return {};
  }

  // CREATE TABLE ... LIKE and AS SELECT.
  [[nodiscard]] std::optional<Error> RefuseOtherForms() const {
    if (cursor_.Peek().IsWord("LIKE")) {
      return cursor_.ErrorHere("CREATE TABLE ... LIKE is not supported",
                               "write the columns out");
    }
    if (cursor_.Peek().IsWord("AS")) {
      return cursor_.ErrorHere("CREATE TABLE ... AS SELECT is not supported",
                               "write CREATE TABLE, then INSERT INTO ... SELECT");
    }
    return std::nullopt;
  }

  Status ParseElement() {
    if (cursor_.Peek().IsWord("WATERMARK") && cursor_.Peek(1).IsWord("FOR")) {
      return Fail(cursor_.ErrorHere(
          "watermarks are not supported",
          "remove the line: Frazil commits by time and never waits for late rows"));
    }
    if (cursor_.Peek().IsWord("CONSTRAINT") && cursor_.Peek(1).IsName() &&
        cursor_.Peek(2).IsWord("PRIMARY")) {
      cursor_.Take();
      cursor_.Take();
    }
    if (cursor_.Peek().IsWord("PRIMARY") && cursor_.Peek(1).IsWord("KEY")) {
      return ParsePrimaryKey();
    }
    if (cursor_.Peek().IsWord("UNIQUE") && cursor_.Peek(1).IsSymbol("(")) {
      return Fail(cursor_.ErrorHere("UNIQUE is not supported",
                                    "write PRIMARY KEY (...) NOT ENFORCED"));
    }
    return ParseColumn();
  }

  Status ParsePrimaryKey() {
    if (!table_.primary_key.empty()) {
      return Fail(cursor_.ErrorHere("a second PRIMARY KEY"));
    }
    FRAZIL_TRY(cursor_.ExpectWords({"PRIMARY", "KEY"}));
    FRAZIL_ASSIGN(table_.primary_key, cursor_.ExpectNameList("the name of a column"));
    return ExpectNotEnforced();
  }

  Status ExpectNotEnforced() {
    if (cursor_.AcceptWords({"NOT", "ENFORCED"})) return {};
    return Fail(cursor_.ErrorHere("a PRIMARY KEY that is enforced is not supported",
                                  "write PRIMARY KEY (...) NOT ENFORCED"));
  }

  Status ParseColumn() {
    FRAZIL_ASSIGN(PlacedName name, cursor_.ExpectName("the name of a column"));
    for (const ColumnSpec& other : table_.columns) {
      if (!SameName(other.name, name.name)) continue;
      return Fail(cursor_.ErrorAtPlace(
          name.place, fmt::format("column '{}' is there twice, first in line {}",
                                  name.name, other.place.line)));
    }
    if (cursor_.Peek().IsWord("AS")) {
      return Fail(cursor_.ErrorHere(
          "computed columns are not supported",
          "compute it in the SELECT, or in a CREATE TEMPORARY VIEW over the table"));
    }
    ColumnSpec column;
    column.name = std::move(name.name);
    column.place = name.place;
    FRAZIL_ASSIGN(ParsedType parsed, ParseSqlType(cursor_));
    column.type = std::move(parsed.type);
    column.required = parsed.required;
    FRAZIL_TRY(ParseColumnClauses(column));
    if (table_.columns.size() >= kMaxListed) {
      return Fail(cursor_.ErrorHere("too many columns"));
    }
    table_.columns.push_back(std::move(column));
    return {};
  }

  Status ParseColumnClauses(ColumnSpec& column) {
    while (!cursor_.Peek().IsSymbol(",") && !cursor_.Peek().IsSymbol(")")) {
      FRAZIL_TRY(ParseColumnClause(column));
    }
    return {};
  }

  Status ParseColumnClause(ColumnSpec& column) {
    if (cursor_.AcceptWords({"NOT", "NULL"})) {
      column.required = true;
      return {};
    }
    if (cursor_.AcceptWord("METADATA")) return ParseMetadata(column);
    if (cursor_.AcceptWord("COMMENT")) {
      FRAZIL_ASSIGN(column.comment, cursor_.ExpectString("a comment"));
      return {};
    }
    if (cursor_.Peek().IsWord("PRIMARY") && cursor_.Peek(1).IsWord("KEY")) {
      return ParseColumnKey(column);
    }
    if (cursor_.Peek().IsWord("DEFAULT")) {
      return Fail(cursor_.ErrorHere("default values are not supported",
                                    "write COALESCE(column, value) in the SELECT"));
    }
    return Fail(cursor_.Unexpected("',' or ')' after the column",
                                   {"METADATA", "COMMENT", "NOT", "PRIMARY"}));
  }

  Status ParseMetadata(ColumnSpec& column) {
    column.metadata_key = column.name;
    if (cursor_.AcceptWord("FROM")) {
      FRAZIL_ASSIGN(column.metadata_key, cursor_.ExpectString("the metadata's key"));
    }
    cursor_.AcceptWord("VIRTUAL");
    return {};
  }

  Status ParseColumnKey(const ColumnSpec& column) {
    if (!table_.primary_key.empty()) {
      return Fail(cursor_.ErrorHere("a second PRIMARY KEY",
                                    "write PRIMARY KEY (a, b) NOT ENFORCED"));
    }
    FRAZIL_TRY(cursor_.ExpectWords({"PRIMARY", "KEY"}));
    table_.primary_key.push_back({column.name, column.place});
    return ExpectNotEnforced();
  }

  Status ParseClauses() {
    while (!cursor_.AtEnd() && !cursor_.Peek().IsSymbol(";")) {
      FRAZIL_TRY(ParseClause());
    }
    return cursor_.CheckTokens();
  }

  Status ParseClause() {
    if (cursor_.AcceptWord("COMMENT")) {
      FRAZIL_ASSIGN(table_.comment, cursor_.ExpectString("a comment"));
      return {};
    }
    if (cursor_.Peek().IsWord("PARTITIONED")) return ParsePartition();
    if (cursor_.Peek().IsWord("WITH")) {
      if (!table_.options.all().empty()) return Fail(cursor_.ErrorHere("a second WITH"));
      FRAZIL_ASSIGN(table_.options, ParseWithOptions(cursor_));
      return {};
    }
    if (cursor_.Peek().IsWord("DISTRIBUTED")) {
      return Fail(cursor_.ErrorHere("DISTRIBUTED BY is not supported",
                                    "write PARTITIONED BY (bucket(16, column))"));
    }
    if (auto refused = RefuseOtherForms()) return Fail(*std::move(refused));
    return Fail(cursor_.Unexpected("COMMENT, PARTITIONED BY, WITH or ';'",
                                   {"COMMENT", "PARTITIONED", "WITH"}));
  }

  Status ParsePartition() {
    if (!table_.partition.empty()) {
      return Fail(cursor_.ErrorHere("a second PARTITIONED BY"));
    }
    FRAZIL_TRY(cursor_.ExpectWords({"PARTITIONED", "BY"}));
    FRAZIL_TRY(cursor_.ExpectSymbol("("));
    do {
      FRAZIL_TRY(ParsePartitionItem());
    } while (cursor_.AcceptSymbol(","));
    if (!cursor_.AcceptSymbol(")")) return Fail(cursor_.Unexpected("',' or ')'"));
    return {};
  }

  Status ParsePartitionItem() {
    PartitionItemSpec item;
    item.place = cursor_.Peek().place;
    if (cursor_.Peek().kind == TokenKind::kWord && cursor_.Peek(1).IsSymbol("(")) {
      FRAZIL_TRY(ParseTransform(item));
    } else {
      FRAZIL_ASSIGN(item.column, ExpectPartitionColumn("a column or a transform"));
    }
    const bool is_there = std::any_of(
        table_.partition.begin(), table_.partition.end(), [&](const auto& other) {
          return other.column == item.column && other.transform == item.transform;
        });
    if (is_there) {
      return Fail(
          cursor_.ErrorAtPlace(item.place, "this partition field is there twice"));
    }
    if (table_.partition.size() >= kMaxPartitionFields) {
      return Fail(cursor_.ErrorHere("too many partition fields"));
    }
    table_.partition.push_back(std::move(item));
    return {};
  }

  Status ParseTransform(PartitionItemSpec& item) {
    const auto* const found = std::find_if(
        kTransforms.begin(), kTransforms.end(),
        [&](const TransformName& name) { return cursor_.Peek().IsWord(name.word); });
    if (found == kTransforms.end()) {
      std::vector<std::string> words;
      words.reserve(kTransforms.size());
      for (const TransformName& name : kTransforms) words.emplace_back(name.transform);
      return Fail(cursor_.ErrorHere(
          fmt::format("unknown partition transform {}", cursor_.Shown(cursor_.Peek())),
          SuggestNearest(cursor_.Peek().text, words)));
    }
    cursor_.Take();
    FRAZIL_TRY(cursor_.ExpectSymbol("("));
    item.transform = found->transform;
    int parameter = 0;
    const bool is_first =
        found->has_parameter && cursor_.Peek().kind == TokenKind::kNumber;
    if (is_first) {
      FRAZIL_ASSIGN(parameter, ExpectParameter());
      FRAZIL_TRY(cursor_.ExpectSymbol(","));
    }
    FRAZIL_ASSIGN(item.column, ExpectPartitionColumn("a column"));
    if (found->has_parameter && !is_first) {
      FRAZIL_TRY(cursor_.ExpectSymbol(","));
      FRAZIL_ASSIGN(parameter, ExpectParameter());
    }
    if (found->has_parameter) item.transform += fmt::format("[{}]", parameter);
    return cursor_.ExpectSymbol(")");
  }

  Result<int> ExpectParameter() {
    return cursor_.ExpectInteger("a number", 1, std::numeric_limits<int>::max());
  }

  ColumnSpec* FindColumn(std::string_view name) {
    for (ColumnSpec& column : table_.columns) {
      if (column.name == name) return &column;
    }
    return nullptr;
  }

  [[nodiscard]] Error UnknownColumn(TextPlace place, const std::string& name) const {
    std::vector<std::string> names;
    names.reserve(table_.columns.size());
    for (const ColumnSpec& column : table_.columns) names.push_back(column.name);
    return cursor_.ErrorAtPlace(place, fmt::format("the table has no column '{}'", name),
                                SuggestNearest(name, names));
  }

  // Key columns are required, as in Flink, and of types that Iceberg takes for keys.
  Status CheckPrimaryKey() {
    for (const PlacedName& key : table_.primary_key) {
      ColumnSpec* const column = FindColumn(key.name);
      if (column == nullptr) return Fail(UnknownColumn(key.place, key.name));
      const TypeId id = column->type.id();
      if (column->type.is_nested() || id == TypeId::kFloat || id == TypeId::kDouble) {
        return Fail(cursor_.ErrorAtPlace(
            key.place, fmt::format("a key column cannot be of the type {}",
                                   column->type.ToString())));
      }
      column->required = true;
    }
    return {};
  }

  // Columns stand before PARTITIONED BY.
  Result<std::string> ExpectPartitionColumn(std::string_view what) {
    FRAZIL_ASSIGN(const QualifiedName column, cursor_.ExpectQualifiedName(what));
    Schema schema;
    for (const ColumnSpec& known : table_.columns) {
      schema.fields.push_back({0, known.name, known.type, known.required, ""});
    }
    std::string path = column.ToString();
    if (schema.FindFieldByPath(path) == nullptr) {
      return Fail(UnknownColumn(column.place, path));
    }
    return path;
  }

  TokenCursor& cursor_;
  CreateTableStatement table_;
};

}  // namespace

Result<CreateTableStatement> ParseCreateTable(TokenCursor& cursor, TextPlace place) {
  return TableParser(cursor, place).Parse();
}

}  // namespace frazil
