#pragma once

/// \file source/kafka/missing_topic.h
/// \brief What becomes of a topic that does not exist: an error that names one like it, or a
/// broker that makes it.

#include <string>

#include "base/result.h"
#include "source/kafka/kafka_client.h"

namespace frazil {

/// \brief kNotFound, with the nearest name among the topics there are. Takes at most 2 s.
Error NoSuchTopic(KafkaClient& client, const std::string& name);

/// \brief Whether the cluster makes a topic that somebody writes to
/// (auto.create.topics.enable), as one of its brokers says.
/// \return kInvalidConfig or another error if the user may not ask, or the broker cannot tell;
/// kUnavailable at the deadline.
Result<bool> MakesTopics(KafkaClient& client, KafkaDeadline deadline);

}  // namespace frazil
