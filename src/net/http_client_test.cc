#include "net/http_client.h"

#include <atomic>
#include <chrono>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"
#include "net/test_http_server.h"

namespace frazil {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using Fault = TestHttpAnswer::Fault;

// Long enough for a busy machine to connect within it.
constexpr std::chrono::seconds kShort(2);

TestHttpServer::Handler Always(TestHttpAnswer answer) {
  return [answer = std::move(answer)](const HttpRequest&) { return answer; };
}

HttpRequest Get(const std::string& url) {
  HttpRequest request;
  request.url = url;
  return request;
}

HttpRequest Post(const std::string& url, std::string body) {
  HttpRequest request;
  request.method = "POST";
  request.url = url;
  request.body = std::move(body);
  return request;
}

TEST(HttpClientTest, ARequestArrivesAsItWasMade) {
  HttpRequest seen;
  TestHttpServer server([&](const HttpRequest& request) {
    seen = request;
    return TestHttpAnswer{201, "made", {{"X-Kind", "blue"}}};
  });
  HttpClient client;
  HttpRequest request = Post(server.url() + "/a%1Fb?c=d", std::string("x\0y", 3));
  request.headers = {{"Authorization", "Bearer t"}, {"X-Empty", ""}};

  const auto response = client.Send(request);

  ASSERT_THAT(response, IsOk());
  EXPECT_EQ(response->status, 201);
  EXPECT_TRUE(response->is_success());
  EXPECT_EQ(response->body, "made");
  ASSERT_NE(FindHeader(response->headers, "x-kind"), nullptr);
  EXPECT_EQ(*FindHeader(response->headers, "x-kind"), "blue");
  EXPECT_EQ(FindHeader(response->headers, "x-kin"), nullptr);
  EXPECT_EQ(seen.method, "POST");
  EXPECT_EQ(seen.url, "/a%1Fb?c=d");
  EXPECT_EQ(seen.body, std::string("x\0y", 3));
  ASSERT_NE(FindHeader(seen.headers, "authorization"), nullptr);
  EXPECT_EQ(*FindHeader(seen.headers, "authorization"), "Bearer t");
  EXPECT_EQ(FindHeader(seen.headers, "Expect"), nullptr);
}

TEST(HttpClientTest, EveryMethodIsSentAsItIs) {
  TestHttpServer server([](const HttpRequest& request) {
    return TestHttpAnswer{200, request.method == "HEAD" ? "" : request.method};
  });
  HttpClient client;
  // One after another on one client: nothing of a request stays for the next.
  for (const char* method : {"POST", "DELETE", "HEAD", "GET", "POST", "GET"}) {
    SCOPED_TRACE(method);
    HttpRequest request = Get(server.url());
    request.method = method;
    const auto response = client.Send(request);
    ASSERT_THAT(response, IsOk());
    EXPECT_EQ(response->body, std::string(method) == "HEAD" ? "" : method);
  }
}

TEST(HttpClientTest, AnErrorStatusIsAnAnswer) {
  TestHttpServer server(Always({503, "later"}));
  const auto response = HttpClient().Send(Get(server.url()));
  ASSERT_THAT(response, IsOk());
  EXPECT_EQ(response->status, 503);
  EXPECT_FALSE(response->is_success());
  EXPECT_EQ(response->body, "later");
}

TEST(HttpClientTest, ARedirectIsNotFollowed) {
  std::atomic<int> requests = 0;
  TestHttpServer server([&](const HttpRequest&) {
    ++requests;
    return TestHttpAnswer{302, "", {{"Location", "/elsewhere"}}};
  });
  const auto response = HttpClient().Send(Get(server.url()));
  ASSERT_THAT(response, IsOk());
  EXPECT_EQ(response->status, 302);
  EXPECT_EQ(requests, 1);
}

TEST(HttpClientTest, ReadsShareAConnection) {
  TestHttpServer server(Always({200, "x"}));
  HttpClient client;
  for (int i = 0; i < 5; ++i) EXPECT_THAT(client.Send(Get(server.url())), IsOk());
  EXPECT_EQ(server.connections(), 1);
}

TEST(HttpClientTest, APostOnAConnectionThatDiesIsNotSentAgain) {
  std::atomic<int> posts = 0;
  TestHttpServer server([&](const HttpRequest& request) {
    if (request.method == "GET") return TestHttpAnswer{200, "x"};
    ++posts;
    TestHttpAnswer lost;
    lost.fault = Fault::kClose;
    return lost;
  });
  HttpClient client;
  EXPECT_THAT(client.Send(Get(server.url())), IsOk());  // leaves a connection to be used
  EXPECT_THAT(client.Send(Post(server.url(), "commit")), FailsWith(ErrorKind::kIoError));
  EXPECT_EQ(posts, 1);
}

TEST(HttpClientTest, AServerThatIsNotThereWasNotReached) {
  std::string url;
  {
    const TestHttpServer server(Always({}));
    url = server.url();
  }
  EXPECT_THAT(HttpClient().Send(Post(url, "x")),
              FailsWith(ErrorKind::kUnavailable, HasSubstr(url)));
}

TEST(HttpClientTest, AnAnswerThatIsLostAfterSendingIsTold) {
  for (const Fault fault : {Fault::kClose, Fault::kTruncate}) {
    SCOPED_TRACE(static_cast<int>(fault));
    TestHttpServer server(Always({200, "0123456789", {}, fault}));
    EXPECT_THAT(HttpClient().Send(Post(server.url(), "x")),
                FailsWith(ErrorKind::kIoError));
  }
}

TEST(HttpClientTest, AServerThatDoesNotAnswerIsNotWaitedForForever) {
  std::atomic<int> requests = 0;
  TestHttpServer server([&](const HttpRequest&) {
    ++requests;
    return TestHttpAnswer{200, "", {}, Fault::kHang};
  });
  HttpClientOptions options;
  options.timeout = kShort;
  const auto response = HttpClient(options).Send(Post(server.url(), "x"));
  // On a machine that had no time to send it in time, it must say so.
  if (response.has_value() || response.error().kind != ErrorKind::kIoError) {
    EXPECT_THAT(response, FailsWith(ErrorKind::kUnavailable));
    EXPECT_EQ(requests, 0);
  }
}

TEST(HttpClientTest, ATlsHandshakeWithoutTlsReachesNobody) {
  std::atomic<int> requests = 0;
  TestHttpServer server([&](const HttpRequest&) {
    ++requests;
    return TestHttpAnswer{};
  });
  HttpClientOptions options;
  options.connect_timeout = kShort;
  HttpClient client(options);
  EXPECT_THAT(
      client.Send(Post("https://127.0.0.1:" + std::to_string(server.port()), "x")),
      FailsWith(ErrorKind::kUnavailable));
  EXPECT_EQ(requests, 0);
}

TEST(HttpClientTest, AMissingCertificateFileIsAMistakeOfTheConfiguration) {
  TestHttpServer server(Always({}));
  HttpClientOptions options;
  options.ca_file = "/no/such/file.pem";
  HttpClient client(options);
  EXPECT_THAT(client.Send(Get("https://127.0.0.1:" + std::to_string(server.port()))),
              FailsWith(ErrorKind::kInvalidConfig, HasSubstr("/no/such/file.pem")));
}

TEST(HttpClientTest, ALargeAnswerIsCutOff) {
  TestHttpServer server(Always({200, std::string(1001, 'x')}));
  HttpClientOptions options;
  options.max_body_bytes = 1000;
  EXPECT_THAT(HttpClient(options).Send(Get(server.url())),
              FailsWith(ErrorKind::kNotSupported, HasSubstr("1000 bytes")));
  options.max_body_bytes = 1001;
  EXPECT_THAT(HttpClient(options).Send(Get(server.url())), IsOk());
}

TEST(HttpClientTest, NoErrorHoldsASecret) {
  TestHttpServer server(Always({200, "x", {}, Fault::kClose}));
  HttpClient client;
  HttpRequest request = Post(server.url() + "/path?key=geheim", "geheim");
  request.headers = {{"Authorization", "Bearer geheim"}};
  EXPECT_THAT(client.Send(request),
              FailsWith(ErrorKind::kIoError,
                        AllOf(HasSubstr("/path"), Not(HasSubstr("geheim")))));
  request.headers = {{"Authorization", "geheim\r\nX: y"}};
  EXPECT_THAT(client.Send(request),
              FailsWith(ErrorKind::kInvalidConfig,
                        AllOf(HasSubstr("Authorization"), Not(HasSubstr("geheim")))));
  request.headers = {{"bad name", "x"}};
  EXPECT_THAT(client.Send(request), FailsWith(ErrorKind::kInvalidConfig));
  EXPECT_THAT(client.Send(Get("http://me:geheim@127.0.0.1/")),
              FailsWith(ErrorKind::kInvalidConfig, Not(HasSubstr("geheim"))));
}

// Sends requests that nobody else sends, whose answers repeat them.
void SendOwn(HttpClient& client, const TestHttpServer& server, int thread) {
  for (int i = 0; i < 25; ++i) {
    const std::string path = "/" + std::to_string(thread) + "/" + std::to_string(i);
    const auto response = client.Send(Get(server.url() + path));
    ASSERT_THAT(response, IsOk());
    EXPECT_EQ(response->body, path);
  }
}

TEST(HttpClientTest, ThreadsShareAClient) {
  constexpr std::size_t kThreads = 4;
  TestHttpServer server(
      [](const HttpRequest& request) { return TestHttpAnswer{200, request.url}; });
  HttpClient client;
  std::vector<std::jthread> threads(kThreads);
  for (std::size_t t = 0; t < kThreads; ++t) {
    threads[t] = std::jthread([&, t] { SendOwn(client, server, static_cast<int>(t)); });
  }
  threads.clear();  // joins
  EXPECT_LE(server.connections(), static_cast<int>(kThreads));
}

}  // namespace
}  // namespace frazil
