#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "config/settings.h"
#include "config/sql/sql_script.h"

// Any bytes: no crash; an error is the operator's and names the file; what parses keeps its
// text, in which no value of a variable stands.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::string_view kSecret = "hunter2";
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const bool holds_secret = text.find(kSecret) != std::string_view::npos;
  const auto environment = [&](std::string_view name) -> std::optional<std::string> {
    if (name == "PASSWORD") return std::string(kSecret);
    if (name == "SQL") return "a 'b' `c";
    return std::nullopt;
  };
  const auto spec = frazil::ParseSqlScript("p.sql", text, environment);
  if (!spec.has_value()) {
    const frazil::Error& error = spec.error();
    if (error.kind != frazil::ErrorKind::kInvalidConfig) std::abort();
    if (!error.message.starts_with("p.sql:")) std::abort();
    return 0;
  }
  if (!text.ends_with(spec->text)) std::abort();
  if (!holds_secret && spec->text.find(kSecret) != std::string::npos) std::abort();
  const auto settings = frazil::ParseSettings(*spec);
  if (!settings.has_value() &&
      settings.error().kind != frazil::ErrorKind::kInvalidConfig) {
    std::abort();
  }
  return 0;
}
