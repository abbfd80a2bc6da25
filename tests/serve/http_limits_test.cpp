#include <atomic>
#include <fstream>
#include <optional>
#include <sys/resource.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "tests/serve/running_server.h"

namespace fcclip::serve::socket_test {
namespace {

using std::chrono::milliseconds;

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

TEST(HttpServerBody, ChunkedBodiesAreJoined) {
  RunningServer running;
  RawClient client = running.connect();
  const std::string head = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(client.ask(head + "5\r\nhello\r\n1\r\n \r\n5\r\nworld\r\n0\r\n\r\n").body,
            "hello world");
  EXPECT_EQ(client.ask(head + "0\r\n\r\n").body, "");
  std::string whole, chunks;
  for (int i = 0; i < 16; ++i) {
    const std::string part(1 << 16, static_cast<char>('a' + i));
    chunks += "10000\r\n" + part + "\r\n";
    whole += part;
  }
  EXPECT_EQ(client.ask(head + chunks + "0\r\n\r\n").body, whole);  // as much as the limit allows
  EXPECT_EQ(client.ask(head + chunks + "1\r\na\r\n0\r\n\r\n").status, 413);
  EXPECT_EQ(running.connect().ask(head + "10000000000\r\nx").status, 413);  // nobody waits for it
  EXPECT_TRUE(client.is_ended());
}

TEST(HttpServerBody, ContinuesOnlyWhenTheBodyIsWanted) {
  RunningServer running;
  const std::string expect = "Expect: 100-Continue\r\n";
  RawClient client = running.connect();
  const std::string request = post("/echo", "hello", expect);
  client.send(all_but(5, request));
  EXPECT_EQ(client.read().status, 100);
  EXPECT_EQ(client.ask("hello").body, "hello");

  const std::string refused = post("/refused", "hello", expect);
  client.send(all_but(5, refused));
  const Answer answer = client.read();
  EXPECT_EQ(answer.status, 401);
  EXPECT_EQ(answer.header("WWW-Authenticate"), "Bearer");
  EXPECT_EQ(answer.header("Connection"), "close");
  EXPECT_TRUE(client.is_ended());

  const std::string too_large = post("/echo", std::string((1 << 20) + 1, 'a'), expect);
  EXPECT_EQ(running.connect().ask(too_large.substr(0, too_large.find("\r\n\r\n") + 4)).status, 413);
  // Who does not wait for it is not told.
  EXPECT_EQ(running.connect().ask(post("/echo", "hello", expect)).status, 200);
}

TEST(HttpServerBody, RefusedUploadsStillGetTheirAnswer) {
  RunningServer running;
  RawClient client = running.connect();
  const std::string body(16 << 20, 'a');
  EXPECT_TRUE(client.send(post("/refused", body)));  // read to its end, and dropped
  EXPECT_EQ(client.read().status, 401);
  EXPECT_TRUE(client.is_ended());

  RawClient without = running.connect();
  EXPECT_EQ(without.ask(get("/refused")).status, 401);
  EXPECT_EQ(without.ask(get("/now")).body, "now");  // nothing to be dropped: it goes on
}

TEST(HttpServerTime, SlowHeadsAreToldAndEnded) {
  ServerOptions options = test_options();
  options.header_time = milliseconds(300);
  RunningServer running(options);
  RawClient client = running.connect();
  const auto start = std::chrono::steady_clock::now();
  // A byte now and then does not buy time.
  std::thread drip([&] {
    for (int i = 0; i < 8 && client.send("G"); ++i) std::this_thread::sleep_for(milliseconds(50));
  });
  const Answer answer = client.read();
  EXPECT_EQ(answer.status, 408);
  EXPECT_LT(seconds_since(start), 2);
  EXPECT_GE(seconds_since(start), 0.29);
  drip.join();
}

TEST(HttpServerTime, WhoSaysNothingIsEndedWithoutAWord) {
  ServerOptions options = test_options();
  options.idle_time = milliseconds(200);
  RunningServer running(options);
  RawClient silent = running.connect(), done = running.connect();
  EXPECT_EQ(done.ask(get("/now")).status, 200);
  EXPECT_TRUE(silent.is_ended());
  EXPECT_TRUE(done.is_ended());
}

TEST(HttpServerTime, SlowBodiesAreEndedFasterOnesAreNot) {
  ServerOptions options = test_options();
  options.body_time = milliseconds(300);
  options.least_rate = 10'000;
  RunningServer running(options);
  RawClient slow = running.connect();
  slow.send(all_but(1, post("/echo", "abc")));
  EXPECT_EQ(slow.read().status, 408);
  // A tenth of a second for 5,000 bytes: twice the least rate, for longer than the time alone allows.
  RawClient steady = running.connect();
  const std::string body(40'000, 'a');
  const std::string request = post("/echo", body);
  const size_t head = request.size() - body.size();
  steady.send(request.substr(0, head));
  for (size_t i = 0; i < body.size(); i += 5'000) {
    std::this_thread::sleep_for(milliseconds(100));
    ASSERT_TRUE(steady.send(request.substr(head + i, 5'000)));
  }
  EXPECT_EQ(steady.read().body, body);
}

TEST(HttpServerTime, WhoDoesNotReadTheAnswerIsEnded) {
  ServerOptions options = test_options();
  options.write_time = milliseconds(300);
  options.least_rate = 100 << 20;
  RunningServer running(options);
  RawClient client(running.server.local_address().port, 4096);
  client.send(get("/big"));
  ASSERT_TRUE(running.application.wait_for_finished(1));
  EXPECT_EQ(running.application.finished_requests()[0].status, 200);
  EXPECT_TRUE(running.wait_for_connections(0));
}

TEST(HttpServerHangUp, TheTicketOfWhoHangsUpIsAbandoned) {
  RunningServer running;
  const auto expect_noticed = [&](const std::string& request, auto&& leave) {
    const int64_t before = running.application.abandoned();
    const size_t told = running.application.finished_requests().size();
    RawClient client = running.connect();
    client.send(request);
    ASSERT_TRUE(running.application.wait_for_held(1));
    leave(client);
    EXPECT_TRUE(running.application.wait_for_abandoned(before + 1));
    EXPECT_TRUE(running.application.wait_for_finished(told + 1));
    EXPECT_EQ(running.application.finished_requests().back().status, 499);
    EXPECT_TRUE(running.wait_for_connections(0));
    running.application.release();  // an answer that nobody waits for
    ASSERT_TRUE(running.application.wait_for_held(0));
  };
  expect_noticed(get("/held"), [](RawClient& client) { client.hang_up(); });
  expect_noticed(get("/held"), [](RawClient& client) { client.reset(); });
  expect_noticed(get("/held"), [](RawClient& client) { client.end_sending(); });
  expect_noticed(post("/held", std::string(1 << 20, 'a')), [](RawClient& c) { c.hang_up(); });
  // Behind bytes that belong to a next request.
  expect_noticed(get("/held") + get("/now"), [](RawClient& client) { client.hang_up(); });
  expect_noticed(get("/held"), [](RawClient& client) {
    client.send(std::string(50'000, 'x'));  // more than is taken in
    std::this_thread::sleep_for(milliseconds(50));
    client.reset();
  });
  EXPECT_EQ(running.connect().ask(get("/now")).body, "now");
}

TEST(HttpServerCap, OneMoreConnectionIsTurnedAway) {
  ServerOptions options = test_options();
  options.connections = 3;
  RunningServer running(options);
  std::vector<RawClient> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(running.connect());
    EXPECT_EQ(clients.back().ask(get("/now")).status, 200);
  }
  RawClient surplus = running.connect();
  const Answer answer = surplus.read();  // before it says anything
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.header("Retry-After"), "1");
  EXPECT_EQ(answer.header("Connection"), "close");
  EXPECT_TRUE(surplus.is_ended());
  EXPECT_EQ(clients.front().ask(get("/now")).status, 200);
  surplus.hang_up();
  clients.pop_back();
  ASSERT_TRUE(running.wait_for_connections(2));
  EXPECT_EQ(running.connect().ask(get("/now")).status, 200);
}

TEST(HttpServerCap, BodiesOfAllTogetherAreBounded) {
  ServerOptions options = test_options();
  options.buffered_bytes = 1'000'000;
  RunningServer running(options);
  std::vector<RawClient> holding;
  for (int i = 0; i < 2; ++i) {  // one whole and worked on, one half there
    holding.push_back(running.connect());
    const std::string request = post("/held", std::string(400'000, 'a'));
    holding.back().send(i == 0 ? request : all_but(100'000, request));
  }
  for (int i = 0; i < 1000 && running.server.buffered_bytes() < 700'000; ++i)
    std::this_thread::sleep_for(milliseconds(10));
  ASSERT_EQ(running.server.buffered_bytes(), 700'000);
  EXPECT_EQ(running.connect().ask(post("/echo", std::string(300'000, 'b'))).status, 200);
  for (const bool is_chunked : {false, true}) {
    RawClient surplus = running.connect();
    const std::string body(400'000, 'b');
    const Answer answer = surplus.ask(
        is_chunked
            ? "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n61a80\r\n" +
                  body + "\r\n0\r\n\r\n"
            : post("/echo", body));
    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(answer.header("Retry-After"), "1");
    EXPECT_TRUE(surplus.is_ended());
  }
  running.application.release();
  EXPECT_EQ(holding[0].read().status, 200);
  holding[1].hang_up();
  ASSERT_TRUE(running.wait_for_connections(1));
  EXPECT_EQ(running.connect().ask(post("/echo", std::string(900'000, 'b'))).status, 200);
}

// One file may be opened, which the client takes: none is left to accept it.
TEST(HttpServerCap, ConnectionsWaitWhileThereAreNoMoreFiles) {
  RunningServer running;
  EXPECT_EQ(running.connect().ask(get("/now")).status, 200);
  ASSERT_TRUE(running.wait_for_connections(0));
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const int next = dup(0);
  close(next);
  rlimit few = before;
  few.rlim_cur = static_cast<rlim_t>(next) + 1;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
  RawClient client = running.connect();
  const bool is_connected = client.is_connected() && client.send(get("/now"));
  std::this_thread::sleep_for(milliseconds(250));
  const int64_t accepted = running.server.connections();
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_TRUE(is_connected);
  EXPECT_EQ(accepted, 0);
  EXPECT_EQ(client.read().body, "now");
}

int64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  int64_t all = 0, resident = 0;
  file >> all >> resident;
  return resident * 4096;
}

TEST(HttpServerCap, AThousandIdleAndAThousandSlowClientsHinderNobody) {
  RunningServer running(test_options(), 1);
  EXPECT_EQ(running.connect().ask(get("/now")).status, 200);
  const int64_t before = resident_bytes();
  std::vector<RawClient> clients;
  for (int i = 0; i < 2000; ++i) {
    clients.push_back(running.connect());
    ASSERT_TRUE(clients.back().is_connected()) << i;
    if (i % 2 == 1) clients.back().send(i % 4 == 1 ? "GET /no" : all_but(1, post("/echo", "abc")));
  }
  ASSERT_TRUE(running.wait_for_connections(2000));
  std::this_thread::sleep_for(milliseconds(100));
  const int64_t each = (resident_bytes() - before) / 2000;
  RecordProperty("bytes_each", std::to_string(each));
#ifndef FCCLIP_SANITIZED
  EXPECT_LT(each, 20'000);
#endif
  const auto start = std::chrono::steady_clock::now();
  RawClient client = running.connect();
  for (int i = 0; i < 200; ++i) EXPECT_EQ(client.ask(post("/echo", "x")).body, "x");
  EXPECT_LT(seconds_since(start), 5);
  for (size_t i = 0; i < 2000; i += 100) EXPECT_EQ(clients[i].ask(get("/now")).body, "now") << i;
  EXPECT_EQ(clients[1].ask("w HTTP/1.1\r\nHost: a\r\n\r\n").body, "now");
  EXPECT_EQ(clients[3].ask("c").body, "abc");
}

TEST(HttpServerEnd, DrainFinishesWhatRunsAndEndsWhatIsIdle) {
  RunningServer running;
  RawClient idle = running.connect(), busy = running.connect(), sending = running.connect();
  EXPECT_EQ(idle.ask(get("/now")).status, 200);
  busy.send(get("/held") + get("/now"));
  sending.send(all_but(2, post("/echo", "hello")));
  ASSERT_TRUE(running.application.wait_for_held(1));
  running.server.drain();
  EXPECT_TRUE(idle.is_ended());
  EXPECT_EQ(running.connect().ask(get("/now")).status, 0);  // nobody listens
  EXPECT_FALSE(busy.has_something(50));
  RawClient late = running.connect();
  EXPECT_FALSE(late.is_connected());
  running.application.release();
  const Answer sent = sending.ask("lo");
  EXPECT_EQ(sent.body, "hello");
  EXPECT_EQ(sent.header("Connection"), "close");
  const Answer answer = busy.read();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("Connection"), "close");
  EXPECT_TRUE(busy.is_ended());
  busy.hang_up();
  sending.hang_up();
  running.join();
  EXPECT_TRUE(running.server.drained());
  EXPECT_EQ(running.application.abandoned(), 0);
}

TEST(HttpServerEnd, StopEndsAtOnceAndAbandonsWhatRuns) {
  RunningServer running;
  RawClient busy = running.connect(), idle = running.connect(), slow = running.connect();
  busy.send(get("/held"));
  slow.send("GET /no");
  EXPECT_EQ(idle.ask(get("/now")).status, 200);
  ASSERT_TRUE(running.application.wait_for_held(1));
  running.server.drain();
  EXPECT_TRUE(idle.is_ended());
  running.server.stop();
  running.join();
  EXPECT_TRUE(busy.is_ended());
  EXPECT_TRUE(slow.is_ended());
  EXPECT_EQ(running.application.abandoned(), 1);
  EXPECT_FALSE(running.server.drained());
}

TEST(HttpServerEnd, OrdersBeforeRunAreFollowed) {
  FakeApplication application;
  HttpServer server(application, test_options());
  server.drain();
  server.run();
  EXPECT_TRUE(server.drained());
}

TEST(HttpServerEnd, AnswersMayComeWhenTheServerIsGone) {
  FakeApplication application;
  {
    std::optional<HttpServer> server(std::in_place, application, test_options());
    std::thread thread([&] { server->run(); });
    RawClient client(server->local_address().port);
    client.send(get("/held"));
    EXPECT_TRUE(application.wait_for_held(1));
    server->stop();
    thread.join();
  }
  application.release();
  EXPECT_TRUE(application.wait_for_abandoned(1));
}

TEST(HttpServerThreads, ManyClientsAtOnceGetTheirOwnAnswers) {
  RunningServer running(test_options(), 3);
  std::vector<std::thread> threads;
  std::atomic<int> right{0};
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      for (int round = 0; round < 5; ++round) {
        RawClient client = running.connect();
        for (int turn = 0; turn < 20; ++turn) {
          const std::string body(static_cast<size_t>(1 + i * 1000 + turn),
                                 static_cast<char>('a' + i));
          right += client.ask(post("/echo", body)).body == body ? 1 : 0;
        }
        client.send(get("/held"));  // and hangs up
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 800);
  EXPECT_TRUE(running.application.wait_for_abandoned(40));
  running.application.release();
}

}  // namespace
}  // namespace fcclip::serve::socket_test
