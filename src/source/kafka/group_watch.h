#pragma once

/// \file source/kafka/group_watch.h
/// \brief Finds partitions that no member of a consumer group reads.
///
/// A group can settle on an assignment that leaves partitions out: cooperative members first
/// give partitions up and have them handed out in a second round. Who dies in between, and
/// comes back under its group.instance.id, takes its place without that second round: for
/// the coordinator all is well. So the members look for themselves, and one of them that sees
/// the same gap for long enough joins anew, which begins a round.
///
/// Sources: KIP-429 (cooperative rebalances), KIP-345 (static members).

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/split.h"
#include "source/kafka/kafka_client.h"

namespace frazil {

/// \brief A consumer group, as its coordinator sees it.
struct GroupPicture {
  struct Member {
    /// Given by the coordinator, another one after each joining anew.
    std::string id;
    /// group.instance.id; "" if it has none.
    std::string name;
    std::vector<Split> splits;
    bool operator==(const Member&) const = default;
  };
  /// False while partitions are being handed out.
  bool is_stable = false;
  std::vector<Member> members;
  bool operator==(const GroupPicture&) const = default;
};

/// \brief Decides from pictures of a group whether this member is to join it anew.
class GapJudge {
 public:
  using Clock = std::chrono::steady_clock;

  /// A gap is nothing to mend until a member that gives partitions up must have done so: it
  /// may take 10 s to commit what it read of them.
  static constexpr std::chrono::seconds kPatience{15};
  /// The member with the fewest partitions goes first. The others leave it time to do so, but
  /// do not rely on it: it may be another program.
  static constexpr std::chrono::seconds kPatienceOfOthers{30};

  /// \param wanted every split of the subscribed topics.
  /// \param own_id of this member.
  /// \return the splits without a reader, if this member is to join anew because of them. The
  /// same gap again makes it wait twice as long each time, so that a gap which joining does
  /// not close ends in few rebalances.
  std::vector<Split> Judge(GroupPicture picture, const std::vector<Split>& wanted,
                           const std::string& own_id, Clock::time_point now);

 private:
  std::optional<GroupPicture> seen_;
  Clock::time_point since_;
  int times_patience_ = 1;
};

/// \brief Asks for pictures of a group now and then, without waiting for the answers.
class GroupWatch {
 public:
  using Clock = std::chrono::steady_clock;

  /// \param client asks; a member of the group or not.
  /// \param source goes into the splits.
  GroupWatch(std::shared_ptr<KafkaClient> client, std::string group, std::string source);

  /// \brief Sends a question when one is due, at first at once; or takes the answer to the
  /// last one.
  /// \param wait for an answer at most.
  /// \return
  ///  - a picture, if one has just come;
  ///  - kInvalidConfig or kNotSupported, once, where the broker does not tell: it is asked
  ///    rarely from then on. Kafka's own authorizer tells everyone who may join.
  Result<std::optional<GroupPicture>> Look(
      Clock::time_point now,
      std::chrono::milliseconds wait = std::chrono::milliseconds(0));

 private:
  void Ask();
  Result<std::optional<GroupPicture>> Read(rd_kafka_event_t* event,
                                           Clock::time_point now);

  std::shared_ptr<KafkaClient> client_;  // outlives the queue
  KafkaQueue answers_;
  std::string group_;
  std::string source_;
  bool is_waiting_ = false;
  bool was_refused_ = false;
  Clock::time_point next_ = Clock::time_point::min();
};

}  // namespace frazil
