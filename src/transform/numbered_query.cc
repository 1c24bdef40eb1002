#include "transform/numbered_query.h"

#include <algorithm>
#include <cstddef>
#include <set>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "engine/names.h"
#include "engine/query_tree.h"

namespace frazil {
namespace {

using Columns = std::vector<NumberedColumn>;

// A FROM that has the number too.
struct NumberedFrom {
  Json json;
  /// By which its columns may be qualified; may be empty.
  std::string name;
  Columns columns;
};

// The only column of that name, or nullptr.
const NumberedColumn* FindColumn(const Columns& columns, std::string_view name) {
  const auto matches = [&](const NumberedColumn& column) {
    return SameName(column.name, name);
  };
  if (std::ranges::count_if(columns, matches) != 1) return nullptr;
  return &*std::ranges::find_if(columns, matches);
}

void Rename(Columns& columns, const std::vector<std::string>& names) {
  for (std::size_t i = 0; i < std::min(columns.size(), names.size()); ++i) {
    columns[i].name = names[i];
  }
}

bool IsStar(const Json& object) {
  return TextMember(object, "type") == "STAR" || TextMember(object, "type") == "COLUMNS";
}

bool HasElements(const Json& object, std::string_view key) {
  const Json* member = FindMember(object, key);
  return member != nullptr && !member->empty();
}

// A star among expressions would take the number as well, and so would a table as a struct.
bool MayReadNumber(const Json& expression, const NumberedFrom& from) {
  bool found = false;
  VisitObjects(expression, [&](const Json& object) {
    const std::vector<std::string> names = NamesMember(object, "column_names");
    const bool is_table = !names.empty() && SameName(names.back(), from.name) &&
                          FindColumn(from.columns, names.back()) == nullptr;
    found = found || is_table || IsStar(object);
    return !found;
  });
  return found;
}

// `t.c.field` as a column: of the FROM, or a field of one.
NumberedColumn Referenced(const Json& reference, const NumberedFrom& from) {
  const std::vector<std::string> names = NamesMember(reference, "column_names");
  std::size_t used = 0;
  // "t.x" is the column x of the table t, or the field x of the column t.
  if (names.size() > 1 && SameName(names[0], from.name)) {
    if (FindColumn(from.columns, names[0]) != nullptr) return {};
    used = 1;
  }
  const NumberedColumn* found =
      names.empty() ? nullptr : FindColumn(from.columns, names[used]);
  if (found == nullptr || !found->source.has_value()) return {};
  NumberedColumn result = *found;
  while (++used < names.size()) {
    if (result.is_cast || !PickMember(names[used], *result.source)) return {};
  }
  return result;
}

NumberedColumn ColumnOf(const Json& item, const NumberedFrom& from) {
  NumberedColumn result;
  const std::string_view type = TextMember(item, "type");
  if (type == "COLUMN_REF") {
    result = Referenced(item, from);
    result.name = NamesMember(item, "column_names").back();
  } else if (type == "OPERATOR_CAST") {
    const Json* child = FindMember(item, "child");
    if (child != nullptr && TextMember(*child, "type") == "COLUMN_REF") {
      result = Referenced(*child, from);
      if (result.is_cast) result.source = std::nullopt;
      result.is_cast = true;
    }
    result.name.clear();
  }
  const std::string_view alias = TextMember(item, "alias");
  if (!alias.empty()) result.name = alias;
  return result;
}

// Adds what a star of a list stands for. False where that is not certain.
bool AddStar(const Json& star, const NumberedFrom& from, Columns& columns) {
  const std::string_view table = TextMember(star, "relation_name");
  const Json* is_columns = FindMember(star, "columns");
  if ((!table.empty() && !SameName(table, from.name)) ||
      (is_columns != nullptr && *is_columns == Json(true)) ||
      FindMember(star, "expr") != nullptr || HasElements(star, "rename_list") ||
      HasElements(star, "qualified_exclude_list")) {
    return false;
  }
  std::set<std::string> excluded;
  for (const std::string& name : NamesMember(star, "exclude_list")) {
    excluded.insert(LowerName(name));
  }
  std::set<std::string> replaced;
  if (const Json* list = FindMember(star, "replace_list"); list != nullptr) {
    for (const Json& entry : *list) {
      replaced.insert(LowerName(TextMember(entry, "key")));
      if (MayReadNumber(entry, from)) return false;
    }
  }
  for (const NumberedColumn& column : from.columns) {
    const std::string name = LowerName(column.name);
    if (excluded.contains(name)) continue;
    columns.push_back(replaced.contains(name)
                          ? NumberedColumn{column.name, std::nullopt, false}
                          : column);
  }
  return true;
}

class Numbering {
 public:
  Numbering(const TransformSpec& spec, const ParsedViews& views)
      : spec_(spec), views_(views) {}

