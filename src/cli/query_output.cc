#include "cli/query_output.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/visible_text.h"
#include "cli/output.h"

namespace frazil {
namespace {

// A box is drawn once all its rows are known; a longer answer is for csv or json.
constexpr std::size_t kMaxBoxRows = 10'000;
constexpr std::size_t kMaxCellWidth = 60;

using Row = std::vector<std::string>;

bool BeginsCodePoint(char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80; }

// Code points, near enough to columns of a terminal.
std::size_t WidthOf(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), BeginsCodePoint));
}

std::string Cut(std::string text) {
  if (WidthOf(text) <= kMaxCellWidth) return text;
  std::size_t end = 0;
  for (std::size_t width = 0; end < text.size(); ++end) {
    if (BeginsCodePoint(text[end]) && ++width == kMaxCellWidth) break;
  }
  return text.substr(0, end) + "…";
}

void PrintBox(const Row& names, const std::vector<Row>& rows) {
  std::vector<std::size_t> widths;
  for (const std::string& name : names) widths.push_back(WidthOf(name));
  for (const Row& row : rows) {
    for (std::size_t c = 0; c < row.size(); ++c)
      widths[c] = std::max(widths[c], WidthOf(row[c]));
  }
  const auto print = [&](const Row& row) {
    std::string line;
    for (std::size_t c = 0; c < row.size(); ++c) {
      if (c > 0) line += "  ";
      line += row[c];
      if (c + 1 < row.size()) line.append(widths[c] - WidthOf(row[c]), ' ');
    }
    PrintText(line + "\n");
  };
  print(names);
  Row rule;
  for (const std::size_t width : widths) rule.emplace_back(width, '-');
  print(rule);
  for (const Row& row : rows) print(row);
}

// Quotes tell an empty text from a null.
std::string CsvCell(std::string_view text) {
  const bool is_plain = !text.empty() && text.find_first_of(",\"\n\r") == text.npos;
  if (is_plain) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

}  // namespace

Status PrintCsvAnswer(TableQuery& query, const std::string& sql) {
  FRAZIL_ASSIGN(const Row names, query.Columns(sql));
  std::string line;
  for (const std::string& name : names) line += (line.empty() ? "" : ",") + CsvCell(name);
  PrintText(line + "\n");
  return query.Run(sql, [&](const std::vector<const std::string_view*>& values) {
    line.clear();
    for (std::size_t c = 0; c < values.size(); ++c) {
      if (c > 0) line += ',';
      if (values[c] != nullptr) line += CsvCell(*values[c]);
    }
    PrintText(line + "\n");
    return !IsOutputLost();
  });
}

Status PrintJsonAnswer(TableQuery& query, const std::string& sql) {
  return query.RunAsJson(sql, [](std::string_view lines) {
    PrintText(VisibleLines(lines));  // the same JSON
    return !IsOutputLost();
  });
}

Status PrintBoxAnswer(TableQuery& query, const std::string& sql) {
  FRAZIL_ASSIGN(Row names, query.Columns(sql));
  for (std::string& name : names) name = VisibleText(name);
  std::vector<Row> rows;
  bool is_cut = false;
  FRAZIL_TRY(query.Run(sql, [&](const std::vector<const std::string_view*>& values) {
    is_cut = rows.size() == kMaxBoxRows;
    if (is_cut) return false;
    Row& row = rows.emplace_back();
    for (const std::string_view* value : values) {
      row.push_back(value == nullptr ? "NULL" : Cut(VisibleText(*value)));
    }
    return true;
  }));
  std::int64_t count = 0;
  if (is_cut) {
    FRAZIL_ASSIGN(count, query.Count(sql));
  }
  PrintBox(names, rows);
  if (is_cut) {
    Print("… {} more rows; use --output csv|json or LIMIT\n",
          std::max<std::int64_t>(1, count - static_cast<std::int64_t>(rows.size())));
  } else {
    Print("({} row{})\n", rows.size(), rows.size() == 1 ? "" : "s");
  }
  return {};
}

}  // namespace frazil
