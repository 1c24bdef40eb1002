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

Result<std::string> LedgerText(const Snapshot& snapshot, const std::string& key) {
  const auto found = snapshot.summary.find(key);
  return found == snapshot.summary.end() ? std::string() : found->second;
}

// The nearest ancestor of main (itself included) whose summary has `key`.
struct Walk {
  const Snapshot* found = nullptr;
  std::set<std::int64_t> passed;
  bool is_cut = false;  // a parent is named that the table no longer lists
  // The newest snapshot with ledgers has none under `key`.
  bool is_left_out = false;
};

bool HasLedgers(const Snapshot& snapshot) {
  const auto first = snapshot.summary.lower_bound(std::string(kLedgerKeyPrefix));
  return first != snapshot.summary.end() && first->first.starts_with(kLedgerKeyPrefix);
}

Walk WalkAncestors(const TableMetadata& metadata, const std::string& key) {
  Walk walk;
  bool has_seen_ledgers = false;
  const Snapshot* snapshot = metadata.CurrentSnapshot();
  while (snapshot != nullptr && walk.passed.insert(snapshot->snapshot_id).second) {
    if (!has_seen_ledgers && HasLedgers(*snapshot)) {
      has_seen_ledgers = true;
      walk.is_left_out = !snapshot->summary.contains(key);
    }
    if (walk.found == nullptr && snapshot->summary.contains(key)) walk.found = snapshot;
    if (!snapshot->parent_snapshot_id.has_value()) return walk;
    const Snapshot* parent = metadata.FindSnapshot(*snapshot->parent_snapshot_id);
    walk.is_cut = parent == nullptr;
    snapshot = parent;
  }
  return walk;
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

Result<LedgerLookup> FindLedger(const TableMetadata& metadata,
                                std::string_view pipeline) {
  const std::string key = LedgerKey(pipeline);
  const Walk walk = WalkAncestors(metadata, key);

  std::optional<LedgerMirror> mirror;
  if (const auto found = metadata.properties.find(key);
      found != metadata.properties.end()) {
    FRAZIL_ASSIGN(mirror, DecodeLedgerMirror(found->second));
  }
  LedgerLookup lookup;
  if (walk.found != nullptr) {
    FRAZIL_ASSIGN(const std::string text, LedgerText(*walk.found, key));
    FRAZIL_ASSIGN(lookup.ledger, DecodeLedger(text));
    lookup.state = LedgerState::kCurrent;
  }
  const bool is_mirrored_snapshot_listed =
      mirror.has_value() && metadata.FindSnapshot(mirror->snapshot_id) != nullptr;
  // Our newest commit exists, but main does not descend from it; or it is gone, and what is
  // left is not a copy of it.
  const bool is_rolled_back =
      mirror.has_value() &&
      (is_mirrored_snapshot_listed
           ? !walk.passed.contains(mirror->snapshot_id)
           : lookup.ledger.has_value() && *lookup.ledger != mirror->ledger);
  if (is_rolled_back) {
    lookup.before_rollback = std::move(mirror->ledger);
    const bool is_known = walk.found != nullptr || !walk.is_cut;
    lookup.state = is_known ? LedgerState::kRolledBack : LedgerState::kUnknown;
    return lookup;
  }
  if (walk.found != nullptr) return lookup;
  if (mirror.has_value()) {
    lookup.ledger = std::move(mirror->ledger);
    lookup.state = LedgerState::kMirrored;
    return lookup;
  }
  // Every commit of ours copies all ledgers forward: one that holds others and not this
  // came before the pipeline's first, wherever the history behind it is cut.
  lookup.state =
      walk.is_cut && !walk.is_left_out ? LedgerState::kUnknown : LedgerState::kNone;
  return lookup;
}

Result<Ledger> LedgerAfterRollback(const LedgerLookup& lookup) {
  Ledger ledger = lookup.ledger.value_or(Ledger{});
  if (!lookup.before_rollback.has_value()) return ledger;
  const Ledger& before = *lookup.before_rollback;
  if (!lookup.ledger.has_value()) {
    ledger.is_anchor = before.is_anchor;
    ledger.tables = before.tables;
  }
  for (const auto& [split, position] : before.next()) {
    const StreamIdentity& identity =
        before.sources.at(split.source).at(split.stream).identity;
    if (ledger.Find(split) == nullptr) {
      const Position* first = before.First(split);
      if (first == nullptr) {
        return Fail(ErrorKind::kDataLoss,
                    "the table was rolled back behind its first rows of {}, and its "
                    "ledger does not say where they began; set that position with "
                    "`frazil ledger reset`",
                    split.ToString());
      }
      ledger.Set(split, *first);
      ledger.SetIdentity(split, identity);
    }
    // It may have been at a replay already.
    const Position* until = before.ReplayUntil(split);
    ledger.MarkReplay(split, until == nullptr ? position : *until);
  }
  ledger.epoch = std::max(ledger.epoch, before.epoch) + 1;
  return ledger;
}

std::set<std::string> PipelinesOf(const TableMetadata& metadata) {
  std::set<std::string> pipelines;
  const auto collect = [&](const std::map<std::string, std::string>& entries) {
    for (auto it = entries.lower_bound(std::string(kLedgerKeyPrefix));
         it != entries.end() && it->first.starts_with(kLedgerKeyPrefix); ++it) {
      pipelines.insert(it->first.substr(kLedgerKeyPrefix.size()));
    }
  };
  collect(metadata.properties);
  std::set<std::int64_t> seen;
  for (const Snapshot* snapshot = metadata.CurrentSnapshot();
       snapshot != nullptr && seen.insert(snapshot->snapshot_id).second;) {
    collect(snapshot->summary);
    snapshot = snapshot->parent_snapshot_id.has_value()
                   ? metadata.FindSnapshot(*snapshot->parent_snapshot_id)
                   : nullptr;
  }
  return pipelines;
}

Result<std::map<std::string, std::string>> OtherLedgers(const TableMetadata& metadata,
                                                        std::string_view pipeline) {
  std::map<std::string, std::string> ledgers;
  for (const std::string& other : PipelinesOf(metadata)) {
    if (other == pipeline) continue;
    FRAZIL_ASSIGN(const LedgerLookup lookup, FindLedger(metadata, other));
    if (lookup.ledger.has_value()) {
      ledgers.emplace(LedgerKey(other), EncodeLedger(*lookup.ledger));
    }
  }
  return ledgers;
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
