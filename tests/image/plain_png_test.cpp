// The fast reader beside libpng, on filtered rows of random bytes: any bytes are a valid row.

#include "fcclip/image/plain_png.h"

#include <random>
#include <span>
#include <string>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/image/png_reader.h"
#include "fcclip/io/crc32.h"
#include "tests/image/pictures.h"

namespace fcclip::image {
namespace {

std::string big_endian(uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 255);
  return bytes;
}

std::string chunk(const std::string& type, const std::string& data) {
  const std::string body = type + data;
  return big_endian(static_cast<uint32_t>(data.size())) + body +
         big_endian(io::crc32(std::as_bytes(std::span(body.data(), body.size()))));
}

// A zlib stream of one stored block (up to 65,535 bytes).
std::string stored(const std::string& data) {
  uint32_t a = 1, b = 0;
  for (const char c : data) {
    a = (a + static_cast<unsigned char>(c)) % 65521;
    b = (b + a) % 65521;
  }
  const auto size = static_cast<uint16_t>(data.size());
  const auto two = [](uint16_t v) {
    return std::string{static_cast<char>(v & 255), static_cast<char>(v >> 8)};
  };
  return std::string("\x78\x01\x01", 3) + two(size) + two(static_cast<uint16_t>(~size)) + data +
         big_endian(b << 16 | a);
}

constexpr int kColourTypes[] = {0, 0, 4, 2, 6};  // by channels

std::string header(int64_t width, int64_t height, int channels) {
  return chunk("IHDR", big_endian(static_cast<uint32_t>(width)) +
                           big_endian(static_cast<uint32_t>(height)) +
                           std::string{8, static_cast<char>(kColourTypes[channels]), 0, 0, 0});
}

const std::string kSignature("\x89PNG\r\n\x1a\n", 8);

// filter 0 to 4, or 5: another one each row. `parts`: IDAT chunks. One byte in `sparse` is not
// zero.
std::string random_png(int64_t width, int64_t height, int channels, int filter, size_t parts = 1,
                       unsigned sparse = 1) {
  std::mt19937 random(static_cast<unsigned>(width * 131 + height * 17 + channels * 5 + filter));
  std::string rows;
  for (int64_t y = 0; y < height; ++y) {
    rows += static_cast<char>(filter == 5 ? y % 5 : filter);
    for (int64_t i = 0; i < width * channels; ++i)
      rows += static_cast<char>(random() % sparse == 0 ? random() & 255 : 0);
  }
  const std::string packed = stored(rows);
  std::string png = kSignature + header(width, height, channels);
  const size_t step = (packed.size() + parts - 1) / parts;
  for (size_t at = 0; at < packed.size(); at += step) png += chunk("IDAT", packed.substr(at, step));
  return png + chunk("IEND", "");
}

// libpng's answer: the samples without alpha, undefined when it refuses.
at::Tensor by_libpng(const std::string& bytes) {
  PngReader reader(bytes);
  PngReader::Header header;
  if (!reader.read_header(&header) || !reader.as_stored()) return {};
  const size_t row_bytes = reader.row_bytes();
  if (row_bytes == 0 || header.height > 100000) return {};
  at::Tensor samples = at::empty(
      {header.height, header.width, static_cast<int64_t>(row_bytes / header.width)}, at::kByte);
  std::vector<png_bytep> rows;
  for (size_t y = 0; y < header.height; ++y) {
    rows.push_back(samples.data_ptr<uint8_t>() + y * row_bytes);
  }
  return reader.read_rows(rows) ? samples : at::Tensor();
}

class PlainPng : public ::testing::TestWithParam<std::tuple<int, int>> {};

TEST_P(PlainPng, PixelsAreThoseOfLibpng) {
  const auto [channels, filter] = GetParam();
  const std::pair<int64_t, int64_t> sizes[] = {{1, 1}, {1, 9}, {7, 1}, {2, 2}, {13, 9}, {65, 33}};
  for (const auto& [width, height] : sizes) {
    const std::string bytes = random_png(width, height, channels, filter);
    const auto fast = read_plain_png(bytes);
    ASSERT_TRUE(fast) << width << "x" << height;
    ASSERT_EQ(fast->sizes(), (std::vector<int64_t>{height, width, channels}));
    const at::Tensor want = by_libpng(bytes);
    EXPECT_TRUE(fast->slice(2, 0, want.size(2)).equal(want)) << width << "x" << height;
    EXPECT_EQ(want.size(2), channels >= 3 ? 3 : 1);
    EXPECT_EQ(decode_rgb(bytes, "a.png").sizes(), (std::vector<int64_t>{height, width, 3}));
  }
}

// Rows with long stretches without a difference, as in id maps.
TEST_P(PlainPng, FlatPixelsAreThoseOfLibpng) {
  const auto [channels, filter] = GetParam();
  for (const int64_t width : {8, 9, 33, 70}) {
    const std::string bytes = random_png(width, 12, channels, filter, 1, 20);
    const auto fast = read_plain_png(bytes);
    ASSERT_TRUE(fast) << width;
    const at::Tensor want = by_libpng(bytes);
    EXPECT_TRUE(fast->slice(2, 0, want.size(2)).equal(want)) << width;
  }
}

INSTANTIATE_TEST_SUITE_P(ChannelsAndFilters, PlainPng,
                         ::testing::Combine(::testing::Range(1, 5), ::testing::Range(0, 6)));

TEST(PlainPngFile, MayComeInSeveralChunks) {
  const auto whole = read_plain_png(random_png(20, 10, 3, 5));
  const auto parts = read_plain_png(random_png(20, 10, 3, 5, 7));
  ASSERT_TRUE(whole && parts);
  EXPECT_TRUE(whole->equal(*parts));
}

TEST(PlainPngFile, OtherKindsAreLeftToLibpng) {
  EXPECT_FALSE(read_plain_png(encode_png(at::full({3, 4}, 300, at::kInt)))) << "16 bits";
  EXPECT_FALSE(read_plain_png("not a PNG"));
  std::string turned = random_png(4, 4, 3, 1);
  turned.insert(turned.size() - 12, chunk("eXIf", "MM"));
  EXPECT_FALSE(read_plain_png(turned)) << "may be turned";
  std::string unknown = random_png(4, 4, 3, 1);
  unknown.insert(8 + 25, chunk("CRIT", ""));
  EXPECT_FALSE(read_plain_png(unknown)) << "a chunk that a reader must understand";
  EXPECT_EQ(test::refusal(kSignature + header(4, 4, 3) + chunk("IEND", "")).find("input.jpg: "), 0);
}

TEST(PlainPngFile, EveryTruncationIsRefused) {
  const std::string bytes = random_png(5, 4, 3, 5);
  for (size_t size = 8; size < bytes.size(); ++size) {
    EXPECT_FALSE(read_plain_png(bytes.substr(0, size))) << size;
    EXPECT_NE(test::refusal(bytes.substr(0, size)), "") << size;
  }
  EXPECT_NE(test::refusal(bytes.substr(0, bytes.size() - 20)).find("truncated PNG"),
            std::string::npos);
}

TEST(PlainPngFile, DamageNeverPassesThatLibpngRefuses) {
  const std::string bytes = random_png(6, 5, 4, 5, 2);
  for (size_t i = 0; i < bytes.size(); ++i) {
    for (const int bit : {1, 32, 128}) {
      std::string damaged = bytes;
      damaged[i] = static_cast<char>(damaged[i] ^ bit);
      const auto fast = read_plain_png(damaged);
      if (!fast) continue;
      const at::Tensor slow = by_libpng(damaged);
      ASSERT_TRUE(slow.defined()) << "byte " << i;
      EXPECT_TRUE(fast->slice(2, 0, 3).equal(slow)) << "byte " << i;
    }
  }
}

TEST(PlainPngFile, TooFewPixelsAreRefused) {
  std::string short_of = kSignature + header(4, 3, 1) +
                         chunk("IDAT", stored(std::string(14, '\0'))) + chunk("IEND", "");
  EXPECT_FALSE(read_plain_png(short_of));
  EXPECT_NE(test::refusal(short_of), "");
  const std::string bad_filter = kSignature + header(1, 1, 1) +
                                 chunk("IDAT", stored(std::string("\x05\x00", 2))) +
                                 chunk("IEND", "");
  EXPECT_FALSE(read_plain_png(bad_filter));
  EXPECT_NE(test::refusal(bad_filter), "");
}

}  // namespace
}  // namespace fcclip::image
