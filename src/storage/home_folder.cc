#include "storage/home_folder.h"

namespace frazil {

HomeFolder::HomeFolder(FileIO& io, const std::string& table_location) : io_(&io) {
  for (const std::string& folder : {table_location + "/metadata", table_location}) {
    if (!io.Exists(folder).value_or(false)) continue;
    folder_ = folder;
    return;
  }
}

Status HomeFolder::Check() const {
  if (folder_.empty()) return {};
  FRAZIL_ASSIGN(const bool is_there, io_->Exists(folder_));
  if (is_there) return {};
  return Fail(
      ErrorKind::kUnavailable,
      "the folder {} is gone, which was there when the table was loaded. Was its disk "
      "unmounted? Bring it back: nothing is made in its place, and nothing that was "
      "committed is touched",
      folder_);
}

}  // namespace frazil
