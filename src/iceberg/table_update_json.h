#pragma once

/// \file iceberg/table_update_json.h
/// \brief Table updates and requirements as a REST catalog is sent them.
///
/// Source: Iceberg REST catalog specification, "CommitTableRequest".

#include <string>
#include <vector>

#include "iceberg/table_update.h"

namespace frazil {

/// \brief {"requirements":[...],"updates":[...]}, in the order given.
std::string CommitTableRequestJson(const std::vector<TableRequirement>& requirements,
                                   const std::vector<TableUpdate>& updates);

}  // namespace frazil
