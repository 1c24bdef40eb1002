#include "source/kafka/batch_assembler.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace frazil {
namespace {

// Owns the messages that a batch's records point into, in the records' order.
class MessageStorage final : public RawStorage {
 public:
  explicit MessageStorage(std::shared_ptr<KafkaClient> client)
      : client_(std::move(client)) {}
  MessageStorage(const MessageStorage&) = delete;
  MessageStorage& operator=(const MessageStorage&) = delete;
  ~MessageStorage() override {
    for (rd_kafka_message_t* const message : messages_) rd_kafka_message_destroy(message);
  }

  [[nodiscard]] Headers HeadersOf(std::size_t index) const override {
    Headers headers;
    rd_kafka_headers_t* list = nullptr;
    if (rd_kafka_message_headers(messages_[index], &list) != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return headers;
    }
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    for (std::size_t i = 0; rd_kafka_header_get_all(list, i, &name, &value, &size) ==
                            RD_KAFKA_RESP_ERR_NO_ERROR;
         ++i) {
      std::optional<std::string> text;
      if (value != nullptr) text.emplace(static_cast<const char*>(value), size);
      headers.emplace_back(name, std::move(text));
    }
    return headers;
  }

  std::vector<rd_kafka_message_t*>& messages() { return messages_; }

 private:
  std::shared_ptr<KafkaClient> client_;  // outlives its messages
  std::vector<rd_kafka_message_t*> messages_;
};

RawRecord RecordOf(const rd_kafka_message_t& message) {
  RawRecord record;
  record.has_key = message.key != nullptr;
  if (record.has_key) {
    record.key = std::string_view(static_cast<const char*>(message.key), message.key_len);
  }
  record.has_value = message.payload != nullptr;
  if (record.has_value) {
    record.value =
        std::string_view(static_cast<const char*>(message.payload), message.len);
  }
  record.ordinal = message.offset;
  rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  record.timestamp_ms = rd_kafka_message_timestamp(&message, &type);
  // A producer may say that it has none: https://kafka.apache.org/documentation/#recordbatch
  constexpr std::int64_t kNoTimestamp = -1;
  if (record.timestamp_ms == kNoTimestamp) return record;
  if (type == RD_KAFKA_TIMESTAMP_CREATE_TIME) {
    record.timestamp_type = TimestampType::kCreateTime;
  } else if (type == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME) {
    record.timestamp_type = TimestampType::kLogAppendTime;
  }
  return record;
}

bool IsSameSplit(const rd_kafka_message_t& left, const rd_kafka_message_t& right) {
  return left.rkt == right.rkt && left.partition == right.partition;
}

}  // namespace

void BatchAssembler::Assign(const Split& split, std::int64_t next, std::int64_t stop) {
  Revoke(split);
  Entry& entry = *splits_.emplace(split, Progress{.next = next, .stop = stop}).first;
  ++unfinished_;
  if (stop != kNoStop && next >= stop) Finish(entry);
}

void BatchAssembler::Revoke(const Split& split) {
  const auto found = splits_.find(split);
  if (found == splits_.end()) return;
  Progress& progress = found->second;
  if (!progress.is_finished) --unfinished_;
  if (progress.open_batch >= 0) {
    batches_[static_cast<std::size_t>(progress.open_batch)] = RawBatch();
  }
  std::erase(finished_, split);
  by_handle_.clear();
  splits_.erase(found);
}

std::size_t BatchAssembler::Add(std::span<rd_kafka_message_t* const> messages) {
  std::size_t at = 0;
  while (at < messages.size()) {
    rd_kafka_message_t* const first = messages[at];
    if (first->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      AddEnd(*first);
      rd_kafka_message_destroy(first);
      ++at;
      continue;
    }
    if (first->err != RD_KAFKA_RESP_ERR_NO_ERROR) return at;
    std::size_t end = at + 1;
    while (end < messages.size() && messages[end]->err == RD_KAFKA_RESP_ERR_NO_ERROR &&
           IsSameSplit(*messages[end], *first)) {
      ++end;
    }
    AddRun(messages.subspan(at, end - at));
    at = end;
  }
  return at;
}

