#include "fcclip/image/orientation.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace fcclip::image {
namespace {

std::string exif(bool little, uint16_t type, uint32_t value) {
  std::string bytes(little ? "II" : "MM");
  const auto number = [&](uint32_t n, int size) {
    for (int i = 0; i < size; ++i) {
      bytes += static_cast<char>(n >> 8 * (little ? i : size - 1 - i));
    }
  };
  number(42, 2);
  number(8, 4);
  number(1, 2);
  number(0x0112, 2);
  number(type, 2);
  number(1, 4);
  number(value, type == 3 ? 2 : type == 1 ? 1 : 4);
  bytes.resize(8 + 2 + 12 + 4, '\0');
  return bytes;
}

TEST(Orientation, ReadsBothByteOrdersAndTypes) {
  for (const bool little : {false, true}) {
    for (const uint16_t type : {1, 3, 4}) EXPECT_EQ(exif_orientation(exif(little, type, 6)), 6);
    EXPECT_EQ(exif_orientation(std::string("Exif\0\0", 6) + exif(little, 3, 8)), 8);
  }
}

TEST(Orientation, NonsenseIsNoOrientation) {
  EXPECT_EQ(exif_orientation(""), 0);
  EXPECT_EQ(exif_orientation("II*"), 0);
  EXPECT_EQ(exif_orientation(exif(true, 3, 9)), 0);
  EXPECT_EQ(exif_orientation(exif(true, 2, 6)), 0);
  const std::string whole = exif(true, 3, 6);
  for (size_t size = 0; size < 20; ++size) {
    EXPECT_EQ(exif_orientation(whole.substr(0, size)), 0) << size;
  }
}

TEST(Orientation, ReadsXmp) {
  EXPECT_EQ(xmp_orientation("<a tiff:Orientation=\"7\"/>"), 7);
  EXPECT_EQ(xmp_orientation("<tiff:Orientation>3</tiff:Orientation>"), 3);
  EXPECT_EQ(xmp_orientation("tiff:Orientation"), 0);
  EXPECT_EQ(xmp_orientation("<tiff:Orientation>x"), 0);
}

// The letters of a 2 x 3 picture, row by row, after turning: from the EXIF specification's figure.
TEST(Orientation, TurnsAsExifSays) {
  const at::Tensor picture =
      at::arange(6, at::kByte).view({2, 3, 1}).expand({2, 3, 3}).contiguous();
  const std::vector<std::vector<int>> want = {
      {0, 1, 2, 3, 4, 5}, {2, 1, 0, 5, 4, 3}, {5, 4, 3, 2, 1, 0}, {3, 4, 5, 0, 1, 2},
      {0, 3, 1, 4, 2, 5}, {3, 0, 4, 1, 5, 2}, {5, 2, 4, 1, 3, 0}, {2, 5, 1, 4, 0, 3}};
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const at::Tensor turned = apply_orientation(picture, orientation);
    ASSERT_TRUE(turned.is_contiguous());
    EXPECT_EQ(turned.size(0), orientation < 5 ? 2 : 3);
    for (int i = 0; i < 6; ++i) {
      EXPECT_EQ(turned.data_ptr<uint8_t>()[3 * i], want[orientation - 1][i]) << orientation;
    }
  }
}

TEST(Orientation, ProfilesWrittenAsText) {
  EXPECT_EQ(raw_profile("\nexif\n       4\n4d4D\n002a\n"), std::string("MM\0*", 4));
  EXPECT_EQ(raw_profile("exif\n4\n4d4d"), "MM");
  EXPECT_EQ(raw_profile(""), "");
  EXPECT_EQ(raw_profile("\n"), "");
  EXPECT_EQ(raw_profile("exif"), "");
  EXPECT_EQ(raw_profile("\nexif\n4"), "");
}

}  // namespace
}  // namespace fcclip::image
