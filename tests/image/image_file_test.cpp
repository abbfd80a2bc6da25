#include "fcclip/image/image_file.h"

#include "tests/image/pictures.h"
#include "tests/support/errors.h"

namespace fcclip::image {
namespace {

using test::gradient;
using test::picture_bytes;
using test::refusal;

uint8_t hex_byte(const std::string& text, size_t i) {
  return static_cast<uint8_t>(std::stoi(text.substr(2 * i, 2), nullptr, 16));
}

// Every fixture: JPEG, PNG, WebP and TIFF of many kinds, the eight orientations among them.
TEST(ImageFile, FixturesHaveThePixelsThatPillowReads) {
  const nlohmann::json expected = test::expected_pictures();
  ASSERT_GT(expected.size(), 35u);
  for (const auto& [name, want] : expected.items()) {
    const at::Tensor rgb = read_rgb(test::pictures_folder() / name);
    const int64_t height = want.at("height_width").at(0), width = want.at("height_width").at(1);
    ASSERT_EQ(rgb.sizes(), (at::IntArrayRef{height, width, 3})) << name;
    ASSERT_TRUE(rgb.is_contiguous()) << name;
    const std::string hex = want.at("rgb");
    ASSERT_EQ(hex.size(), static_cast<size_t>(2 * rgb.numel()));
    int64_t different = 0;
    for (int64_t i = 0; i < rgb.numel(); ++i) {
      different += rgb.data_ptr<uint8_t>()[i] != hex_byte(hex, i) ? 1 : 0;
    }
    EXPECT_EQ(different, 0) << name;
  }
}

TEST(ImageFile, PngComesBackExactly) {
  const at::Tensor rgb = gradient(31, 47);
  EXPECT_TRUE(decode_rgb(encode_png(rgb), "memory").equal(rgb));
  EXPECT_TRUE(decode_rgb(encode_png(rgb.flip({1})), "memory").equal(rgb.flip({1})));
}

TEST(ImageFile, LabelMapsComeBackExactly) {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "new" / "labels.png";
  const at::Tensor bytes = at::arange(256, at::kInt).view({8, 32});
  write_png(path, bytes);
  EXPECT_TRUE(read_png_exact(path).equal(bytes));
  write_png(path, bytes.to(at::kByte));
  EXPECT_TRUE(read_png_exact(path).equal(bytes));
  const at::Tensor words = bytes * 257;
  write_png(path, words);
  EXPECT_TRUE(read_png_exact(path).equal(words));
  const at::Tensor rgb = gradient(5, 6);
  write_png(path, rgb);
  EXPECT_TRUE(read_png_exact(path).equal(rgb));
}

TEST(ImageFile, ExactReadingKeepsStoredValues) {
  EXPECT_EQ(read_png_exact(test::pictures_folder() / "grey1.png").max().item<int>(), 1);
  EXPECT_LE(read_png_exact(test::pictures_folder() / "palette2.png").max().item<int>(), 3);
  EXPECT_GT(read_png_exact(test::pictures_folder() / "grey16.png").max().item<int>(), 255);
  EXPECT_EQ(read_png_exact(test::pictures_folder() / "rgba.png").size(2), 3);
  EXPECT_ERROR(bad_format, "a colour PNG of 16 bits, expected 8-bit RGB or one channel of",
               read_png_exact(test::pictures_folder() / "rgb16.png"));
  EXPECT_ERROR(bad_format, "a picture, expected a PNG",
               read_png_exact(test::pictures_folder() / "420.jpg"));
}

TEST(ImageFile, JpegIsCloseAndSharp) {
  const at::Tensor rgb = gradient(64, 64);
  const at::Tensor back = decode_rgb(encode_jpeg(rgb), "memory");
  ASSERT_EQ(back.sizes(), rgb.sizes());
  EXPECT_LT((back.to(at::kFloat) - rgb.to(at::kFloat)).abs().mean().item<float>(), 2);
  EXPECT_LT(encode_jpeg(rgb, 30).size(), encode_jpeg(rgb, 95).size());
  EXPECT_ERROR(invalid_argument, "JPEG quality is 0, expected 1 to 100", encode_jpeg(rgb, 0));
}

TEST(ImageFile, ExtremeShapes) {
  for (const auto& [height, width] :
       std::vector<std::pair<int64_t, int64_t>>{{1, 1}, {1, 5000}, {5000, 1}}) {
    const at::Tensor rgb = gradient(height, width);
    EXPECT_TRUE(decode_rgb(encode_png(rgb), "memory").equal(rgb));
    EXPECT_EQ(decode_rgb(encode_jpeg(rgb), "memory").sizes(), rgb.sizes());
  }
}

TEST(ImageFile, LargePhotograph) {
  const at::Tensor rgb = gradient(4000, 6000);
  EXPECT_EQ(decode_rgb(encode_jpeg(rgb), "memory").sizes(), rgb.sizes());
}

TEST(ImageFile, RefusalsSayWhatTheBytesLookLike) {
  EXPECT_NE(refusal("").find("empty file"), std::string::npos);
  EXPECT_NE(refusal(std::string(100, '\0')).find("zero bytes"), std::string::npos);
  EXPECT_NE(refusal("hello world, this is text").find("text (\"hello world"), std::string::npos);
  EXPECT_NE(refusal("GIF89a......").find("GIF"), std::string::npos);
  EXPECT_NE(refusal("<!DOCTYPE html>").find("HTML"), std::string::npos);
  EXPECT_NE(refusal("%PDF-1.7").find("PDF"), std::string::npos);
  EXPECT_NE(refusal("\x01\x02\x03").find("01 02 03"), std::string::npos);
  const std::string message = refusal("hello\nworld");
  EXPECT_EQ(message.find('\n'), std::string::npos) << "one line";
  EXPECT_EQ(message.find("input.jpg"), 0u) << "names the file";
}

TEST(ImageFile, MissingFilesAndFolders) {
  const test::TemporaryFolder folder;
  try {
    read_rgb(folder.path() / "none.jpg");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::not_found);
  }
  EXPECT_ERROR(io_failure, "can't read", read_rgb(folder.path()));
}

TEST(ImageFile, EveryTruncationIsRefused) {
  for (const std::string name :
       {"420.jpg", "444_progressive.jpg", "grey.jpg", "cmyk.jpg", "rgba.png", "interlaced.png",
        "lossy.webp", "alpha.webp", "lzw.tif"}) {
    const std::string bytes = picture_bytes(name);
    // The last bytes may be an end marker (JPEG), a checksum (PNG) or padding that holds no pixels.
    for (size_t size = 0; size + 16 < bytes.size(); ++size) {
      ASSERT_NE(refusal(std::string_view(bytes).substr(0, size)), "") << name << " cut to " << size;
    }
  }
}

TEST(ImageFile, TruncatedPicturesAreCalledSo) {
  for (const std::string name :
       {"420.jpg", "444_progressive.jpg", "rgba.png", "lossy.webp", "lzw.tif"}) {
    const std::string bytes = picture_bytes(name);
    EXPECT_NE(refusal(bytes.substr(0, bytes.size() - 24)).find("truncated"), std::string::npos)
        << name << ": " << refusal(bytes.substr(0, bytes.size() - 24));
  }
}

TEST(ImageFile, AJpegWithoutItsEndMarkerIsRead) {
  const std::string bytes = picture_bytes("420.jpg");
  const at::Tensor whole = decode_rgb(bytes, "whole");
  EXPECT_TRUE(decode_rgb(bytes.substr(0, bytes.size() - 2), "cut").equal(whole));
}

std::string with_big_endian(std::string bytes, size_t offset, int size, uint32_t value) {
  for (int i = 0; i < size; ++i)
    bytes[offset + i] = static_cast<char>(value >> (8 * (size - 1 - i)));
  return bytes;
}

TEST(ImageFile, HugeHeadersAreRefusedBeforeMemoryIsAskedFor) {
  // A JPEG's frame header: marker, length, precision, height, width.
  const std::string jpeg = picture_bytes("420.jpg");
  const size_t frame = jpeg.find("\xff\xc0");
  ASSERT_NE(frame, std::string::npos);
  const std::string huge = with_big_endian(jpeg, frame + 5, 4, 0xff00ff00);
  EXPECT_NE(refusal(huge, ErrorCode::too_large).find("claims"), std::string::npos);
  EXPECT_NE(refusal(with_big_endian(jpeg, frame + 5, 4, 0x4e204e20)).find("cannot hold"),
            std::string::npos);
  // A PNG's checksum would have to be right, so it is libpng that refuses a changed one.
  EXPECT_NE(refusal(with_big_endian(picture_bytes("rgba.png"), 16, 4, 0x7fffffff)), "");
}

TEST(ImageFile, ALimitOfPixelsHoldsForEveryKindOfFile) {
  for (const std::string name :
       {"420.jpg", "rgba.png", "grey16.png", "interlaced.png", "lossy.webp", "lzw.tif"}) {
    const std::string bytes = picture_bytes(name);
    const at::Tensor whole = decode_rgb(bytes, name);
    ReadOptions options;
    options.max_pixels = whole.size(0) * whole.size(1);
    EXPECT_TRUE(at::equal(decode_rgb(bytes, name, options), whole)) << name;
    --options.max_pixels;
    try {
      decode_rgb(bytes, name, options);
      ADD_FAILURE() << name << " was read";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::too_large) << name << ": " << error.what();
    }
  }
}

