#include "pipeline/select.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "config/option_set.h"
#include "engine/names.h"
#include "engine/query_tree.h"

namespace frazil {
namespace {

// Collects the sources that a query reaches, through views at any depth.
class SourceFinder {
 public:
  SourceFinder(const PipelineSpec& spec, DuckDatabase& database)
      : spec_(spec), database_(database) {}

  Status Visit(const std::string& select, TextPlace place) {
    auto tables = ReferencedTables(select, database_);
    if (!tables.has_value()) {
      return Fail(ErrorAt(spec_, place, tables.error().message));
    }
    for (const std::string& table : *tables) FRAZIL_TRY(VisitTable(table, place));
    return {};
  }

  [[nodiscard]] const std::set<std::size_t>& sources() const { return sources_; }

 private:
  Status VisitTable(const std::string& table, TextPlace place) {
    for (const ViewSpec& view : spec_.views) {
      if (!SameName(view.name, table)) continue;
      if (!seen_views_.insert(view.name).second) return {};
      return Visit(view.select, view.select_place);
    }
    for (std::size_t i = 0; i < spec_.sources.size(); ++i) {
      if (!SameName(spec_.sources[i].name, table)) continue;
      sources_.insert(i);
      return {};
    }
    std::vector<std::string> known;
    for (const ViewSpec& view : spec_.views) known.push_back(view.name);
    for (const SourceSpec& source : spec_.sources) known.push_back(source.name);
    const std::string nearest = Nearest(table, known);
    return Fail(ErrorAt(spec_, place, fmt::format("no such source or view: {}", table),
                        nearest.empty() ? "" : fmt::format("did you mean {}?", nearest)));
  }

  const PipelineSpec& spec_;
  DuckDatabase& database_;
  std::set<std::string> seen_views_;
  std::set<std::size_t> sources_;
};

}  // namespace

Result<std::size_t> SourceOfInsert(const PipelineSpec& spec, const InsertSpec& insert,
                                   DuckDatabase& database) {
  SourceFinder finder(spec, database);
  FRAZIL_TRY(finder.Visit(insert.select, insert.select_place));
  if (finder.sources().empty()) {
    return Fail(ErrorAt(spec, insert.select_place, "this SELECT reads no source",
                        "name a table that was created with a 'connector'"));
  }
  if (finder.sources().size() > 1) {
    return Fail(
        ErrorAt(spec, insert.select_place,
                "this SELECT reads more than one source: Frazil does not join streams",
                "write one INSERT per source"));
  }
  return *finder.sources().begin();
}

TransformSpec TransformSpecOf(const PipelinePlan& plan, const FlowPlan& flow) {
  const InsertSpec& insert = plan.spec.inserts[flow.insert];
  const SourceSpec& source = plan.spec.sources[plan.sources[flow.source]];
  TransformSpec spec;
  spec.select = insert.select;
  spec.views = plan.spec.views;
  spec.source_name = source.name;
  for (const ColumnSpec& column : source.columns) {
    spec.source_columns.push_back({column.name, column.type, column.required});
  }
  spec.target_name = insert.target.ToString();
  spec.target = plan.targets[flow.target].schema;
  spec.insert_columns = insert.columns;
  spec.pipeline = &plan.spec;
  spec.select_place = insert.select_place;
  return spec;
}

}  // namespace frazil
