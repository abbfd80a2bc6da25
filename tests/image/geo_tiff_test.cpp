#include "fcclip/image/geo_tiff.h"

#include <limits>

#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "fcclip/image/image_file.h"
#include "tests/image/pictures.h"
#include "tests/support/errors.h"
#include "tests/support/tiny_tiff.h"

namespace fcclip::image {
namespace {

using test::tiff_doubles;
using test::tiff_shorts;
using test::tiny_tiff;

using Transform = std::array<double, 6>;

const test::TiffTag kScale = tiff_doubles(33550, {10, 5, 0});
const test::TiffTag kTie = tiff_doubles(33922, {2, 3, 0, 500000, 4600000, 0});

// GeoKeyDirectory: raster type, then the coordinate system under `key`.
test::TiffTag keys(uint16_t raster, uint16_t key, uint16_t epsg) {
  return tiff_shorts(34735, {1, 1, 0, 2, 1025, 0, 1, raster, key, 0, 1, epsg});
}

std::string message_of(const std::string& bytes) {
  return test::message_of([&] { decode_geo_reference(bytes, "map.tif"); });
}

TEST(GeoTiff, ScaleAndTiePointPlaceThePixels) {
  const std::string bytes = tiny_tiff(4, 3, {kScale, kTie, keys(1, 3072, 32633)});
  EXPECT_EQ(decode_rgb(bytes, "map.tif").size(0), 3);  // and it is a picture
  const auto found = decode_geo_reference(bytes, "map.tif");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->transform, (Transform{500000 - 20, 10, 0, 4600000 + 15, 0, -5}));
  EXPECT_EQ(found->epsg, 32633);
}

TEST(GeoTiff, PointsAreCentresOfPixels) {
  const auto found =
      decode_geo_reference(tiny_tiff(4, 3, {kScale, kTie, keys(2, 2048, 4326)}), "map.tif");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->transform, (Transform{499980 - 5, 10, 0, 4600015 + 2.5, 0, -5}));
  EXPECT_EQ(found->epsg, 4326);
}

TEST(GeoTiff, ATransformationMayTurn) {
  const auto found = decode_geo_reference(
      tiny_tiff(4, 3,
                {tiff_doubles(34264, {1, 2, 0, 100, 3, -4, 0, 200, 0, 0, 0, 0, 0, 0, 0, 1}),
                 keys(1, 3072, 32767)}),
      "map.tif");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->transform, (Transform{100, 1, 2, 200, 3, -4}));
  EXPECT_EQ(found->epsg, 0) << "user-defined systems have no code";
}

TEST(GeoTiff, OtherPicturesHaveNone) {
  EXPECT_FALSE(decode_geo_reference(tiny_tiff(4, 3, {}), "plain.tif"));
  EXPECT_FALSE(decode_geo_reference(tiny_tiff(4, 3, {kTie}), "control-points.tif"));
  EXPECT_FALSE(decode_geo_reference(encode_png(test::gradient(3, 4)), "a.png"));
  EXPECT_FALSE(decode_geo_reference("", "empty"));
}

TEST(GeoTiff, DamageIsNamed) {
  EXPECT_NE(message_of(tiny_tiff(4, 3, {tiff_shorts(33550, {1, 1, 0}), kTie})).find("33550"),
            std::string::npos);
  const double infinite = std::numeric_limits<double>::infinity();
  EXPECT_NE(message_of(tiny_tiff(4, 3, {tiff_doubles(33550, {infinite, 1, 0}), kTie})), "");
  EXPECT_NE(message_of(tiny_tiff(4, 3, {tiff_doubles(33550, {0, 1, 0}), kTie})), "");
  EXPECT_NE(message_of(tiny_tiff(4, 3, {tiff_doubles(34264, {1, 2, 3})})).find("expected 16"),
            std::string::npos);
  EXPECT_NE(message_of(std::string("II*\0\x08\0\0\0", 8)).find("map.tif"), std::string::npos);
}

TEST(GeoTiff, NamesForGeoJson) {
  EXPECT_EQ(crs_name(0), "");
  EXPECT_EQ(crs_name(4326), "urn:ogc:def:crs:OGC:1.3:CRS84");
  EXPECT_EQ(crs_name(32633), "urn:ogc:def:crs:EPSG::32633");
}

// Albers with its numbers in the keys, no code anywhere.
TEST(GeoTiff, AProjectionWithoutACodeIsSpeltOut) {
  const std::vector<test::TiffTag> tags = {
      kScale, kTie,
      tiff_shorts(34735, {1,    1,     0, 8,     1024, 0,     1, 1,  2050, 0,     1, 6269,
                          3072, 0,     1, 32767, 3075, 0,     1, 11, 3076, 0,     1, 9003,
                          3078, 34736, 1, 0,     3079, 34736, 1, 1,  3084, 34736, 1, 2}),
      tiff_doubles(34736, {29.5, 45.5, -96})};
  const auto found = decode_geo_reference(tiny_tiff(4, 3, tags), "map.tif");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->epsg, 0);
  EXPECT_EQ(found->crs(),
            "+proj=aea +lat_0=0 +lon_0=-96 +lat_1=29.5 +lat_2=45.5 +x_0=0 +y_0=0 +datum=NAD83 "
            "+units=us-ft +no_defs");
  EXPECT_NE(found->caution().find("without an EPSG code"), std::string::npos);
}

TEST(GeoTiff, OtherSystems) {
  const auto crs = [](const std::vector<uint16_t>& directory) {
    return decode_geo_reference(tiny_tiff(4, 3, {kScale, kTie, tiff_shorts(34735, directory)}),
                                "map.tif")
        ->crs();
  };
  EXPECT_EQ(
      crs({1, 1, 0, 4, 1024, 0, 1, 1, 2048, 0, 1, 4326, 3072, 0, 1, 32767, 3074, 0, 1, 16133}),
      "+proj=utm +zone=33 +south +datum=WGS84 +units=m +no_defs");
  // The ellipsoid's code is not the projection's.
  EXPECT_EQ(crs({1, 1, 0, 3, 1024, 0, 1, 1, 2048, 0, 1, 4326, 3072, 0, 1, 32767}), "");
  EXPECT_EQ(crs({1, 1, 0, 2, 1024, 0, 1, 2, 2048, 0, 1, 4269}), "urn:ogc:def:crs:EPSG::4269");
  EXPECT_EQ(decode_geo_reference(tiny_tiff(4, 3, {kScale, kTie, keys(1, 3072, 32633)}), "map.tif")
                ->caution(),
            "");
}

}  // namespace
}  // namespace fcclip::image
