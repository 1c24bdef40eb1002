#pragma once

/// \file catalog/memory/memory_catalog.h
/// \brief A catalog that dies with its process, for tests.

#include <memory>
#include <string>

#include "base/clock.h"
#include "catalog/catalog.h"
#include "storage/file_io.h"

namespace frazil {

/// \param warehouse where tables lie that do not say where.
/// \param clock outlives the catalog.
std::unique_ptr<Catalog> NewMemoryCatalog(std::string name, std::string warehouse,
                                          std::shared_ptr<FileIO> io,
                                          const Clock& clock = Clock::System());

}  // namespace frazil
