#pragma once

/// \file catalog/rest/fake_rest_server.h
/// \brief A REST catalog over another catalog of this process, to lose and spoil its answers.
/// Included by tests only.
///
/// What a server really says is tested with Iceberg's own one, in tests/integration.

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "catalog/catalog.h"
#include "iceberg/metadata_json.h"
#include "net/test_http_server.h"
#include "net/url.h"

namespace frazil {

/// \brief Serves below the prefix "p/1" with at most two items on a page.
class FakeRestServer {
 public:
  /// What happens to a request: first `before`, and unless that answers, the catalog; then
  /// `after` may change the answer.
  struct Hooks {
    std::function<std::optional<TestHttpAnswer>(const HttpRequest&)> before;
    std::function<void(const HttpRequest&, TestHttpAnswer&)> after;
  };

  explicit FakeRestServer(std::shared_ptr<Catalog> catalog)
      : catalog_(std::move(catalog)),
        server_([this](const HttpRequest& request) { return Handle(request); }) {}

  [[nodiscard]] std::string url() const { return server_.url(); }

  void Set(Hooks hooks) {
    const std::scoped_lock lock(mutex_);
    hooks_ = std::move(hooks);
  }

  /// \brief The requests so far, with path and query in `url`.
  std::vector<HttpRequest> requests() {
    const std::scoped_lock lock(mutex_);
    return requests_;
  }

  /// \brief How many had this method and a path with `part` in it.
  int Count(std::string_view method, std::string_view part) {
    int count = 0;
    for (const HttpRequest& request : requests()) {
      if (request.method == method && request.url.find(part) != std::string::npos)
        ++count;
    }
    return count;
  }

  static TestHttpAnswer Refusal(int status, const std::string& type,
                                const std::string& message) {
    const Json error = {{"message", message}, {"type", type}, {"code", status}};
    return {status, DumpJson({{"error", error}})};
  }

 private:
  static constexpr std::string_view kPrefix = "/v1/p/1/";
  static constexpr std::size_t kPageSize = 2;

  TestHttpAnswer Handle(const HttpRequest& request) {
    Hooks hooks;
    {
      const std::scoped_lock lock(mutex_);
      requests_.push_back(request);
      hooks = hooks_;
    }
    std::optional<TestHttpAnswer> answer;
    if (hooks.before) answer = hooks.before(request);
    if (!answer.has_value()) answer = Route(request);
    if (hooks.after) hooks.after(request, *answer);
    return *std::move(answer);
  }

  TestHttpAnswer Route(const HttpRequest& request) {
    const std::string path = request.url.substr(0, request.url.find('?'));
    if (path == "/v1/config") {
      return {200, R"({"defaults":{},"overrides":{"prefix":"p/1"}})"};
    }
    if (!path.starts_with(kPrefix)) return {404, "<html>nothing here</html>"};
    std::vector<std::string> parts = Split(path.substr(kPrefix.size()), "/");
    if (parts.size() == 1) return AllNamespaces(request);
    const Namespace levels = Decoded(Split(parts[1], "%1F"));
    if (parts.size() == 2) return OneNamespace(levels);
    if (parts.size() == 3) return AllTables(request, levels);
    return OneTable(request, {levels, PercentDecode(parts[3]).value()});
  }

  TestHttpAnswer AllNamespaces(const HttpRequest& request) {
    if (request.method == "POST") {
      const Json body = ParseJson(request.body).value();
      const auto levels = body["namespace"].get<Namespace>();
      const auto properties =
          body["properties"].get<std::map<std::string, std::string>>();
      return Said(catalog_->CreateNamespace(levels, properties),
                  "AlreadyExistsException");
    }
    const std::string text = Parameter(request, "parent");
    const Namespace parent = text.empty() ? Namespace() : Decoded(Split(text, "%1F"));
    Json found = Json::array();
    const auto all = catalog_->ListNamespaces().value();
    for (const Namespace& levels : all) {
      const bool is_child = levels.size() == parent.size() + 1 &&
                            std::equal(parent.begin(), parent.end(), levels.begin());
      if (is_child) found.push_back(levels);
    }
    return Page(request, "namespaces", found);
  }

  TestHttpAnswer OneNamespace(const Namespace& levels) {
    if (catalog_->NamespaceExists(levels).value()) {
      return {200, DumpJson({{"namespace", levels}, {"properties", Json::object()}})};
    }
    return Refusal(404, "NoSuchNamespaceException", "no such namespace");
  }

  TestHttpAnswer AllTables(const HttpRequest& request, const Namespace& levels) {
    if (request.method == "POST") {
      const Json body = ParseJson(request.body).value();
      return Said(catalog_->CreateTable({levels, body["name"].get<std::string>()},
                                        NewTableOf(body)),
                  "AlreadyExistsException");
    }
    const auto listed = catalog_->ListTables(levels);
    if (!listed.has_value()) return Said(listed.error(), "");
    Json found = Json::array();
    for (const TableIdentifier& table : *listed) {
      found.push_back({{"namespace", levels}, {"name", table.name}});
    }
    return Page(request, "identifiers", found);
  }

  TestHttpAnswer OneTable(const HttpRequest& request, const TableIdentifier& table) {
    if (request.method == "DELETE") {
      TestHttpAnswer answer = Said(catalog_->DropTable(table), "");
      if (answer.status == 200) answer.status = 204;
      return answer;
    }
    if (request.method == "POST") {
      const Json body = ParseJson(request.body).value();
      return Said(catalog_->CommitTable(table, RequirementsOf(body), UpdatesOf(body)),
                  "");
    }
    const auto loaded = catalog_->LoadTable(table);
    if (!loaded.has_value()) return Said(loaded.error(), "");
    const std::string& etag = loaded->metadata_location;
    const std::string* known = FindHeader(request.headers, "If-None-Match");
    if (known != nullptr && *known == etag) return {304, "", {{"ETag", etag}}};
    TestHttpAnswer answer = Said(loaded, "");
    answer.headers.push_back({"ETag", etag});
    return answer;
  }

