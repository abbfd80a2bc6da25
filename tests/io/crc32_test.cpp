#include "fcclip/io/crc32.h"

#include <string_view>

#include <gtest/gtest.h>

namespace fcclip::io {
namespace {

uint32_t crc_of(std::string_view text) {
  return crc32(std::as_bytes(std::span(text.data(), text.size())));
}

TEST(Crc32, KnownValues) {
  EXPECT_EQ(crc_of(""), 0u);
  EXPECT_EQ(crc_of("123456789"), 0xCBF43926u);  // the standard's check value
  EXPECT_EQ(crc_of("a"), 0xE8B7BE43u);
  EXPECT_EQ(crc_of("The quick brown fox jumps over the lazy dog"), 0x414FA339u);
}

TEST(Crc32, EveryLengthAndBitCounts) {
  std::string text(40, 'x');
  for (size_t length = 1; length <= text.size(); ++length) {
    const std::string_view part(text.data(), length);
    const uint32_t before = crc_of(part);
    text[length - 1] ^= 4;
    EXPECT_NE(crc_of(part), before) << length;
    text[length - 1] ^= 4;
  }
}

}  // namespace
}  // namespace fcclip::io
