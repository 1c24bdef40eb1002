#include "query/read_statement.h"

#include <algorithm>
#include <array>
#include <span>

#include "config/sql/token.h"
#include "engine/query_tree.h"

namespace frazil {
namespace {

struct RefusedWord {
  std::string_view word;
  std::string_view hint;
};

constexpr std::string_view kWrites =
    "tables are made and written by a pipeline: frazil run";
constexpr std::string_view kCatalogs = "catalogs come by --script or --catalog";
constexpr std::string_view kSaves = "to save an answer: --output csv > file.csv";
constexpr std::string_view kPivot =
    "write it behind FROM: SELECT * FROM t PIVOT (sum(amount) FOR kind IN ('a', 'b'))";
constexpr std::string_view kSession = "a query has no session that would last";
constexpr std::string_view kParts = "only SELECT is answered";

constexpr std::array kRefused = {
    RefusedWord{"INSERT", kWrites},      RefusedWord{"UPDATE", kWrites},
    RefusedWord{"DELETE", kWrites},      RefusedWord{"MERGE", kWrites},
    RefusedWord{"CREATE", kWrites},      RefusedWord{"DROP", kWrites},
    RefusedWord{"ALTER", kWrites},       RefusedWord{"TRUNCATE", kWrites},
    RefusedWord{"COMMENT", kWrites},     RefusedWord{"COPY", kSaves},
    RefusedWord{"EXPORT", kSaves},       RefusedWord{"IMPORT", kWrites},
    RefusedWord{"ATTACH", kCatalogs},    RefusedWord{"DETACH", kCatalogs},
    RefusedWord{"USE", kCatalogs},       RefusedWord{"SET", kSession},
    RefusedWord{"RESET", kSession},      RefusedWord{"BEGIN", kSession},
    RefusedWord{"START", kSession},      RefusedWord{"COMMIT", kSession},
    RefusedWord{"ROLLBACK", kSession},   RefusedWord{"ABORT", kSession},
    RefusedWord{"PREPARE", kSession},    RefusedWord{"EXECUTE", kSession},
    RefusedWord{"DEALLOCATE", kSession}, RefusedWord{"LOAD", kParts},
    RefusedWord{"INSTALL", kParts},      RefusedWord{"CALL", kParts},
    RefusedWord{"PRAGMA", kParts},       RefusedWord{"EXPLAIN", kParts},
    RefusedWord{"CHECKPOINT", kParts},   RefusedWord{"FORCE", kParts},
    RefusedWord{"VACUUM", kParts},       RefusedWord{"ANALYZE", kParts},
    RefusedWord{"PIVOT", kPivot},        RefusedWord{"UNPIVOT", kPivot},
};

using Tokens = std::span<const Token>;

bool IsOneOf(const Token& token, std::initializer_list<std::string_view> words) {
  return std::ranges::any_of(words, [&](auto word) { return token.IsWord(word); });
}

// A name of parts with dots that is all there is; empty: it is something else.
std::vector<std::string> WholeName(Tokens tokens) {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const bool is_right = i % 2 == 0 ? tokens[i].IsName() : tokens[i].IsSymbol(".");
    if (!is_right) return {};
    if (i % 2 == 0) parts.push_back(tokens[i].Value());
  }
  return tokens.size() % 2 == 0 ? std::vector<std::string>() : parts;
}

std::optional<ShowStatement> ParseDescribe(Tokens tokens) {
  if (!IsOneOf(tokens[0], {"DESCRIBE", "DESC"})) return std::nullopt;
  tokens = tokens.subspan(1);
  if (tokens.size() > 1 && tokens[0].IsWord("TABLE")) tokens = tokens.subspan(1);
  std::vector<std::string> name = WholeName(tokens);
  if (name.empty()) return std::nullopt;
  return ShowStatement{ShowStatement::Kind::kDescribe, std::move(name)};
}

std::optional<ShowStatement> ParseShow(Tokens tokens) {
  if (tokens.size() < 2 || !tokens[0].IsWord("SHOW")) return std::nullopt;
  using Kind = ShowStatement::Kind;
  if (tokens.size() == 2 && tokens[1].IsWord("CATALOGS")) {
    return ShowStatement{Kind::kCatalogs, {}};
  }
  if (tokens.size() == 2 && IsOneOf(tokens[1], {"DATABASES", "SCHEMAS", "NAMESPACES"})) {
    return ShowStatement{Kind::kDatabases, {}};
  }
  tokens = tokens.subspan(tokens[1].IsWord("ALL") ? 2 : 1);
  if (tokens.empty() || !tokens[0].IsWord("TABLES")) return std::nullopt;
  if (tokens.size() == 1) return ShowStatement{Kind::kTables, {}};
  if (!IsOneOf(tokens[1], {"FROM", "IN"})) return std::nullopt;
  std::vector<std::string> name = WholeName(tokens.subspan(2));
  if (name.empty()) return std::nullopt;
  return ShowStatement{Kind::kTables, std::move(name)};
}

Status CheckFirstWords(Tokens tokens) {
  if (tokens.size() > 1 && tokens[0].IsWord("SHOW") && tokens[1].IsWord("CREATE")) {
    return Fail(ErrorKind::kInvalidConfig,
                "SHOW CREATE is not supported: DESCRIBE lists a table's columns");
  }
  for (const RefusedWord& refused : kRefused) {
    if (!tokens[0].IsWord(refused.word)) continue;
    return Fail(ErrorKind::kInvalidConfig,
                "frazil query only reads, and {} is no query: {}", refused.word,
                refused.hint);
  }
  return {};
}

}  // namespace

Result<ReadStatement> ParseReadStatement(std::string_view text) {
  const TokenizedText split = TokenizeUntilFailure(text);
  if (split.failure.has_value()) return ReadStatement{std::string(text), std::nullopt};
  Tokens tokens = split.tokens;
  tokens = tokens.first(tokens.size() - 1);  // the end
  while (!tokens.empty() && tokens.back().IsSymbol(";")) {
    tokens = tokens.first(tokens.size() - 1);
  }
  if (tokens.empty()) return Fail(ErrorKind::kInvalidConfig, "the query is empty");
  FRAZIL_TRY(CheckFirstWords(tokens));
  if (std::ranges::any_of(tokens, [](const Token& t) { return t.IsSymbol(";"); })) {
    return Fail(ErrorKind::kInvalidConfig,
                "several statements: frazil query answers one SELECT at a time");
  }
  ReadStatement statement{std::string(text.substr(0, tokens.back().end_offset())), {}};
  statement.show = ParseShow(tokens);
  if (!statement.show.has_value()) statement.show = ParseDescribe(tokens);
  return statement;
}

std::string RowsSql(const std::vector<std::string>& names,
                    const std::vector<std::vector<std::string>>& rows) {
  const auto list = [](const std::vector<std::string>& texts, auto quote) {
    std::string sql;
    for (const std::string& text : texts) sql += (sql.empty() ? "" : ", ") + quote(text);
    return "(" + sql + ")";
  };
  std::string values;
  for (const auto& row : rows) {
    values += (values.empty() ? "" : ", ") + list(row, QuoteSqlText);
  }
  // VALUES needs a row.
  const bool is_empty = rows.empty();
  if (is_empty) values = list(std::vector<std::string>(names.size()), QuoteSqlText);
  return "SELECT * FROM (VALUES " + values + ") AS answer" + list(names, QuoteSqlName) +
         (is_empty ? " WHERE false" : "");
}

}  // namespace frazil
