#include "catalog/pointer_commit.h"

#include <memory>
#include <utility>

#include "base/fault_point.h"

namespace frazil {
namespace {

Status WriteNext(MetadataFiles& files, const std::string& location,
                 const TableMetadata& next) {
  FRAZIL_TRY(FaultPoint("commit.metadata.before"));
  FRAZIL_TRY(files.Write(location, next));
  return FaultPoint("commit.metadata.after");
}

}  // namespace

Status SwapWithFaultPoints(const std::function<Status()>& swap) {
  FRAZIL_TRY(FaultPoint("commit.swap.before"));
  FRAZIL_TRY(swap());
  Status after = FaultPoint("commit.swap.after");
  if (!after.has_value()) after.error().kind = ErrorKind::kCommitStateUnknown;
  return after;
}

Result<LoadedTable> CommitByPointer(MetadataFiles& files, const Clock& clock,
                                    const LoadedTable& base,
                                    const std::vector<TableRequirement>& requirements,
                                    const std::vector<TableUpdate>& updates,
                                    const SwapPointer& swap) {
  FRAZIL_TRY(CheckRequirements(*base.metadata, requirements));
  FRAZIL_ASSIGN(
      TableMetadata applied,
      ApplyUpdates(*base.metadata, base.metadata_location, updates, clock.NowMs()));
  LoadedTable next;
  next.metadata_location =
      MetadataFileLocation(applied, ParseMetadataFileVersion(base.metadata_location) + 1);
  next.metadata = std::make_shared<const TableMetadata>(std::move(applied));

  Status outcome = WriteNext(files, next.metadata_location, *next.metadata);
  if (outcome.has_value()) {
    outcome = SwapWithFaultPoints(
        [&] { return swap(base.metadata_location, next.metadata_location); });
  }
  if (!outcome.has_value()) {
    if (outcome.error().kind != ErrorKind::kCommitStateUnknown) {
      files.Delete(next.metadata_location);
    }
    return Fail(std::move(outcome).error());
  }
  files.Keep(next.metadata_location, next.metadata);
  files.DeleteReplaced(*base.metadata, *next.metadata);
  return next;
}

}  // namespace frazil
