#include "transform/sql_session.h"

#include <charconv>
#include <cstddef>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "config/excerpt.h"
#include "config/sql/token.h"
#include "engine/duck_error.h"
#include "transform/select_place.h"

namespace frazil {
namespace {

// DuckDB's "\n\nLINE 2: the text of the line\n        ^" as a place; line 0 if it does not
// tell: it cuts long lines and marks that with dots.
TextPlace PlaceOfMark(std::string_view text) {
  constexpr std::string_view kMark = "\n\nLINE ";
  const std::size_t mark = text.rfind(kMark);
  if (mark == std::string_view::npos) return {};
  text.remove_prefix(mark + kMark.size());
  int line = 0;
  const auto [number_end, error] =
      std::from_chars(text.data(), text.data() + text.size(), line);
  const auto digits = static_cast<std::size_t>(number_end - text.data());
  const std::size_t line_end = text.find('\n');
  if (error != std::errc() || line_end == std::string_view::npos ||
      text.substr(digits, 2) != ": " || text.substr(digits + 2, 3) == "...") {
    return {};
  }
  const std::size_t caret = text.find('^', line_end);
  if (caret == std::string_view::npos) return {};
  const std::size_t prefix = std::string_view("LINE ").size() + digits + 2;
  const std::size_t column = caret - line_end - 1;
  if (column < prefix) return {};
  return {line, static_cast<int>(column - prefix) + 1};
}

// An error of DuckDB about a text of the script.
tl::unexpected<Error> FailAt(const TransformSpec& spec, TextPlace start,
                             const Error& error) {
  if (error.kind != ErrorKind::kInvalidConfig) return Fail(error);
  const TextPlace place = PlaceInScript(start, PlaceOfMark(error.message));
  const std::string_view text = DuckErrorText(error);
  return Fail(SelectError(spec, place, text.substr(0, text.find("\n\nLINE "))));
}

Status MakeView(const TransformSpec& spec, const ViewSpec& view,
                DuckConnection& connection) {
  std::string columns;
  for (const std::string& column : view.columns) {
    columns += fmt::format("{}{}", columns.empty() ? "" : ", ", QuoteSqlName(column));
  }
  if (!columns.empty()) columns = "(" + columns + ")";
  const Status made = connection.Execute(fmt::format(
      "CREATE TEMP VIEW {}{} AS {}", QuoteSqlName(view.name), columns, view.select));
  if (made.has_value()) return {};
  // The mark counts from the CREATE; prepared alone, the query gives its own places.
  auto alone = connection.Prepare(view.select);
  return FailAt(spec, view.select_place,
                alone.has_value() ? made.error() : alone.error());
}

// Which item of the list makes each column; -1 where that is not certain.
std::vector<int> ItemOfColumn(const std::vector<SelectItem>& items, std::size_t count) {
  std::vector<int> result(count, -1);
  std::size_t stars = 0;
  for (const SelectItem& item : items) stars += item.is_star ? 1 : 0;
  if (stars > 1 || items.empty() || (stars == 0 && items.size() != count)) return result;
  const std::size_t star_width = count + stars - items.size();
  std::size_t column = 0;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const std::size_t width = items[i].is_star ? star_width : 1;
    for (std::size_t k = 0; k < width && column < count; ++k) {
      result[column++] = static_cast<int>(i);
    }
  }
  return result;
}

std::vector<SelectColumn> SelectColumns(const TransformSpec& spec,
                                        const SqlSession& session) {
  const std::vector<DuckColumn>& columns = session.statement->columns();
  const std::vector<SelectItem>& items = session.analysis.items;
  const std::vector<int> item_of = ItemOfColumn(items, columns.size());
  std::vector<SelectColumn> result;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    SelectColumn column;
    column.name = columns[i].name;
    column.type = IcebergTypeOf(columns[i].type);
    column.type_name = columns[i].type.name;
    if (session.split.has_value() && session.split->columns[i].has_value()) {
      // DuckDB has one type for what are two here: BLOB.
      column.type = session.split->columns[i]->cast;
    }
    if (item_of[i] >= 0) {
      const SelectItem& item = items[static_cast<std::size_t>(item_of[i])];
      column.is_null = item.is_null;
      if (item.offset.has_value()) {
        column.place =
            PlaceInScript(spec.select_place, PlaceAt(spec.select, *item.offset));
      }
    }
    result.push_back(std::move(column));
  }
  return result;
}

}  // namespace

Result<SqlSession> OpenSqlSession(const TransformSpec& spec, DuckDatabase& database) {
  SqlSession session;
  FRAZIL_ASSIGN(session.connection, database.Connect());
  FRAZIL_ASSIGN(session.analysis, AnalyseSelect(spec, *session.connection));
  std::vector<ScanColumn> columns;
  for (const TransformColumn& column : spec.source_columns) {
    columns.push_back(ScanColumn{column.name, column.type});
  }
  FRAZIL_ASSIGN(session.table,
                ScanTable::CreateForBatches(*session.connection, spec.source_name,
                                            std::move(columns)));
  for (const ViewSpec* view : session.analysis.views) {
    FRAZIL_TRY(MakeView(spec, *view, *session.connection));
  }
  auto statement = session.connection->Prepare(spec.select);
  if (!statement.has_value()) return FailAt(spec, spec.select_place, statement.error());
  session.statement = *std::move(statement);
  if (session.analysis.numbered.has_value()) {
    FRAZIL_TRY(session.table->AddNumberedView(kNumberedView, kRowColumn));
    FRAZIL_ASSIGN(session.split,
                  PrepareSplit(*session.connection, *session.analysis.numbered,
                               session.statement->columns()));
  }
  FRAZIL_ASSIGN(session.assignment,
                TargetAssignment::Make(spec, SelectColumns(spec, session)));
  return session;
}

}  // namespace frazil
