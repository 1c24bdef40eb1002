#include "base/unique_id.h"

#include <cstring>
#include <random>

#include <fmt/format.h>
#include <sys/random.h>

namespace frazil {

std::array<std::uint8_t, 16> RandomUuidBytes() {
  std::array<std::uint8_t, 16> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    // The kernel gives 16 bytes whole once it is seeded; before that, this does.
    std::random_device device;
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(device());
  }
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0FU) | 0x40U);
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3FU) | 0x80U);
  return bytes;
}

std::string RandomUuid() {
  const auto bytes = RandomUuidBytes();
  std::string text;
  text.reserve(36);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    fmt::format_to(std::back_inserter(text), "{:02x}", bytes[i]);
  }
  return text;
}

std::int64_t RandomSnapshotId() {
  std::int64_t id = 0;
  while (id == 0) {
    const auto bytes = RandomUuidBytes();
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    std::memcpy(&high, bytes.data(), 8);
    std::memcpy(&low, bytes.data() + 8, 8);
    id = static_cast<std::int64_t>((high ^ low) & 0x7FFFFFFFFFFFFFFFULL);
  }
  return id;
}

}  // namespace frazil
