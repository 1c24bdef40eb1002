#include "engine/duck_error.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>

#include "base/unique_id.h"

namespace frazil {
namespace {

struct ClassKind {
  std::string_view name;
  ErrorKind at_run;
};

// Every class that DuckDB 1.4 puts before " Error: ".
constexpr ClassKind kClasses[] = {
    {"Conversion", ErrorKind::kInvalidRecord},
    {"Out of Range", ErrorKind::kInvalidRecord},
    {"Invalid Input", ErrorKind::kInvalidRecord},
    {"Constraint", ErrorKind::kInvalidRecord},
    {"Divide by Zero", ErrorKind::kInvalidRecord},
    {"Mismatch Type", ErrorKind::kInvalidRecord},
    {"Invalid type", ErrorKind::kInvalidRecord},
    {"Decimal", ErrorKind::kInvalidRecord},
    {"Object Size", ErrorKind::kInvalidRecord},
    {"Expression", ErrorKind::kInvalidRecord},
    {"Sequence", ErrorKind::kInvalidRecord},
    {"Binder", ErrorKind::kInvalidConfig},
    {"Catalog", ErrorKind::kInvalidConfig},
    {"Parser", ErrorKind::kInvalidConfig},
    {"Syntax", ErrorKind::kInvalidConfig},
    {"Planner", ErrorKind::kInvalidConfig},
    {"Unknown Type", ErrorKind::kInvalidConfig},
    {"Settings", ErrorKind::kInvalidConfig},
    {"Parameter Not Resolved", ErrorKind::kInvalidConfig},
    {"Parameter Not Allowed", ErrorKind::kInvalidConfig},
    {"Invalid Configuration", ErrorKind::kInvalidConfig},
    {"Missing Extension", ErrorKind::kInvalidConfig},
    {"Extension Autoloading", ErrorKind::kInvalidConfig},
    {"Permission", ErrorKind::kInvalidConfig},
    {"Dependency", ErrorKind::kInvalidConfig},
    {"Not implemented", ErrorKind::kNotSupported},
    {"IO", ErrorKind::kIoError},
    {"HTTP", ErrorKind::kIoError},
    {"Network", ErrorKind::kIoError},
    {"Connection", ErrorKind::kIoError},
    {"INTERRUPT", ErrorKind::kCancelled},
    {"Out of Memory", ErrorKind::kInvalidConfig},
    {"INTERNAL", ErrorKind::kInternal},
    {"FATAL", ErrorKind::kInternal},
    {"TransactionContext", ErrorKind::kInternal},
    {"Serialization", ErrorKind::kInternal},
    {"Scheduler", ErrorKind::kInternal},
    {"Executor", ErrorKind::kInternal},
    {"Index", ErrorKind::kInternal},
    {"Stat", ErrorKind::kInternal},
    {"Optimizer", ErrorKind::kInternal},
    {"NullPointer", ErrorKind::kInternal},
};

constexpr std::string_view kSeparator = " Error: ";

const ClassKind* FindClass(std::string_view text) {
  const std::size_t end = text.find(kSeparator);
  if (end == std::string_view::npos) return nullptr;
  const std::string_view name = text.substr(0, end);
  for (const ClassKind& known : kClasses) {
    if (known.name == name) return &known;
  }
  return nullptr;
}

// Stands before an Error of ours on its way through DuckDB. Nobody else can know it: a value
// that DuckDB quotes must not pass for an Error.
const std::string& ForeignMark() {
  static const std::string mark = "frazil-error-" + RandomUuid() + "-";
  return mark;
}

// What PassThroughDuck() wrote, if anything.
std::optional<Error> PassedThrough(std::string_view text) {
  const std::string& mark = ForeignMark();
  const std::size_t at = text.find(mark);
  if (at == std::string_view::npos) return std::nullopt;
  text.remove_prefix(at + mark.size());
  int kind = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), kind);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
  return Error{static_cast<ErrorKind>(kind), std::string(text)};
}

// A conversion error may quote its input: the paragraph ends where DuckDB's own marks begin.
std::string_view FirstParagraph(std::string_view text) {
  const std::size_t line = text.find("\n\nLINE ");
  if (line != std::string_view::npos) text = text.substr(0, line);
  while (!text.empty() && (text.back() == '\n' || text.back() == '.'))
    text.remove_suffix(1);
  return text;
}

// The parser gives its "LINE n:" twice.
std::string_view WithoutRepeatedLine(std::string_view text) {
  const std::size_t first = text.find("\n\nLINE ");
  if (first == std::string_view::npos) return text;
  const std::size_t second = text.find("\n\nLINE ", first + 1);
  return second == std::string_view::npos ? text : text.substr(0, second);
}

}  // namespace

Error DuckPrepareError(std::string_view text) {
  const ClassKind* known = FindClass(text);
  ErrorKind kind = known == nullptr ? ErrorKind::kInternal : known->at_run;
  if (kind == ErrorKind::kInvalidRecord || kind == ErrorKind::kNotSupported) {
    kind = ErrorKind::kInvalidConfig;  // A constant of the text itself is wrong.
  }
  return Error{kind, std::string(WithoutRepeatedLine(text))};
}

Error DuckRunError(std::string_view text) {
  if (std::optional<Error> passed = PassedThrough(text)) return *std::move(passed);
  const ClassKind* known = FindClass(text);
  Error error{known == nullptr ? ErrorKind::kInternal : known->at_run,
              std::string(FirstParagraph(text))};
  if (IsOutOfDuckMemory(
          error)) {  // behind the first line DuckDB names options of its own
    error.message.resize(std::min(error.message.find('\n'), error.message.size()));
  }
  return error;
}

bool IsOutOfDuckMemory(const Error& error) {
  const ClassKind* known = FindClass(error.message);
  return known != nullptr && known->name == "Out of Memory";
}

std::string PassThroughDuck(const Error& error) {
  return fmt::format("{}{}:{}", ForeignMark(), static_cast<int>(error.kind),
                     error.message);
}

std::string DuckErrorClass(const Error& error) {
  const ClassKind* known = FindClass(error.message);
  std::string result;
  if (known == nullptr) return result;
  bool starts_word = true;
  for (const char c : known->name) {
    if (c == ' ') {
      starts_word = true;
      continue;
    }
    result +=
        starts_word ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    starts_word = false;
  }
  return result;
}

std::string_view DuckErrorText(const Error& error) {
  const std::string_view text = error.message;
  const ClassKind* known = FindClass(text);
  return known == nullptr ? text : text.substr(known->name.size() + kSeparator.size());
}

}  // namespace frazil
