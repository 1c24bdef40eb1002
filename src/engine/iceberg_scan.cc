#include "engine/iceberg_scan.h"

#include <vector>

#include "config/sql/token.h"
#include "engine/duck_types.h"
#include "engine/query_tree.h"
#include "scan/table_files.h"

namespace frazil {

Result<std::string> ScanSql(const TableMetadata& metadata, FileIO& io) {
  const Schema& schema = metadata.CurrentSchema();
  FRAZIL_ASSIGN(const std::vector<DataFile> files, LiveDataFiles(metadata, io));
  std::string columns;
  std::string mapping;
  for (const SchemaField& field : schema.fields) {
    const std::string type = DuckTypeName(field.type);
    const std::string name = QuoteSqlName(field.name);
    if (!columns.empty()) {
      columns += ", ";
      mapping += ", ";
    }
    columns += files.empty() ? fmt::format("CAST(NULL AS {}) AS {}", type, name) : name;
    mapping += fmt::format("{}: {{name: {}, type: {}, default_value: NULL}}",
                           field.field_id, QuoteSqlText(field.name), QuoteSqlText(type));
  }
  if (files.empty()) return fmt::format("SELECT {} WHERE false", columns);
  std::string paths;
  for (const DataFile& file : files) {
    if (!paths.empty()) paths += ", ";
    paths += QuoteSqlText(io.ReadablePath(file.file_path));
  }
  return fmt::format(
      "SELECT {} FROM read_parquet([{}], schema = MAP {{{}}}, hive_partitioning = false)",
      columns, paths, mapping);
}

}  // namespace frazil
