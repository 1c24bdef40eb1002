#include <utility>

#include "transform/projection.h"
#include "transform/sql_transformer.h"
#include "transform/transform_spec.h"

namespace frazil {

Result<std::unique_ptr<Transformer>> MakeTransformer(const TransformSpec& spec,
                                                     DuckDatabase* database) {
  auto items = ParseProjection(spec);
  if (items.has_value()) return MakeProjection(spec, *std::move(items));
  if (database == nullptr) {
    return Fail(ErrorKind::kInvalidArgument, "the SELECT needs DuckDB: {}", spec.select);
  }
  return MakeSqlTransformer(spec, *database);
}

bool IsPlainProjection(const TransformSpec& spec) {
  return ParseProjection(spec).has_value();
}

Result<SelectTraits> DescribeSelect(const TransformSpec& spec, DuckDatabase* database) {
  if (IsPlainProjection(spec)) {
    SelectTraits traits;
    traits.row_wise = true;
    return traits;
  }
  if (database == nullptr) {
    return Fail(ErrorKind::kInvalidArgument, "the SELECT needs DuckDB: {}", spec.select);
  }
  return DescribeSqlSelect(spec, *database);
}

}  // namespace frazil
