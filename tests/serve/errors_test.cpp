// Every error of the table, and the load that brings some of them.

#include <array>
#include <atomic>
#include <memory>
#include <thread>

#include "fcclip/serve/problem.h"
#include "tests/serve/desk.h"

namespace fcclip::serve::test {
namespace {

using nlohmann::json;

TEST(ServiceErrors, UnreadableRequestsAre400) {
  Desk desk;
  const auto json_body = [&](const std::string& body) {
    return desk.send(
        Desk::request("POST", "/v1/segment", {{"Content-Type", "application/json"}}, body));
  };
  expect_problem(json_body("{"), 400, "invalid_argument", "not JSON");
  expect_problem(json_body("[1]"), 400, "invalid_argument", "not a JSON object");
  expect_problem(json_body(std::string(10000, '[')), 400, "invalid_argument");
  expect_problem(json_body("{\"a\":" + std::string(10000, '[') + std::string(10000, ']') + "}"),
                 400, "invalid_argument", "levels");
  expect_problem(desk.send(Desk::request("POST", "/v1/segment",
                                         {{"Content-Type", "multipart/form-data; boundary=q"}},
                                         "--q\r\nContent-Disposition: form-data; name=\"image\"")),
                 400, "invalid_argument", "multipart");
  expect_problem(desk.send(Desk::request("POST", "/v1/segment",
                                         {{"Content-Type", "multipart/form-data"}}, "x")),
                 400, "invalid_argument", "boundary");
  expect_problem(desk.get("/v1/models%zz"), 400, "invalid_argument");
}

TEST(ServiceErrors, UnknownPlacesAre404AndMethods405) {
  Desk desk;
  expect_problem(desk.get("/v1/nothing"), 404, "not_found", "/v1/nothing");
  expect_problem(desk.get("/v1/vocabularies/../../etc/passwd"), 404, "not_found");
  expect_problem(desk.get("/v1/vocabularies/%2e%2e%2f%2e%2e%2fetc%2fpasswd"), 404, "not_found");
  const Reply reply = desk.send(Desk::request("PUT", "/v1/segment"));
  expect_problem(reply, 405, "not_allowed", "PUT");
  EXPECT_EQ(reply.header("Allow"), "POST, OPTIONS");
}

TEST(ServiceErrors, FormsThatNobodyTakesAre406And415) {
  Desk desk;
  expect_problem(desk.post_picture("/v1/segment", {{"Accept", "text/html"}}), 406, "not_acceptable",
                 "image/png");
  expect_problem(
      desk.send(Desk::request("POST", "/v1/segment", {{"Content-Type", "text/plain"}}, "x")), 415,
      "bad_format", "Content-Type text/plain");
  expect_problem(desk.send(Desk::request("POST", "/v1/segment", {{"Content-Type", "image/png"}},
                                         "no picture")),
                 415, "bad_format");
}

TEST(ServiceErrors, TooMuchIs413) {
  ServiceOptions options;
  options.limits.picture_px = 640 * 480 - 1;
  options.limits.words = 3;
  options.limits.store_bytes = 1000;
  Desk small(options);
  expect_problem(small.post_picture("/v1/segment?words=a"), 413, "too_large");
  options.limits.picture_px = 640 * 480;
  Desk desk(options);
  expect_problem(desk.post_picture("/v1/segment?words=a,b,c,d"), 413, "too_large", "at most 3");
  expect_problem(desk.post_picture("/v1/segment?words=" + std::string(2000, 'a')), 413, "too_large",
                 "2000 bytes");
  expect_problem(desk.post_picture("/v1/images"), 413, "too_large", "whole store");
}

TEST(ServiceErrors, ValuesThatCannotBeUsedAre422AndNameTheField) {
  Desk desk;
  const auto wrong = [&](const std::string& query, const std::string& part) {
    expect_problem(desk.post_picture("/v1/segment?" + query), 422, "invalid_value", part);
  };
  wrong("task=nothing", "task: \"nothing\" is none of panoptic, instance, semantic");
  wrong("alpha=2", "alpha: \"2\" is not a number from 0 to 1");
  wrong("alpha=nan", "alpha");
  wrong("top_k=0", "top_k");
  wrong("top_k=1.5", "top_k");
  wrong("things_only=maybe", "things_only");
  wrong("words=%2C", "words");
  wrong("words=%FF", "words: not UTF-8");
  wrong("words=a%00b", "words: a zero byte");
  wrong("vocabulary=nothing", "vocabulary");
  wrong("vocabulary=%2Fetc%2Fpasswd", "vocabulary");
  wrong("write=nothing", "write");
  wrong("model=nothing", "model: no model 'nothing'; there are mini");
  wrong("short_side=0", "short_side");
  wrong("short_side=100&max_side=50", "max_side");
  wrong("word=cat", "word: no such field here (did you mean words?)");
  wrong("words=a&words=b", "words: given twice");
  expect_problem(desk.post("/v1/segment", {{"words", "cat"}}), 422, "invalid_value", "image");
  expect_problem(desk.post("/v1/segment", {{"image", "@@@@"}}), 422, "invalid_value", "base64");
  expect_problem(desk.post("/v1/images/x/segments", {{"words", 5}}), 404, "not_found");
  const std::string target = "/v1/images/" + desk.stored_scene() + "/segments";
  expect_problem(desk.post(target, {{"words", 5}}), 422, "invalid_value", "words: 5");
  expect_problem(desk.post(target, {{"words", {"a,b"}}}), 422, "invalid_value", "comma");
  expect_problem(desk.post(target, {{"model", "other"}}), 422, "invalid_value", "model");
}

TEST(ServiceErrors, WhileLoadingAndDrainingIs503) {
  Desk desk({}, false);
  expect_problem(desk.get("/readyz"), 503, "unavailable", "loading");
  const Reply early = desk.post_picture("/v1/segment?words=a");
  expect_problem(early, 503, "unavailable", "loading");
  EXPECT_FALSE(early.header("Retry-After").empty());
  EXPECT_EQ(desk.get("/v1/models").json()["models"][0]["ready"], false);
  desk.load();
  EXPECT_EQ(desk.get("/readyz").status, 200);
  desk.service().drain();
  expect_problem(desk.get("/readyz"), 503, "unavailable", "ending");
  expect_problem(desk.post_picture("/v1/segment?words=a"), 503, "unavailable", "ending");
  EXPECT_EQ(desk.get("/healthz").status, 200);
}

TEST(ServiceErrors, ATokenIsAskedFor) {
  ServiceOptions options;
  options.guard.token = "a-long-secret-of-ours";
  Desk desk(options);
  const Reply without = desk.get("/v1/models");
  expect_problem(without, 401, "unauthorized");
  EXPECT_EQ(without.header("WWW-Authenticate"), "Bearer");
  expect_problem(desk.get("/v1/models", {{"Authorization", "Bearer wrong"}}), 401, "unauthorized");
  expect_problem(desk.get("/metrics"), 401, "unauthorized");
  EXPECT_EQ(desk.get("/v1/models", {{"authorization", "bearer a-long-secret-of-ours"}}).status,
            200);
  EXPECT_EQ(desk.get("/").status, 200);
  EXPECT_EQ(desk.get("/healthz").status, 200);
}

TEST(ServiceErrors, ForeignHostsAndOriginsAreRefused) {
  ServiceOptions options;
  options.guard.hosts = {"maps.example"};
  options.guard.origins = {"https://app.example"};
  Desk desk(options);
  const auto with = [&](const std::string& host, const std::string& origin) {
    Request request = Desk::request("GET", "/v1/models");
    request.headers = {{"Host", host}};
    if (!origin.empty()) request.headers.push_back({"Origin", origin});
    return desk.send(std::move(request));
  };
  expect_problem(with("evil.example", ""), 403, "forbidden", "evil.example");
  expect_problem(with("192.168.1.1:8080", ""), 403, "forbidden");
  expect_problem(with("localhost:8080", "https://evil.example"), 403, "forbidden");
  expect_problem(with("localhost:8080", "null"), 403, "forbidden");
  expect_problem(with("localhost:8080", "http://localhost:9090"), 403, "forbidden");
  EXPECT_EQ(with("localhost:8080", "http://localhost:8080").status, 200);
  EXPECT_EQ(with("[::1]:8080", "").status, 200);
  EXPECT_EQ(with("Maps.Example", "https://maps.example").status, 403);  // names differ in case
  EXPECT_EQ(with("maps.example", "https://maps.example").status, 200);
  const Reply cross = with("localhost", "https://app.example");
  EXPECT_EQ(cross.status, 200);
  EXPECT_EQ(cross.header("Access-Control-Allow-Origin"), "https://app.example");
}

/// Requests whose answers are collected.
class Crowd {
 public:
  explicit Crowd(Desk& desk) : desk_(desk) {}
  std::shared_ptr<Ticket> send(Request request) {
    if (const auto refused = desk_.service().refuse(request)) {
      ++statuses[static_cast<size_t>(refused->status)];
      return nullptr;
    }
    ++begun;
    return desk_.service().answer(std::move(request), [this](Response response) {
      ++statuses[static_cast<size_t>(response.status)];
      ++ended;
    });
  }
  void wait() {
    for (int i = 0; i < 6000 && ended < begun; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  std::array<std::atomic<int>, 600> statuses{};
  std::atomic<int> begun = 0, ended = 0;

 private:
  Desk& desk_;
};

Request scene_request(const std::string& client, const std::string& id) {
  Request request = Desk::request("POST", "/v1/segment?words=ladybug,rock",
                                  {{"Content-Type", "image/png"}}, scene_bytes());
  request.client = client;
  request.id = id;
  return request;
}

TEST(ServiceLoad, AFullQueueAnswers429AtOnce) {
  ServiceOptions options;
  options.limits.queue = 4;
  options.limits.queue_of_client = 3;
  Desk desk(options);
  Crowd crowd(desk);
  for (int i = 0; i < 10; ++i) crowd.send(scene_request("one", "a" + std::to_string(i)));
  EXPECT_GE(crowd.statuses[429], 1);  // its share is three
  for (int i = 0; i < 10; ++i) crowd.send(scene_request("two", "b" + std::to_string(i)));
  crowd.wait();
  EXPECT_EQ(crowd.statuses[200] + crowd.statuses[429], 20);
  EXPECT_GE(crowd.statuses[200], 4);
}

TEST(ServiceLoad, WhoHangsUpFreesItsPlace) {
  ServiceOptions options;
  options.limits.queue = 3;
  options.limits.queue_of_client = 3;
  Desk desk(options);
  Crowd crowd(desk);
  std::vector<std::shared_ptr<Ticket>> tickets;
  for (int i = 0; i < 3; ++i)
    tickets.push_back(crowd.send(scene_request("one", "a" + std::to_string(i))));
  for (const auto& ticket : tickets) {
    ASSERT_NE(ticket, nullptr);
    ticket->abandon();
  }
  const auto next = crowd.send(scene_request("one", "b"));
  ASSERT_NE(next, nullptr);
  for (int i = 0; i < 1000 && crowd.ended < 1; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(crowd.statuses[200], 1);
  EXPECT_EQ(crowd.ended, 1);  // nobody hears of the others
}

TEST(ServiceLoad, WhatTakesTooLongIs503) {
  ServiceOptions options;
  options.limits.timeout = std::chrono::seconds(0);
  Desk desk(options);
  const Reply reply = desk.post_picture("/v1/segment?words=ladybug");
  expect_problem(reply, 503, "timed_out", "in time");
  EXPECT_FALSE(reply.header("Retry-After").empty());
}

TEST(ServiceLoad, WaitingRequestsKnowTheirPlace) {
  Desk desk;
  Crowd crowd(desk);
  for (int i = 0; i < 8; ++i) crowd.send(scene_request("one", "place-" + std::to_string(i)));
  const Reply last = desk.get("/v1/requests/place-7");
  if (last.status == 200) {
    const std::string state = last.json()["state"];
    EXPECT_TRUE(state == "waiting" || state == "running");
    EXPECT_EQ(state == "waiting", last.json().value("place", 0) >= 1);
  }
  crowd.wait();
  EXPECT_EQ(crowd.statuses[200], 8);
  EXPECT_EQ(desk.get("/v1/requests/place-7").status, 404);
}

TEST(ServiceLoad, BatchesAnswerAsSinglePicturesDo) {
  ServiceOptions options;
  options.limits.batch = 4;
  Desk desk(options);
  const std::string alone = desk.post_picture("/v1/segment?words=ladybug,rock").body;
  std::atomic<int> equal = 0, ended = 0;
  for (int i = 0; i < 6; ++i) {
    desk.service().answer(scene_request("c" + std::to_string(i), "r" + std::to_string(i)),
                          [&](Response response) {
                            equal += *response.body == alone;
                            ++ended;
                          });
  }
  for (int i = 0; i < 3000 && ended < 6; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(equal, 6);
}

TEST(ServiceLoad, SixteenClientsAskOneImageDifferentWords) {
  Desk desk;
  const std::string target = "/v1/images/" + desk.stored_scene() + "/segments";
  const std::vector<std::string> words = {"ladybug", "rock", "wood", "christmas tree"};
  std::vector<std::string> expected;
  for (const std::string& word : words)
    expected.push_back(desk.post(target, {{"words", word + ", bat"}}).body);
  std::vector<std::thread> clients;
  std::atomic<int> wrong = 0;
  for (size_t i = 0; i < 16; ++i) {
    clients.emplace_back([&, i] {
      const size_t which = i % words.size();
      const Reply reply = desk.post(target, {{"words", words[which] + ", bat"}});
      wrong += reply.body != expected[which];
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(wrong, 0);
}

TEST(ServiceLoad, NewWordsOfOthersKeepNobodyWaiting) {
  Desk desk;
  const std::string target = "/v1/images/" + desk.stored_scene() + "/segments";
  desk.post(target, {{"words", "ladybug, rock"}});  // known from now on
  std::atomic<int> ended = 0;
  for (int client = 0; client < 3; ++client) {
    std::string words;
    for (int i = 0; i < 600; ++i)
      words += "thing" + std::to_string(client) + "x" + std::to_string(i) + ",";
    Request request = Desk::request("POST", target, {{"Content-Type", "application/json"}},
                                    json{{"words", words + "rock"}}.dump());
    request.client = "client" + std::to_string(client);
    request.id = "new-" + std::to_string(client);
    desk.service().answer(std::move(request), [&](Response) { ++ended; });
  }
  EXPECT_EQ(desk.post(target, {{"words", "ladybug, rock"}}).status, 200);
  EXPECT_LT(ended, 3);  // it was answered before all of them
  for (int i = 0; i < 6000 && ended < 3; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(ended, 3);
}

TEST(ServiceLoad, EndingAnswersWhoStillWaits) {
  auto desk = std::make_unique<Desk>();
  Crowd crowd(*desk);
  for (int i = 0; i < 6; ++i) crowd.send(scene_request("one", "e" + std::to_string(i)));
  desk.reset();
  EXPECT_EQ(crowd.ended, 6);
  EXPECT_EQ(crowd.statuses[200] + crowd.statuses[503], 6);
}

}  // namespace
}  // namespace fcclip::serve::test
