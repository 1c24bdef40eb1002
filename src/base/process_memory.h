#pragma once

/// \file base/process_memory.h
/// \brief How much memory the process really holds; replaceable in tests.

#include <cstdint>

namespace frazil {

/// \brief The memory of a process as the system counts it. Thread-safe.
class ProcessMemory {
 public:
  virtual ~ProcessMemory() = default;

  /// \brief Bytes in memory: VmRSS of proc(5), code of libraries included. 0 if the system
  /// does not tell. Takes about a microsecond.
  [[nodiscard]] virtual std::int64_t ResidentBytes() = 0;

  /// \brief Has the allocator return what nobody uses. Takes milliseconds; other threads
  /// wait if they allocate meanwhile.
  virtual void ReturnUnused() = 0;

  /// \brief This process, under Linux and glibc.
  static ProcessMemory& System();
};

}  // namespace frazil
