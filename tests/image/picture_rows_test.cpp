#include "fcclip/image/picture_rows.h"

#include "tests/image/pictures.h"
#include "tests/support/errors.h"
#include "tests/support/files.h"
#include "tests/support/made_tiff.h"

namespace fcclip::image {
namespace {

namespace fs = std::filesystem;
using test::made_tiff;

constexpr int kNoData = 42113;

struct WholeRows {
  at::Tensor rgb, valid;  // valid: undefined where no part had any
};

// All rows, `step` at a time.
WholeRows read_all(const fs::path& path, int64_t step, const ReadOptions& options = {}) {
  const auto rows = open_rows(path, options);
  std::vector<at::Tensor> rgb, valid;
  for (int64_t y = 0; y < rows->size().height; y += step) {
    const PixelRows part = rows->next(std::min(step, rows->size().height - y));
    EXPECT_EQ(part.rgb.size(1), rows->size().width);
    rgb.push_back(part.rgb);
    if (part.valid.defined()) valid.push_back(part.valid);
  }
  return {at::cat(rgb), valid.empty() ? at::Tensor() : at::cat(valid)};
}

class PictureRowsTest : public ::testing::Test {
 protected:
  fs::path file(const std::string& name, const std::string& bytes) {
    return test::write_file(folder_.path() / name, bytes);
  }
  test::TemporaryFolder folder_;
};

// Strips, tiles, planes, palettes, inks, one bit, turned and interlaced ones.
TEST_F(PictureRowsTest, AreThoseOfThePictureReadAtOnce) {
  ReadOptions options;
  options.range.kind = ValueRange::Kind::full;
  int64_t compared = 0;
  for (const auto& entry : fs::directory_iterator(test::pictures_folder())) {
    const fs::path path = entry.path();
    const std::string name = path.filename().string();
    if (!has_image_extension(path)) continue;
    const at::Tensor whole = read_rgb(path, options);
    EXPECT_TRUE(read_all(path, 7, options).rgb.equal(whole)) << name;
    if (const auto size = header_size(path)) {
      EXPECT_EQ(size->height * size->width, whole.size(0) * whole.size(1)) << name;
    }
    ++compared;
  }
  EXPECT_GT(compared, 20);
}

TEST_F(PictureRowsTest, TilesAndStripsAreReadWhereTheyAreNeeded) {
  const at::Tensor rgb = test::gradient(150, 203);
  for (const test::TiffForm& form :
       {test::TiffForm{64}, test::TiffForm{16}, test::TiffForm{0, 1}, test::TiffForm{0, 150}}) {
    const fs::path path = file("a.tif", made_tiff(rgb, form));
    for (const int64_t step : {1, 40, 150}) {
      const WholeRows all = read_all(path, step);
      EXPECT_TRUE(all.rgb.equal(rgb)) << form.tile << " " << step;
      EXPECT_FALSE(all.valid.defined());
    }
  }
}

TEST_F(PictureRowsTest, NoDataIsWhereAllBandsSaySo) {
  at::Tensor rgb = test::gradient(40, 50).clamp_min(1);
  rgb.slice(0, 10, 20).slice(1, 5, 30).fill_(0);
  rgb[0][0][1] = 0;  // one band of three
  const WholeRows all =
      read_all(file("a.tif", made_tiff(rgb, {16}, {test::tiff_text(kNoData, "0")})), 16);
  ASSERT_TRUE(all.valid.defined());
  EXPECT_EQ(all.valid.logical_not().sum().item<int64_t>(), 10 * 25);
  EXPECT_TRUE(all.valid[0][0].item<bool>());
}

TEST_F(PictureRowsTest, AnAlphaBandSaysWhereNothingIs) {
  at::Tensor rgba = at::cat({test::gradient(40, 50), at::full({40, 50, 1}, 255, at::kByte)}, 2);
  rgba.slice(0, 30).select(2, 3).fill_(0);
  const WholeRows all = read_all(file("a.tif", made_tiff(rgba, {0, 8, 2})), 16);
  EXPECT_TRUE(all.rgb.equal(rgba.slice(2, 0, 3)));
  EXPECT_EQ(all.valid.sum().item<int64_t>(), 30 * 50);
}

TEST_F(PictureRowsTest, NotANumberIsNoData) {
  at::Tensor values = test::gradient(40, 50).to(at::kFloat).div(255);
  values[3].fill_(std::numeric_limits<float>::quiet_NaN());
  const WholeRows all = read_all(file("a.tif", made_tiff(values)), 16);
  EXPECT_EQ(all.valid.sum().item<int64_t>(), 39 * 50);
}

// A ramp of 16 bits in three bands: the scale comes from the whole picture, not from the rows that
// are read together.
TEST_F(PictureRowsTest, AllRowsAreStretchedAlike) {
  const at::Tensor ramp = (at::arange(400 * 300, at::kInt) / 40 + 100).view({400, 300, 1});
  const at::Tensor values = ramp.expand({400, 300, 3}).contiguous().to(at::kUInt16);
  ReadOptions options;
  options.range = parse_stretch("10,90");
  const double low = 100 + 0.1 * 3000, high = 100 + 0.9 * 3000;
  const at::Tensor expected =
      ramp.to(at::kDouble).sub(low).mul(255 / (high - low)).clamp(0, 255).expand({400, 300, 3});
  for (const test::TiffForm& form : {test::TiffForm{64}, test::TiffForm{0, 16}}) {
    const fs::path path = file("a.tif", made_tiff(values, form));
    const at::Tensor read = read_all(path, 37, options).rgb;
    EXPECT_LT(read.to(at::kDouble).sub(expected).abs().max().item<double>(), 4) << form.tile;
    EXPECT_TRUE(read.equal(read_all(path, 400, options).rgb));
  }
}

TEST_F(PictureRowsTest, BandsAreChosen) {
  const at::Tensor values = at::arange(30 * 20 * 5, at::kInt).remainder(251).to(at::kByte);
  const at::Tensor bands = values.view({30, 20, 5});
  ReadOptions options;
  options.bands = {5, 1, 2};
  const fs::path path = file("a.tif", made_tiff(bands, {16}));
  EXPECT_TRUE(read_all(path, 8, options)
                  .rgb.equal(bands.index_select(2, at::tensor({4, 0, 1}, at::kLong))));
  options.bands = {6, 1, 2};
  EXPECT_ERROR(bad_format, "has 5 bands, band 6 was asked for", open_rows(path, options));
}

TEST_F(PictureRowsTest, AFileThatEndsInTheMiddleIsRefusedThere) {
  const std::string tiff = made_tiff(test::gradient(200, 100), {0, 8});
  EXPECT_ERROR(bad_format, "damaged or truncated TIFF",
               open_rows(file("a.tif", tiff.substr(0, 9000))));
  const std::string jpeg = encode_jpeg(test::gradient(200, 100));
  const auto rows = open_rows(file("a.jpg", jpeg.substr(0, jpeg.size() / 2)));
  EXPECT_EQ(rows->next(16).rgb.size(0), 16);
  EXPECT_ERROR(bad_format, "truncated JPEG: data ends at row", rows->next(184));
  const std::string png = encode_png(test::gradient(200, 100));
  const auto other = open_rows(file("a.png", png.substr(0, png.size() / 2)));
  EXPECT_ERROR(bad_format, "truncated PNG", other->next(200));
}

TEST_F(PictureRowsTest, OtherFilesAreRefused) {
  EXPECT_ERROR(not_found, "can't open", open_rows(folder_.path() / "none.tif"));
  EXPECT_ERROR(bad_format, "an empty file", open_rows(file("empty.tif", "")));
  EXPECT_FALSE(header_size(file("text.txt", "words")));
}

TEST(Stretch, IsParsed) {
  const ValueRange range = parse_stretch("0.5,99");
  EXPECT_EQ(range.kind, ValueRange::Kind::stretch);
  EXPECT_EQ(range.low, 0.5);
  EXPECT_EQ(range.high, 99);
  for (const char* wrong : {"", "2", "98,2", "-1,98", "2,101", "2,98,3", "a,b", "nan,98"}) {
    EXPECT_ERROR(invalid_argument, "between 0 and 100", parse_stretch(wrong));
  }
}

}  // namespace
}  // namespace fcclip::image
