#include <map>
#include <set>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "commit/ledger.h"

namespace frazil {
namespace {

Split SplitOf(int partition) { return {"events", "orders", partition}; }

// Two workers, each with its own belief of where a split stands, commit in any order, one
// of them possibly a zombie. The model is the set of records in the table: whatever is
// accepted must hold each record at most once and leave no gap below the ledger.
RC_GTEST_PROP(LedgerProperty, NoOrderOfWorkersLosesOrDoublesARecord, ()) {
  Ledger table;
  std::map<int, std::multiset<std::int64_t>> rows;
  std::map<std::pair<int, int>, std::int64_t> belief;  // worker, split -> next
  const int steps = *rc::gen::inRange(1, 80);
  for (int step = 0; step < steps; ++step) {
    const int worker = *rc::gen::inRange(0, 2);
    const int partition = *rc::gen::inRange(0, 3);
    std::int64_t& next = belief[{worker, partition}];
    const Position* known = table.Find(SplitOf(partition));
    if (*rc::gen::inRange(0, 4) == 0) {
      next = known == nullptr ? 0 : known->ordinal;  // re-reads the ledger
      continue;
    }
    const bool believes_new = next == 0;
    const std::int64_t end = next + *rc::gen::inRange(1, 10);
    const Claims claims{
        {SplitOf(partition),
         Claim{believes_new ? std::nullopt : std::optional(Position{next, ""}),
               {end, ""}}}};
    if (CheckClaims(table, claims, /*is_anchor=*/true).has_value()) {
      table = ApplyClaims(table, claims);
      for (std::int64_t row = next; row < end; ++row) rows[partition].insert(row);
    }
    next = end;
  }
  for (const auto& [partition, held] : rows) {
    const Position* known = table.Find(SplitOf(partition));
    RC_ASSERT(known != nullptr);
    RC_ASSERT(static_cast<std::int64_t>(held.size()) == known->ordinal);
    RC_ASSERT(std::set<std::int64_t>(held.begin(), held.end()).size() == held.size());
  }
}

RC_GTEST_PROP(LedgerProperty, WhatIsEncodedReadsBack, ()) {
  Ledger ledger;
  ledger.epoch = *rc::gen::arbitrary<std::int64_t>();
  ledger.is_anchor = *rc::gen::arbitrary<bool>();
  ledger.writer = *rc::gen::container<std::string>(rc::gen::inRange('!', '~'));
  const int splits = *rc::gen::inRange(0, 20);
  for (int i = 0; i < splits; ++i) {
    const Split split{*rc::gen::container<std::string>(rc::gen::inRange('!', '~')),
                      *rc::gen::container<std::string>(rc::gen::inRange(' ', '~')),
                      *rc::gen::inRange(0, 1000)};
    ledger.Set(split, {*rc::gen::arbitrary<std::int64_t>(),
                       *rc::gen::container<std::string>(rc::gen::inRange(' ', '~'))});
    ledger.MarkReplay(split, {*rc::gen::arbitrary<std::int64_t>(), ""});
  }
  const auto decoded = DecodeLedger(EncodeLedger(ledger));
  RC_ASSERT(decoded.has_value());
  RC_ASSERT(*decoded == ledger);
}

}  // namespace
}  // namespace frazil
