#include <cctype>

#include "source/kafka/client_properties.h"

namespace frazil {
namespace {

bool IsSpace(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

// Reads words, `=`, `;` and quoted strings as Java's StreamTokenizer does for JAAS.
class JaasReader {
 public:
  explicit JaasReader(std::string_view text) : text_(text) {}

  bool AtEnd() {
    while (at_ < text_.size() && IsSpace(text_[at_])) ++at_;
    return at_ == text_.size();
  }
  bool Take(char c) {
    if (AtEnd() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  Result<std::string> Word() {
    if (AtEnd()) return Fail(ErrorKind::kInvalidConfig, "the JAAS line ends too soon");
    if (text_[at_] == '"' || text_[at_] == '\'') return Quoted(text_[at_]);
    const std::size_t begin = at_;
    while (at_ < text_.size() && !IsSpace(text_[at_]) && text_[at_] != '=' &&
           text_[at_] != ';') {
      ++at_;
    }
    if (at_ == begin) {
      return Fail(ErrorKind::kInvalidConfig, "the JAAS line has no word at character {}",
                  at_ + 1);
    }
    return std::string(text_.substr(begin, at_ - begin));
  }

 private:
  Result<std::string> Quoted(char quote) {
    std::string word;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == quote) {
        ++at_;
        return word;
      }
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
      word += text_[at_];
    }
    return Fail(ErrorKind::kInvalidConfig, "a quote in the JAAS line is never closed");
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

Result<JaasEntry> ParseJaasEntry(std::string_view text) {
  JaasReader reader(text);
  JaasEntry entry;
  FRAZIL_ASSIGN(const std::string class_name, reader.Word());
  entry.login_module = class_name.substr(class_name.rfind('.') + 1);
  FRAZIL_ASSIGN(const std::string flag, reader.Word());
  if (flag != "required" && flag != "requisite" && flag != "sufficient" &&
      flag != "optional") {
    return Fail(ErrorKind::kInvalidConfig,
                "the JAAS line needs 'required' after the login module");
  }
  while (!reader.Take(';')) {
    FRAZIL_ASSIGN(std::string key, reader.Word());
    if (!reader.Take('=')) {
      return Fail(ErrorKind::kInvalidConfig, "the JAAS line needs '=' after {}", key);
    }
    FRAZIL_ASSIGN(entry.options[std::move(key)], reader.Word());
  }
  if (!reader.AtEnd()) {
    return Fail(ErrorKind::kInvalidConfig, "the JAAS line goes on after ';'");
  }
  return entry;
}

}  // namespace frazil
