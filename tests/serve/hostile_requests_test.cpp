#include <gtest/gtest.h>

#include "tests/serve/running_server.h"

namespace fcclip::serve::socket_test {
namespace {

struct Hostile {
  const char* what;
  std::string request;
  int status;
};

std::string chunked(const std::string& rest) {
  return "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + rest;
}

std::string head(const std::string& lines) {
  return "POST /echo HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n\r\n";
}

std::vector<Hostile> smuggling() {
  return {
      {"both lengths", head("Content-Length: 3\r\nTransfer-Encoding: chunked") + "0\r\n\r\n", 400},
      {"both lengths, turned",
       head("Transfer-Encoding: chunked\r\nContent-Length: 3") + "0\r\n\r\n", 400},
      {"two lengths", head("Content-Length: 3\r\nContent-Length: 4") + "abcd", 400},
      {"the same length twice", head("Content-Length: 3\r\nContent-Length: 3") + "abc", 400},
      {"a list of lengths", head("Content-Length: 3, 3") + "abc", 400},
      {"a length with a sign", head("Content-Length: +3") + "abc", 400},
      {"a negative length", head("Content-Length: -3") + "abc", 400},
      {"a length in hexadecimal", head("Content-Length: 0x3") + "abc", 400},
      {"a length beyond 64 bits", head("Content-Length: 99999999999999999999999") + "abc", 400},
      {"an empty length", head("Content-Length: ") + "abc", 400},
      {"an encoding nobody knows", head("Transfer-Encoding: gzip") + "abc", 400},
      {"chunked not last", head("Transfer-Encoding: chunked, gzip") + "0\r\n\r\n", 400},
      {"chunked behind another", head("Transfer-Encoding: gzip, chunked") + "0\r\n\r\n", 400},
      {"chunked twice", head("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"), 400},
      {"chunked with an odd blank",
       head("Transfer-Encoding: \x0b"
            "chunked") +
           "0\r\n\r\n",
       400},
      {"chunked in HTTP/1.0", "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       400},
      {"a blank before the colon", head("Content-Length : 3") + "abc", 400},
      {"a folded value", head("X-A: b\r\n c") + "abc", 400},
      {"a folded length", head("Content-Length:\r\n 3") + "abc", 400},
      {"a value folded by a tab", head("X-A: b\r\n\tTransfer-Encoding: chunked"), 400},
      {"a bare line feed", "GET /now HTTP/1.1\nHost: a\n\n", 400},
      {"a bare line feed in a value", head("X-A: b\nX-C: d"), 400},
      {"a bare carriage return", head("X-A: b\rX-C: d"), 400},
      {"a length in the trailer", chunked("0\r\nContent-Length: 3\r\n\r\n"), 400},
  };
}

std::vector<Hostile> broken_chunks() {
  return {
      {"a size that is none", chunked("zz\r\nabc\r\n0\r\n\r\n"), 400},
      {"no size", chunked("\r\nabc\r\n0\r\n\r\n"), 400},
      {"a negative size", chunked("-1\r\nabc\r\n0\r\n\r\n"), 400},
      {"a size beyond 64 bits", chunked("11111111111111111\r\nabc"), 400},
      {"a size of all bits", chunked("ffffffffffffffff\r\n" + std::string(2 << 20, 'a')), 413},
      {"no line end behind the data", chunked("3\r\nabcd\r\n0\r\n\r\n"), 400},
      {"an extension without end", chunked("3;" + std::string(40'000, 'x')), 400},
      {"a trailer without end", chunked("0\r\nX: " + std::string(40'000, 'x')), 400},
      {"chunks without end", chunked([] {
         std::string all;
         for (int i = 0; i < 70; ++i) all += "8000\r\n" + std::string(0x8000, 'x') + "\r\n";
         return all;
       }()),
       413},
  };
}

std::vector<Hostile> broken_heads() {
  std::string many;
  for (int i = 0; i < 101; ++i) many += "X-" + std::to_string(i) + ": a\r\n";
  using namespace std::string_literals;
  return {
      {"TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s, 400},
      {"NUL in a value", head("X-A: b\0c"s), 400},
      {"NUL in a name", head("X\0A: b"s), 400},
      {"NUL in the target", "GET /now\0x HTTP/1.1\r\nHost: a\r\n\r\n"s, 400},
      {"DEL in a value", head("X-A: b\x7f"), 400},
      {"no colon", head("X-A"), 400},
      {"an empty name", head(": a"), 400},
      {"a name with a blank", head("X A: b"), 400},
      {"no version", "GET /now\r\nHost: a\r\n\r\n", 400},
      {"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400},
      {"HTTP/0.9", "GET /now HTTP/0.9\r\nHost: a\r\n\r\n", 400},
      {"a method that is none", "GE T /now HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"two blanks", "GET  /now HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"a blank first", " GET /now HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"no host", "GET /now HTTP/1.1\r\n\r\n", 400},
      {"two hosts", "GET /now HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n", 400},
      {"an absolute target", "GET http://a/now HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"a target of another host", "GET //b/now HTTP/1.1\r\n\r\n", 400},
      {"a tunnel", "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"a star", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"many headers", "GET /now HTTP/1.1\r\nHost: a\r\n" + many + "\r\n", 431},
      {"a long name", head(std::string(300, 'n') + ": a"), 431},
      {"a long value", head("X-A: " + std::string(9'000, 'v')), 431},
      {"a head without end", "GET /now HTTP/1.1\r\nHost: " + std::string(100'000, 'a'), 431},
      {"a target without end", "GET /" + std::string(100'000, 'a'), 431},
      {"a body beyond the limit", head("Content-Length: 1048577") + std::string(1'048'577, 'a'),
       413},
      {"a promise beyond the limit", head("Content-Length: 9223372036854775807") + "a", 413},
      {"a promise beyond what is signed", head("Content-Length: 18446744073709551615") + "a", 413},
      {"a body where none is wanted", "GET /now HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n\r\n",
       413},
  };
}

// Each on a connection of its own, with a request behind it that nobody may see.
void expect_refused(const std::vector<Hostile>& requests) {
  RunningServer running;
  for (const Hostile& row : requests) {
    RawClient client = running.connect();
    client.send(row.request);
    client.send(get("/smuggled"));
    client.end_sending();
    const Answer answer = client.read();
    EXPECT_EQ(answer.status, row.status) << row.what << ": " << answer.body;
    EXPECT_EQ(answer.header("Connection"), "close") << row.what;
    EXPECT_EQ(answer.header("Content-Type"), "application/problem+json") << row.what;
    EXPECT_FALSE(answer.body.empty()) << row.what;
    EXPECT_TRUE(client.is_ended()) << row.what;
  }
  for (const Request& request : running.application.seen()) ADD_FAILURE() << request.target;
  EXPECT_EQ(running.connect().ask(get("/now")).body, "now");
  EXPECT_EQ(running.server.buffered_bytes(), 0);
}

TEST(HttpServerHostile, LengthsInDoubtAreRefused) {
  expect_refused(smuggling());
}
TEST(HttpServerHostile, BrokenChunksAreRefused) {
  expect_refused(broken_chunks());
}
TEST(HttpServerHostile, BrokenHeadsAreRefused) {
  expect_refused(broken_heads());
}

TEST(HttpServerHostile, HeadsJustWithinTheLimitsAreServed) {
  RunningServer running;
  RawClient client = running.connect();
  std::string request = get("/now", "X-A: " + std::string(8'000, 'v') +
                                        "\r\nX-B: " + std::string(8'000, 'w') + "\r\nX-C: \r\n");
  request.insert(request.size() - 4, std::string(16'384 - request.size(), 'x'));
  ASSERT_EQ(request.size(), 16'384u);
  EXPECT_EQ(client.ask(request).status, 200);
  request.insert(request.size() - 4, "x");
  EXPECT_EQ(client.ask(request).status, 431);
}

TEST(HttpServerHostile, AnythingByteByByteIsServed) {
  RunningServer running;
  RawClient client = running.connect();
  const std::string request =
      "\r\n\r\nPOST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n"
      "2;a=\"b\"\r\nxy\r\n001\r\nz\r\n0\r\nX-Trailer: t\r\n\r\n";
  for (const char byte : request) ASSERT_TRUE(client.send(std::string(1, byte)));
  EXPECT_EQ(client.read().body, "xyz");
  const std::vector<Request> seen = running.application.seen();
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(find_header(seen[0].headers, "X-Trailer"), nullptr);
  EXPECT_EQ(client.ask(get("/now")).body, "now");
}

TEST(HttpServerHostile, TheLastChunkMayComeInPieces) {
  RunningServer running;
  for (size_t pieces = 1; pieces < 5; ++pieces) {
    RawClient client = running.connect();
    const std::string end = "0\r\n\r\n";
    client.send(chunked("3\r\nabc\r\n"));
    for (const std::string& part : {end.substr(0, pieces), end.substr(pieces)}) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      ASSERT_TRUE(client.send(part));
    }
    EXPECT_EQ(client.read().body, "abc") << pieces;
    for (const char byte : chunked(end)) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      ASSERT_TRUE(client.send(std::string(1, byte)));
    }
    EXPECT_EQ(client.read().status, 200);
  }
}

TEST(HttpServerHostile, WhatEndsTooSoonIsToldSo) {
  RunningServer running;
  const std::string requests[] = {"GET /now HT", "GET /now HTTP/1.1\r\nHost: a\r\n",
                                  head("Content-Length: 6") + "abc", chunked("5\r\nabc"),
                                  chunked("5\r\nabcde\r\n")};
  for (const std::string& request : requests) {
    RawClient client = running.connect();
    client.send(request);
    client.end_sending();
    EXPECT_EQ(client.read().status, 400) << request;
    EXPECT_TRUE(client.is_ended());
  }
  RawClient silent = running.connect();
  silent.end_sending();
  EXPECT_TRUE(silent.is_ended());
  EXPECT_TRUE(running.application.seen().empty());
}

TEST(HttpServerHostile, RandomBytesHarmNobody) {
  RunningServer running;
  uint32_t random = 1;
  const auto next = [&random] { return random = random * 1664525 + 1013904223; };
  const std::string pieces[] = {"GET ",
                                "/echo",
                                " HTTP/1.1\r\n",
                                "Host: a\r\n",
                                "Content-Length: ",
                                "5",
                                "\r\n",
                                "\r\n\r\n",
                                "Transfer-Encoding: chunked\r\n",
                                "POST ",
                                ";",
                                "0",
                                "\t",
                                "\xff",
                                "ffff\r",
                                "\n",
                                ":",
                                "abcde"};
  for (int i = 0; i < 300; ++i) {
    std::string bytes = i % 2 == 0 ? "POST /echo HTTP/1.1\r\nHost: a\r\n" : "";
    for (int part = 0; part < 12; ++part) bytes += pieces[(next() >> 8) % std::size(pieces)];
    RawClient client = running.connect();
    client.send(bytes);
    client.end_sending();
    while (client.read().status != 0) {
    }
  }
  EXPECT_EQ(running.connect().ask(post("/echo", "well")).body, "well");
}

}  // namespace
}  // namespace fcclip::serve::socket_test
