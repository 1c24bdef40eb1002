#include "transform/select_analysis.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "config/excerpt.h"
#include "engine/names.h"
#include "transform/assignment.h"
#include "transform/row_wise.h"
#include "transform/select_place.h"
#include "transform/unsteady_columns.h"

namespace frazil {
namespace {

const ViewSpec* FindView(const TransformSpec& spec, std::string_view name) {
  // A later view of the same name replaces an earlier one.
  const ViewSpec* found = nullptr;
  for (const ViewSpec& view : spec.views) {
    if (SameName(view.name, name)) found = &view;
  }
  return found;
}

Result<QueryTree> ParseAt(const TransformSpec& spec, DuckConnection& connection,
                          const std::string& select, TextPlace select_place) {
  QueryProblem problem;
  auto tree = QueryTree::Parse(connection, select, &problem);
  if (tree.has_value() || tree.error().kind != ErrorKind::kInvalidConfig) return tree;
  const TextPlace place = PlaceInScript(select_place, PlaceAt(select, problem.offset));
  return Fail(SelectError(spec, place, problem.message));
}

// Parses the views that `tables` reach, those of views included.
Status ParseViews(const TransformSpec& spec, DuckConnection& connection,
                  const std::vector<std::string>& tables, ParsedViews& parsed) {
  for (const std::string& table : tables) {
    if (SameName(table, spec.source_name)) continue;
    const ViewSpec* view = FindView(spec, table);
    if (view == nullptr) continue;
    const auto known = parsed.find(LowerName(table));
    if (known != parsed.end()) {
      if (known->second.is_done) continue;
      return Fail(SelectError(spec, view->place,
                              fmt::format("the view {} reads itself", view->name)));
    }
    FRAZIL_ASSIGN(QueryTree tree,
                  ParseAt(spec, connection, view->select, view->select_place));
    const std::vector<std::string> inner = tree.Tables();
    const auto added =
        parsed.emplace(LowerName(table), ParsedView{view, std::move(tree)}).first;
    FRAZIL_TRY(ParseViews(spec, connection, inner, parsed));
    added->second.is_done = true;
  }
  return {};
}

// Those of the query and of the views that it reads.
std::vector<std::string> FunctionsOf(const QueryTree& tree, const ParsedViews& views) {
  std::vector<std::string> names = tree.Functions();
  for (const auto& [name, view] : views) {
    const std::vector<std::string> more = view.tree.Functions();
    names.insert(names.end(), more.begin(), more.end());
  }
  return names;
}

std::vector<SelectItem> ItemsOf(const QueryTree& tree, const UnsteadyColumns& unsteady) {
  std::vector<SelectItem> items;
  const Json* list = FindMember(tree.node(), "select_list");
  if (TextMember(tree.node(), "type") != "SELECT_NODE" || list == nullptr) return items;
  const std::vector<bool> flags = unsteady.OfItems(tree.node());
  for (std::size_t i = 0; i < list->size(); ++i) {
    const Json& expression = (*list)[i];
    SelectItem item;
    item.offset = OffsetOf(expression);
    const std::string_view type = TextMember(expression, "type");
    item.is_star = type == "STAR" || type == "COLUMNS";
    if (type == "VALUE_CONSTANT") {
      const Json* value = FindMember(expression, "value");
      const Json* is_null = value == nullptr ? nullptr : FindMember(*value, "is_null");
      item.is_null = is_null != nullptr && is_null->is_boolean() && is_null->get<bool>();
    }
    item.is_nondeterministic = flags[i];
    items.push_back(item);
  }
  return items;
}

// The source, or a view, of whose name the query or a view has a common table expression:
// which of the two a FROM means is not looked into. Empty if there is none.
std::string HiddenByWith(const TransformSpec& spec, const QueryTree& tree,
                         const ParsedViews& views) {
  std::set<std::string> common = tree.CommonTables();
  for (const auto& [name, view] : views) common.merge(view.tree.CommonTables());
  if (common.contains(LowerName(spec.source_name))) return spec.source_name;
  for (const auto& [name, view] : views) {
    if (common.contains(name)) return view.spec->name;
  }
  return {};
}

}  // namespace

Result<SelectAnalysis> AnalyseSelect(const TransformSpec& spec,
                                     DuckConnection& connection) {
  SelectAnalysis result;
  FRAZIL_ASSIGN(result.tree, ParseAt(spec, connection, spec.select, spec.select_place));
  ParsedViews views;
  FRAZIL_TRY(ParseViews(spec, connection, result.tree.Tables(), views));
  for (const ViewSpec& view : spec.views) {
    const auto found = views.find(LowerName(view.name));
    if (found != views.end() && found->second.spec == &view)
      result.views.push_back(&view);
  }
  FRAZIL_ASSIGN(const FunctionFacts facts,
                LookUpFunctions(connection, FunctionsOf(result.tree, views)));

  const RowWise row_wise =
      RowWiseCheck(spec.source_name, views, facts).Of(result.tree.node());
  result.not_row_wise_because = row_wise.why_not;
  const std::string hidden = HiddenByWith(spec, result.tree, views);
  if (!hidden.empty()) result.not_row_wise_because = "a WITH hides " + hidden;
  result.row_wise = result.not_row_wise_because.empty();
  if (result.row_wise && row_wise.is_plain)
    result.numbered = NumberQuery(result.tree.node(), spec, views);

  std::set<std::string> source_names;
  for (const TransformColumn& column : spec.source_columns) {
    source_names.insert(LowerName(column.name));
  }
  const UnsteadyColumns unsteady(views, facts, source_names);
  result.unsteady = unsteady.OfQuery(result.tree.node());
  result.items = ItemsOf(result.tree, unsteady);
  return result;
}

std::vector<bool> NondeterministicOf(const SelectAnalysis& analysis,
                                     const std::vector<DuckColumn>& columns) {
  const Unsteady& unsteady = analysis.unsteady;
  std::vector<bool> result(columns.size(), unsteady.all);
  if (unsteady.all) return result;
  const auto stars = std::ranges::count_if(analysis.items, &SelectItem::is_star);
  if (analysis.items.empty() || stars > 1 ||
      (stars == 0 && analysis.items.size() != columns.size())) {
    // Which item makes which column is not known: go by names, or by all.
    const bool any =
        !unsteady.names.empty() ||
        std::ranges::any_of(analysis.items, &SelectItem::is_nondeterministic);
    return std::vector<bool>(columns.size(), any);
  }
  const std::size_t star_width =
      columns.size() + (stars > 0 ? 1 : 0) - analysis.items.size();
  std::size_t column = 0;
  for (const SelectItem& item : analysis.items) {
    const std::size_t end =
        std::min(columns.size(), column + (item.is_star ? star_width : 1));
    for (; column < end; ++column) {
      result[column] = item.is_star
                           ? unsteady.names.contains(LowerName(columns[column].name))
                           : item.is_nondeterministic;
    }
  }
  return result;
}

}  // namespace frazil
