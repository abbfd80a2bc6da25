// What the program says of a service and reads for it, before and beside the network.

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "fcclip/serve/access_line.h"
#include "fcclip/serve/memory_bound.h"
#include "fcclip/serve/token_file.h"
#include "tests/io/temporary_folder.h"
#include "tests/support/errors.h"
#include "tests/support/files.h"

namespace fcclip::serve {
namespace start_test {

class TokenFile : public ::testing::Test {
 protected:
  std::string write(const std::string& text) {
    return fcclip::test::write_file(folder_.path() / "token", text);
  }
  fcclip::test::TemporaryFolder folder_;
};

TEST_F(TokenFile, TheFirstLineCounts) {
  const std::string token = "0123456789abcdef";
  EXPECT_EQ(read_token(write(token)), token);
  EXPECT_EQ(read_token(write(token + " \r\nnotes\n")), token);
}

TEST_F(TokenFile, WhatIsNoTokenIsRefused) {
  for (const std::string& bad :
       {std::string("0123456789abcde"), std::string(4097, 'a'), std::string("0123456789 abcdef"),
        std::string("0123456789abcd\xc3\xa9")}) {
    EXPECT_ERROR(invalid_argument, "openssl rand", read_token(write(bad)));
  }
  EXPECT_ERROR(io_failure, "cannot be read", read_token(write("")));
  EXPECT_ERROR(io_failure, "cannot be read", read_token((folder_.path() / "none").string()));
}

TEST(MemoryBound, LimitsAddUp) {
  const fcclip::test::TemporaryFolder folder;
  const std::string file = fcclip::test::write_file(folder.path() / "m", std::string(3 << 20, 'x'));
  Limits limits;
  limits.store_bytes = 7 << 20;
  limits.picture_px = 1 << 20;
  limits.decoded_ahead = 4;
  const std::vector<ModelPlace> places = {{"a", file}, {"b", (folder.path() / "none").string()}};
  const MemoryBound bound = memory_bound(limits, {places, 2, 5 << 20}, 11 << 20);
  EXPECT_EQ(bound.models, 2 * (3 << 20));
  EXPECT_EQ(bound.texts, 2 * (5 << 20));
  EXPECT_EQ(bound.pictures, (4 + 2) * 2 * 3 * (1 << 20));
  EXPECT_EQ(
      bound.text(),
      "memory at most: model 6 MiB, text features 10 MiB, encoded pictures 7 MiB, request "
      "bodies 11 MiB, decoded pictures 36 MiB; together 70 MiB and what the network needs for "
      "one picture");
}

AccessRecord record() {
  return {"id7", "127.0.0.1", "GET", "/v1/\xff", 200, 12, 0.0254, "network;dur=3"};
}

TEST(AccessLine, JsonOfAnyBytes) {
  const nlohmann::json line = nlohmann::json::parse(json_line(record()));
  EXPECT_EQ(line.at("id"), "id7");
  EXPECT_EQ(line.at("path"), "/v1/\xef\xbf\xbd");
  EXPECT_EQ(line.at("status"), 200);
  EXPECT_EQ(line.at("bytes"), 12);
  EXPECT_EQ(line.at("timing"), "network;dur=3");
}

TEST(AccessLine, TextBeginsWithTheTime) {
  const std::string line = text_line(record());
  EXPECT_EQ(line.substr(line.find("127.")),
            "127.0.0.1 GET /v1/\xff 200 0.025 s id7 (network;dur=3)");
  EXPECT_GT(line.find("127."), 10u);
}

}  // namespace start_test
}  // namespace fcclip::serve
