#include "source/kafka/shared_group.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "base/text_list.h"

namespace frazil {
namespace {

// What patterns match is known only when topics are.
bool MayShareATopic(const SourceSpec& one, const SourceSpec& other) {
  const auto names = one.options.Get("topic");
  const auto others = other.options.Get("topic");
  if (!names.has_value() || !others.has_value()) return true;
  const std::vector<std::string> list = SplitList(*names, ';');
  return std::ranges::any_of(SplitList(*others, ';'), [&](const std::string& topic) {
    return std::ranges::find(list, topic) != list.end();
  });
}

}  // namespace

std::string GroupToJoin(const PipelineSpec& script, const SourceSpec& table,
                        const std::string& group_id) {
  constexpr std::string_view kGroup = "properties.group.id";
  const auto named = table.options.Get(kGroup);
  const bool is_shared =
      named.has_value() &&
      std::ranges::any_of(script.sources, [&](const SourceSpec& other) {
        return other.name != table.name && other.connector == table.connector &&
               other.options.Get(kGroup) == named && MayShareATopic(table, other);
      });
  return is_shared ? group_id + "." + table.name : group_id;
}

}  // namespace frazil
