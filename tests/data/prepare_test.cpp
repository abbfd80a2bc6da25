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

std::unique_ptr<DatasetSplit> prepared(const std::string& name, const std::filesystem::path& root,
                                       Split split = Split::validation) {
  prepare(name, {root, {}, split});
  return open_split(split_of(find_dataset(name), split), root);
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

TEST(Prepare, TrainingSplitsLieBesideTheOthers) {
  const test::TemporaryFolder folder;
  const std::filesystem::path ade = folder.path() / "ADEChallengeData2016",
                              city = folder.path() / "cityscapes",
                              voc = folder.path() / "VOCdevkit/VOC2012";
  test::write_picture(ade / "images/training/ADE_train_00000001.jpg");
  image::write_png(ade / "annotations/training/ADE_train_00000001.png", halves(1, 8));
  image::write_png(ade / "annotations_instance/training/ADE_train_00000001.png",
                   at::stack({halves(0, 1), halves(0, 4), halves(0, 0)}, 2).to(at::kByte));
  const auto scenes = prepared("ade20k_150", folder.path(), Split::training);
  EXPECT_EQ(scenes->picture(0).name, "ADE_train_00000001");
  EXPECT_EQ(scenes->panoptic(0).segments.size(), 2u);
  EXPECT_EQ(scenes->instances(0).instances.at(0).class_index, 7);
  EXPECT_TRUE(std::filesystem::exists(ade / "ade20k_instance_train.json"));

  const std::string name = "aachen_000000_000019";
  test::write_picture(city / "leftImg8bit/train/aachen" / (name + "_leftImg8bit.png"));
  image::write_png(city / "gtFine/train/aachen" / (name + "_gtFine_instanceIds.png"),
                   halves(26, 24003));
  EXPECT_EQ(prepared("cityscapes", folder.path(), Split::training)->panoptic(0).segments.size(),
            2u);

  test::write_picture(voc / "JPEGImages/2007_000032.jpg");
  image::write_png(voc / "SegmentationClass/2007_000032.png", halves(0, 20).to(at::kByte));
  std::filesystem::create_directories(voc / "ImageSets/Segmentation");
  std::ofstream(voc / "ImageSets/Segmentation/train.txt") << "2007_000032\n";
  EXPECT_TRUE(
      at::equal(prepared("voc20", folder.path(), Split::training)->labels(0), halves(-1, 19)));
  EXPECT_ERROR(not_found, "val.txt", prepare("voc20", {folder.path(), {}}));
}

TEST(Prepare, CocoTrainingLabels) {
  const test::TemporaryFolder folder;
  test::make_coco(folder.path());
  const std::filesystem::path coco = folder.path() / "coco";
  for (const char* name : {"", "panoptic_", "annotations/panoptic_", "annotations/instances_"}) {
    const std::string end = std::string(name).starts_with("annotations") ? ".json" : "";
    std::filesystem::rename(coco / (name + ("val2017" + end)), coco / (name + ("train2017" + end)));
  }
  const auto split = prepared("coco_panoptic", folder.path(), Split::training);
  EXPECT_EQ(split->size(), 2);
  EXPECT_TRUE(std::filesystem::exists(coco / "panoptic_semseg_train2017/000000000139.png"));
}

TEST(Registry, TrainingFilesAreNamedAsTheReferenceNamesThem) {
  const auto training = [](const char* name) {
    return split_of(find_dataset(name), Split::training);
  };
  EXPECT_EQ(training("coco").panoptic_json, "coco/annotations/panoptic_train2017.json");
  EXPECT_EQ(training("coco").download.substr(0, 13), "train2017.zip");
  EXPECT_EQ(training("ade20k").pictures.at(0), "ADEChallengeData2016/images/training");
  EXPECT_EQ(training("ade20k").labels.at(0).folder,
            "ADEChallengeData2016/annotations_detectron2/training");
  EXPECT_EQ(training("ade20k").prepare, "ade20k_150 --split train");
  EXPECT_EQ(training("a847").labels.at(0).folder,
            "ADE20K_2021_17_01/annotations_detectron2/training");
  EXPECT_EQ(training("cityscapes").panoptic_pngs, "cityscapes/gtFine/cityscapes_panoptic_train");
  EXPECT_EQ(training("cityscapes").cityscapes_truth, "cityscapes/gtFine/train");
  EXPECT_EQ(training("vistas").panoptic_json,
            "mapillary_vistas/training/panoptic/panoptic_2018.json");
  EXPECT_EQ(training("pc59").labels.at(0).folder, "pascal_ctx_d2/annotations_ctx59/training");
  EXPECT_EQ(training("pas21").pictures.at(0), "pascal_voc_d2/images/training");
  EXPECT_EQ(training("coco_stuff").labels.at(1).folder, "coco/stuffthingmaps/train2017");
  EXPECT_EQ(training("lvis").instances_json, "lvis/lvis_v1_train.json");
  EXPECT_EQ(training("lvis").pictures, std::vector<std::string>{"coco/train2017"});
}

TEST(Prepare, SaysWhatItCantDo) {
  const test::TemporaryFolder folder;
  EXPECT_ERROR(invalid_argument, "lvis needs no preparation", prepare("lvis", {folder.path(), {}}));
  EXPECT_ERROR(not_found, "no such folder (download ADEChallengeData2016.zip and",
               prepare("ade20k_150", {folder.path(), {}}));
}

}  // namespace prepare_test
}  // namespace fcclip::data
