#pragma once

/// \file base/memory_guard.h
/// \brief Keeps the process below a limit, whatever its memory went to.
///
/// Reservations count what is asked for. The process also holds what libraries allocate by
/// themselves and what the allocator keeps between blocks in use: with many files open that
/// was as much again (measured). So the guard looks at the process itself.
///
/// Source of the rules: docs/adr/0003-threads-and-memory.md.

#include <cstdint>
#include <mutex>

#include "base/process_memory.h"

namespace frazil {

/// \brief Compares the process with its limit now and then. Thread-safe.
class MemoryGuard {
 public:
  /// \param limit_bytes of resident memory.
  /// \param process outlives the guard.
  explicit MemoryGuard(std::int64_t limit_bytes,
                       ProcessMemory& process = ProcessMemory::System());

  /// \brief Bytes by which holders should give way now; 0 while there is room. Near the
  /// limit the allocator is first asked for what it keeps. Call after each megabyte or so.
  std::int64_t ExcessBytes();

  /// \brief Something large was freed: the process shall feel it.
  void ReturnFreed();

 private:
  void ReturnUnused();

  ProcessMemory& process_;
  // What is allocated between two looks must fit above it.
  const std::int64_t high_bytes_;
  // The allocator is not asked again before the process has grown by so much.
  const std::int64_t step_bytes_;
  std::mutex mutex_;
  std::int64_t after_return_bytes_ = 0;  // guarded by mutex_
};

}  // namespace frazil
