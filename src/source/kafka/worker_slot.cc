#include "source/kafka/worker_slot.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cctype>
#include <cstdint>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include <sys/file.h>

#include "base/fnv.h"

namespace frazil {
namespace {

constexpr int kMaxSlots = 256;

// An open, locked file, or -1 if somebody else has it or it cannot be opened.
int LockFile(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) return -1;
  if (flock(descriptor, LOCK_EX | LOCK_NB) == 0) return descriptor;
  close(descriptor);
  return -1;
}

}  // namespace

Result<WorkerSlot> WorkerSlot::Acquire(const std::string& group) {
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::temp_directory_path(error);
  if (error) {
    return Fail(ErrorKind::kUnavailable, "no folder for temporary files: {}",
                error.message());
  }
  for (int number = 0; number < kMaxSlots; ++number) {
    const std::string path =
        (folder / fmt::format("frazil-{:016x}-{}.lock", Fnv1a(group), number)).string();
    const int descriptor = LockFile(path);
    if (descriptor >= 0) return WorkerSlot(descriptor, number);
  }
  return Fail(ErrorKind::kUnavailable,
              "no lock file for this worker can be made in {}: set "
              "'properties.group.instance.id', or TMPDIR to a folder that can be written",
              folder.string());
}

WorkerSlot::WorkerSlot(WorkerSlot&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), number_(other.number_) {}

WorkerSlot& WorkerSlot::operator=(WorkerSlot&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(number_, other.number_);
  return *this;
}

WorkerSlot::~WorkerSlot() {
  if (descriptor_ >= 0) close(descriptor_);
}

std::string WorkerSlot::InstanceId() const {
  std::array<char, 128> host{};
  if (gethostname(host.data(), host.size() - 1) != 0) host = {"host"};
  std::string id = fmt::format("frazil-{}-{}", host.data(), number_);
  for (char& c : id) {
    const bool is_legal = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' ||
                          c == '.' || c == '_';
    if (!is_legal) c = '_';
  }
  return id;
}

}  // namespace frazil
