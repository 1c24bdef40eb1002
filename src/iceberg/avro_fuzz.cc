#include <cstddef>
#include <cstdint>
#include <string_view>

#include "iceberg/fuzz_checks.h"

// Manifests and manifest lists of any bytes: no crash, no more memory than they can hold.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  frazil::CheckAvroBytes({reinterpret_cast<const char*>(data), size});
  return 0;
}
