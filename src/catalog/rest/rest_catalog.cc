#include "catalog/rest/rest_catalog.h"

#include <mutex>
#include <thread>
#include <utility>

#include "base/fault_point.h"
#include "base/json.h"
#include "catalog/identifier.h"
#include "catalog/pointer_commit.h"
#include "catalog/rest/loaded_tables.h"
#include "catalog/rest/rest_json.h"
#include "iceberg/table_update_json.h"
#include "net/url.h"

namespace frazil {
namespace {

// Deeper nests of namespaces are not looked into.
constexpr std::size_t kMaxLevels = 8;
// More pages than that are a server that never ends.
constexpr int kMaxPages = 100'000;

class RestCatalog : public Catalog {
 public:
  RestCatalog(std::string name, RestCatalogOptions options, const Clock& clock)
      : name_(std::move(name)),
        options_(std::move(options)),
        clock_(clock),
        http_(options_.http) {}

  [[nodiscard]] const std::string& name() const override { return name_; }

  Status CreateNamespace(const Namespace& table_namespace,
                         const std::map<std::string, std::string>& properties) override;
  Result<bool> NamespaceExists(const Namespace& table_namespace) override;
  Result<std::vector<Namespace>> ListNamespaces() override;
  Result<std::vector<TableIdentifier>> ListTables(
      const Namespace& table_namespace) override;
  Result<LoadedTable> CreateTable(const TableIdentifier& identifier,
                                  NewTable table) override;
  Result<LoadedTable> LoadTable(const TableIdentifier& identifier) override;
  Status DropTable(const TableIdentifier& identifier) override;
  Result<LoadedTable> CommitTable(const TableIdentifier& identifier,
                                  const std::vector<TableRequirement>& requirements,
                                  const std::vector<TableUpdate>& updates) override;

 private:
  // The session by the server's configuration, which is asked for once.
  Result<RestSession*> Session();
  // All pages of a listing. `path` has a query, or none.
  Result<std::vector<Json>> ListAll(RestSession& session, const std::string& path,
                                    std::string_view member);
  Status ListBelow(RestSession& session, const Namespace& parent,
                   std::vector<Namespace>& names);

