// Conversions of official downloads in miniature, read back as benchmarks.

#include "fcclip/data/prepare.h"

#include <fstream>

#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "fcclip/data/registry.h"
#include "tests/data/miniature.h"
#include "tests/io/temporary_folder.h"
#include "tests/support/errors.h"

namespace fcclip::data {
namespace prepare_test {

using test::halves;

std::unique_ptr<DatasetSplit> prepared(const std::string& name, const std::filesystem::path& root) {
  prepare(name, {root, {}});
  return open_split(find_dataset(name), root);
}

TEST(Prepare, Ade20kJoinsStuffAndInstances) {
  const test::TemporaryFolder folder;
  const std::filesystem::path ade = folder.path() / "ADEChallengeData2016";
  test::write_picture(ade / "images/validation/ADE_val_00000001.jpg");
  // Wall (1) everywhere; a bed (kind 1 of the things, class 7) on the right half.
  image::write_png(ade / "annotations/validation/ADE_val_00000001.png", halves(1, 8));
  const at::Tensor instances =
      at::stack({halves(0, 1), halves(0, 4), halves(0, 0)}, 2).to(at::kByte);
  image::write_png(ade / "annotations_instance/validation/ADE_val_00000001.png", instances);
  const auto split = prepared("ade20k_150", folder.path());
  const PanopticTruth truth = split->panoptic(0);
  ASSERT_EQ(truth.segments.size(), 2u);
  EXPECT_EQ(truth.segments[0].class_index, 0);
  EXPECT_EQ(truth.segments[1].class_index, 7);
  const PictureInstances things = split->instances(0);
  ASSERT_EQ(things.instances.size(), 1u);
  EXPECT_EQ(things.instances[0].class_index, 7);
  EXPECT_TRUE(at::equal(results::to_mask(things.instances[0].mask).to(at::kInt), halves(0, 1)));
  EXPECT_TRUE(at::equal(split->labels(0), halves(0, 7)));
}

TEST(Prepare, CityscapesKeepsCrowdsAndLeavesOutWhatIsNotScored) {
  const test::TemporaryFolder folder;
  const std::filesystem::path city = folder.path() / "cityscapes";
  const std::string name = "lindau_000000_000019";
  test::write_picture(city / "leftImg8bit/val/lindau" / (name + "_leftImg8bit.png"));
  at::Tensor ids = halves(26, 24003);  // a group of cars, a person
  ids.slice(0, 0, 4).fill_(4);         // static
  ids.slice(0, 4, 8).fill_(7);         // road
  image::write_png(city / "gtFine/val/lindau" / (name + "_gtFine_instanceIds.png"), ids);
  const auto split = prepared("cityscapes", folder.path());
  const PanopticTruth truth = split->panoptic(0);
  ASSERT_EQ(truth.segments.size(), 3u);
  EXPECT_FALSE(truth.segments[0].is_crowd);  // road
  EXPECT_TRUE(truth.segments[1].is_crowd);   // cars
  EXPECT_EQ(truth.segments[1].class_index, 13);
  EXPECT_EQ(truth.segments[2].id, 24003);
  EXPECT_EQ(split->labels(0)[0][0].item<int>(), -1);
}

TEST(Prepare, VocMakesBothLabelForms) {
  const test::TemporaryFolder folder;
  const std::filesystem::path voc = folder.path() / "VOCdevkit/VOC2012";
  test::write_picture(voc / "JPEGImages/2007_000033.jpg");
  at::Tensor labels = halves(0, 20);
  labels.slice(0, 0, 2).fill_(255);
  image::write_png(voc / "SegmentationClass/2007_000033.png", labels.to(at::kByte));
  std::filesystem::create_directories(voc / "ImageSets/Segmentation");
  std::ofstream(voc / "ImageSets/Segmentation/val.txt") << "2007_000033\r\n";
  const at::Tensor voc20 = prepared("voc20", folder.path())->labels(0);
  EXPECT_EQ(voc20[10][0].item<int>(), -1);
  EXPECT_EQ(voc20[10][31].item<int>(), 19);
  const at::Tensor voc21 = prepared("voc21", folder.path())->labels(0);
  EXPECT_EQ(voc21[10][0].item<int>(), 0);
  EXPECT_EQ(voc21[10][31].item<int>(), 20);
  EXPECT_EQ(voc21[0][0].item<int>(), -1);
}

TEST(Prepare, CocoLabelsAreThoseOfThePanopticTruth) {
  const test::TemporaryFolder folder;
  test::make_coco(folder.path());
  const at::Tensor before = open_split(find_dataset("coco"), folder.path())->labels(1);
  EXPECT_TRUE(at::equal(prepared("coco_panoptic", folder.path())->labels(1), before));
}

TEST(Prepare, SaysWhatItCantDo) {
  const test::TemporaryFolder folder;
  EXPECT_ERROR(invalid_argument, "lvis needs no preparation", prepare("lvis", {folder.path(), {}}));
  EXPECT_ERROR(not_found, "no such folder (download ADEChallengeData2016.zip and",
               prepare("ade20k_150", {folder.path(), {}}));
}

}  // namespace prepare_test
}  // namespace fcclip::data
