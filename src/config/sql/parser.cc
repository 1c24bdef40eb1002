#include "config/sql/parser.h"

#include <array>

#include "config/sql/select_text.h"

namespace frazil {
namespace {

struct RefusedStatement {
  std::string_view word;
  std::string_view message;
  std::string_view hint;
};

constexpr std::string_view kQueryHint = "to look at tables: frazil query \"SELECT ...\"";

constexpr std::array<RefusedStatement, 22> kRefusedStatements = {{
    {"SELECT", "a pipeline has no place for the rows of a SELECT",
     "to write them: INSERT INTO ... SELECT; to look at tables: frazil query"},
    {"WITH", "a pipeline has no place for the rows of a query",
     "to write them: INSERT INTO ... WITH ...; to look at tables: frazil query"},
    {"FROM", "a pipeline has no place for the rows of a query", kQueryHint},
    {"EXPLAIN", "EXPLAIN is not part of a pipeline script",
     "frazil check prints the plan of the whole script"},
    {"SHOW", "SHOW is not part of a pipeline script", kQueryHint},
    {"DESCRIBE", "DESCRIBE is not part of a pipeline script", kQueryHint},
    {"DESC", "DESC is not part of a pipeline script", kQueryHint},
    {"PRINT", "PRINT is not part of a pipeline script", kQueryHint},
    {"ALTER", "ALTER is not supported in a pipeline script", ""},
    {"DROP", "DROP is not supported in a pipeline script", ""},
    {"DELETE", "DELETE is not supported in a pipeline script", ""},
    {"UPDATE", "UPDATE is not supported in a pipeline script", ""},
    {"MERGE", "MERGE is not supported in a pipeline script", ""},
    {"TRUNCATE", "TRUNCATE is not supported in a pipeline script", ""},
    {"CALL", "CALL is not supported in a pipeline script",
     "frazil maintain looks after tables"},
    {"RESET", "RESET is not supported: a setting holds for the whole script",
     "remove the SET instead"},
    {"ADD", "ADD JAR is not needed: connectors and formats are built in",
     "remove the line"},
    {"REMOVE", "REMOVE JAR is not needed: connectors and formats are built in",
     "remove the line"},
    {"LOAD", "LOAD is not supported in a pipeline script", ""},
    {"UNLOAD", "UNLOAD is not supported in a pipeline script", ""},
    {"ANALYZE", "ANALYZE is not supported in a pipeline script", ""},
    {"REPLACE", "REPLACE TABLE is not supported in a pipeline script", ""},
}};

std::vector<std::string> StatementWords() {
  return {"SET", "CREATE", "USE", "INSERT", "EXECUTE", "BEGIN"};
}

}  // namespace

Result<std::optional<Statement>> SqlParser::Next() {
  while (!cursor_.AtEnd()) {
    if (cursor_.AcceptSymbol(";")) continue;
    FRAZIL_ASSIGN(const bool is_border, AcceptStatementSetBorder());
    if (is_border) continue;
    FRAZIL_ASSIGN(Statement statement, ParseStatement());
    FRAZIL_TRY(EndStatement());
    return statement;
  }
  FRAZIL_TRY(cursor_.CheckTokens());
  if (!statement_set_) return std::nullopt;
  return Fail(cursor_.ErrorAtPlace(*statement_set_, "this statement set never ends",
                                   "close it with END;"));
}

Result<bool> SqlParser::AcceptStatementSetBorder() {
  const TextPlace place = cursor_.Peek().place;
  if (statement_set_ && cursor_.AcceptWord("END")) {
    if (is_set_empty_) {
      return Fail(
          cursor_.ErrorAtPlace(*statement_set_, "this statement set has no INSERT"));
    }
    statement_set_.reset();
    FRAZIL_TRY(EndStatement());
    return true;
  }
  if (cursor_.AcceptWord("EXECUTE")) {
    FRAZIL_TRY(cursor_.ExpectWords({"STATEMENT", "SET", "BEGIN"}));
  } else if (cursor_.AcceptWord("BEGIN")) {
    FRAZIL_TRY(cursor_.ExpectWords({"STATEMENT", "SET"}));
    FRAZIL_TRY(EndStatement());
  } else {
    return false;
  }
  if (statement_set_) {
    return Fail(cursor_.ErrorAtPlace(place, "a statement set inside a statement set"));
  }
  statement_set_ = place;
  is_set_empty_ = true;
  return true;
}

Status SqlParser::EndStatement() {
  if (cursor_.AcceptSymbol(";")) return {};
  if (!cursor_.AtEnd()) return Fail(cursor_.Unexpected("';' after the statement"));
  return cursor_.CheckTokens();
}

Result<Statement> SqlParser::ParseStatement() {
  if (statement_set_) {
    if (!cursor_.Peek().IsWord("INSERT")) {
      return Fail(cursor_.Unexpected("INSERT INTO or END in the statement set",
                                     {"INSERT", "END"}));
    }
    is_set_empty_ = false;
  }
  if (cursor_.AcceptWord("SET")) return ParseSet();
  if (cursor_.AcceptWord("USE")) return ParseUse();
  if (cursor_.Peek().IsWord("CREATE")) return ParseCreate();
  if (cursor_.Peek().IsWord("INSERT")) return ParseInsert();
  return RefuseStatement();
}

tl::unexpected<Error> SqlParser::RefuseStatement() const {
  for (const RefusedStatement& refused : kRefusedStatements) {
    if (!cursor_.Peek().IsWord(refused.word)) continue;
    return Fail(cursor_.ErrorHere(refused.message, refused.hint));
  }
  if (cursor_.Peek().kind != TokenKind::kWord) {
    return Fail(cursor_.Unexpected("a statement"));
  }
  return Fail(cursor_.ErrorHere(
      fmt::format("unknown statement {}", cursor_.Shown(cursor_.Peek())),
      SuggestNearest(cursor_.Peek().text, StatementWords())));
}

Result<std::string> SqlParser::ParseSetKey() {
  if (cursor_.Peek().kind == TokenKind::kString) return cursor_.Take().Value();
  // Without quotes: words, dots and dashes that touch each other.
  const std::size_t begin = cursor_.Peek().offset;
  std::size_t end = begin;
  while (!cursor_.AtEnd() && cursor_.Peek().offset == end) {
    const Token& token = cursor_.Peek();
    const bool belongs = token.kind == TokenKind::kWord ||
                         token.kind == TokenKind::kNumber || token.IsSymbol(".") ||
                         token.IsSymbol("-");
    if (!belongs) break;
    end = cursor_.Take().end_offset();
  }
  if (begin == end) return Fail(cursor_.Unexpected("the key of a setting"));
  return std::string(cursor_.text().substr(begin, end - begin));
}

Result<Statement> SqlParser::ParseSet() {
  SetStatement statement;
  statement.option.key_place = cursor_.Peek().place;
  FRAZIL_ASSIGN(statement.option.key, ParseSetKey());
  FRAZIL_TRY(cursor_.ExpectSymbol("="));
  statement.option.value_place = cursor_.Peek().place;
  if (cursor_.Peek().kind == TokenKind::kString) {
    statement.option.value = cursor_.Take().Value();
    return statement;
  }
  const std::size_t begin = cursor_.Peek().offset;
  std::size_t end = begin;
  while (!cursor_.AtEnd() && !cursor_.Peek().IsSymbol(";")) {
    if (cursor_.Peek().kind == TokenKind::kHint) break;
    end = cursor_.Take().end_offset();
  }
  if (begin == end) return Fail(cursor_.Unexpected("the value of the setting"));
  statement.option.value = cursor_.text().substr(begin, end - begin);
  return statement;
}

Result<Statement> SqlParser::ParseUse() {
  UseStatement statement;
  // A database may be called "catalog": a name has to follow the keyword.
  if (cursor_.Peek().IsWord("CATALOG") && cursor_.Peek(1).IsName()) {
    cursor_.Take();
    statement.is_catalog = true;
    FRAZIL_ASSIGN(PlacedName name, cursor_.ExpectName("the name of a catalog"));
    statement.name = {{std::move(name.name)}, name.place};
    return statement;
  }
  if (cursor_.Peek().IsWord("MODULES")) {
    return Fail(cursor_.ErrorHere("USE MODULES is not supported in a pipeline script"));
  }
  FRAZIL_ASSIGN(statement.name, cursor_.ExpectQualifiedName("the name of a database"));
  return statement;
}

Result<Statement> SqlParser::ParseCreate() {
  const TextPlace place = cursor_.Take().place;
  if (cursor_.AcceptWord("CATALOG")) return ParseCreateCatalog();
  if (cursor_.AcceptWord("DATABASE") || cursor_.AcceptWord("SCHEMA")) {
    return ParseCreateDatabase();
  }
  const bool is_temporary = cursor_.AcceptWord("TEMPORARY") || cursor_.AcceptWord("TEMP");
  if (cursor_.AcceptWord("TABLE")) {
    FRAZIL_ASSIGN(CreateTableStatement table, ParseCreateTable(cursor_, place));
    table.is_temporary = is_temporary;
    return table;
  }
  if (cursor_.Peek().IsWord("VIEW") && !is_temporary) {
    return Fail(cursor_.ErrorHere("a view of a script is temporary",
                                  "write CREATE TEMPORARY VIEW"));
  }
  if (cursor_.AcceptWord("VIEW")) return ParseCreateView(place);
  for (const std::string_view word :
       {"FUNCTION", "SYSTEM", "MODEL", "CONNECTION", "OR"}) {
    if (!cursor_.Peek().IsWord(word)) continue;
    return Fail(cursor_.ErrorHere(
        fmt::format("CREATE {} is not supported in a pipeline script", word)));
  }
  if (is_temporary) {
    return Fail(cursor_.Unexpected("TABLE or VIEW", {"TABLE", "VIEW"}));
  }
  return Fail(cursor_.Unexpected("CATALOG, DATABASE, TABLE or TEMPORARY VIEW",
                                 {"CATALOG", "DATABASE", "TABLE", "TEMPORARY"}));
}

Result<Statement> SqlParser::ParseCreateCatalog() {
  CreateCatalogStatement statement;
  statement.if_not_exists = cursor_.AcceptWords({"IF", "NOT", "EXISTS"});
  FRAZIL_ASSIGN(statement.name, cursor_.ExpectName("the name of a catalog"));
  if (cursor_.AcceptWord("COMMENT")) FRAZIL_TRY(cursor_.ExpectString("a comment"));
  if (!cursor_.Peek().IsWord("WITH")) {
    return Fail(cursor_.Unexpected("WITH ('type' = 'iceberg', ...)", {"WITH"}));
  }
  FRAZIL_ASSIGN(statement.options, ParseWithOptions(cursor_));
  return statement;
}

Result<Statement> SqlParser::ParseCreateDatabase() {
  CreateDatabaseStatement statement;
  statement.if_not_exists = cursor_.AcceptWords({"IF", "NOT", "EXISTS"});
  FRAZIL_ASSIGN(statement.name, cursor_.ExpectQualifiedName("the name of a database"));
  if (cursor_.AcceptWord("COMMENT")) {
    FRAZIL_ASSIGN(statement.comment, cursor_.ExpectString("a comment"));
  }
  FRAZIL_ASSIGN(statement.properties, ParseWithOptions(cursor_));
  return statement;
}

Result<Statement> SqlParser::ParseCreateView(TextPlace place) {
  CreateViewStatement statement;
  statement.place = place;
  statement.if_not_exists = cursor_.AcceptWords({"IF", "NOT", "EXISTS"});
  FRAZIL_ASSIGN(statement.name, cursor_.ExpectName("the name of a view"));
  if (cursor_.Peek().IsSymbol(".")) {
    return Fail(
        cursor_.ErrorHere("a view has a simple name: it lives in the script only"));
  }
  if (cursor_.Peek().IsSymbol("(")) {
    FRAZIL_ASSIGN(auto columns, cursor_.ExpectNameList("the name of a column"));
    for (PlacedName& column : columns)
      statement.columns.push_back(std::move(column.name));
  }
  if (cursor_.AcceptWord("COMMENT")) FRAZIL_TRY(cursor_.ExpectString("a comment"));
  FRAZIL_TRY(cursor_.ExpectWord("AS"));
  FRAZIL_ASSIGN(SelectText select, TakeSelect(cursor_));
  statement.select = std::move(select.text);
  statement.select_place = select.place;
  return statement;
}

Result<Statement> SqlParser::ParseInsert() {
  InsertStatement statement;
  statement.place = cursor_.Take().place;
  if (cursor_.Peek().IsWord("OVERWRITE")) {
    return Fail(cursor_.ErrorHere(
        "INSERT OVERWRITE is not supported: a stream has no end to overwrite at",
        "write INSERT INTO"));
  }
  FRAZIL_TRY(cursor_.ExpectWord("INTO"));
  FRAZIL_ASSIGN(statement.target, cursor_.ExpectQualifiedName("the name of a table"));
  if (cursor_.Peek().IsWord("PARTITION")) {
    return Fail(cursor_.ErrorHere("a PARTITION clause is not supported",
                                  "put the value into the SELECT"));
  }
  if (cursor_.Peek().IsSymbol("(") && !OpensSelect(cursor_.Peek(1)) &&
      !cursor_.Peek(1).IsSymbol("(")) {
    FRAZIL_ASSIGN(auto columns, cursor_.ExpectNameList("the name of a column"));
    for (PlacedName& column : columns)
      statement.columns.push_back(std::move(column.name));
  }
  if (cursor_.Peek().IsWord("VALUES")) {
    return Fail(
        cursor_.ErrorHere("INSERT ... VALUES is not supported in a pipeline script",
                          "a pipeline inserts what a SELECT takes from a source"));
  }
  FRAZIL_ASSIGN(SelectText select, TakeSelect(cursor_));
  statement.select = std::move(select.text);
  statement.select_place = select.place;
  return statement;
}

Result<Options> ParseWithOptions(TokenCursor& cursor) {
  Options options;
  if (!cursor.AcceptWord("WITH")) return options;
  FRAZIL_TRY(cursor.ExpectSymbol("("));
  do {
    if (cursor.Peek().IsSymbol(")") && !options.all().empty())
      break;  // after a last comma
    Option option;
    option.key_place = cursor.Peek().place;
    FRAZIL_ASSIGN(option.key, cursor.ExpectString("the key of an option"));
    FRAZIL_TRY(cursor.ExpectSymbol("="));
    option.value_place = cursor.Peek().place;
    FRAZIL_ASSIGN(option.value, cursor.ExpectString("the value of the option"));
    if (const Option* const first = options.Find(option.key); first != nullptr) {
      return Fail(cursor.ErrorAtPlace(
          option.key_place, fmt::format("option '{}' is given twice, first in line {}",
                                        option.key, first->key_place.line)));
    }
    const TextPlace place = option.key_place;
    if (Status added = options.Add(std::move(option)); !added.has_value()) {
      return Fail(cursor.ErrorAtPlace(place, added.error().message));
    }
  } while (cursor.AcceptSymbol(","));
  if (!cursor.AcceptSymbol(")")) return Fail(cursor.Unexpected("',' or ')'"));
  return options;
}

}  // namespace frazil
