#include <cstddef>
#include <cstdint>
#include <string_view>

#include "iceberg/fuzz_checks.h"

// Table metadata of any bytes: no crash, and what is read is written back.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  frazil::CheckTableMetadataText({reinterpret_cast<const char*>(data), size});
  return 0;
}
