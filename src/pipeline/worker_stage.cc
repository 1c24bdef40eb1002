#include "pipeline/worker_stage.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include <arrow/record_batch.h>
#include <arrow/util/byte_size.h>

namespace frazil {
namespace {

// The first record of the batch that a table still lacks.
std::size_t FirstRecordFor(const WorkItem& item, std::size_t table) {
  if (item.skip == nullptr) return 0;
  const Positions& skip = (*item.skip)[table].held;
  const auto held = skip.find(item.batch->split);
  if (held == skip.end()) return 0;
  const auto& records = item.batch->records;
  const std::int64_t held_records =
      held->second.ordinal - item.batch->replay.position_shift;
  const auto first = std::lower_bound(records.begin(), records.end(), held_records,
                                      [](const RawRecord& record, std::int64_t ordinal) {
                                        return record.ordinal < ordinal;
                                      });
  return static_cast<std::size_t>(first - records.begin());
}

std::size_t RecordOfRow(const DecodedBatch& decoded, std::size_t first_record,
                        std::int64_t row) {
  const auto index = static_cast<std::size_t>(row);
  return decoded.record_of_row.empty() ? first_record + index
                                       : decoded.record_of_row[index];
}

// Rows of records before `first` come first: records and rows are in order.
std::int64_t RowsBefore(const DecodedBatch& decoded, std::size_t first_record,
                        std::size_t first) {
  if (first <= first_record) return 0;
  if (decoded.record_of_row.empty()) {
    return std::min(static_cast<std::int64_t>(first - first_record),
                    decoded.rows->num_rows());
  }
  const auto& records = decoded.record_of_row;
  return std::lower_bound(records.begin(), records.end(), first) - records.begin();
}

}  // namespace

bool IsFor(const RawBatch& batch, const Flow& flow) {
  const std::vector<std::string>& inserts = batch.replay.inserts;
  return inserts.empty() ||
         std::find(inserts.begin(), inserts.end(), flow.insert) != inserts.end();
}

void MergeFailures(std::vector<RecordFailure>& failures) {
  std::stable_sort(failures.begin(), failures.end(), [](const auto& a, const auto& b) {
    return a.record_index < b.record_index;
  });
  std::vector<RecordFailure> merged;
  for (RecordFailure& failure : failures) {
    if (merged.empty() || merged.back().record_index != failure.record_index) {
      merged.push_back(std::move(failure));
      continue;
    }
    std::move(failure.inserts.begin(), failure.inserts.end(),
              std::back_inserter(merged.back().inserts));
  }
  failures = std::move(merged);
}

Status WorkerStage::Run(const std::stop_token& stop) {
  while (std::optional<WorkItem> item = context_.input->Pop(stop)) {
    if (item->batch.has_value()) {
      FRAZIL_TRY(Process(*item, stop));
      continue;
    }
    for (WriteChannel* writer : context_.writers) {
      if (!writer->Push(WriteItem{item->epoch, nullptr}, 0, stop)) {
        return Fail(ErrorKind::kCancelled, "stopped");
      }
    }
  }
  return {};
}

Status WorkerStage::Process(const WorkItem& item, const std::stop_token& stop) {
  // A topic of dead letters, and a stop, have seen what the anchor has passed.
  const std::size_t letter_table =
      context_.dead_letter_table < 0
          ? 0
          : static_cast<std::size_t>(context_.dead_letter_table);
  Passage passage;
  passage.first_letter = FirstRecordFor(item, letter_table);
  passage.first_record = passage.first_letter;
  for (const Flow& flow : context_.flows) {
    passage.first_record =
        std::min(passage.first_record, FirstRecordFor(item, flow.table));
  }
  if (passage.first_record >= item.batch->records.size()) return {};
  FRAZIL_ASSIGN(passage.decoded,
                context_.decoder->Decode(*item.batch, passage.first_record));
  std::vector<RecordFailure>& failures = passage.decoded.failures;
  // What does not decode lacks all that it was for.
  for (RecordFailure& failure : failures) failure.inserts = item.batch->replay.inserts;
  for (Flow& flow : context_.flows) {
    if (IsFor(*item.batch, flow)) FRAZIL_TRY(RunFlow(flow, item, passage, stop));
  }
  if (failures.empty()) return {};
  MergeFailures(failures);
  std::erase_if(failures, [&](const RecordFailure& failure) {
    return failure.record_index < passage.first_letter;
  });
  if (failures.empty()) return {};
  context_.status->dead_letters.fetch_add(static_cast<std::int64_t>(failures.size()));
  return context_.on_failures(item.epoch, *item.batch, std::move(failures), stop);
}

Status WorkerStage::RunFlow(Flow& flow, const WorkItem& item, Passage& passage,
                            const std::stop_token& stop) {
  const std::int64_t end = passage.decoded.rows->num_rows();
  const std::int64_t begin =
      RowsBefore(passage.decoded, passage.first_record, FirstRecordFor(item, flow.table));
  const std::int64_t letters =
      RowsBefore(passage.decoded, passage.first_record, passage.first_letter);
  if (letters < begin) {
    // The table holds these rows; the dead letters among them are missing.
    FRAZIL_TRY(Transform(flow, passage, letters, std::min(begin, end)));
  }
  if (begin >= end) return {};
  FRAZIL_ASSIGN(const auto rows, Transform(flow, passage, begin, end));
  if (rows == nullptr || rows->num_rows() == 0) return {};
  const auto bytes = static_cast<std::size_t>(arrow::util::TotalBufferSize(*rows));
  context_.status->rows_written.fetch_add(rows->num_rows(), std::memory_order_relaxed);
  WriteChannel& writer = *context_.writers[flow.table];
  if (!writer.Push(WriteItem{item.epoch, rows}, bytes, stop)) {
    return Fail(ErrorKind::kCancelled, "stopped");
  }
  return {};
}

Result<std::shared_ptr<arrow::RecordBatch>> WorkerStage::Transform(Flow& flow,
                                                                   Passage& passage,
                                                                   std::int64_t begin,
                                                                   std::int64_t end) {
  const DecodedBatch& decoded = passage.decoded;
  const bool is_all = begin == 0 && end == decoded.rows->num_rows();
  const auto rows = is_all ? decoded.rows : decoded.rows->Slice(begin, end - begin);
  FRAZIL_ASSIGN(TransformedBatch transformed, flow.transformer->Apply(rows));
  for (RowFailure& failure : transformed.failures) {
    const std::size_t record =
        RecordOfRow(decoded, passage.first_record, failure.row + begin);
    passage.decoded.failures.push_back({record,
                                        "transform",
                                        std::move(failure.error_class),
                                        std::move(failure.message),
                                        {flow.insert}});
  }
  return std::move(transformed.rows);
}

}  // namespace frazil
