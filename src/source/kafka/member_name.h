#pragma once

/// \file source/kafka/member_name.h
/// \brief group.instance.id of a worker: who it is, and of which pipeline.
///
/// "<slot>-<topics>-<pipeline>", the last two in 8 hexadecimal digits, so that every member
/// of a group sees whether all of them are of one pipeline. Those of two pipelines that share
/// a group would get a part of the records each.

#include <string>
#include <string_view>
#include <vector>

#include "source/kafka/group_watch.h"

namespace frazil {

/// \param slot WorkerSlot::InstanceId.
/// \param topics TopicSet::Fingerprint.
/// \param pipeline_id SplitListener::pipeline_id.
std::string MemberName(std::string_view slot, std::string_view topics,
                       std::string_view pipeline_id);

/// \brief Names of members that are workers of other pipelines; those whose name does not
/// tell are none.
std::vector<std::string> StrangersIn(const GroupPicture& picture,
                                     std::string_view pipeline_id);

}  // namespace frazil
