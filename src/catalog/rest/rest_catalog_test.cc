// What the catalog makes of a server and a network that do not do as they should. What every
// catalog does is in catalog_contract_test.cc.

#include "catalog/rest/rest_catalog.h"

#include <atomic>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"
#include "base/unique_id.h"
#include "catalog/memory/memory_catalog.h"
#include "catalog/rest/fake_rest_server.h"
#include "storage/memory/memory_file_io.h"

namespace frazil {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::Not;
using Fault = TestHttpAnswer::Fault;
using Hooks = FakeRestServer::Hooks;

constexpr std::string_view kTable = "/tables/events";

TestHttpAnswer Lost(Fault fault) {
  TestHttpAnswer answer;
  answer.fault = fault;
  return answer;
}

bool IsCommit(const HttpRequest& request) {
  return request.method == "POST" && request.url.find(kTable) != std::string::npos;
}

// Answers every commit by `answer`, without asking the catalog.
Hooks CommitsAnswered(TestHttpAnswer answer) {
  Hooks hooks;
  hooks.before = [answer = std::move(answer)](const HttpRequest& request) {
    return IsCommit(request) ? std::optional(answer) : std::nullopt;
  };
  return hooks;
}

// Answers the first `count` loads of the table by `answer`.
Hooks LoadsAnswered(int count, TestHttpAnswer answer) {
  Hooks hooks;
  hooks.before = [answer = std::move(answer),
                  left = std::make_shared<std::atomic<int>>(count)](
                     const HttpRequest& request) -> std::optional<TestHttpAnswer> {
    const bool is_load =
        request.method == "GET" && request.url.find(kTable) != std::string::npos;
    if (!is_load || (*left)-- <= 0) return std::nullopt;
    return answer;
  };
  return hooks;
}

class RestCatalogTest : public testing::Test {
 protected:
  RestCatalogTest() {
    catalog_ = Open();
    EXPECT_THAT(catalog_->CreateNamespace({"db"}, {}), IsOk());
    NewTable table;
    table.schema.fields = {{1, "id", Type(TypeId::kLong), true, ""}};
    EXPECT_THAT(catalog_->CreateTable(kEvents, table), IsOk());
  }

  std::unique_ptr<Catalog> Open(RestProperties more = {}) {
    RestCatalogOptions options;
    options.properties = {{"uri", server_.url()}};
    for (auto& [key, value] : more) options.properties[key] = value;
    options.pause = [this](std::chrono::milliseconds pause) {
      pauses_ms_.push_back(pause.count());
    };
    auto catalog = NewRestCatalog("lake", std::move(options), clock_);
    EXPECT_THAT(catalog, IsOk());
    return *std::move(catalog);
  }

  static Result<LoadedTable> Commit(Catalog& catalog, const std::string& value) {
    return catalog.CommitTable(kEvents, {}, {SetProperties{{{"color", value}}}});
  }

  // What the server has.
  std::string Color() {
    return real_->LoadTable(kEvents)->metadata->Property("color", "none");
  }

  int Commits() { return server_.Count("POST", kTable); }

  inline static const TableIdentifier kEvents{{"db"}, "events"};

