#include "source/kafka/member_name.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "base/fnv.h"

namespace frazil {
namespace {

constexpr std::size_t kMarkSize = 8;

// Of a pipeline, for names; "" where it is not known.
std::string MarkOf(std::string_view pipeline_id) {
  if (pipeline_id.empty()) return "";
  return fmt::format("{:016x}", Fnv1a(pipeline_id)).substr(0, kMarkSize);
}

// Cuts "-" and 8 hexadecimal digits off the end; "" if they are not there.
std::string_view TakeMark(std::string_view& name) {
  const std::size_t at = name.rfind('-');
  if (at == std::string_view::npos) return {};
  const std::string_view mark = name.substr(at + 1);
  const bool is_mark =
      mark.size() == kMarkSize && std::all_of(mark.begin(), mark.end(), [](const char c) {
        return std::isxdigit(static_cast<unsigned char>(c)) != 0;
      });
  if (!is_mark) return {};
  name = name.substr(0, at);
  return mark;
}

// Only the names that MemberName makes end in two marks.
std::string_view PipelineMarkIn(std::string_view name) {
  if (!name.starts_with("frazil-")) return {};
  const std::string_view pipeline = TakeMark(name);
  return TakeMark(name).empty() ? std::string_view() : pipeline;
}

}  // namespace

std::string MemberName(std::string_view slot, std::string_view topics,
                       std::string_view pipeline_id) {
  std::string name = fmt::format("{}-{}", slot, topics);
  if (!pipeline_id.empty()) name += "-" + MarkOf(pipeline_id);
  return name;
}

std::vector<std::string> StrangersIn(const GroupPicture& picture,
                                     std::string_view pipeline_id) {
  const std::string own = MarkOf(pipeline_id);
  std::vector<std::string> strangers;
  if (own.empty()) return strangers;
  for (const GroupPicture::Member& member : picture.members) {
    const std::string_view mark = PipelineMarkIn(member.name);
    if (!mark.empty() && mark != own) strangers.push_back(member.name);
  }
  return strangers;
}

}  // namespace frazil
