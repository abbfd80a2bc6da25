#include "fcclip/serve/routes.h"

#include "fcclip/core/listed.h"

namespace fcclip::serve {
namespace {

constexpr const char* kJson = "application/json";
constexpr const char* kPng = "image/png";
constexpr const char* kZip = "application/zip";

bool is_argument(std::string_view part) {
  return part.starts_with('{');
}

std::vector<std::string_view> parts_of(std::string_view pattern) {
  std::vector<std::string_view> parts;
  pattern.remove_prefix(1);
  while (true) {
    const size_t slash = pattern.find('/');
    parts.push_back(pattern.substr(0, slash));
    if (slash == std::string_view::npos) return parts;
    pattern.remove_prefix(slash + 1);
  }
}

// The arguments, or nothing where the path is another one.
std::optional<std::vector<std::string>> fit(std::string_view pattern,
                                            const std::vector<std::string>& path) {
  const std::vector<std::string_view> parts = parts_of(pattern);
  if (parts.size() != path.size()) return {};
  std::vector<std::string> arguments;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (is_argument(parts[i]))
      arguments.push_back(path[i]);
    else if (parts[i] != path[i])
      return {};
  }
  return arguments;
}

std::vector<Route> all_routes() {
  const std::vector<std::string> json = {kJson}, answers = {kJson, kPng, kZip};
  return {
      {"POST", "/v1/segment", nullptr, &kSegment, answers},
      {"POST", "/v1/images", nullptr, &kStoreImage, json},
      {"GET", "/v1/images/{id}", get_image, nullptr, json},
      {"DELETE", "/v1/images/{id}", delete_image},
      {"POST", "/v1/images/{id}/segments", nullptr, &kAskImage, answers},
      {"POST", "/v1/images/{id}/at", nullptr, &kAtPlace, json},
      {"POST", "/v1/images/{id}/words", nullptr, &kBestWords, json},
      {"GET", "/v1/models", list_models, nullptr, json},
      {"GET", "/v1/vocabularies", list_vocabularies, nullptr, json},
      {"GET", "/v1/vocabularies/{name}", get_vocabulary, nullptr, json},
      {"GET", "/v1/requests/{id}", get_request, nullptr, json},
      {"GET", "/healthz", get_health, nullptr, {}, true},
      {"GET", "/readyz", get_ready, nullptr, {}, true},
      {"GET", "/metrics", get_metrics},
      {"GET", "/v2", inference_server, nullptr, json},
      {"GET", "/v2/health/live", inference_live, nullptr, {}, true},
      {"GET", "/v2/health/ready", inference_ready, nullptr, {}, true},
      {"GET", "/v2/models/{model}", inference_model, nullptr, json},
      {"GET", "/v2/models/{model}/ready", inference_model_ready},
      {"POST", "/v2/models/{model}/infer", nullptr, &kInfer},
      {"GET", "/v2/models/{model}/versions/{version}", inference_model, nullptr, json},
      {"GET", "/v2/models/{model}/versions/{version}/ready", inference_model_ready},
      {"POST", "/v2/models/{model}/versions/{version}/infer", nullptr, &kInfer},
      {"GET", "/", get_page_file, nullptr, {}, true},
      {"GET", "/page.css", get_page_file, nullptr, {}, true},
      {"GET", "/page.js", get_page_file, nullptr, {}, true},
      {"GET", "/icon.svg", get_page_file, nullptr, {}, true},
      {"GET", "/example.png", get_page_file, nullptr, {}, true},
      {"GET", "/openapi.json", get_page_file, nullptr, {}, true},
  };
}

}  // namespace

const std::vector<Route>& routes() {
  static const std::vector<Route> all = all_routes();
  return all;
}

Match match(std::string_view method, const std::vector<std::string>& path) {
  Match found;
  for (const Route& route : routes()) {
    const auto arguments = fit(route.pattern, path);
    if (!arguments) continue;
    const bool fits = method == route.method || (method == "HEAD" && route.method == "GET");
    if (fits) return {&route, *arguments, {}};
    add_to_list(found.allowed, route.method);
    if (route.method == "GET") found.allowed += ", HEAD";
  }
  return found;
}

}  // namespace fcclip::serve
