#pragma once

/// \file storage/memory/memory_file_io.h
/// \brief Files that live in memory, for tests.

#include <memory>

#include "storage/file_io.h"

namespace frazil {

/// \brief An empty store; any text is a location. Its files die with it.
std::shared_ptr<FileIO> NewMemoryFileIO();

}  // namespace frazil
