#include "fcclip/serve/http_server.h"

#include <regex>

#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "fcclip/serve/security_headers.h"
#include "tests/serve/running_server.h"

namespace fcclip::serve::socket_test {
namespace {

TEST(HttpServer, AnswersRequestAfterRequestOnOneConnection) {
  RunningServer running;
  RawClient client = running.connect();
  for (int i = 0; i < 5; ++i) {
    const std::string body = "body " + std::to_string(i);
    const Answer answer = client.ask(post("/echo", body));
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, body);
    EXPECT_EQ(answer.header("Connection"), "");
  }
  EXPECT_EQ(running.server.connections(), 1);
  ASSERT_TRUE(running.application.wait_for_finished(5));
  const Finished last = running.application.finished_requests().back();
  EXPECT_EQ(last.method, "POST");
  EXPECT_EQ(last.target, "/echo");
  EXPECT_EQ(last.client, "127.0.0.1");
  EXPECT_EQ(last.status, 200);
  EXPECT_EQ(running.application.abandoned(), 0);
}

TEST(HttpServer, EveryAnswerHasTheCommonHeaders) {
  RunningServer running;
  const std::string requests[] = {get("/now"), get("/empty"), get("/refused"), "\r\n\x01",
                                  get("http://elsewhere/")};
  for (const std::string& request : requests) {
    const Answer answer = running.connect().ask(request);
    EXPECT_NE(answer.status, 0) << request;
    for (const FixedHeader& header : security_headers())
      EXPECT_EQ(answer.header(header.name), header.value) << request;
    EXPECT_EQ(answer.header("Server"), "fcclip");
    EXPECT_TRUE(std::regex_match(
        answer.header("Date"),
        std::regex("[A-Z][a-z]{2}, \\d\\d [A-Z][a-z]{2} \\d{4} \\d\\d:\\d\\d:\\d\\d GMT")));
    EXPECT_TRUE(std::regex_match(answer.header("X-Request-Id"), std::regex("[0-9a-f]{16}")));
    EXPECT_EQ(answer.header("Content-Length").empty(), answer.status == 204) << request;
  }
}

TEST(HttpServer, RequestsKeepTheIdThatTheirClientGave) {
  RunningServer running;
  RawClient client = running.connect();
  EXPECT_EQ(client.ask(get("/now", "x-request-id: a.B_9-\r\n")).header("X-Request-Id"), "a.B_9-");
  const std::string odd[] = {"", "two words", std::string(65, 'a'), "a\"b", "ü"};
  for (const std::string& id : odd) {
    const Answer answer = client.ask(get("/now", "X-Request-Id: " + id + "\r\n"));
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.header("X-Request-Id").size(), 16u) << id;
  }
  ASSERT_TRUE(running.application.wait_for_finished(6));
  EXPECT_EQ(running.application.finished_requests().front().id, "a.B_9-");
  // Also where what else the head says is refused.
  const std::string two_hosts = get("/now", "X-Request-Id: mine\r\nHost: b\r\n");
  EXPECT_EQ(running.connect().ask(two_hosts).header("X-Request-Id"), "mine");
}

TEST(HttpServer, AnswersToPipelinedRequestsComeInTheirOrder) {
  RunningServer running;
  RawClient client = running.connect();
  std::string all;
  for (int i = 0; i < 20; ++i) all += post("/echo", std::to_string(i));
  client.send(all + "\r\n" + get("/now"));  // an empty line between requests is passed over
  for (int i = 0; i < 20; ++i) EXPECT_EQ(client.read().body, std::to_string(i));
  EXPECT_EQ(client.read().body, "now");
  EXPECT_EQ(running.application.abandoned(), 0);
}

TEST(HttpServer, TakesPipelinedBytesInWhileARequestIsWorkedOn) {
  RunningServer running;
  RawClient client = running.connect();
  client.send(get("/held"));
  ASSERT_TRUE(running.application.wait_for_held(1));
  // More than is taken in beforehand: the rest waits in the socket.
  const std::string large(100'000, 'x');
  std::thread sender([&] { client.send(post("/echo", large) + get("/now")); });
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_EQ(running.application.abandoned(), 0);
  running.application.release();
  sender.join();
  EXPECT_EQ(client.read().status, 200);
  EXPECT_EQ(client.read().body, large);
  EXPECT_EQ(client.read().body, "now");
}

TEST(HttpServer, HeadHasTheLengthWithoutTheBody) {
  RunningServer running;
  RawClient client = running.connect();
  client.send("HEAD /now HTTP/1.1\r\nHost: a\r\n\r\n");
  const Answer answer = client.read(false);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("Content-Length"), "3");
  EXPECT_EQ(client.ask(get("/now")).body, "now");  // nothing lay in between
}

