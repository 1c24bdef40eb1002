#pragma once

/// \file source/kafka/shared_group.h
/// \brief Sources of one script that name the same consumer group.
///
/// Other engines take 'properties.group.id' as a place for offsets only, so it is no fault
/// there to give it to several tables over one topic. Here members of a group share its
/// partitions: each of these sources would see a part of the records.

#include <string>

#include "config/pipeline_spec.h"

namespace frazil {

/// \brief The group that a source joins: `group_id`, or "<group_id>.<table>" if another
/// source of the script that may read one of its topics names the same group.
std::string GroupToJoin(const PipelineSpec& script, const SourceSpec& table,
                        const std::string& group_id);

}  // namespace frazil