void BatchAssembler::AddRun(std::span<rd_kafka_message_t* const> run) {
  Entry* const entry = Find(*run.front());
  if (entry == nullptr || entry->second.is_finished) {
    for (rd_kafka_message_t* const message : run) rd_kafka_message_destroy(message);
    return;
  }
  Progress& progress = entry->second;
  RawBatch& batch = OpenBatch(*entry);
  // The storage is ours until Take(): const for everybody else.
  auto& messages =
      const_cast<MessageStorage&>(static_cast<const MessageStorage&>(*batch.storage))
          .messages();
  messages.reserve(messages.size() + run.size());
  batch.records.reserve(batch.records.size() + run.size());
  for (rd_kafka_message_t* const message : run) {
    const bool is_past_stop =
        progress.stop != kNoStop && message->offset >= progress.stop;
    if (is_past_stop) Finish(*entry);
    // Behind `next` means delivered twice.
    if (progress.is_finished || message->offset < progress.next) {
      rd_kafka_message_destroy(message);
      continue;
    }
    messages.push_back(message);
    batch.records.push_back(RecordOf(*message));
    batch.size_bytes += static_cast<std::int64_t>(message->key_len + message->len);
    progress.next = message->offset + 1;
  }
  if (progress.stop != kNoStop && progress.next >= progress.stop) Finish(*entry);
}

void BatchAssembler::AddEnd(const rd_kafka_message_t& end) {
  Entry* const entry = Find(end);
  if (entry == nullptr || entry->second.is_finished) return;
  Progress& progress = entry->second;
  const bool reaches_stop = progress.stop != kNoStop && end.offset >= progress.stop;
  const std::int64_t next = reaches_stop ? progress.stop : end.offset;
  if (next > progress.next) {
    (void)OpenBatch(*entry);
    progress.next = next;
  }
  if (reaches_stop) Finish(*entry);
}

BatchAssembler::Entry* BatchAssembler::Find(const rd_kafka_message_t& message) {
  if (message.rkt == nullptr) return nullptr;
  const Key key{message.rkt, message.partition};
  const auto known = by_handle_.find(key);
  if (known != by_handle_.end()) return known->second;
  const char* const topic = rd_kafka_topic_name(message.rkt);
  for (Entry& entry : splits_) {
    if (entry.first.partition != message.partition || entry.first.stream != topic)
      continue;
    by_handle_.emplace(key, &entry);
    return &entry;
  }
  return nullptr;
}

RawBatch& BatchAssembler::OpenBatch(Entry& entry) {
  Progress& progress = entry.second;
  if (progress.open_batch >= 0) {
    return batches_[static_cast<std::size_t>(progress.open_batch)];
  }
  progress.open_batch = static_cast<std::ptrdiff_t>(batches_.size());
  RawBatch& batch = batches_.emplace_back();
  batch.split = entry.first;
  batch.range.begin.ordinal = progress.next;
  batch.storage = std::make_unique<MessageStorage>(client_);
  return batch;
}

// The offsets up to the stop hold no record: they are accounted for by the range.
void BatchAssembler::Finish(Entry& entry) {
  Progress& progress = entry.second;
  if (progress.is_finished) return;
  if (progress.next < progress.stop) {
    (void)OpenBatch(entry);
    progress.next = progress.stop;
  }
  progress.is_finished = true;
  --unfinished_;
  finished_.push_back(entry.first);
}

std::vector<RawBatch> BatchAssembler::Take() {
  for (auto& [split, progress] : splits_) {
    if (progress.open_batch < 0) continue;
    RawBatch& batch = batches_[static_cast<std::size_t>(progress.open_batch)];
    batch.range.end.ordinal = progress.next;
    progress.open_batch = -1;
  }
  std::vector<RawBatch> batches = std::exchange(batches_, {});
  // Empty: of a revoked split, or a run whose messages were all dropped.
  std::erase_if(batches, [](const RawBatch& batch) { return batch.range.empty(); });
  return batches;
}

std::vector<Split> BatchAssembler::TakeFinished() { return std::exchange(finished_, {}); }

}  // namespace frazil