  const std::string name_;
  const RestCatalogOptions options_;
  const Clock& clock_;
  HttpClient http_;
  LoadedTables loaded_;
  std::mutex mutex_;
  // Guarded by mutex_ until it is made; then it stays.
  std::unique_ptr<RestSession> session_;
};

std::string PathOf(const RestSession& session, const Namespace& table_namespace) {
  return "namespaces/" + EncodedNamespace(session.settings(), table_namespace);
}

std::string PathOf(const RestSession& session, const TableIdentifier& identifier) {
  return PathOf(session, identifier.table_namespace) + "/tables/" +
         PercentEncode(identifier.name);
}

Result<RestSession*> RestCatalog::Session() {
  const std::scoped_lock lock(mutex_);
  if (session_ != nullptr) return session_.get();
  FRAZIL_ASSIGN(RestSettings first, MakeRestSettings(options_.properties));
  RestSession asking(std::move(first), http_, clock_, options_.pause);
  const auto warehouse = options_.properties.find("warehouse");
  const std::string query =
      warehouse == options_.properties.end() || warehouse->second.empty()
          ? ""
          : "?" + EncodeParameters({{"warehouse", warehouse->second}});
  Result<HttpResponse> config = asking.GetConfig(query);
  const std::string where =
      fmt::format("the configuration of the catalog at {}", asking.settings().uri);
  if (!config.has_value()) return Fail(std::move(config).error().Within(where));
  auto merged = MergeRestConfig(options_.properties, config->body);
  if (!merged.has_value()) return Fail(std::move(merged).error().Within(where));
  auto settings = MakeRestSettings(*merged);
  if (!settings.has_value()) return Fail(std::move(settings).error().Within(where));
  session_ =
      std::make_unique<RestSession>(*std::move(settings), http_, clock_, options_.pause);
  return session_.get();
}

Status RestCatalog::CreateNamespace(
    const Namespace& table_namespace,
    const std::map<std::string, std::string>& properties) {
  FRAZIL_TRY(CheckNamespace(table_namespace));
  FRAZIL_ASSIGN(RestSession * session, Session());
  const Json body = {{"namespace", table_namespace}, {"properties", Json(properties)}};
  Result<HttpResponse> response = session->Change("POST", "namespaces", DumpJson(body));
  if (response.has_value() && response->is_success()) return {};
  if (response.has_value() && response->status == 409) {
    return NamespaceIsThere(table_namespace);
  }
  Error error = response.has_value() ? session->ErrorOf(*response, RestEffect::kChange)
                                     : std::move(response).error();
  if (error.kind == ErrorKind::kCommitStateUnknown) {
    // Also of two that make it at once, the slower one may get an answer of 500.
    const Result<bool> is_there = NamespaceExists(table_namespace);
    if (is_there.has_value() && *is_there) return {};
  }
  return Fail(std::move(error));
}

Result<bool> RestCatalog::NamespaceExists(const Namespace& table_namespace) {
  if (!CheckNamespace(table_namespace).has_value()) return false;
  FRAZIL_ASSIGN(RestSession * session, Session());
  const Result<HttpResponse> response = session->Get(PathOf(*session, table_namespace));
  if (response.has_value()) return true;
  if (response.error().kind == ErrorKind::kNotFound) return false;
  return Fail(response.error());
}

Result<std::vector<Json>> RestCatalog::ListAll(RestSession& session,
                                               const std::string& path,
                                               std::string_view member) {
  std::vector<Json> all;
  std::string token;
  for (int page = 0; page < kMaxPages; ++page) {
    const char separator = path.find('?') == std::string::npos ? '?' : '&';
    FRAZIL_ASSIGN(
        const HttpResponse response,
        session.Get(path + separator + EncodeParameters({{"pageToken", token}})));
    FRAZIL_ASSIGN(ListingPage listed, ListingPageFromJson(response.body, member));
    for (Json& item : listed.items) all.push_back(std::move(item));
    if (listed.next_page_token.empty()) return all;
    token = std::move(listed.next_page_token);
  }
  return Fail(ErrorKind::kCorruptData, "a listing that does not end: {}", path);
}

Status RestCatalog::ListBelow(RestSession& session, const Namespace& parent,
                              std::vector<Namespace>& names) {
  const std::string query =
      parent.empty() ? "" : "?parent=" + EncodedNamespace(session.settings(), parent);
  Result<std::vector<Json>> listed = ListAll(session, "namespaces" + query, "namespaces");
  if (!listed.has_value()) {
    // Dropped meanwhile, or the server knows no nested ones.
    const ErrorKind kind = listed.error().kind;
    const bool is_none = kind == ErrorKind::kNotFound ||
                         kind == ErrorKind::kInvalidArgument ||
                         kind == ErrorKind::kNotSupported;
    if (!parent.empty() && is_none) return {};
    return Fail(std::move(listed).error());
  }
  for (const Json& item : *listed) {
    FRAZIL_ASSIGN(const Namespace name, NamespaceFromJson(item));
    // Others are somebody's answer to another question.
    if (name.size() != parent.size() + 1) continue;
    names.push_back(name);
    if (name.size() < kMaxLevels) FRAZIL_TRY(ListBelow(session, name, names));
  }
  return {};
}

Result<std::vector<Namespace>> RestCatalog::ListNamespaces() {
  FRAZIL_ASSIGN(RestSession * session, Session());
  std::vector<Namespace> names;
  FRAZIL_TRY(ListBelow(*session, {}, names));
  return names;
}

Result<std::vector<TableIdentifier>> RestCatalog::ListTables(
    const Namespace& table_namespace) {
  if (!CheckNamespace(table_namespace).has_value()) {
    return NoSuchNamespace(table_namespace);
  }
  FRAZIL_ASSIGN(RestSession * session, Session());
  const auto listed =
      ListAll(*session, PathOf(*session, table_namespace) + "/tables", "identifiers");
  if (!listed.has_value()) {
    if (listed.error().kind == ErrorKind::kNotFound) {
      return NoSuchNamespace(table_namespace);
    }
    return Fail(listed.error());
  }
  std::vector<TableIdentifier> identifiers;
  for (const Json& item : *listed) {
    FRAZIL_ASSIGN(const std::string table, GetString(item, "name"));
    identifiers.push_back({table_namespace, table});
  }
  return identifiers;
}

Result<LoadedTable> RestCatalog::CreateTable(const TableIdentifier& identifier,
                                             NewTable table) {
  FRAZIL_TRY(CheckIdentifier(identifier));
  FRAZIL_ASSIGN(const std::string body,
                CreateTableRequestJson(identifier.name, std::move(table)));
  FRAZIL_ASSIGN(RestSession * session, Session());
  FRAZIL_ASSIGN(
      const HttpResponse response,
      session->Change("POST", PathOf(*session, identifier.table_namespace) + "/tables",
                      body));
  if (response.status == 404 && IsNoSuchNamespace(response)) {
    return NoSuchNamespace(identifier.table_namespace);
  }
  if (response.status == 409) return TableIsThere(identifier);
  if (!response.is_success()) {
    return Fail(session->ErrorOf(response, RestEffect::kChange));
  }
  return LoadedTableFromChange(response.body, identifier);
}

Result<LoadedTable> RestCatalog::LoadTable(const TableIdentifier& identifier) {
  if (!CheckIdentifier(identifier).has_value()) return NoSuchTable(identifier);
  FRAZIL_ASSIGN(RestSession * session, Session());
  const std::optional<LoadedTables::Entry> kept = loaded_.Find(identifier);
  std::vector<HttpHeader> headers;
  if (kept.has_value()) headers.push_back({"If-None-Match", kept->etag});
  Result<HttpResponse> response =
      session->Get(PathOf(*session, identifier) + "?snapshots=all", headers);
  if (!response.has_value()) {
    if (response.error().kind == ErrorKind::kNotFound) return NoSuchTable(identifier);
    return Fail(std::move(response).error().Within(identifier.ToString()));
  }
  if (response->status == 304 && kept.has_value()) return kept->table;
  auto loaded = LoadedTableFromJson(response->body);
  if (!loaded.has_value()) {
    return Fail(std::move(loaded).error().Within(identifier.ToString()));
  }
  const std::string* etag = FindHeader(response->headers, "ETag");
  if (etag != nullptr) loaded_.Keep(identifier, {*etag, *loaded});
  return loaded;
}

Status RestCatalog::DropTable(const TableIdentifier& identifier) {
  if (!CheckIdentifier(identifier).has_value()) return NoSuchTable(identifier);
  FRAZIL_ASSIGN(RestSession * session, Session());
  FRAZIL_ASSIGN(
      const HttpResponse response,
      session->Change("DELETE", PathOf(*session, identifier) + "?purgeRequested=false"));
  if (response.is_success()) return {};
  Error error = session->ErrorOf(response, RestEffect::kChange);
  if (error.kind == ErrorKind::kNotFound) return NoSuchTable(identifier);
  return Fail(std::move(error));
}

Result<LoadedTable> RestCatalog::CommitTable(
    const TableIdentifier& identifier, const std::vector<TableRequirement>& requirements,
    const std::vector<TableUpdate>& updates) {
  if (!CheckIdentifier(identifier).has_value()) return NoSuchTable(identifier);
  FRAZIL_ASSIGN(RestSession * session, Session());
  FRAZIL_TRY(FaultPoint("commit.metadata.before"));
  std::string body = CommitTableRequestJson(requirements, updates);
  FRAZIL_TRY(FaultPoint("commit.metadata.after"));
  LoadedTable committed;
  const Status swapped = SwapWithFaultPoints([&]() -> Status {
    FRAZIL_ASSIGN(const HttpResponse response,
                  session->Change("POST", PathOf(*session, identifier), std::move(body)));
    if (!response.is_success()) {
      Error error = session->ErrorOf(response, RestEffect::kChange);
      if (error.kind == ErrorKind::kNotFound) return NoSuchTable(identifier);
      return Fail(std::move(error));
    }
    FRAZIL_ASSIGN(committed, LoadedTableFromChange(response.body, identifier));
    return {};
  });
  if (!swapped.has_value()) return Fail(swapped.error());
  return committed;
}

}  // namespace

Result<std::unique_ptr<Catalog>> NewRestCatalog(std::string name,
                                                RestCatalogOptions options,
                                                const Clock& clock) {
  FRAZIL_ASSIGN(RestSettings settings, MakeRestSettings(options.properties));
  options.http.ca_file = std::move(settings.ca_file);
  if (!options.pause) {
    options.pause = [](std::chrono::milliseconds pause) {
      std::this_thread::sleep_for(pause);
    };
  }
  return std::make_unique<RestCatalog>(std::move(name), std::move(options), clock);
}

}  // namespace frazil
