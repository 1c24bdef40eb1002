#include "net/http_client.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <mutex>
#include <utility>
#include <vector>

#include <curl/curl.h>

#include "net/url.h"

namespace frazil {
namespace {

constexpr std::size_t kMaxHeaderBytes = std::size_t{1} << 20;
constexpr std::string_view kBlanks = " \t\r\n";

struct FreeHandle {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
using Handle = std::unique_ptr<CURL, FreeHandle>;

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, FreeList>;

std::string_view Trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

// What arrives of one response.
struct Arrival {
  HttpResponse response;
  std::size_t max_body_bytes = 0;
  std::size_t header_bytes = 0;
  bool is_too_large = false;
};

// libcurl's callbacks return how much they took; less ends the transfer.
std::size_t TakeBody(char* data, std::size_t /*one*/, std::size_t size, void* to) {
  auto& arrival = *static_cast<Arrival*>(to);
  if (size > arrival.max_body_bytes - arrival.response.body.size()) {
    arrival.is_too_large = true;
    return 0;
  }
  arrival.response.body.append(data, size);
  return size;
}

std::size_t TakeHeader(char* data, std::size_t /*one*/, std::size_t size, void* to) {
  auto& arrival = *static_cast<Arrival*>(to);
  arrival.header_bytes += size;
  if (arrival.header_bytes > kMaxHeaderBytes) {
    arrival.is_too_large = true;
    return 0;
  }
  const std::string_view line(data, size);
  // A status line: those before it were of an interim response.
  if (line.starts_with("HTTP/")) arrival.response.headers.clear();
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return size;
  arrival.response.headers.push_back({std::string(Trim(line.substr(0, colon))),
                                      std::string(Trim(line.substr(colon + 1)))});
  return size;
}

bool IsTokenCharacter(char c) {
  return c > ' ' && c < '\x7f' &&
         std::string_view("()<>@,;:\\\"/[]?={}").find(c) == std::string_view::npos;
}

Status CheckHeader(const HttpHeader& header) {
  const bool is_name =
      !header.name.empty() &&
      std::all_of(header.name.begin(), header.name.end(), IsTokenCharacter);
  const bool is_value =
      header.value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos;
  if (is_name && is_value) return {};
  // Without the value, which may be a secret.
  return Fail(ErrorKind::kInvalidConfig, "a {} that HTTP does not allow: {}",
              is_name ? "header's value" : "header's name",
              is_name ? header.name : PercentEncode(header.name));
}

Status AppendHeader(HeaderList& list, const std::string& line) {
  curl_slist* longer = curl_slist_append(list.get(), line.c_str());
  if (longer == nullptr) return Fail(ErrorKind::kInternal, "no memory for a header");
  if (list == nullptr) list.reset(longer);  // else it is the same beginning
  return {};
}

Result<HeaderList> MakeHeaders(const HttpRequest& request) {
  HeaderList list;
  for (const HttpHeader& header : request.headers) {
    FRAZIL_TRY(CheckHeader(header));
    // libcurl's way to write a header without a value.
    FRAZIL_TRY(AppendHeader(list, header.value.empty()
                                      ? header.name + ";"
                                      : header.name + ": " + header.value));
  }
  // No waiting for "100 Continue" before a large body.
  FRAZIL_TRY(AppendHeader(list, "Expect:"));
  return list;
}

bool IsSafe(const HttpRequest& request) {
  return request.method == "GET" || request.method == "HEAD";
}

void SetRequest(CURL* handle, const HttpRequest& request, const curl_slist* headers) {
  curl_easy_setopt(handle, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
  if (request.method == "POST") {
    curl_easy_setopt(handle, CURLOPT_POST, 1L);
    curl_easy_setopt(handle, CURLOPT_POSTFIELDS, request.body.data());
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.body.size()));
  } else if (request.method == "HEAD") {
    curl_easy_setopt(handle, CURLOPT_NOBODY, 1L);
  } else {
    curl_easy_setopt(handle, CURLOPT_HTTPGET, 1L);
    curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }
  curl_easy_setopt(handle, CURLOPT_FRESH_CONNECT, IsSafe(request) ? 0L : 1L);
}

void SetOptions(CURL* handle, const HttpClientOptions& options) {
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1});
  curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(handle, CURLOPT_ACCEPT_ENCODING, "");
  curl_easy_setopt(handle, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(options.connect_timeout.count()));
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS,
                   static_cast<long>(options.timeout.count()));
  curl_easy_setopt(handle, CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2});
  if (!options.ca_file.empty()) {
    curl_easy_setopt(handle, CURLOPT_CAINFO, options.ca_file.c_str());
    curl_easy_setopt(handle, CURLOPT_CAPATH, nullptr);
  }
}

