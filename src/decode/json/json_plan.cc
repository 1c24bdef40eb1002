#include "decode/json/json_plan.h"

#include <bit>
#include <cstddef>
#include <utility>

namespace frazil {
namespace {

constexpr std::size_t kSlotsPerName = 4;

// To be called once the children are where they stay: the index keeps views of their names.
void IndexChildren(JsonNode& node) {
  std::vector<std::string_view> names;
  names.reserve(node.children.size());
  for (std::size_t i = 0; i < node.children.size(); ++i) {
    node.children[i].follower = static_cast<std::uint32_t>(i + 1);
    names.emplace_back(node.children[i].name);
  }
  node.index = FieldIndex(names);
}

void CompileNode(const JsonField& field, const std::string& path, JsonNode& node) {
  node.type = field.type.id();
  node.is_required = field.is_required;
  if (node.type == TypeId::kDecimal) {
    node.precision = static_cast<std::uint8_t>(field.type.precision());
    node.scale = static_cast<std::uint8_t>(field.type.scale());
  }
  node.column = field.column;
  node.name = field.name;
  node.path = path;
  if (!field.type.is_nested()) return;
  const std::vector<SchemaField>& members = field.type.fields();
  node.children.resize(members.size());
  for (std::size_t i = 0; i < members.size(); ++i) {
    const SchemaField& member = members[i];
    CompileNode({member.name, member.type, member.required, &field.column->children()[i]},
                path + "." + member.name, node.children[i]);
  }
  if (node.type == TypeId::kStruct) IndexChildren(node);
}

}  // namespace

FieldIndex::FieldIndex(const std::vector<std::string_view>& names)
    : entries_(std::bit_ceil(names.size() * kSlotsPerName + 1)),
      mask_(entries_.size() - 1) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    std::uint64_t slot = Hash(names[i]) & mask_;
    while (entries_[slot].index != kNone) slot = (slot + 1) & mask_;
    entries_[slot] = {names[i], static_cast<std::uint32_t>(i)};
  }
}

JsonNode CompileJsonPlan(const std::vector<JsonField>& fields) {
  JsonNode root;
  root.children.resize(fields.size());
  for (std::size_t i = 0; i < fields.size(); ++i) {
    CompileNode(fields[i], fields[i].name, root.children[i]);
  }
  IndexChildren(root);
  return root;
}

}  // namespace frazil
