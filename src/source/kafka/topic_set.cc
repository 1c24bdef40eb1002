#include "source/kafka/topic_set.h"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>

#include "base/fnv.h"
#include "base/log.h"
#include "source/kafka/missing_topic.h"

namespace frazil {
namespace {

// One that was made again counts more than one that is gone.
Status CheckIdentities(const std::map<std::string, std::string>& known,
                       const std::map<std::string, TopicInfo>& now) {
  Status gone;
  for (const auto& [name, id] : known) {
    const auto topic = now.find(name);
    if (topic == now.end()) {
      gone = Fail(ErrorKind::kNotFound, "topic '{}' was deleted while it was being read",
                  name);
      continue;
    }
    if (!IsOtherId(id, topic->second.id)) continue;
    return Fail(ErrorKind::kDataLoss,
                "topic '{}' was deleted and made again: its id was {} and is now {}; SET "
                "'on-data-loss' = 'continue' to read the new one from its beginning",
                name, id, topic->second.id);
  }
  return gone;
}

std::vector<std::string> KeysOf(const std::map<std::string, std::string>& ids) {
  std::vector<std::string> names;
  names.reserve(ids.size());
  for (const auto& [name, id] : ids) names.push_back(name);
  return names;
}

}  // namespace

Result<std::vector<std::string>> TopicSet::WantedNames(KafkaClient& client,
                                                       KafkaDeadline deadline) const {
  if (!config_.topic_pattern) return config_.topics;
  FRAZIL_ASSIGN(std::vector<std::string> names, ListTopics(client, deadline));
  std::erase_if(names,
                [&](const std::string& name) { return !ReadsTopic(config_, name); });
  return names;
}

Status TopicSet::Load(KafkaClient& client, KafkaDeadline deadline) {
  FRAZIL_ASSIGN(const std::vector<std::string> names, WantedNames(client, deadline));
  FRAZIL_ASSIGN(const auto topics, DescribeTopics(client, names, deadline));
  cluster_id_ = ClusterId(client, deadline);
  for (const std::string& name : names) {
    if (!topics.contains(name)) return Fail(NoSuchTopic(client, name));
  }
  if (names.empty()) {
    Log(LogLevel::kWarning, "no topic matches yet",
        {{"source", config_.name}, {"topic-pattern", config_.topic_pattern_text}});
  }
  (void)Add(topics);
  return {};
}

Result<std::vector<Split>> TopicSet::Refresh(KafkaClient& client,
                                             KafkaDeadline deadline) {
  FRAZIL_ASSIGN(const std::vector<std::string> names, WantedNames(client, deadline));
  std::vector<std::string> all = Names();
  all.insert(all.end(), names.begin(), names.end());
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  FRAZIL_ASSIGN(const auto topics, DescribeTopics(client, all, deadline));
  FRAZIL_TRY(CheckIdentities(topic_ids_, topics));
  return Add(topics);
}

Status TopicSet::Verify(KafkaClient& client, KafkaDeadline deadline) const {
  std::map<std::string, std::string> known;
  {
    const std::scoped_lock lock(mutex_);
    known = topic_ids_;
  }
  FRAZIL_ASSIGN(const auto topics, DescribeTopics(client, KeysOf(known), deadline));
  return CheckIdentities(known, topics);
}

std::vector<Split> TopicSet::Add(const std::map<std::string, TopicInfo>& topics) {
  std::vector<Split> added;
  for (const auto& [name, info] : topics) {
    {
      const std::scoped_lock lock(mutex_);
      std::string& known = topic_ids_[name];
      if (known.empty()) known = info.id;  // a broker that tells ids since its upgrade
    }
    for (const std::int32_t partition : info.partitions) {
      Split split{config_.name, name, partition};
      if (splits_.emplace(split, StreamIdentity{cluster_id_, info.id}).second) {
        added.push_back(std::move(split));
      }
    }
  }
  return added;
}

std::string TopicSet::Fingerprint() const {
  std::string names;
  for (const auto& [split, identity] : splits_) {
    names += fmt::format("{}-{};", split.stream, split.partition);
  }
  return fmt::format("{:016x}", Fnv1a(names)).substr(0, 8);
}

std::vector<std::string> TopicSet::Names() const { return KeysOf(topic_ids_); }

std::vector<Split> TopicSet::SplitList() const {
  std::vector<Split> splits;
  for (const auto& [split, identity] : splits_) splits.push_back(split);
  return splits;
}

}  // namespace frazil
