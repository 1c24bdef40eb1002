#include "source/kafka/missing_topic.h"

#include <algorithm>
#include <vector>

#include "config/option_set.h"
#include "source/kafka/kafka_metadata.h"

namespace frazil {
namespace {

// A name that differs in more than letters: the longest known one that shares a beginning
// or an end of four letters or more.
std::string SharesPart(const std::string& name, const std::vector<std::string>& known) {
  std::string best;
  std::size_t best_length = 3;
  for (const std::string& other : known) {
    const auto [left, ignored] =
        std::mismatch(name.begin(), name.end(), other.begin(), other.end());
    const auto [right, ignored_too] =
        std::mismatch(name.rbegin(), name.rend(), other.rbegin(), other.rend());
    const auto length =
        static_cast<std::size_t>(std::max(left - name.begin(), right - name.rbegin()));
    if (length <= best_length) continue;
    best_length = length;
    best = other;
  }
  return best;
}

}  // namespace

Error NoSuchTopic(KafkaClient& client, const std::string& name) {
  const auto known =
      ListTopics(client, std::chrono::steady_clock::now() + std::chrono::seconds(2));
  std::string hint;
  if (known.has_value()) {
    std::string near = Nearest(name, *known);
    if (near.empty()) near = SharesPart(name, *known);
    if (!near.empty()) hint = fmt::format("; did you mean '{}'?", near);
    if (known->empty()) hint = "; the cluster has no topics that this user may see";
  }
  return Error{ErrorKind::kNotFound, fmt::format("no topic '{}' at {}{}", name,
                                                 client.bootstrap_servers(), hint)};
}

Result<bool> MakesTopics(KafkaClient& client, KafkaDeadline deadline) {
  FRAZIL_ASSIGN(const std::string value,
                BrokerSetting(client, "auto.create.topics.enable", deadline));
  return value == "true";
}

}  // namespace frazil
