#include "pipeline/writer_stage.h"

#include <utility>

namespace frazil {

Status WriterStage::Run(const std::stop_token& stop) {
  Status status = Loop(stop);
  context_.writer->Abandon();
  return status;
}

Status WriterStage::Loop(const std::stop_token& stop) {
  while (std::optional<WriteItem> item = context_.input->Pop(stop)) {
    if (item->rows != nullptr) {
      FRAZIL_TRY(context_.writer->Write(item->epoch, item->rows));
      continue;
    }
    if (++barriers_[item->epoch] < context_.worker_count) continue;
    barriers_.erase(item->epoch);
    FRAZIL_ASSIGN(std::vector<DataFile> files, context_.writer->Finish(item->epoch));
    WrittenTable written{context_.table, item->epoch, std::move(files)};
    if (!context_.committer->Push(std::move(written), 0, stop)) {
      return Fail(ErrorKind::kCancelled, "stopped");
    }
  }
  return {};
}

}  // namespace frazil
