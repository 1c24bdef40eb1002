#include "base/process_memory.h"

#include <fcntl.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <string_view>

namespace frazil {
namespace {

class SystemProcessMemory : public ProcessMemory {
 public:
  SystemProcessMemory()
      : statm_(::open("/proc/self/statm", O_RDONLY | O_CLOEXEC)),
        page_bytes_(::sysconf(_SC_PAGESIZE)) {}
  SystemProcessMemory(const SystemProcessMemory&) = delete;
  SystemProcessMemory& operator=(const SystemProcessMemory&) = delete;
  ~SystemProcessMemory() override {
    if (statm_ >= 0) ::close(statm_);
  }

  // "size resident shared ...", in pages.
  std::int64_t ResidentBytes() override {
    char text[128];
    const ssize_t length = ::pread(statm_, text, sizeof(text), 0);
    if (length <= 0) return 0;
    std::string_view rest(text, static_cast<std::size_t>(length));
    rest.remove_prefix(std::min(rest.find(' ') + 1, rest.size()));
    std::int64_t pages = 0;
    (void)std::from_chars(rest.data(), rest.data() + rest.size(), pages);
    return pages * page_bytes_;
  }

  void ReturnUnused() override { (void)::malloc_trim(0); }

 private:
  const int statm_;
  const std::int64_t page_bytes_;
};

}  // namespace

ProcessMemory& ProcessMemory::System() {
  static SystemProcessMemory memory;
  return memory;
}

}  // namespace frazil
