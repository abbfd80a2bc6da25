#include "fcclip/image/label_tiff.h"

#include <fcntl.h>
#include <unistd.h>

#include "fcclip/image/picture_rows.h"
#include "tests/image/pictures.h"
#include "tests/support/errors.h"
#include "tests/support/made_tiff.h"

namespace fcclip::image {
namespace {

namespace fs = std::filesystem;

std::string written(const at::Tensor& labels, LabelTiffOptions options, int64_t step) {
  const test::TemporaryFolder folder;
  const fs::path path = folder.path() / "labels.tif";
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT, 0666);
  options.size = {labels.size(0), labels.size(1)};
  {
    LabelTiff tiff(descriptor, path, options);
    for (int64_t y = 0; y < labels.size(0); y += step) {
      tiff.add(labels.slice(0, y, std::min(y + step, labels.size(0))));
    }
    tiff.finish();
  }
  ::close(descriptor);
  return io::read_file(path);
}

TEST(LabelTiff, LabelsComeBack) {
  const at::Tensor labels = at::arange(300 * 520, at::kInt).view({300, 520}).remainder(251);
  const std::string bytes = written(labels, {{}, 255, 0, {}}, 37);
  ReadOptions full;
  full.range.kind = ValueRange::Kind::full;
  const at::Tensor read = decode_rgb(bytes, "labels.tif", full);
  EXPECT_TRUE(read.select(2, 0).to(at::kInt).equal(labels));
  EXPECT_LT(bytes.size(), 300u * 520u);  // packed
}

TEST(LabelTiff, WideLabelsKeepTheirBits) {
  const at::Tensor labels = at::full({10, 20}, 40000, at::kInt);
  ReadOptions range;
  range.range = parse_value_range("0:40000");
  EXPECT_EQ(decode_rgb(written(labels, {{}, 40000, 0, {}}, 10), "a.tif", range).min().item<int>(),
            255);
  range.range = parse_value_range("0:100000");
  const at::Tensor wide = at::full({10, 20}, 100000, at::kInt);
  EXPECT_EQ(decode_rgb(written(wide, {{}, 100000, 0, {}}, 10), "a.tif", range).min().item<int>(),
            255);
}

TEST(LabelTiff, LiesWhereThePictureLies) {
  const std::string picture = test::made_tiff(
      test::gradient(30, 40), {},
      {test::tiff_doubles(33550, {10, 5, 0}),
       test::tiff_doubles(33922, {2, 3, 0, 500000, 4600000, 0}),
       test::tiff_shorts(34735, {1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, 32633})});
  LabelTiffOptions options;
  options.geo = decode_geo_tags(picture, "a.tif");
  options.no_data = 255;
  const std::string bytes = written(at::full({30, 40}, 255, at::kInt), options, 30);
  const auto found = decode_geo_reference(bytes, "labels.tif");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->transform, decode_geo_reference(picture, "a.tif")->transform);
  EXPECT_EQ(found->epsg, 32633);
  EXPECT_NE(bytes.find("255"), std::string::npos);  // GDAL's no-data value, as text
}

TEST(LabelTiff, AFullDiskIsNamed) {
  const int descriptor = ::open("/dev/full", O_RDWR);
  if (descriptor < 0) GTEST_SKIP() << "no /dev/full";
  const auto write = [descriptor] {
    LabelTiff tiff(descriptor, "out/a.tif", {{300, 300}, 255, 0, {}});
    tiff.add(at::zeros({300, 300}, at::kInt));
    tiff.finish();
  };
  EXPECT_ERROR(io_failure, "can't write out/a.tif: No space left on device", write());
  ::close(descriptor);
}

TEST(GeoTags, OtherPicturesHaveNone) {
  EXPECT_TRUE(decode_geo_tags(encode_png(test::gradient(3, 4)), "a.png").empty());
  EXPECT_TRUE(decode_geo_tags(test::tiny_tiff(4, 3, {}), "a.tif").empty());
}

}  // namespace
}  // namespace fcclip::image
