#include "iceberg/table_update_json.h"

#include <variant>

#include "base/json.h"
#include "iceberg/metadata_json.h"

namespace frazil {
namespace {

struct RequirementWriter {
  Json operator()(const AssertTableUuid& requirement) const {
    return {{"type", "assert-table-uuid"}, {"uuid", requirement.uuid}};
  }
  Json operator()(const AssertRefSnapshotId& requirement) const {
    return {{"type", "assert-ref-snapshot-id"},
            {"ref", requirement.ref},
            {"snapshot-id",
             requirement.snapshot_id ? Json(*requirement.snapshot_id) : Json()}};
  }
  Json operator()(const AssertCurrentSchemaId& requirement) const {
    return {{"type", "assert-current-schema-id"},
            {"current-schema-id", requirement.schema_id}};
  }
  Json operator()(const AssertDefaultSpecId& requirement) const {
    return {{"type", "assert-default-spec-id"}, {"default-spec-id", requirement.spec_id}};
  }
};

// As text: a snapshot has its summary as text already.
struct UpdateWriter {
  std::string operator()(const AddSnapshot& update) const {
    std::string text = R"({"action":"add-snapshot","snapshot":)";
    AppendSnapshotJson(update.snapshot, text);
    return text + "}";
  }
  std::string operator()(const SetSnapshotRef& update) const {
    Json json = {{"action", "set-snapshot-ref"}, {"ref-name", update.ref_name}};
    json.update(SnapshotRefToJson(update.ref));
    return DumpJson(json);
  }
  std::string operator()(const SetProperties& update) const {
    return DumpJson({{"action", "set-properties"}, {"updates", Json(update.updates)}});
  }
  std::string operator()(const RemoveProperties& update) const {
    return DumpJson(
        {{"action", "remove-properties"}, {"removals", Json(update.removals)}});
  }
};

}  // namespace

std::string CommitTableRequestJson(const std::vector<TableRequirement>& requirements,
                                   const std::vector<TableUpdate>& updates) {
  Json required = Json::array();
  for (const TableRequirement& requirement : requirements) {
    required.push_back(std::visit(RequirementWriter{}, requirement));
  }
  std::string text = R"({"requirements":)" + DumpJson(required) + R"(,"updates":[)";
  for (const TableUpdate& update : updates) {
    if (&update != &updates.front()) text += ',';
    text += std::visit(UpdateWriter{}, update);
  }
  return text + "]}";
}

}  // namespace frazil
