#include "write/finish_files.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <system_error>
#include <thread>

namespace frazil {
namespace {

// A disk takes about so many syncs at a time; more threads gain nothing.
constexpr std::size_t kMostThreads = 8;

}  // namespace

std::vector<Result<DataFile>> FinishFiles(std::span<ParquetFile* const> files) {
  std::vector<Result<DataFile>> finished(files.size());
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t at = next++; at < files.size(); at = next++) {
      finished[at] = files[at]->Finish();
    }
  };
  // The caller works as well.
  const std::size_t helpers =
      std::min(kMostThreads, files.size()) - (files.empty() ? 0 : 1);
  std::vector<std::jthread> threads;
  try {
    for (std::size_t i = 0; i < helpers; ++i) threads.emplace_back(work);
  } catch (const std::system_error&) {  // no more threads: those that are there do it
  }
  work();
  threads.clear();
  return finished;
}

}  // namespace frazil