TEST(HttpServer, OldClientsAskForMoreThanOneAnswer) {
  RunningServer running;
  RawClient once = running.connect();
  const Answer last = once.ask("GET /now HTTP/1.0\r\n\r\n");
  EXPECT_EQ(last.body, "now");
  EXPECT_EQ(last.header("Connection"), "close");
  EXPECT_TRUE(once.is_ended());

  RawClient twice = running.connect();
  for (int i = 0; i < 2; ++i) {
    const Answer answer = twice.ask("GET /now HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_EQ(answer.header("Connection"), "keep-alive");
  }
}

TEST(HttpServer, ClosesWhenTheClientAsksForIt) {
  RunningServer running;
  RawClient client = running.connect();
  EXPECT_EQ(client.ask(get("/now", "Connection: close\r\n")).header("Connection"), "close");
  EXPECT_TRUE(client.is_ended());
}

TEST(HttpServer, SendsLargeAnswersWhole) {
  RunningServer running;
  RawClient client = running.connect();
  for (int i = 0; i < 2; ++i) {
    const Answer answer = client.ask(get("/big"));
    EXPECT_EQ(answer.body.size(), size_t{8} << 20);
  }
}

TEST(HttpServer, OnlyTheFirstReplyCounts) {
  RunningServer running;
  RawClient client = running.connect();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(client.ask(get("/twice")).status, 200);
  EXPECT_EQ(client.ask(get("/now")).body, "now");
}

TEST(HttpServer, ForwardedAddressesCountOnlyWhenTrusted) {
  const std::string request =
      get("/now", "X-Forwarded-For: 10.0.0.1\r\nX-Forwarded-For: 10.0.0.2, 192.0.2.7\r\n");
  ServerOptions options = test_options();
  for (const bool is_trusted : {false, true}) {
    options.trust_forwarded_for = is_trusted;
    RunningServer running(options);
    EXPECT_EQ(running.connect().ask(request).status, 200);
    ASSERT_TRUE(running.application.wait_for_finished(1));
    EXPECT_EQ(running.application.finished_requests()[0].client,
              is_trusted ? "192.0.2.7" : "127.0.0.1");
  }
}

TEST(HttpServer, EveryAddressMeansBothFamilies) {
  ServerOptions options = test_options();
  options.address = "";
  RunningServer running(options);
  EXPECT_EQ(running.connect().ask(get("/now")).body, "now");
  ASSERT_TRUE(running.application.wait_for_finished(1));
  EXPECT_EQ(running.application.finished_requests()[0].client,
            "127.0.0.1");  // not ::ffff:127.0.0.1
}

ErrorCode code_of_listening(const std::string& address, uint16_t port, std::string* message) {
  FakeApplication application;
  ServerOptions options;
  options.address = address;
  options.port = port;
  try {
    HttpServer server(application, options);
  } catch (const Error& error) {
    *message = error.what();
    return error.code();
  }
  return ErrorCode::internal;
}

TEST(HttpServer, SaysWhyItCannotListen) {
  RunningServer running;
  std::string message;
  const uint16_t taken = running.server.local_address().port;
  EXPECT_EQ(code_of_listening("127.0.0.1", taken, &message), ErrorCode::io_failure);
  EXPECT_NE(message.find("127.0.0.1:" + std::to_string(taken) + ": another program"),
            std::string::npos)
      << message;
  EXPECT_EQ(code_of_listening("192.0.2.1", 0, &message), ErrorCode::invalid_argument);
  EXPECT_NE(message.find("no such address"), std::string::npos) << message;
  EXPECT_EQ(code_of_listening("no.such.host.invalid", 0, &message), ErrorCode::invalid_argument);
  EXPECT_NE(message.find("no.such.host.invalid"), std::string::npos) << message;
}

}  // namespace
}  // namespace fcclip::serve::socket_test
