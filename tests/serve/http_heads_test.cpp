#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "fcclip/serve/listen_address.h"
#include "fcclip/serve/request_head.h"
#include "fcclip/serve/response_head.h"
#include "fcclip/serve/security_headers.h"

namespace fcclip::serve::socket_test {
namespace {

TEST(ListenAddress, IsReadInEveryForm) {
  const struct {
    const char *text, *host;
    uint16_t port;
    const char* written;
  } rows[] = {
      {"127.0.0.1:8080", "127.0.0.1", 8080, "127.0.0.1:8080"},
      {"localhost:0", "localhost", 0, "localhost:0"},
      {"[::1]:65535", "::1", 65535, "[::1]:65535"},
      {":80", "", 80, ":80"},
      {"9000", "127.0.0.1", 9000, "127.0.0.1:9000"},
      {"my-host.example:1", "my-host.example", 1, "my-host.example:1"},
  };
  for (const auto& row : rows) {
    const ListenAddress address = parse_listen_address(row.text);
    EXPECT_EQ(address.host, row.host);
    EXPECT_EQ(address.port, row.port);
    EXPECT_EQ(address.text(), row.written);
  }
}

TEST(ListenAddress, WhatIsNoneIsRefusedInWords) {
  const char* const texts[] = {"",           "localhost",  "localhost:", "localhost:http",
                               "host:65536", "host:-1",    "host: 80",   "::1:80",
                               "[::1]",      "[::1]80",    "[::1:80",    "[localhost]:80",
                               "a b:80",     "http://a:1", "99999",      "host:80 "};
  for (const char* text : texts) {
    try {
      parse_listen_address(text);
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
      EXPECT_NE(std::string(error.what()).find("expected HOST:PORT"), std::string::npos);
    }
  }
}

TEST(HeadScanner, FindsTheEndHoweverTheBytesCome) {
  const std::string bytes = "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\nrest";
  for (size_t step = 1; step <= bytes.size(); ++step) {
    HeadScanner scanner;
    size_t size = 0;
    while (scanner.scan(std::string_view(bytes).substr(0, size)) == HeadScanner::State::incomplete)
      size = std::min(size + step, bytes.size());
    EXPECT_EQ(scanner.begin(), 4u);
    EXPECT_EQ(scanner.end(), bytes.size() - 4);
    EXPECT_EQ(scanner.detail(), "");
  }
}

Request with_headers(std::vector<Header> headers) {
  return {"GET", "/", std::move(headers)};
}

TEST(RequestHead, LengthsMustBeBeyondDoubt) {
  EXPECT_FALSE(head_problem(with_headers({{"host", "a"}}), 1));
  EXPECT_FALSE(head_problem(with_headers({}), 0));
  EXPECT_TRUE(head_problem(with_headers({}), 1));
  EXPECT_FALSE(head_problem(with_headers({{"Host", "a"}, {"content-length", "007"}}), 1));
  EXPECT_TRUE(head_problem(with_headers({{"Host", "a"}, {"Content-Length", "7, 7"}}), 1));
  EXPECT_FALSE(head_problem(with_headers({{"Host", "a"}, {"transfer-encoding", "CHUNKED"}}), 1));
  EXPECT_TRUE(head_problem(with_headers({{"Host", "a"}, {"Transfer-Encoding", "chunked"}}), 0));
  EXPECT_TRUE(head_problem(
      with_headers({{"Host", "a"}, {"Transfer-Encoding", "chunked"}, {"Content-Length", "0"}}), 1));
}

TEST(RequestHead, ForwardedClientsAreAddresses) {
  const struct {
    const char *value, *client;
  } rows[] = {
      {"192.0.2.1", "192.0.2.1"},
      {"evil, 192.0.2.1", "192.0.2.1"},
      {"192.0.2.1, ", ""},
      {"192.0.2.1:443", "192.0.2.1"},
      {"[2001:db8::1]:80", "2001:db8::1"},
      {"2001:db8::1", "2001:db8::1"},
      {"unknown", ""},
      {"", ""},
      {"[", ""},
      {"192.0.2.1,198.51.100.2\t", "198.51.100.2"},
  };
  for (const auto& row : rows)
    EXPECT_EQ(forwarded_client(with_headers({{"x-forwarded-for", row.value}})), row.client)
        << row.value;
  EXPECT_EQ(forwarded_client(with_headers({})), "");
}

TEST(RequestHead, IdsDiffer) {
  const Request head = with_headers({});
  EXPECT_EQ(request_id(head).size(), 16u);
  EXPECT_NE(request_id(head), request_id(head));
}

TEST(ResponseHead, ValuesStayOnTheirLine) {
  Response response = with_body(201, "text/plain", "four");
  response.headers.push_back({"Location", "/v1/a\r\nSet-Cookie: b"});
  const std::string head = response_head(response, {"the-id", true, false});
  EXPECT_TRUE(head.starts_with("HTTP/1.1 201 Created\r\nDate: ")) << head;
  EXPECT_TRUE(head.ends_with("\r\n\r\n"));
  EXPECT_NE(head.find("\r\nContent-Length: 4\r\n"), std::string::npos);
  EXPECT_NE(head.find("\r\nLocation: /v1/aSet-Cookie: b\r\n"), std::string::npos);
  EXPECT_EQ(head.find("Connection"), std::string::npos);
  for (const FixedHeader& header : security_headers())
    EXPECT_NE(head.find(std::string(header.name) + ": " + std::string(header.value) + "\r\n"),
              std::string::npos);
  EXPECT_EQ(http_date(1795806000), "Fri, 27 Nov 2026 19:00:00 GMT");
}

}  // namespace
}  // namespace fcclip::serve::socket_test