TEST(ImageFile, PngThatClaimsMoreThanItsBytesCanHold) {
  // All black compresses 1000 : 1, and is read.
  const at::Tensor black = at::zeros({3000, 3000, 3}, at::kByte);
  EXPECT_TRUE(decode_rgb(encode_png(black), "black").equal(black));
}

TEST(ImageFile, WritersRefuseWhatDoesNotFit) {
  EXPECT_ERROR(invalid_argument, "a value of 65536 does not fit a PNG of 16 bits (0 to 65535)",
               encode_png(at::full({2, 2}, 65536, at::kInt)));
  EXPECT_ERROR(invalid_argument, "a value of -1 does not fit a PNG of 16 bits (0 to 65535)",
               encode_png(at::full({2, 2}, -1, at::kInt)));
  EXPECT_ERROR(shape_mismatch, "pixels of a PNG are [2, 2, 5], expected [H, W, 3 or 4] uint8,",
               encode_png(at::zeros({2, 2, 5}, at::kByte)));
  EXPECT_ERROR(shape_mismatch, "pixels of a PNG are [2, 2], expected [H, W, 3 or 4] uint8, or",
               encode_png(at::zeros({2, 2})));
  EXPECT_ERROR(shape_mismatch, "pixels of a PNG are [0, 2], expected [H, W, 3 or 4] uint8, or",
               encode_png(at::zeros({0, 2}, at::kByte)));
  EXPECT_ERROR(shape_mismatch, "pixels of a PNG are undefined, expected [H, W, 3 or 4] uint8,",
               encode_png(at::Tensor()));
  EXPECT_ERROR(shape_mismatch, "pixels of a JPEG: expected shape [*, *, 3]",
               encode_jpeg(at::zeros({2, 2}, at::kByte)));
  EXPECT_ERROR(invalid_argument, "a JPEG cannot hold 70000 x 1 pixels",
               encode_jpeg(at::zeros({1, 70000, 3}, at::kByte)));
}

TEST(ImageFile, ExtensionsOfPictures) {
  for (const char* name : {"a.jpg", "b.JPEG", "c.PNG", "d.webp", "e.tif", "f.TIFF"}) {
    EXPECT_TRUE(has_image_extension(name)) << name;
  }
  for (const char* name : {"a.txt", "jpg", ".jpg.txt", "a.json", ""}) {
    EXPECT_FALSE(has_image_extension(name)) << name;
  }
}

}  // namespace
}  // namespace fcclip::image
