#pragma once

/// \file net/test_http_server.h
/// \brief A small HTTP server that also misbehaves. Included by tests only.

#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "net/http.h"

namespace frazil {

/// \brief What the server does about one request.
struct TestHttpAnswer {
  enum class Fault {
    kNone,
    kClose,     ///< The connection ends without an answer.
    kTruncate,  ///< It ends in the middle of the body.
    kHang,      ///< There is no answer as long as the server lives.
  };

  int status = 200;
  // Without initializers GCC warns of each one that a test leaves out.
  // NOLINTBEGIN(readability-redundant-member-init)
  std::string body = {};
  std::vector<HttpHeader> headers = {};
  // NOLINTEND(readability-redundant-member-init)
  Fault fault = Fault::kNone;
};

/// \brief Serves on a free port of 127.0.0.1, a thread per connection, until it is destroyed.
class TestHttpServer {
 public:
  /// Gets each request with path and query in `url`. Called by several threads.
  using Handler = std::function<TestHttpAnswer(const HttpRequest& request)>;

  explicit TestHttpServer(Handler handler) : handler_(std::move(handler)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const plain = reinterpret_cast<sockaddr*>(&address);
    if (listener_ < 0 || ::bind(listener_, plain, size) != 0 ||
        ::listen(listener_, 64) != 0 || ::getsockname(listener_, plain, &size) != 0) {
      std::abort();  // no test can go on
    }
    port_ = ntohs(address.sin_port);
    acceptor_ = std::jthread([this] { Accept(); });
  }

  ~TestHttpServer() {
    {
      const std::scoped_lock lock(mutex_);
      is_stopping_ = true;
      ::shutdown(listener_, SHUT_RDWR);
      for (const int connection : open_) ::shutdown(connection, SHUT_RDWR);
    }
    stopped_.notify_all();
    acceptor_.join();
    connections_.clear();  // joins
    ::close(listener_);
  }

  TestHttpServer(const TestHttpServer&) = delete;
  TestHttpServer& operator=(const TestHttpServer&) = delete;

  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] std::string url() const {
    return fmt::format("http://127.0.0.1:{}", port_);
  }
  /// \brief How many connections there have been.
  [[nodiscard]] int connections() const { return accepted_; }

 private:
  void Accept() {
    while (true) {
      const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      const std::scoped_lock lock(mutex_);
      if (is_stopping_ || connection < 0) {
        if (connection >= 0) ::close(connection);
        return;
      }
      ++accepted_;
      open_.push_back(connection);
      connections_.emplace_back([this, connection] { Serve(connection); });
    }
  }

  void Serve(int connection) {
    std::string unread;
    HttpRequest request;
    while (Receive(connection, unread, request)) {
      if (!Answer(connection, handler_(request))) break;
    }
    const std::scoped_lock lock(mutex_);
    std::erase(open_, connection);
    ::close(connection);
  }

  // Reads one request; false at the end of the connection.
  static bool Receive(int connection, std::string& unread, HttpRequest& request) {
    std::size_t head = 0;
    while ((head = unread.find("\r\n\r\n")) == std::string::npos) {
      if (!ReadMore(connection, unread)) return false;
    }
    request = {};
    std::string_view lines(unread.data(), head);
    const std::string_view first = lines.substr(0, lines.find("\r\n"));
    request.method = first.substr(0, first.find(' '));
    const std::string_view rest = first.substr(first.find(' ') + 1);
    request.url = rest.substr(0, rest.find(' '));
    lines.remove_prefix(first.size());
    while (!lines.empty()) {
      lines.remove_prefix(2);
      const std::string_view line = lines.substr(0, lines.find("\r\n"));
      const std::size_t colon = line.find(": ");
      request.headers.push_back(
          {std::string(line.substr(0, colon)), std::string(line.substr(colon + 2))});
      lines.remove_prefix(line.size());
    }
    const std::string* length = FindHeader(request.headers, "Content-Length");
    const std::size_t size = length == nullptr ? 0 : std::stoul(*length);
    unread.erase(0, head + 4);
    while (unread.size() < size) {
      if (!ReadMore(connection, unread)) return false;
    }
    request.body = unread.substr(0, size);
    unread.erase(0, size);
    return true;
  }

  static bool ReadMore(int connection, std::string& unread) {
    char bytes[4096];
    const ssize_t count = ::recv(connection, bytes, sizeof bytes, 0);
    if (count <= 0) return false;
    unread.append(bytes, static_cast<std::size_t>(count));
    return true;
  }

  // False if nothing more comes on this connection.
  bool Answer(int connection, const TestHttpAnswer& answer) {
    using Fault = TestHttpAnswer::Fault;
    if (answer.fault == Fault::kClose) return false;
    if (answer.fault == Fault::kHang) {
      std::unique_lock lock(mutex_);
      stopped_.wait(lock, [this] { return is_stopping_; });
      return false;
    }
    std::string text = fmt::format("HTTP/1.1 {} Some Reason\r\nContent-Length: {}\r\n",
                                   answer.status, answer.body.size());
    for (const HttpHeader& header : answer.headers) {
      text += header.name + ": " + header.value + "\r\n";
    }
    text += "\r\n" + answer.body;
    if (answer.fault == Fault::kTruncate) {
      text.resize(text.size() - answer.body.size() / 2 - 1);
    }
    std::string_view unsent = text;
    while (!unsent.empty()) {
      const ssize_t count =
          ::send(connection, unsent.data(), unsent.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      unsent.remove_prefix(static_cast<std::size_t>(count));
    }
    return answer.fault == Fault::kNone;
  }

  const Handler handler_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<int> accepted_ = 0;
  std::mutex mutex_;
  std::condition_variable stopped_;
  // Guarded by mutex_; connections_ is the acceptor's until that has ended.
  bool is_stopping_ = false;
  std::vector<int> open_;
  std::vector<std::jthread> connections_;
  std::jthread acceptor_;
};

}  // namespace frazil