// Whether the request cannot have left: nothing is sent before the connection is ready.
bool IsUnsent(CURL* handle) {
  curl_off_t ready_us = 0;
  curl_easy_getinfo(handle, CURLINFO_PRETRANSFER_TIME_T, &ready_us);
  return ready_us == 0;
}

ErrorKind KindOf(CURLcode code, bool is_unsent) {
  switch (code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
      if (is_unsent) return ErrorKind::kInvalidConfig;
      break;
    default:
      break;
  }
  return is_unsent ? ErrorKind::kUnavailable : ErrorKind::kIoError;
}

tl::unexpected<Error> TransferError(CURL* handle, CURLcode code, const char* detail,
                                    const HttpRequest& request) {
  const bool is_unsent = IsUnsent(handle);
  const ErrorKind kind = KindOf(code, is_unsent);
  const std::string_view reason = *detail != '\0' ? detail : curl_easy_strerror(code);
  const char* what =
      is_unsent ? "cannot reach the server" : "no whole answer to a request";
  if (kind == ErrorKind::kInvalidConfig) what = "cannot trust or find the server";
  return Fail(kind, "{}: {} {}: {}", what, request.method, WithoutQuery(request.url),
              Trim(reason));
}

}  // namespace

const std::string* FindHeader(const std::vector<HttpHeader>& headers,
                              std::string_view name) {
  const auto found =
      std::find_if(headers.begin(), headers.end(), [&](const HttpHeader& header) {
        return std::equal(header.name.begin(), header.name.end(), name.begin(),
                          name.end(), [](char a, char b) {
                            return std::tolower(static_cast<unsigned char>(a)) ==
                                   std::tolower(static_cast<unsigned char>(b));
                          });
      });
  return found == headers.end() ? nullptr : &found->value;
}

// libcurl's handles, each with the connections it has kept.
class HttpClient::Connections {
 public:
  Result<Handle> Take() {
    {
      const std::scoped_lock lock(mutex_);
      if (!idle_.empty()) {
        Handle handle = std::move(idle_.back());
        idle_.pop_back();
        return handle;
      }
    }
    static const CURLcode is_ready = curl_global_init(CURL_GLOBAL_DEFAULT);
    Handle handle(is_ready == CURLE_OK ? curl_easy_init() : nullptr);
    if (handle == nullptr) return Fail(ErrorKind::kInternal, "libcurl does not start");
    return handle;
  }

  void GiveBack(Handle handle) {
    curl_easy_reset(handle.get());  // its connections stay
    const std::scoped_lock lock(mutex_);
    idle_.push_back(std::move(handle));
  }

 private:
  std::mutex mutex_;
  // Guarded by mutex_: as many as there were requests at one time.
  std::vector<Handle> idle_;
};

HttpClient::HttpClient(HttpClientOptions options)
    : options_(std::move(options)), connections_(std::make_unique<Connections>()) {}

HttpClient::~HttpClient() = default;

Result<HttpResponse> HttpClient::Send(const HttpRequest& request) {
  FRAZIL_TRY(CheckHttpUrl(request.url));
  FRAZIL_ASSIGN(const HeaderList headers, MakeHeaders(request));
  FRAZIL_ASSIGN(Handle handle, connections_->Take());
  Arrival arrival;
  arrival.max_body_bytes = options_.max_body_bytes;
  std::array<char, CURL_ERROR_SIZE> detail{};
  SetOptions(handle.get(), options_);
  SetRequest(handle.get(), request, headers.get());
  curl_easy_setopt(handle.get(), CURLOPT_ERRORBUFFER, detail.data());
  curl_easy_setopt(handle.get(), CURLOPT_WRITEFUNCTION, &TakeBody);
  curl_easy_setopt(handle.get(), CURLOPT_WRITEDATA, &arrival);
  curl_easy_setopt(handle.get(), CURLOPT_HEADERFUNCTION, &TakeHeader);
  curl_easy_setopt(handle.get(), CURLOPT_HEADERDATA, &arrival);

  const CURLcode code = curl_easy_perform(handle.get());
  if (arrival.is_too_large) {
    return Fail(ErrorKind::kNotSupported, "an answer of more than {} bytes: {} {}",
                options_.max_body_bytes, request.method, WithoutQuery(request.url));
  }
  if (code != CURLE_OK) {
    return TransferError(handle.get(), code, detail.data(), request);
  }
  long status = 0;
  curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
  arrival.response.status = static_cast<int>(status);
  connections_->GiveBack(std::move(handle));
  return std::move(arrival.response);
}

}  // namespace frazil