  // --- Answers ---------------------------------------------------------------------------

  static TestHttpAnswer Said(const Status& outcome, const std::string& taken) {
    if (!outcome.has_value()) return Said(outcome.error(), taken);
    return {200, "{}"};
  }
  static TestHttpAnswer Said(const Result<LoadedTable>& table, const std::string& taken) {
    if (!table.has_value()) return Said(table.error(), taken);
    const Json metadata = ParseJson(SerializeTableMetadata(*table->metadata)).value();
    return {200, DumpJson({{"metadata-location", table->metadata_location},
                           {"metadata", metadata},
                           {"config", Json::object()}})};
  }
  static TestHttpAnswer Said(const Error& error, const std::string& taken) {
    switch (error.kind) {
      case ErrorKind::kNotFound: {
        const bool is_table = error.message.find("table") != std::string::npos &&
                              error.message.find("namespace") == std::string::npos;
        return Refusal(404,
                       is_table ? "NoSuchTableException" : "NoSuchNamespaceException",
                       error.message);
      }
      case ErrorKind::kAlreadyExists:
        return Refusal(409, taken, error.message);
      case ErrorKind::kCommitFailed:
        return Refusal(409, "CommitFailedException", error.message);
      case ErrorKind::kInvalidArgument:
        return Refusal(400, "BadRequestException", error.message);
      default:
        return Refusal(500, "InternalServerError", error.message);
    }
  }

  static TestHttpAnswer Page(const HttpRequest& request, const std::string& member,
                             const Json& all) {
    const std::string token = Parameter(request, "pageToken");
    const std::size_t begin = token.empty() ? 0 : std::stoul(token);
    const std::size_t end = std::min(begin + kPageSize, all.size());
    Json items = Json::array();
    for (std::size_t at = begin; at < end; ++at) items.push_back(all[at]);
    const Json next = end < all.size() ? Json(std::to_string(end)) : Json();
    return {200, DumpJson({{member, items}, {"next-page-token", next}})};
  }

  // --- Requests --------------------------------------------------------------------------

  static std::string Parameter(const HttpRequest& request, const std::string& name) {
    const std::size_t mark = request.url.find('?');
    if (mark == std::string::npos) return "";
    for (const std::string& part : Split(request.url.substr(mark + 1), "&")) {
      if (part.starts_with(name + "=")) return part.substr(name.size() + 1);
    }
    return "";
  }

  static std::vector<std::string> Split(const std::string& text,
                                        std::string_view separator) {
    std::vector<std::string> parts;
    std::size_t begin = 0;
    while (true) {
      const std::size_t end = text.find(separator, begin);
      parts.push_back(text.substr(begin, end - begin));
      if (end == std::string::npos) return parts;
      begin = end + separator.size();
    }
  }

  static Namespace Decoded(const std::vector<std::string>& levels) {
    Namespace decoded;
    for (const std::string& level : levels) {
      decoded.push_back(PercentDecode(level).value());
    }
    return decoded;
  }

  static NewTable NewTableOf(const Json& body) {
    NewTable table;
    table.schema = SchemaFromJson(body["schema"]).value();
    table.spec = PartitionSpecFromJson(body["partition-spec"]).value();
    table.sort_order = SortOrderFromJson(body["write-order"]).value();
    table.properties = body["properties"].get<std::map<std::string, std::string>>();
    if (body.contains("location")) table.location = body["location"].get<std::string>();
    return table;
  }

  static std::vector<TableRequirement> RequirementsOf(const Json& body) {
    std::vector<TableRequirement> requirements;
    for (const Json& json : body["requirements"]) {
      const auto type = json["type"].get<std::string>();
      if (type == "assert-table-uuid") {
        requirements.emplace_back(AssertTableUuid{json["uuid"].get<std::string>()});
      } else if (type == "assert-ref-snapshot-id") {
        AssertRefSnapshotId requirement{json["ref"].get<std::string>(), {}};
        if (!json["snapshot-id"].is_null()) {
          requirement.snapshot_id = json["snapshot-id"].get<std::int64_t>();
        }
        requirements.emplace_back(requirement);
      } else {
        std::abort();  // of no test so far
      }
    }
    return requirements;
  }

  static std::vector<TableUpdate> UpdatesOf(const Json& body) {
    std::vector<TableUpdate> updates;
    for (const Json& json : body["updates"]) {
      const auto action = json["action"].get<std::string>();
      if (action == "set-properties") {
        updates.emplace_back(
            SetProperties{json["updates"].get<std::map<std::string, std::string>>()});
      } else if (action == "add-snapshot") {
        updates.emplace_back(AddSnapshot{SnapshotFromJson(json["snapshot"]).value()});
      } else if (action == "set-snapshot-ref") {
        updates.emplace_back(SetSnapshotRef{json["ref-name"].get<std::string>(),
                                            SnapshotRefFromJson(json).value()});
      } else {
        std::abort();  // of no test so far
      }
    }
    return updates;
  }

  const std::shared_ptr<Catalog> catalog_;
  std::mutex mutex_;
  // Guarded by mutex_.
  Hooks hooks_;
  std::vector<HttpRequest> requests_;
  TestHttpServer server_;
};

}  // namespace frazil
