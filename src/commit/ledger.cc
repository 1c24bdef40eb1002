#include "commit/ledger.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/json.h"

namespace frazil {
namespace {

constexpr std::int64_t kLedgerVersion = 1;

// An offset alone is a number; a position with a token is a pair.
Json PositionToJson(const Position& position) {
  if (position.token.empty()) return position.ordinal;
  return Json::array({position.ordinal, position.token});
}

Result<Position> PositionFromJson(const Json& json) {
  if (json.is_number_integer()) return Position{json.get<std::int64_t>(), {}};
  if (json.is_array() && json.size() == 2 && json[0].is_number_integer() &&
      json[1].is_string()) {
    return Position{json[0].get<std::int64_t>(), json[1].get<std::string>()};
  }
  return Fail(ErrorKind::kCorruptData, "not a position: {}", DumpJson(json));
}

Json ByPartition(const std::map<std::int32_t, Position>& positions) {
  Json members = Json::object();
  for (const auto& [partition, position] : positions) {
    members[std::to_string(partition)] = PositionToJson(position);
  }
  return members;
}

Json LedgerToJson(const Ledger& ledger) {
  Json sources = Json::object();
  for (const auto& [source, streams] : ledger.sources) {
    Json stream_members = Json::object();
    for (const auto& [stream, progress] : streams) {
      Json member = Json::object();
      if (!progress.identity.cluster_id.empty()) {
        member["cluster-id"] = progress.identity.cluster_id;
      }
      if (!progress.identity.stream_id.empty()) {
        member["stream-id"] = progress.identity.stream_id;
      }
      member["next"] = ByPartition(progress.next);
      member["first"] = ByPartition(progress.first);
      if (!progress.replay_until.empty()) {
        member["replay-until"] = ByPartition(progress.replay_until);
      }
      if (!progress.complete.empty()) {
        member["complete"] = ByPartition(progress.complete);
      }
      stream_members[stream] = std::move(member);
    }
    sources[source] = std::move(stream_members);
  }
  Json json{{"version", kLedgerVersion},
            {"epoch", ledger.epoch},
            {"writer", ledger.writer},
            {"anchor", ledger.is_anchor}};
  if (!ledger.tables.empty()) json["tables"] = ledger.tables;
  json["sources"] = std::move(sources);
  return json;
}

std::string OptionalString(const Json& object, std::string_view key) {
  const Json* member = FindMember(object, key);
  return member != nullptr && member->is_string() ? member->get<std::string>() : "";
}

Result<std::map<std::int32_t, Position>> PositionsFromJson(const Json& json) {
  std::map<std::int32_t, Position> positions;
  for (const auto& [key, value] : json.items()) {
    std::int32_t partition = 0;
    const auto [end, error] =
        std::from_chars(key.data(), key.data() + key.size(), partition);
    if (error != std::errc() || end != key.data() + key.size() || partition < 0) {
      return Fail(ErrorKind::kCorruptData, "not a partition number: {}", key);
    }
    FRAZIL_ASSIGN(positions[partition], PositionFromJson(value));
  }
  return positions;
}

Result<StreamLedger> StreamFromJson(const Json& json) {
  StreamLedger stream;
  stream.identity = {OptionalString(json, "cluster-id"),
                     OptionalString(json, "stream-id")};
  FRAZIL_ASSIGN(const Json* next, GetObject(json, "next"));
  FRAZIL_ASSIGN(stream.next, PositionsFromJson(*next));
  const auto read_optional = [&](const char* key, auto& positions) -> Status {
    if (FindMember(json, key) == nullptr) return {};
    FRAZIL_ASSIGN(const Json* member, GetObject(json, key));
    FRAZIL_ASSIGN(positions, PositionsFromJson(*member));
    return {};
  };
  FRAZIL_TRY(read_optional("first", stream.first));
  FRAZIL_TRY(read_optional("replay-until", stream.replay_until));
  FRAZIL_TRY(read_optional("complete", stream.complete));
  return stream;
}

Result<std::set<std::string>> TextsFromJson(const Json& json) {
  std::set<std::string> texts;
  bool is_list = json.is_array();
  for (std::size_t i = 0; is_list && i < json.size(); ++i) {
    is_list = json[i].is_string();
    if (is_list) texts.insert(json[i].get<std::string>());
  }
  if (!is_list) return Fail(ErrorKind::kCorruptData, "not texts: {}", DumpJson(json));
  return texts;
}

Result<Ledger> LedgerFromJson(const Json& json) {
  FRAZIL_ASSIGN(const std::int64_t version, GetInt64(json, "version"));
  if (version != kLedgerVersion) {
    return Fail(
        ErrorKind::kNotSupported,
        "ledger of version {}: a newer Frazil wrote it; this one reads version {}",
        version, kLedgerVersion);
  }
  Ledger ledger;
  FRAZIL_ASSIGN(ledger.epoch, GetInt64(json, "epoch"));
  FRAZIL_ASSIGN(ledger.writer, GetString(json, "writer"));
  FRAZIL_ASSIGN(ledger.is_anchor, GetBool(json, "anchor"));
  if (const Json* tables = FindMember(json, "tables"); tables != nullptr) {
    FRAZIL_ASSIGN(ledger.tables, TextsFromJson(*tables));
  }
  FRAZIL_ASSIGN(const Json* sources, GetObject(json, "sources"));
  for (const auto& [source, streams] : sources->items()) {
    if (!streams.is_object()) {
      return Fail(ErrorKind::kCorruptData, "not an object: sources.{}", source);
    }
    for (const auto& [stream, progress] : streams.items()) {
      FRAZIL_ASSIGN(ledger.sources[source][stream], StreamFromJson(progress));
    }
  }
  return ledger;
}

}  // namespace

std::string LedgerKey(std::string_view pipeline) {
  return fmt::format("{}{}", kLedgerKeyPrefix, pipeline);
}

std::string ReplayName(std::string_view pipeline) {
  return fmt::format("{}.replay", pipeline);
}

namespace {

using ByPartitionOf = std::map<std::int32_t, Position> StreamLedger::*;

const Position* FindIn(const Ledger& ledger, const Split& split, ByPartitionOf member) {
  const auto source = ledger.sources.find(split.source);
  if (source == ledger.sources.end()) return nullptr;
  const auto stream = source->second.find(split.stream);
  if (stream == source->second.end()) return nullptr;
  const auto& positions = stream->second.*member;
  const auto position = positions.find(split.partition);
  return position == positions.end() ? nullptr : &position->second;
}

}  // namespace

const Position* Ledger::Find(const Split& split) const {
  return FindIn(*this, split, &StreamLedger::next);
}

const Position* Ledger::First(const Split& split) const {
  return FindIn(*this, split, &StreamLedger::first);
}

const Position* Ledger::ReplayUntil(const Split& split) const {
  return FindIn(*this, split, &StreamLedger::replay_until);
}

const Position* Ledger::Complete(const Split& split) const {
  return FindIn(*this, split, is_anchor ? &StreamLedger::next : &StreamLedger::complete);
}

void Ledger::Set(const Split& split, Position next) {
  StreamLedger& stream = sources[split.source][split.stream];
  if (!stream.next.contains(split.partition)) stream.first[split.partition] = next;
  const auto until = stream.replay_until.find(split.partition);
  if (until != stream.replay_until.end() && next.ordinal >= until->second.ordinal) {
    stream.replay_until.erase(until);
  }
  stream.next[split.partition] = std::move(next);
}

void Ledger::Restart(const Split& split, Position next) {
  StreamLedger& stream = sources[split.source][split.stream];
  stream.replay_until.erase(split.partition);
  stream.complete.erase(split.partition);
  stream.first[split.partition] = next;
  stream.next[split.partition] = std::move(next);
}

void Ledger::MarkReplay(const Split& split, Position until) {
  const Position* next = Find(split);
  if (next == nullptr || until.ordinal <= next->ordinal) return;
  const Position* known = ReplayUntil(split);
  if (known != nullptr && known->ordinal >= until.ordinal) return;
  sources[split.source][split.stream].replay_until[split.partition] = std::move(until);
}

void Ledger::RaiseComplete(const Split& split, const Position& complete) {
  const Position* known = Complete(split);
  if (known != nullptr && known->ordinal >= complete.ordinal) return;
  sources[split.source][split.stream].complete[split.partition] = complete;
}

void Ledger::SetAnchor(bool becomes_anchor) {
  if (is_anchor == becomes_anchor) return;
  is_anchor = becomes_anchor;
  for (auto& [source, streams] : sources) {
    for (auto& [stream, progress] : streams) {
      progress.complete =
          becomes_anchor ? std::map<std::int32_t, Position>() : progress.next;
    }
  }
}

void Ledger::SetIdentity(const Split& split, const StreamIdentity& identity) {
  sources[split.source][split.stream].identity = identity;
}

Positions Ledger::next() const {
  Positions positions;
  for (const auto& [source, streams] : sources) {
    for (const auto& [stream, progress] : streams) {
      for (const auto& [partition, position] : progress.next) {
        positions.emplace(Split{source, stream, partition}, position);
      }
    }
  }
  return positions;
}

std::string EncodeLedger(const Ledger& ledger) { return DumpJson(LedgerToJson(ledger)); }

Result<Ledger> DecodeLedger(std::string_view text) {
  FRAZIL_ASSIGN(const Json json, ParseJson(text));
  return LedgerFromJson(json);
}

std::string EncodeLedgerMirror(const LedgerMirror& mirror) {
  return DumpJson(
      Json{{"snapshot-id", mirror.snapshot_id}, {"ledger", LedgerToJson(mirror.ledger)}});
}

Result<LedgerMirror> DecodeLedgerMirror(std::string_view text) {
  FRAZIL_ASSIGN(const Json json, ParseJson(text));
  LedgerMirror mirror;
  FRAZIL_ASSIGN(mirror.snapshot_id, GetInt64(json, "snapshot-id"));
  FRAZIL_ASSIGN(const Json* ledger, GetObject(json, "ledger"));
  FRAZIL_ASSIGN(mirror.ledger, LedgerFromJson(*ledger));
  return mirror;
}

Status CheckClaims(const Ledger& committed, const Claims& claims, bool is_anchor) {
  for (const auto& [split, claim] : claims) {
    const Position* position = committed.Find(split);
    const bool is_equal =
        position == nullptr ? !claim.expected.has_value()
                            : claim.expected.has_value() && *position == *claim.expected;
    const bool is_behind =
        position == nullptr ||
        (claim.expected.has_value() && position->ordinal <= claim.expected->ordinal);
    const bool is_strict = is_anchor || committed.ReplayUntil(split) != nullptr;
    if (is_equal || (!is_strict && is_behind)) continue;
    return Fail(
        ErrorKind::kLedgerConflict,
        "another writer moved {}: the table stands at {}, this epoch begins at {}",
        split.ToString(),
        position == nullptr ? "nothing" : std::to_string(position->ordinal),
        claim.expected.has_value() ? std::to_string(claim.expected->ordinal) : "nothing");
  }
  return {};
}

Ledger ApplyClaims(Ledger committed, const Claims& claims) {
  for (const auto& [split, claim] : claims) {
    if (committed.Find(split) == nullptr) {
      const auto& begin = claim.begin.has_value() ? claim.begin : claim.expected;
      committed.Set(split, begin.value_or(claim.next));
    }
    committed.Set(split, claim.next);
  }
  return committed;
}

}  // namespace frazil