  std::optional<NumberedQuery> OfNode(const Json& node, Scope scope) const {
    scope.push_back(ScopeLevel{&node});
    std::optional<NumberedFrom> from = OfFrom(node["from_table"], scope);
    if (!from.has_value()) return std::nullopt;
    const Json* where = FindMember(node, "where_clause");
    if (where != nullptr && MayReadNumber(*where, *from)) return std::nullopt;
    NumberedQuery made{node, {}};
    for (Json& item : made.node["select_list"]) {
      if (TextMember(item, "type") == "STAR") {
        if (!AddStar(item, *from, made.columns)) return std::nullopt;
        item["exclude_list"].push_back(kRowColumn);
      } else {
        if (MayReadNumber(item, *from)) return std::nullopt;
        made.columns.push_back(ColumnOf(item, *from));
      }
    }
    made.node["select_list"].push_back(RowColumnRef());
    made.node["from_table"] = std::move(from->json);
    // All that it had is in the FROM now.
    made.node["cte_map"]["map"] = Json::array();
    return made;
  }

 private:
  std::optional<NumberedFrom> OfFrom(const Json& from, const Scope& scope) const {
    const FromTable table = ResolveFrom(from, scope, spec_.source_name, views_);
    if (table.kind == FromTable::Kind::kOther) return std::nullopt;
    std::optional<NumberedFrom> made =
        table.kind == FromTable::Kind::kSource ? OfSource(from) : OfSubquery(from, table);
    // Without an alias, columns cannot be renamed.
    if (made.has_value())
      made->json["alias"] = made->name.empty() ? kNumberedView : made->name;
    return made;
  }

  [[nodiscard]] NumberedFrom OfSource(const Json& from) const {
    NumberedFrom made{from, std::string(TextMember(from, "alias")), {}};
    if (made.name.empty()) made.name = spec_.source_name;
    made.json["table_name"] = kNumberedView;
    for (std::size_t i = 0; i < spec_.source_columns.size(); ++i) {
      const TransformColumn& column = spec_.source_columns[i];
      made.columns.push_back(NumberedColumn{
          column.name, TakenColumn{static_cast<int>(i), {}, column.type, column.type},
          false});
    }
    Rename(made.columns, NamesMember(from, "column_name_alias"));
    return made;
  }

  [[nodiscard]] std::optional<NumberedFrom> OfSubquery(const Json& from,
                                                       const FromTable& table) const {
    std::optional<NumberedQuery> inner = OfNode(*table.query, table.scope);
    if (!inner.has_value()) return std::nullopt;
    NumberedFrom made{Json::object(), std::string(TextMember(from, "alias")),
                      std::move(inner->columns)};
    if (made.name.empty()) made.name = TextMember(from, "table_name");
    Rename(made.columns, table.column_names);
    Rename(made.columns, NamesMember(from, "column_name_alias"));
    Json names = Json::array();
    std::set<std::string> distinct;
    for (NumberedColumn& column : made.columns) {
      // Then a name that DuckDB would make up cannot be taken for that of another column.
      if (column.name.empty()) column.name = fmt::format("frazil {}", names.size());
      names.push_back(column.name);
      distinct.insert(LowerName(column.name));
    }
    if (distinct.size() < names.size()) return std::nullopt;
    made.json["type"] = "SUBQUERY";
    made.json["subquery"]["node"] = std::move(inner->node);
    made.json["subquery"]["named_param_map"] = Json::array();
    made.json["column_name_alias"] = std::move(names);
    return made;
  }

  const TransformSpec& spec_;
  const ParsedViews& views_;
};

}  // namespace

std::optional<NumberedQuery> NumberQuery(const Json& node, const TransformSpec& spec,
                                         const ParsedViews& views) {
  return Numbering(spec, views).OfNode(node, {});
}

Json RowColumnRef() {
  Json ref = Json::object();
  ref["class"] = "COLUMN_REF";
  ref["type"] = "COLUMN_REF";
  ref["alias"] = "";
  ref["column_names"] = Json::array({kRowColumn});
  return ref;
}

}  // namespace frazil
