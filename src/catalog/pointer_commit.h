#pragma once

/// \file catalog/pointer_commit.h
/// \brief The commit of catalogs that hold a pointer to a table's newest metadata file.

#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "catalog/catalog.h"
#include "catalog/metadata_files.h"

namespace frazil {

/// \brief Moves a table's pointer to `next_location` if it still is at `base_location`.
/// \return kCommitStateUnknown if it may have moved; with every other error it did not.
using SwapPointer = std::function<Status(const std::string& base_location,
                                         const std::string& next_location)>;

/// \brief What Catalog::CommitTable does, once the table is loaded: checks, applies, writes
/// the next metadata file, swaps. The new file is deleted after a definite refusal only.
///
/// Fault points: commit.metadata.before, commit.metadata.after, commit.swap.before,
/// commit.swap.after.
Result<LoadedTable> CommitByPointer(MetadataFiles& files, const Clock& clock,
                                    const LoadedTable& base,
                                    const std::vector<TableRequirement>& requirements,
                                    const std::vector<TableUpdate>& updates,
                                    const SwapPointer& swap);

/// \brief Runs a swap between its fault points; an error that is injected after it becomes
/// kCommitStateUnknown, since the swap has happened.
Status SwapWithFaultPoints(const std::function<Status()>& swap);

}  // namespace frazil
