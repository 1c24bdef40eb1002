#include "commit/ledger.h"

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

Json LedgerToJson(const Ledger& ledger) {
  Json sources = Json::object();
  for (const auto& [source, streams] : ledger.sources) {
    Json stream_members = Json::object();
    for (const auto& [stream, progress] : streams) {
      Json next = Json::object();
      for (const auto& [partition, position] : progress.next) {
        next[std::to_string(partition)] = PositionToJson(position);
      }
      Json member = Json::object();
      if (!progress.identity.cluster_id.empty()) {
        member["cluster-id"] = progress.identity.cluster_id;
      }
      if (!progress.identity.stream_id.empty()) {
        member["stream-id"] = progress.identity.stream_id;
      }
      member["next"] = std::move(next);
      stream_members[stream] = std::move(member);
    }
    sources[source] = std::move(stream_members);
  }
  return Json{{"version", kLedgerVersion},
              {"epoch", ledger.epoch},
              {"writer", ledger.writer},
              {"anchor", ledger.is_anchor},
              {"sources", std::move(sources)}};
}

std::string OptionalString(const Json& object, std::string_view key) {
  const Json* member = FindMember(object, key);
  return member != nullptr && member->is_string() ? member->get<std::string>() : "";
}

Result<StreamLedger> StreamFromJson(const Json& json) {
  StreamLedger stream;
  stream.identity = {OptionalString(json, "cluster-id"),
                     OptionalString(json, "stream-id")};
  FRAZIL_ASSIGN(const Json* next, GetObject(json, "next"));
  for (const auto& [key, value] : next->items()) {
    std::int32_t partition = 0;
    const auto [end, error] =
        std::from_chars(key.data(), key.data() + key.size(), partition);
    if (error != std::errc() || end != key.data() + key.size() || partition < 0) {
      return Fail(ErrorKind::kCorruptData, "not a partition number: {}", key);
    }
    FRAZIL_ASSIGN(stream.next[partition], PositionFromJson(value));
  }
  return stream;
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
};

Walk WalkAncestors(const TableMetadata& metadata, const std::string& key) {
  Walk walk;
  const Snapshot* snapshot = metadata.CurrentSnapshot();
  while (snapshot != nullptr && walk.passed.insert(snapshot->snapshot_id).second) {
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

const Position* Ledger::Find(const Split& split) const {
  const auto source = sources.find(split.source);
  if (source == sources.end()) return nullptr;
  const auto stream = source->second.find(split.stream);
  if (stream == source->second.end()) return nullptr;
  const auto position = stream->second.next.find(split.partition);
  return position == stream->second.next.end() ? nullptr : &position->second;
}

void Ledger::Set(const Split& split, Position next) {
  sources[split.source][split.stream].next[split.partition] = std::move(next);
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
  if (mirror.has_value() && is_mirrored_snapshot_listed &&
      !walk.passed.contains(mirror->snapshot_id)) {
    // Our newest commit exists, but main does not descend from it.
    lookup.before_rollback = std::move(mirror->ledger);
    const bool is_known = walk.found != nullptr || !walk.is_cut;
    lookup.state = is_known ? LedgerState::kRolledBack : LedgerState::kUnknown;
    return lookup;
  }
  if (walk.found != nullptr) return lookup;
  if (mirror.has_value() && !is_mirrored_snapshot_listed) {
    lookup.ledger = std::move(mirror->ledger);
    lookup.state = LedgerState::kMirrored;
    return lookup;
  }
  lookup.state = walk.is_cut ? LedgerState::kUnknown : LedgerState::kNone;
  return lookup;
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
    if (is_equal || (!is_anchor && is_behind)) continue;
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
  for (const auto& [split, claim] : claims) committed.Set(split, claim.next);
  return committed;
}

}  // namespace frazil
