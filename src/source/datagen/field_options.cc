#include "source/datagen/field_options.h"

#include <vector>

#include "config/option_set.h"

namespace frazil {

std::optional<std::string> FieldOptions::Get(const std::string& key) {
  read_.insert(key);
  return table_.options.Get(key);
}

tl::unexpected<Error> FieldOptions::Refuse(const std::string& key,
                                           std::string_view message) const {
  const Option* const option = table_.options.Find(key);
  return Fail(ErrorAt(script_, option == nullptr ? table_.place : option->value_place,
                      fmt::format("'{}' {}", key, message)));
}

Status FieldOptions::RefuseUnread() const {
  for (const Option& option : table_.options.all()) {
    if (!option.key.starts_with(kPrefix) || read_.contains(option.key)) continue;
    const std::vector<std::string> known(read_.begin(), read_.end());
    const std::string near = Nearest(option.key, known);
    return Fail(ErrorAt(script_, option.key_place,
                        fmt::format("'{}' is no field of '{}', or has no such option",
                                    option.key, table_.name),
                        near.empty() ? "" : fmt::format("did you mean '{}'?", near)));
  }
  return {};
}

}  // namespace frazil
