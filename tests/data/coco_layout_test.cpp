// Where PNGs and pictures are looked for around an annotation file.

#include "fcclip/data/coco_layout.h"

#include <fstream>

#include <gtest/gtest.h>

#include "tests/io/temporary_folder.h"

namespace fcclip::data {
namespace {

namespace fs = std::filesystem;

class AroundAFile : public testing::Test {
 protected:
  fs::path at(const char* path) const { return folder_.path() / path; }

 private:
  test::TemporaryFolder folder_;
};

TEST_F(AroundAFile, OfSynthHaveAllBesideTheFile) {
  EXPECT_EQ(panoptic_png_folder(at("s/panoptic.json")), at("s/panoptic"));
  fs::create_directories(at("s/panoptic"));
  fs::create_directories(at("s/images"));
  EXPECT_EQ(panoptic_png_folder(at("s/panoptic.json")), at("s/panoptic"));
  EXPECT_EQ(picture_folder_of(at("s/panoptic.json")), at("s/images"));
}

TEST_F(AroundAFile, OfCocoLieBesideTheAnnotations) {
  fs::create_directories(at("coco/annotations"));
  const fs::path panoptic = at("coco/annotations/panoptic_val2017.json");
  EXPECT_EQ(panoptic_png_folder(panoptic), at("coco/annotations/panoptic_val2017"));
  EXPECT_EQ(picture_folder_of(panoptic), at("coco/annotations/images"));
  fs::create_directories(at("coco/panoptic_val2017"));
  fs::create_directories(at("coco/val2017"));
  EXPECT_EQ(panoptic_png_folder(panoptic), at("coco/panoptic_val2017"));
  EXPECT_EQ(picture_folder_of(panoptic), at("coco/val2017"));
  EXPECT_EQ(picture_folder_of(at("coco/annotations/instances_val2017.json")), at("coco/val2017"));
}

TEST_F(AroundAFile, OfMapillaryLieBesideTheFile) {
  fs::create_directories(at("panoptic"));
  std::ofstream(at("panoptic/panoptic_2018.json")) << "{}";
  EXPECT_EQ(panoptic_png_folder(at("panoptic/panoptic_2018.json")), at("panoptic/panoptic_2018"));
  std::ofstream(at("panoptic/a.png")) << "x";
  EXPECT_EQ(panoptic_png_folder(at("panoptic/panoptic_2018.json")), at("panoptic"));
}

}  // namespace
}  // namespace fcclip::data
