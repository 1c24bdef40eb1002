#pragma once

/// \file source/kafka/offset_choice.h
/// \brief Startup and bounded modes, resolved to offsets.

#include <vector>

#include "base/result.h"
#include "model/split.h"
#include "source/kafka/kafka_client.h"
#include "source/kafka/kafka_metadata.h"
#include "source/kafka/kafka_options.h"

namespace frazil {

/// \brief Where the first start begins in each of `splits`: scan.startup.mode.
///
/// A split that `specific-offsets` does not name begins at its earliest offset; one that
/// has no committed offset, as properties.auto.offset.reset says. A timestamp later than
/// every record means the end.
/// \return kInvalidConfig for a named offset outside of what the topic holds, or a
/// partition it does not have, or a group without offsets and nothing said about that.
Result<SplitOffsets> ResolveStart(KafkaClient& client, const KafkaSourceConfig& config,
                                  const std::vector<Split>& splits,
                                  KafkaDeadline deadline);

/// \brief The offset before which reading ends in each of `splits`: scan.bounded.mode.
/// With read_committed, "latest" ends before the first open transaction. A split that
/// `specific-offsets` does not name is not read at all.
/// \return kInvalidConfig for `group-offsets` where the group has none.
Result<SplitOffsets> ResolveStop(KafkaClient& client, const KafkaSourceConfig& config,
                                 const std::vector<Split>& splits,
                                 KafkaDeadline deadline);

}  // namespace frazil
