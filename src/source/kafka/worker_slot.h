#pragma once

/// \file source/kafka/worker_slot.h
/// \brief A number that one process of this machine holds in a consumer group.
///
/// A worker's group.instance.id is made of the host's name and its slot. A worker that was
/// killed and started again gets the same slot, hence the same identity and at once its
/// partitions; two workers on one host get different ones. The slot is held by a lock on a
/// file in the folder for temporary files, which the system releases with the process.

#include <string>

#include "base/result.h"

namespace frazil {

/// \brief A held slot. Released on destruction.
class WorkerSlot {
 public:
  /// \brief Takes the lowest free slot of a group.
  /// \param group what tells groups apart: servers and group id.
  /// \return kUnavailable if no lock file can be made in the folder.
  static Result<WorkerSlot> Acquire(const std::string& group);

  WorkerSlot(WorkerSlot&& other) noexcept;
  WorkerSlot& operator=(WorkerSlot&& other) noexcept;
  WorkerSlot(const WorkerSlot&) = delete;
  WorkerSlot& operator=(const WorkerSlot&) = delete;
  ~WorkerSlot();

  [[nodiscard]] int number() const { return number_; }
  /// \brief "frazil-<host name>-<slot>", of characters that Kafka allows.
  [[nodiscard]] std::string InstanceId() const;

 private:
  WorkerSlot(int descriptor, int number) : descriptor_(descriptor), number_(number) {}

  int descriptor_ = -1;
  int number_ = 0;
};

}  // namespace frazil
