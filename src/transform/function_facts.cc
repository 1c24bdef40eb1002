#include "transform/function_facts.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "engine/names.h"
#include "engine/query_tree.h"

namespace frazil {
namespace {

constexpr std::array<std::string_view, 5> kTimeWords = {
    "current_date", "current_time", "current_timestamp", "localtime", "localtimestamp"};

// One row of duckdb_functions().
struct FunctionRow {
  std::string name;
  std::string type;
  std::string stability;
  std::string macro_definition;
};

Result<std::vector<FunctionRow>> Ask(DuckConnection& connection,
                                     const std::set<std::string>& names) {
  std::vector<FunctionRow> functions;
  if (names.empty()) return functions;
  std::string list;
  for (const std::string& name : names) {
    list += fmt::format("{}{}", list.empty() ? "" : ", ", QuoteSqlText(name));
  }
  FRAZIL_ASSIGN(
      const auto rows,
      connection.QueryTexts(fmt::format(
          "SELECT DISTINCT lower(function_name), function_type, stability, "
          "macro_definition FROM duckdb_functions() WHERE lower(function_name) IN ({})",
          list)));
  for (const auto& row : rows) functions.push_back({row[0], row[1], row[2], row[3]});
  return functions;
}

// What a macro's text calls.
struct MacroBody {
  FunctionFact fact;
  std::vector<std::string> calls;
};

MacroBody Read(DuckConnection& connection, const FunctionRow& macro) {
  MacroBody body;
  const auto tree = QueryTree::Parse(connection, "SELECT " + macro.macro_definition);
  if (macro.type != "macro" || !tree.has_value()) {
    body.fact.is_unknown = true;
    return body;
  }
  VisitObjects(tree->node(), [&](const Json& object) {
    const std::string_view kind = TextMember(object, "class");
    if (kind == "SUBQUERY" || kind == "WINDOW") body.fact.is_unknown = true;
    const Json* names = FindMember(object, "column_names");
    if (names != nullptr && names->size() == 1 && names->front().is_string() &&
        IsTimeWord(names->front().get_ref<const std::string&>())) {
      body.fact.is_volatile = true;
    }
    return true;
  });
  body.calls = tree->Functions();
  return body;
}

void Add(FunctionFact& fact, const FunctionFact& other) {
  fact.is_aggregate |= other.is_aggregate;
  fact.is_volatile |= other.is_volatile;
  fact.is_unknown |= other.is_unknown;
}

// Gives each macro the facts of what it calls, until none has news.
void Spread(const std::vector<std::pair<std::string, std::string>>& calls,
            FunctionFacts& facts) {
  for (std::size_t round = 0; round < calls.size(); ++round) {
    for (const auto& [caller, callee] : calls) {
      const auto found = facts.find(callee);
      if (found != facts.end()) Add(facts[caller], FunctionFact(found->second));
    }
  }
}

}  // namespace

Result<FunctionFacts> LookUpFunctions(DuckConnection& connection,
                                      const std::vector<std::string>& names) {
  FunctionFacts facts;
  std::vector<std::pair<std::string, std::string>> calls;  // of macros
  std::set<std::string> asked(names.begin(), names.end());
  std::set<std::string> wanted = asked;
  while (!wanted.empty()) {
    FRAZIL_ASSIGN(const auto functions, Ask(connection, wanted));
    wanted.clear();
    for (const FunctionRow& function : functions) {
      FunctionFact& fact = facts[function.name];
      if (!function.type.ends_with("macro")) {
        Add(fact,
            {function.type == "aggregate",
             function.stability != "CONSISTENT" && function.stability != "NULL", false});
        continue;
      }
      const MacroBody body = Read(connection, function);
      Add(fact, body.fact);
      for (const std::string& call : body.calls) {
        calls.emplace_back(function.name, call);
        if (asked.insert(call).second) wanted.insert(call);
      }
    }
  }
  Spread(calls, facts);
  return facts;
}

bool IsTimeWord(std::string_view name) {
  return std::ranges::any_of(kTimeWords,
                             [&](std::string_view word) { return SameName(word, name); });
}

}  // namespace frazil
