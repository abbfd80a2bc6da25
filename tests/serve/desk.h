#pragma once
// The routes without a socket: requests in, answers out.

#include <condition_variable>
#include <fstream>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "fcclip/serve/service.h"
#include "tests/api/face.h"
#include "tests/support/source_folder.h"

namespace fcclip::serve::test {

using fcclip::test::face_model;
using fcclip::test::scene_file;

inline std::string file_bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

inline const std::string& scene_bytes() {
  static const std::string bytes = file_bytes(scene_file());
  return bytes;
}

/// What came back, with its JSON read.
struct Reply {
  int status = 0;
  std::string type, body;
  std::vector<Header> headers;

  nlohmann::json json() const { return nlohmann::json::parse(body); }
  std::string header(std::string_view name) const {
    const std::string* found = find_header(headers, name);
    return found == nullptr ? "" : *found;
  }
};

inline Reply reply_of(const Response& response) {
  return {response.status, response.content_type, response.body ? *response.body : "",
          response.headers};
}

/// Where an answer is waited for. (A std::promise would do, but for ThreadSanitizer, which does not
/// see what orders its two sides.)
class Box {
 public:
  void put(Response response) {
    const std::lock_guard lock(mutex_);
    reply_ = reply_of(response);
    filled_.notify_one();
  }
  Reply wait() {
    std::unique_lock lock(mutex_);
    filled_.wait(lock, [&] { return reply_.has_value(); });
    return *std::move(reply_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable filled_;
  std::optional<Reply> reply_;
};

/// A service with the bundled model, which is loaded once a program; of two devices the second has a
/// copy of its own.
class Desk {
 public:
  explicit Desk(ServiceOptions options = {}, bool loaded = true, size_t devices = 1)
      : models_({{"mini", "", true}}, devices), service_(models_, std::move(options)) {
    if (loaded) load();
  }

  void load() {
    models_.put("mini", face_model());
    for (size_t device = 1; device < models_.devices(); ++device) load_copy(device);
  }
  void load_copy(size_t device) {
    models_.put("mini", Model::load(fcclip::test::bundled_model(), {.use_text_cache = false}),
                device);
  }
  Service& service() { return service_; }

  static Request request(std::string method, std::string target, std::vector<Header> headers = {},
                         std::string body = {}) {
    headers.insert(headers.begin(), {"Host", "127.0.0.1:8080"});
    return {std::move(method), std::move(target), std::move(headers),
            std::move(body),   "127.0.0.1",       "test-1"};
  }

  /// As the network side does it: refused, or answered.
  Reply send(Request request) {
    if (const auto refused = service_.refuse(request)) return reply_of(*refused);
    const auto box = std::make_shared<Box>();
    const auto ticket =
        service_.answer(std::move(request), [box](Response r) { box->put(std::move(r)); });
    return box->wait();
  }

  Reply get(const std::string& target, std::vector<Header> headers = {}) {
    return send(request("GET", target, std::move(headers)));
  }
  Reply post(const std::string& target, const nlohmann::json& body,
             std::vector<Header> headers = {}) {
    headers.push_back({"Content-Type", "application/json"});
    return send(request("POST", target, std::move(headers), body.dump()));
  }
  Reply post_picture(const std::string& target, std::vector<Header> headers = {}) {
    headers.push_back({"Content-Type", "image/png"});
    return send(request("POST", target, std::move(headers), scene_bytes()));
  }
  std::string stored_scene() {
    const Reply reply = post_picture("/v1/images?name=scene.png");
    EXPECT_EQ(reply.status, 201) << reply.body;
    return reply.json().value("id", "");
  }

 private:
  ModelShelf models_;
  Service service_;
};

/// Of an error: its status is the code's, and all members are there.
inline void expect_problem(const Reply& reply, int status, const std::string& code,
                           const std::string& part_of_detail = {}) {
  EXPECT_EQ(reply.status, status) << reply.body;
  EXPECT_EQ(reply.type, "application/problem+json");
  const nlohmann::json problem = nlohmann::json::parse(reply.body, nullptr, false);
  ASSERT_TRUE(problem.is_object()) << reply.body;
  EXPECT_EQ(problem.value("status", 0), status);
  EXPECT_EQ(problem.value("code", ""), code);
  EXPECT_EQ(problem.value("request_id", ""), "test-1");
  EXPECT_FALSE(problem.value("title", "").empty());
  const std::string detail = problem.value("detail", "");
  EXPECT_NE(detail.find(part_of_detail), std::string::npos) << detail;
  EXPECT_EQ(detail.find('\n'), std::string::npos) << detail;
}

}  // namespace fcclip::serve::test
