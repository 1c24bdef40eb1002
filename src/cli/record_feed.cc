#include "cli/record_feed.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/json.h"

namespace frazil {
namespace {

// Waiting for a line happens in steps, so that a stop is seen soon.
constexpr int kStepMs = 20;
constexpr std::size_t kReadBytes = std::size_t{64} << 10U;

class ShapeFeed : public RecordFeed {
 public:
  ShapeFeed(EventShape shape, std::uint64_t seed, std::int64_t first)
      : shape_(shape), seed_(seed), next_(first) {}

  Result<bool> Next(std::string& key, std::string& value) override {
    AppendEventKey(shape_, seed_, next_, key);
    AppendEvent(shape_, seed_, next_, value);
    ++next_;
    return true;
  }

  [[nodiscard]] std::string Place() const override {
    return fmt::format("event {}", next_ - 1);
  }

 private:
  EventShape shape_;
  std::uint64_t seed_;
  std::int64_t next_;
};

class LineFeed : public RecordFeed {
 public:
  LineFeed(int file, std::string name, std::string key_field,
           const std::atomic<bool>& is_stopping)
      : file_(file),
        name_(std::move(name)),
        key_field_(std::move(key_field)),
        is_stopping_(is_stopping) {}
  ~LineFeed() override {
    if (file_ != STDIN_FILENO) ::close(file_);
  }
  LineFeed(const LineFeed&) = delete;
  LineFeed& operator=(const LineFeed&) = delete;

  Result<bool> Next(std::string& key, std::string& value) override {
    do {
      FRAZIL_ASSIGN(const bool is_there, NextLine(value));
      if (!is_there) return false;
      ++line_;
      if (value.ends_with('\r')) value.pop_back();
    } while (value.empty());
    if (key_field_.empty()) return true;
    const auto json = ParseJson(value);
    if (!json.has_value() || !json->is_object() || !json->contains(key_field_)) {
      return Fail(ErrorKind::kInvalidArgument,
                  "{}: no JSON object with a field '{}' for the key", Place(),
                  key_field_);
    }
    const Json& field = (*json)[key_field_];
    key = field.is_string() ? field.get<std::string>() : DumpJson(field);
    return true;
  }

  [[nodiscard]] std::string Place() const override {
    return fmt::format("{}:{}", name_, line_);
  }

 private:
  // A last line needs no end.
  Result<bool> NextLine(std::string& line) {
    while (true) {
      const std::size_t end = unread_.find('\n');
      if (end != std::string_view::npos) {
        line += unread_.substr(0, end);
        unread_.remove_prefix(end + 1);
        return true;
      }
      line += unread_;
      unread_ = {};
      FRAZIL_ASSIGN(const bool is_there, ReadMore());
      if (!is_there) return !line.empty() && !is_stopping_;
    }
  }

  // \return false at the end, and after a stop.
  Result<bool> ReadMore() {
    while (!is_stopping_) {
      pollfd waiting{file_, POLLIN, 0};
      if (::poll(&waiting, 1, kStepMs) <= 0) continue;
      const ssize_t count = ::read(file_, buffer_.data(), buffer_.size());
      if (count >= 0) {
        unread_ = std::string_view(buffer_.data(), static_cast<std::size_t>(count));
        return count > 0;
      }
      if (errno == EINTR || errno == EAGAIN) continue;
      return Fail(ErrorKind::kIoError, "cannot read on behind {}: {}", Place(),
                  std::generic_category().message(errno));
    }
    return false;
  }

  int file_;
  std::string name_;
  std::string key_field_;
  const std::atomic<bool>& is_stopping_;
  std::array<char, kReadBytes> buffer_{};
  std::string_view unread_;  // of buffer_
  std::int64_t line_ = 0;
};

}  // namespace

std::unique_ptr<RecordFeed> FeedOfShape(EventShape shape, std::uint64_t seed,
                                        std::int64_t first) {
  return std::make_unique<ShapeFeed>(shape, seed, first);
}

Result<std::unique_ptr<RecordFeed>> FeedOfLines(const std::string& path,
                                                std::string key_field,
                                                const std::atomic<bool>& is_stopping) {
  std::unique_ptr<RecordFeed> feed;
  if (path == "-") {
    feed = std::make_unique<LineFeed>(STDIN_FILENO, "line", std::move(key_field),
                                      is_stopping);
    return feed;
  }
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    return Fail(ErrorKind::kInvalidArgument,
                "--file takes a file of lines, and this is a folder: {}", path);
  }
  // A pipe opens at once, and its lines come when somebody writes to it.
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) {
    return Fail(ErrorKind::kNotFound, "cannot read the file: {}: {}", path,
                std::generic_category().message(errno));
  }
  feed = std::make_unique<LineFeed>(file, path, std::move(key_field), is_stopping);
  return feed;
}

}  // namespace frazil