  ManualClock clock_{1'700'000'000'000};
  std::shared_ptr<Catalog> real_ = NewMemoryCatalog("m", "/lake", NewMemoryFileIO());
  FakeRestServer server_{real_};
  std::vector<std::int64_t> pauses_ms_;
  std::unique_ptr<Catalog> catalog_;
};

// --- Commits --------------------------------------------------------------------------------

TEST_F(RestCatalogTest, ALostAnswerToACommitLeavesItsOutcomeOpen) {
  int commits = 0;
  for (const Fault fault : {Fault::kClose, Fault::kTruncate}) {
    Hooks hooks;
    hooks.after = [fault](const HttpRequest& request, TestHttpAnswer& answer) {
      if (IsCommit(request)) answer.fault = fault;
    };
    server_.Set(hooks);
    const std::string color = "blue-" + std::to_string(commits);
    EXPECT_THAT(Commit(*catalog_, color), FailsWith(ErrorKind::kCommitStateUnknown));
    EXPECT_EQ(Color(), color);
    EXPECT_EQ(Commits(), ++commits);
  }
  server_.Set(CommitsAnswered(Lost(Fault::kClose)));
  EXPECT_THAT(Commit(*catalog_, "red"), FailsWith(ErrorKind::kCommitStateUnknown));
  EXPECT_NE(Color(), "red");
  EXPECT_EQ(Commits(), ++commits);
}

TEST_F(RestCatalogTest, AnErrorOfTheServerLeavesACommitOpen) {
  int commits = 0;
  for (const int status : {500, 502, 503, 504}) {
    SCOPED_TRACE(status);
    server_.Set(CommitsAnswered({status, "<html>", {{"Retry-After", "0"}}}));
    EXPECT_THAT(Commit(*catalog_, "blue"), FailsWith(ErrorKind::kCommitStateUnknown));
    EXPECT_EQ(Commits(), ++commits);
  }
  EXPECT_THAT(pauses_ms_, ElementsAre());
}

TEST_F(RestCatalogTest, AnAnswerToACommitThatDoesNotParseLeavesItOpen) {
  for (const char* body : {"", "<html>", "{}", R"({"metadata-location":"x"})"}) {
    SCOPED_TRACE(body);
    server_.Set(CommitsAnswered({200, body}));
    EXPECT_THAT(Commit(*catalog_, "blue"), FailsWith(ErrorKind::kCommitStateUnknown));
  }
}

TEST_F(RestCatalogTest, ARefusalOfACommitIsDefinite) {
  const std::vector<std::pair<TestHttpAnswer, ErrorKind>> cases = {
      {FakeRestServer::Refusal(409, "CommitFailedException", "x"),
       ErrorKind::kCommitFailed},
      {FakeRestServer::Refusal(404, "NoSuchTableException", "x"), ErrorKind::kNotFound},
      {FakeRestServer::Refusal(400, "BadRequestException", "x"),
       ErrorKind::kInvalidArgument},
      {FakeRestServer::Refusal(401, "NotAuthorizedException", "x"),
       ErrorKind::kInvalidConfig},
      {FakeRestServer::Refusal(403, "ForbiddenException", "x"),
       ErrorKind::kInvalidConfig},
      {FakeRestServer::Refusal(419, "AuthenticationTimeout", "x"),
       ErrorKind::kInvalidConfig},
      {FakeRestServer::Refusal(429, "TooManyRequests", "x"), ErrorKind::kUnavailable},
      {{302, "", {{"Location", "/login"}}}, ErrorKind::kInvalidConfig},
      // Not the catalog's own: the table is not gone.
      {{404, "<html>"}, ErrorKind::kUnavailable}};
  int commits = 0;
  for (const auto& [answer, kind] : cases) {
    SCOPED_TRACE(answer.status);
    server_.Set(CommitsAnswered(answer));
    EXPECT_THAT(Commit(*catalog_, "blue"), FailsWith(kind));
    EXPECT_EQ(Commits(), ++commits);
  }
  EXPECT_EQ(Color(), "none");
}

TEST_F(RestCatalogTest, ACommitThatReachesNobodyDidNotHappen) {
  RestCatalogOptions options;
  std::unique_ptr<Catalog> client;
  {
    FakeRestServer gone(real_);
    options.properties = {{"uri", gone.url()}};
    options.pause = [](std::chrono::milliseconds) {};
    auto catalog = NewRestCatalog("lake", std::move(options));
    ASSERT_THAT(catalog, IsOk());
    client = *std::move(catalog);
    EXPECT_THAT(client->LoadTable(kEvents), IsOk());
  }
  EXPECT_THAT(Commit(*client, "blue"), FailsWith(ErrorKind::kUnavailable));
  EXPECT_THAT(client->LoadTable(kEvents), FailsWith(ErrorKind::kUnavailable));
}

TEST_F(RestCatalogTest, ALostAnswerToACreationLeavesItOpen) {
  Hooks hooks;
  hooks.after = [](const HttpRequest& request, TestHttpAnswer& answer) {
    if (request.method == "POST") answer.fault = Fault::kClose;
  };
  server_.Set(hooks);
  NewTable table;
  table.schema.fields = {{1, "id", Type(TypeId::kLong), true, ""}};
  EXPECT_THAT(catalog_->CreateTable({{"db"}, "other"}, table),
              FailsWith(ErrorKind::kCommitStateUnknown));
  EXPECT_THAT(catalog_->LoadTable({{"db"}, "other"}), IsOk());
}

TEST_F(RestCatalogTest, ANamespaceWhoseCreationIsInDoubtIsLookedFor) {
  Hooks hooks;
  hooks.after = [](const HttpRequest& request, TestHttpAnswer& answer) {
    if (request.method == "POST") answer = {500, "<html>"};
  };
  server_.Set(hooks);
  EXPECT_THAT(catalog_->CreateNamespace({"more"}, {}), IsOk());
  EXPECT_THAT(real_->NamespaceExists({"more"}), IsOkAnd(true));
  hooks.before = [](const HttpRequest& request) {
    return request.method == "POST" ? std::optional(Lost(Fault::kClose)) : std::nullopt;
  };
  hooks.after = nullptr;
  server_.Set(hooks);
  EXPECT_THAT(catalog_->CreateNamespace({"other"}, {}),
              FailsWith(ErrorKind::kCommitStateUnknown));
}

// --- Reads ----------------------------------------------------------------------------------

TEST_F(RestCatalogTest, AReadIsTriedAgainAsLateAsTheServerSays) {
  server_.Set(LoadsAnswered(2, {503, "", {{"Retry-After", "3"}}}));
  EXPECT_THAT(catalog_->LoadTable(kEvents), IsOk());
  EXPECT_THAT(pauses_ms_, ElementsAre(3000, 3000));
  pauses_ms_.clear();
  // A server that asks for an hour, or says a date, is asked again within seconds.
  server_.Set(LoadsAnswered(1, {429, "", {{"Retry-After", "3600"}}}));
  EXPECT_THAT(catalog_->LoadTable(kEvents), IsOk());
  EXPECT_THAT(pauses_ms_, ElementsAre(10'000));
}

TEST_F(RestCatalogTest, AReadWhoseAnswerIsLostIsTriedAgain) {
  TestHttpAnswer half{200, "{\"metadata-location\""};
  half.fault = Fault::kTruncate;
  server_.Set(LoadsAnswered(2, half));
  EXPECT_THAT(catalog_->LoadTable(kEvents), IsOk());
  EXPECT_EQ(pauses_ms_.size(), 2U);
  EXPECT_THAT(pauses_ms_, testing::Each(Ge(100)));
  // Those that come on a connection that was idle, libcurl asks again by itself.
  server_.Set(LoadsAnswered(2, Lost(Fault::kClose)));
  EXPECT_THAT(catalog_->LoadTable(kEvents), IsOk());
}

TEST_F(RestCatalogTest, AReadIsGivenUpAfterFourAttempts) {
  server_.Set(LoadsAnswered(100, {500, "<html>"}));
  EXPECT_THAT(catalog_->LoadTable(kEvents),
              FailsWith(ErrorKind::kUnavailable, HasSubstr("500")));
  EXPECT_EQ(server_.Count("GET", kTable), 4);
  EXPECT_EQ(pauses_ms_.size(), 3U);
}

TEST_F(RestCatalogTest, OnlyTheCatalogCanSayThatATableIsGone) {
  server_.Set(LoadsAnswered(1, {404, "<html>no such page"}));
  EXPECT_THAT(catalog_->LoadTable(kEvents), FailsWith(ErrorKind::kUnavailable));
  server_.Set(LoadsAnswered(1, FakeRestServer::Refusal(404, "NoSuchTableException", "")));
  EXPECT_THAT(catalog_->LoadTable(kEvents),
              FailsWith(ErrorKind::kNotFound, HasSubstr("db.events")));
}

TEST_F(RestCatalogTest, AnAnswerThatDoesNotParseIsCorrupt) {
  for (const char* body :
       {"", "[]", "{}", R"({"metadata-location":"x","metadata":{}})"}) {
    SCOPED_TRACE(body);
    server_.Set(LoadsAnswered(1, {200, body}));
    EXPECT_THAT(catalog_->LoadTable(kEvents),
                FailsWith(ErrorKind::kCorruptData, HasSubstr("db.events")));
  }
}

TEST_F(RestCatalogTest, AnUnchangedTableIsNotSentAgain) {
  std::vector<int> statuses;
  std::mutex mutex;
  Hooks hooks;
  hooks.after = [&](const HttpRequest& request, TestHttpAnswer& answer) {
    const std::scoped_lock lock(mutex);
    if (request.method == "GET") statuses.push_back(answer.status);
  };
  server_.Set(hooks);
  const auto first = catalog_->LoadTable(kEvents);
  const auto second = catalog_->LoadTable(kEvents);
  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(second->metadata, first->metadata);
  EXPECT_EQ(second->metadata_location, first->metadata_location);
  EXPECT_THAT(Commit(*catalog_, "blue"), IsOk());
  const auto third = catalog_->LoadTable(kEvents);
  ASSERT_THAT(third, IsOk());
  EXPECT_EQ(third->metadata->Property("color", ""), "blue");
  EXPECT_THAT(statuses, ElementsAre(200, 304, 200));
}

TEST_F(RestCatalogTest, ListingsAreReadToTheirLastPage) {
  NewTable table;
  table.schema.fields = {{1, "id", Type(TypeId::kLong), true, ""}};
  std::vector<TableIdentifier> expected = {kEvents};
  for (const char* name : {"f", "g", "h", "i"}) {
    EXPECT_THAT(catalog_->CreateTable({{"db"}, name}, table), IsOk());
    expected.push_back({{"db"}, name});
  }
  EXPECT_THAT(catalog_->ListTables({"db"}), IsOkAnd(expected));
  std::vector<Namespace> namespaces = {{"db"}};
  for (const char* name : {"e", "f", "g", "h"}) {
    EXPECT_THAT(catalog_->CreateNamespace({name}, {}), IsOk());
    namespaces.push_back({name});
  }
  EXPECT_THAT(catalog_->ListNamespaces(), IsOkAnd(namespaces));
}

// --- Who asks -------------------------------------------------------------------------------

TEST_F(RestCatalogTest, TheServersConfigurationIsAskedForOnceWithTheWarehouse) {
  auto catalog = Open({{"warehouse", "my lake"}, {"header.X-Tenant", "blue"}});
  EXPECT_EQ(server_.Count("GET", "warehouse="), 0);
  EXPECT_THAT(catalog->LoadTable(kEvents), IsOk());
  EXPECT_THAT(catalog->LoadTable(kEvents), IsOk());
  EXPECT_EQ(server_.Count("GET", "/v1/config?warehouse=my%20lake"), 1);
  const HttpRequest last = server_.requests().back();
  const std::string* header = FindHeader(last.headers, "X-Tenant");
  ASSERT_NE(header, nullptr);
  EXPECT_EQ(*header, "blue");
  EXPECT_EQ(FindHeader(last.headers, "Authorization"), nullptr);
}

// Lets in who has the newest token that it gave out by OAuth2.
struct TokenServer {
  std::mutex mutex;
  int given = 0;
  int refused_fetches = 0;  // to come
  std::string body;
  std::string expires = R"(,"expires_in":3600)";

  Hooks hooks() {
    Hooks made;
    made.before = [this](const HttpRequest& request) { return Answer(request); };
    return made;
  }

  std::optional<TestHttpAnswer> Answer(const HttpRequest& request) {
    const std::scoped_lock lock(mutex);
    if (request.url == "/v1/oauth/tokens") {
      body = request.body;
      if (refused_fetches-- > 0) {
        return TestHttpAnswer{401, R"({"error":"invalid_client for word-1"})"};
      }
      ++given;
      return TestHttpAnswer{200, R"({"access_token":"given-)" + std::to_string(given) +
                                     R"(","token_type":"bearer")" + expires + "}"};
    }
    const std::string* token = FindHeader(request.headers, "Authorization");
    if (token != nullptr && *token == "Bearer given-" + std::to_string(given)) {
      return std::nullopt;
    }
    return FakeRestServer::Refusal(401, "NotAuthorizedException",
                                   "refused: " + (token == nullptr ? "" : *token));
  }
};

TEST_F(RestCatalogTest, ATokenIsGotByTheCredentialAndRenewedBeforeItExpires) {
  TokenServer tokens;
  server_.Set(tokens.hooks());
  auto catalog = Open({{"credential", "me:wo&rd-1"}, {"scope", "all of it"}});
  EXPECT_THAT(catalog->LoadTable(kEvents), IsOk());
  EXPECT_EQ(tokens.body,
            "grant_type=client_credentials&client_id=me&client_secret=wo%26rd-1&"
            "scope=all%20of%20it");
  // One for the question of the configuration, one for the catalog.
  const int first = tokens.given;
  clock_.Advance(std::chrono::minutes(58));
  EXPECT_THAT(catalog->LoadTable(kEvents), IsOk());
  EXPECT_EQ(tokens.given, first);
  clock_.Advance(std::chrono::minutes(1));
  EXPECT_THAT(catalog->LoadTable(kEvents), IsOk());
  EXPECT_EQ(tokens.given, first + 1);
}

TEST_F(RestCatalogTest, AnOldTokenServesToItsEndIfThereIsNoNewOne) {
  TokenServer tokens;
  server_.Set(tokens.hooks());
  auto catalog = Open({{"credential", "me:word-1"}});
  EXPECT_THAT(catalog->LoadTable(kEvents), IsOk());
  tokens.refused_fetches = 100;
  clock_.Advance(std::chrono::minutes(59));
  EXPECT_THAT(catalog->LoadTable(kEvents), IsOk());
  clock_.Advance(std::chrono::minutes(1));
  EXPECT_THAT(catalog->LoadTable(kEvents),
              FailsWith(ErrorKind::kInvalidConfig,
                        AllOf(HasSubstr("credential"), Not(HasSubstr("word-1")))));
}

TEST_F(RestCatalogTest, ACommitWhoseTokenIsRefusedIsSentAgainWithANewOne) {
  TokenServer tokens;
  server_.Set(tokens.hooks());
  auto catalog = Open({{"credential", "me:word-1"}});
  EXPECT_THAT(catalog->LoadTable(kEvents), IsOk());
  ++tokens.given;  // the one in use is no longer the newest
  EXPECT_THAT(Commit(*catalog, "blue"), IsOk());
  EXPECT_EQ(Commits(), 2);
  EXPECT_EQ(Color(), "blue");
}

TEST_F(RestCatalogTest, ATokenThatStaysRefusedIsTold) {
  TokenServer tokens;
  tokens.given = 7;
  server_.Set(tokens.hooks());
  auto with_token = Open({{"token", "geheim-token"}});
  EXPECT_THAT(with_token->LoadTable(kEvents),
              FailsWith(ErrorKind::kInvalidConfig,
                        AllOf(HasSubstr("'token'"), Not(HasSubstr("geheim")))));
  EXPECT_EQ(tokens.given, 7);
  // With both, the token is taken as long as it is let in.
  auto with_both = Open({{"token", "given-7"}, {"credential", "me:word-1"}});
  EXPECT_THAT(with_both->LoadTable(kEvents), IsOk());
  EXPECT_EQ(tokens.given, 7);
  ++tokens.given;
  EXPECT_THAT(with_both->LoadTable(kEvents), IsOk());
  EXPECT_EQ(tokens.given, 9);
}

TEST_F(RestCatalogTest, AnAuthorizationServerThatIsAwayMeansThatNothingWasAsked) {
  auto catalog = Open({{"credential", "me:word-1"}});
  Hooks hooks;
  hooks.before = [](const HttpRequest& request) -> std::optional<TestHttpAnswer> {
    if (request.url != "/v1/oauth/tokens") return std::nullopt;
    return TestHttpAnswer{503, "<html>"};
  };
  server_.Set(hooks);
  EXPECT_THAT(Commit(*catalog, "blue"), FailsWith(ErrorKind::kUnavailable));
  hooks.before = [](const HttpRequest& request) -> std::optional<TestHttpAnswer> {
    if (request.url != "/v1/oauth/tokens") return std::nullopt;
    return TestHttpAnswer{200, "no token"};
  };
  server_.Set(hooks);
  EXPECT_THAT(Commit(*catalog, "blue"),
              FailsWith(ErrorKind::kInvalidConfig, HasSubstr("'oauth2-server-uri'")));
  EXPECT_EQ(Color(), "none");
}

TEST_F(RestCatalogTest, AServerThatIsNoCatalogIsTold) {
  Hooks hooks;
  hooks.before = [](const HttpRequest&) { return TestHttpAnswer{200, "<html>welcome"}; };
  server_.Set(hooks);
  auto catalog = Open();
  EXPECT_THAT(catalog->LoadTable(kEvents),
              FailsWith(ErrorKind::kCorruptData, HasSubstr(server_.url())));
}

}  // namespace
}  // namespace frazil
