#include "fcclip/serve/problem.h"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

namespace fcclip::serve {
namespace {

constexpr std::string_view kRetrySeconds = "2";

struct Title {
  int status;
  std::string_view text;
};
constexpr std::array kTitles = {Title{400, "Bad Request"},
                                Title{401, "Unauthorized"},
                                Title{403, "Forbidden"},
                                Title{404, "Not Found"},
                                Title{405, "Method Not Allowed"},
                                Title{406, "Not Acceptable"},
                                Title{408, "Request Timeout"},
                                Title{413, "Content Too Large"},
                                Title{415, "Unsupported Media Type"},
                                Title{422, "Unprocessable Content"},
                                Title{429, "Too Many Requests"},
                                Title{431, "Request Header Fields Too Large"},
                                Title{499, "Client Closed Request"},
                                Title{500, "Internal Server Error"},
                                Title{501, "Not Implemented"},
                                Title{503, "Service Unavailable"},
                                Title{507, "Insufficient Storage"}};

std::string_view title_of(int status) {
  const auto found = std::ranges::find(kTitles, status, &Title::status);
  return found == kTitles.end() ? "Error" : found->text;
}

Response problem_with(int status, std::string_view code, const std::string& detail,
                      const std::string& request_id) {
  const nlohmann::json body = {{"type", "about:blank"}, {"title", title_of(status)},
                               {"status", status},      {"code", code},
                               {"detail", detail},      {"request_id", request_id}};
  using nlohmann::json;
  Response response = with_body(status, "application/problem+json",
                                body.dump(-1, ' ', false, json::error_handler_t::replace) + "\n");
  if (status == 429 || status == 503)
    response.headers.push_back({"Retry-After", std::string(kRetrySeconds)});
  if (status == 401) response.headers.push_back({"WWW-Authenticate", "Bearer"});
  return response;
}

}  // namespace

Response problem(ErrorCode code, const std::string& detail, const std::string& request_id) {
  return problem_with(http_status(code), name(code), detail, request_id);
}

Response problem_of_status(int status, const std::string& detail, const std::string& request_id) {
  ErrorCode code = ErrorCode::invalid_argument;
  if (status == 413 || status == 431) code = ErrorCode::too_large;
  if (status == 408) code = ErrorCode::timed_out;
  if (status == 503) code = ErrorCode::unavailable;
  return problem_with(status, name(code), detail, request_id);
}

}  // namespace fcclip::serve
