#include "source/kafka/group_watch.h"

#include <algorithm>
#include <array>
#include <set>
#include <tuple>
#include <utility>

#include "source/kafka/kafka_metadata.h"

namespace frazil {
namespace {

constexpr std::chrono::seconds kInterval(5);
constexpr std::chrono::minutes kIntervalOfRefused(10);
// The longest that librdkafka takes, so that a question outlives the absence of its broker: one
// that times out before its coordinator is found makes the library abort when it is found
// (https://github.com/confluentinc/librdkafka/issues/4605). The source gives up long before.
constexpr int kAnswerTimeMs = 3'600'000;
constexpr int kMostPatience = 32;

std::vector<Split> Unread(const GroupPicture& picture, const std::vector<Split>& wanted) {
  std::set<Split> read;
  for (const GroupPicture::Member& member : picture.members) {
    read.insert(member.splits.begin(), member.splits.end());
  }
  std::vector<Split> unread;
  std::copy_if(wanted.begin(), wanted.end(), std::back_inserter(unread),
               [&](const Split& split) { return !read.contains(split); });
  return unread;
}

bool ReadsLess(const GroupPicture::Member& left, const GroupPicture::Member& right) {
  return std::tuple(left.splits.size(), std::string_view(left.id)) <
         std::tuple(right.splits.size(), std::string_view(right.id));
}

// No waiting makes the broker answer; a change of its settings does.
bool IsRefusal(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED ||
         code == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED ||
         code == RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION ||
         code == RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE;
}

std::optional<GroupPicture> Nothing() { return std::nullopt; }

GroupPicture PictureOf(const rd_kafka_ConsumerGroupDescription_t& group,
                       const std::string& source) {
  GroupPicture picture;
  picture.is_stable = rd_kafka_ConsumerGroupDescription_state(&group) ==
                      RD_KAFKA_CONSUMER_GROUP_STATE_STABLE;
  const std::size_t count = rd_kafka_ConsumerGroupDescription_member_count(&group);
  for (std::size_t i = 0; i < count; ++i) {
    const rd_kafka_MemberDescription_t* const member =
        rd_kafka_ConsumerGroupDescription_member(&group, i);
    const rd_kafka_topic_partition_list_t* const partitions =
        rd_kafka_MemberAssignment_partitions(
            rd_kafka_MemberDescription_assignment(member));
    const char* const name = rd_kafka_MemberDescription_group_instance_id(member);
    picture.members.push_back({rd_kafka_MemberDescription_consumer_id(member),
                               name == nullptr ? "" : name,
                               {}});
    if (partitions == nullptr) continue;
    picture.members.back().splits = ToSplits(*partitions, source);
  }
  return picture;
}

}  // namespace

std::vector<Split> GapJudge::Judge(GroupPicture picture, const std::vector<Split>& wanted,
                                   const std::string& own_id, Clock::time_point now) {
  std::vector<Split> unread = Unread(picture, wanted);
  if (picture.is_stable && unread.empty()) times_patience_ = 1;
  const auto own = std::find_if(picture.members.begin(), picture.members.end(),
                                [&](const auto& member) { return member.id == own_id; });
  if (!picture.is_stable || unread.empty() || own == picture.members.end()) {
    seen_.reset();
    return {};
  }
  const bool is_first = std::none_of(
      picture.members.begin(), picture.members.end(),
      [&](const GroupPicture::Member& member) { return ReadsLess(member, *own); });
  if (seen_ != picture) {
    seen_ = std::move(picture);
    since_ = now;
    return {};
  }
  const auto patience = (is_first ? kPatience : kPatienceOfOthers) * times_patience_;
  if (now - since_ < patience) return {};
  times_patience_ = std::min(2 * times_patience_, kMostPatience);
  seen_.reset();
  return unread;
}

GroupWatch::GroupWatch(std::shared_ptr<KafkaClient> client, std::string group,
                       std::string source)
    : client_(std::move(client)),
      answers_(rd_kafka_queue_new(client_->get())),
      group_(std::move(group)),
      source_(std::move(source)) {}

Result<std::optional<GroupPicture>> GroupWatch::Look(Clock::time_point now,
                                                     std::chrono::milliseconds wait) {
  if (is_waiting_) {
    const KafkaEvent event(
        rd_kafka_queue_poll(answers_.get(), static_cast<int>(wait.count())));
    if (event == nullptr) return Nothing();
    is_waiting_ = false;
    return Read(event.get(), now);
  }
  if (now < next_) return Nothing();
  next_ = now + kInterval;
  is_waiting_ = true;
  Ask();
  return Nothing();
}

void GroupWatch::Ask() {
  const std::unique_ptr<rd_kafka_AdminOptions_t,
                        KafkaDeleter<rd_kafka_AdminOptions_destroy>>
      options(rd_kafka_AdminOptions_new(client_->get(),
                                        RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS));
  std::array<char, 256> ignored{};
  rd_kafka_AdminOptions_set_request_timeout(options.get(), kAnswerTimeMs, ignored.data(),
                                            ignored.size());
  std::array<const char*, 1> groups{group_.c_str()};
  rd_kafka_DescribeConsumerGroups(client_->get(), groups.data(), groups.size(),
                                  options.get(), answers_.get());
}

Result<std::optional<GroupPicture>> GroupWatch::Read(rd_kafka_event_t* event,
                                                     Clock::time_point now) {
  rd_kafka_resp_err_t code = rd_kafka_event_error(event);
  const rd_kafka_ConsumerGroupDescription_t* group = nullptr;
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
    std::size_t count = 0;
    const rd_kafka_ConsumerGroupDescription_t** const groups =
        rd_kafka_DescribeConsumerGroups_result_groups(
            rd_kafka_event_DescribeConsumerGroups_result(event), &count);
    if (count != 1) return Nothing();
    group = groups[0];
    code = rd_kafka_error_code(rd_kafka_ConsumerGroupDescription_error(group));
  }
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
    return std::optional(PictureOf(*group, source_));
  }
  if (!IsRefusal(code)) return Nothing();
  next_ = now + kIntervalOfRefused;
  if (std::exchange(was_refused_, true)) return Nothing();
  return Fail(ExplainKafkaError(code, "", fmt::format("group '{}'", group_)));
}

}  // namespace frazil
