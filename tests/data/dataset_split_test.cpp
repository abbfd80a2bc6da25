// Every official layout in miniature, under its official file names.

#include "fcclip/data/dataset_split.h"

#include <fstream>

#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "fcclip/data/registry.h"
#include "fcclip/image/id_colours.h"
#include "fcclip/image/label_file.h"
#include "tests/data/miniature.h"
#include "tests/io/temporary_folder.h"
#include "tests/support/errors.h"

namespace fcclip::data {
namespace {

using nlohmann::json;
using test::halves;

class Layouts : public ::testing::Test {
 protected:
  std::unique_ptr<DatasetSplit> open(const std::string& name) const {
    return open_split(find_dataset(name), root());
  }
  const std::filesystem::path& root() const { return folder_.path(); }
  using path = std::filesystem::path;

 private:
  test::TemporaryFolder folder_;
};

void expect_labels(const DatasetSplit& split, int64_t left, int64_t right) {
  EXPECT_TRUE(at::equal(split.labels(0), halves(left, right)))
      << split.labels(0)[0][0].item<int>() << " " << split.labels(0)[0][31].item<int>();
}

int64_t index_of(const DatasetSplit& split, int64_t id) {
  const auto& classes = split.vocabulary().classes;
  for (size_t k = 0; k < classes.size(); ++k) {
    if (classes[k].id == id) return static_cast<int64_t>(k);
  }
  return -1;
}

TEST_F(Layouts, CocoPanopticHasAllThreeTruths) {
  test::make_coco(root());
  const auto coco = open("coco-panoptic");
  ASSERT_EQ(coco->size(), 2);
  EXPECT_EQ(coco->picture(1).id_json, "285");
  const PanopticTruth truth = coco->panoptic(0);
  EXPECT_EQ(truth.segments[0].id, 70139);
  EXPECT_EQ(truth.segments[0].class_index, 0);
  expect_labels(*coco, 0, index_of(*coco, 184));
  const PictureInstances instances = coco->instances(0);
  ASSERT_EQ(instances.instances.size(), 1u);
  EXPECT_EQ(results::area(instances.instances[0].mask), test::kHeight * test::kWidth / 2);
  EXPECT_EQ(coco->get(0).segments.size(), 2u);
}

TEST_F(Layouts, Ade20k150ReadsOfficialAndConvertedLabels) {
  const path ade = root() / "ADEChallengeData2016";
  const std::string name = "ADE_val_00000001";
  test::write_picture(ade / "images/validation" / (name + ".jpg"));
  test::write_json(ade / "ade20k_panoptic_val.json",
                   {{"images", {test::image_entry(name, name + ".jpg")}},
                    {"annotations",
                     {test::panoptic_annotation(ade / "ade20k_panoptic_val", name, name + ".png",
                                                {{1, 12}, {2, 0}})}}});
  test::write_json(ade / "ade20k_instance_val.json",
                   {{"images", {test::image_entry(name, name + ".jpg")}},
                    {"annotations", {test::instance_annotation(name, 12)}}});
  expect_labels(*open("ade20k"), 12, 0);  // from the panoptic truth
  image::write_png(ade / "annotations/validation" / (name + ".png"), halves(3, 0));
  expect_labels(*open("ade20k"), 2, -1);
  image::write_png(ade / "annotations_detectron2/validation" / (name + ".png"), halves(7, 255));
  const auto split = open("a150");
  expect_labels(*split, 7, -1);
  EXPECT_EQ(split->picture(0).id_json, "\"ADE_val_00000001\"");
  EXPECT_EQ(split->instances(0).instances[0].class_index, 12);
}

TEST_F(Layouts, CityscapesJoinsItsThreeNamings) {
  const path city = root() / "cityscapes";
  const std::string name = "frankfurt_000000_000294";
  test::write_picture(city / "leftImg8bit/val/frankfurt" / (name + "_leftImg8bit.png"));
  test::write_json(
      city / "gtFine/cityscapes_panoptic_val.json",
      {{"images", {test::image_entry(name, name + "_gtFine_leftImg8bit.png")}},
       {"annotations",
        {test::panoptic_annotation(city / "gtFine/cityscapes_panoptic_val", name,
                                   name + "_gtFine_panoptic.png", {{26001, 26}, {7, 7}})}}});
  image::write_png(city / "gtFine/val/frankfurt" / (name + "_gtFine_labelIds.png"), halves(26, 4));
  const auto split = open("cityscapes");
  EXPECT_EQ(split->picture(0).name, name);
  expect_labels(*split, 13, -1);  // car's train id; "static" is not scored
  EXPECT_EQ(split->panoptic(0).segments[0].class_index, 13);
}

TEST_F(Layouts, MapillaryIgnoresLabel65) {
  const path vistas = root() / "mapillary_vistas/validation";
  test::write_picture(vistas / "images/abc.jpg");
  test::write_json(
      vistas / "panoptic/panoptic_2018.json",
      {{"images", {test::image_entry("abc", "abc.jpg")}},
       {"annotations",
        {test::panoptic_annotation(vistas / "panoptic", "abc", "abc.png", {{500, 1}, {501, 3}})}}});
  image::write_png(vistas / "labels/abc.png", halves(64, 65));
  expect_labels(*open("mapillary"), 64, -1);
}

struct LabelLayout {
  std::string name, picture, label;
  int64_t left, right, want_left, want_right;
};

class LabelLayouts : public Layouts, public ::testing::WithParamInterface<LabelLayout> {};

TEST_P(LabelLayouts, AreRead) {
  const LabelLayout& layout = GetParam();
  test::write_picture(root() / layout.picture);
  image::write_png(root() / layout.label, halves(layout.left, layout.right));
  const auto split = open(layout.name);
  EXPECT_EQ(split->size(), 1);
  EXPECT_FALSE(split->has_panoptic());
  expect_labels(*split, layout.want_left, layout.want_right);
}

INSTANTIATE_TEST_SUITE_P(
    Official, LabelLayouts,
    ::testing::Values(
        LabelLayout{"ade20k_847", "ADE20K_2021_17_01/images_detectron2/validation/ADE_val_1.jpg",
                    "ADE20K_2021_17_01/annotations_detectron2/validation/ADE_val_1.png", 846, 65535,
                    846, -1},
        LabelLayout{"pc59", "pascal_ctx_d2/images/validation/2008_000002.jpg",
                    "pascal_ctx_d2/annotations_ctx59/validation/2008_000002.png", 58, 255, 58, -1},
        LabelLayout{"pc459", "pascal_ctx_d2/images/validation/2008_000002.jpg",
                    "pascal_ctx_d2/annotations_ctx459/validation/2008_000002.png", 458, 65535, 458,
                    -1},
        LabelLayout{"voc20", "pascal_voc_d2/images/validation/2007_000033.jpg",
                    "pascal_voc_d2/annotations_pascal20/validation/2007_000033.png", 19, 255, 19,
                    -1},
        LabelLayout{"voc21", "pascal_voc_d2/images/validation/2007_000033.jpg",
                    "pascal_voc_d2/annotations_pascal21/validation/2007_000033.png", 20, 255, 20,
                    -1},
        LabelLayout{"coco_stuff", "coco/val2017/000000000139.jpg",
                    "coco/stuffthingmaps/val2017/000000000139.png", 0, 181, 0, 170},
        LabelLayout{"coco_stuff", "coco/val2017/000000000139.jpg",
                    "coco/stuffthingmaps_detectron2/val2017/000000000139.png", 170, 255, 170, -1}));

TEST_F(Layouts, LvisFindsPicturesByAddressAndKnowsWhatWasJudged) {
  test::write_picture(root() / "coco/val2017/000000000139.jpg");
  test::write_picture(root() / "coco/train2017/000000000009.jpg");
  json image = test::image_entry(139, "");
  image.erase("file_name");
  image["coco_url"] = "http://images.cocodataset.org/val2017/000000000139.jpg";
  image["neg_category_ids"] = {5};
  image["not_exhaustive_category_ids"] = {3};
  test::write_json(root() / "lvis/lvis_v1_val.json",
                   {{"images", {image}}, {"annotations", {test::instance_annotation(139, 3)}}});
  const auto lvis = open("lvis");
  ASSERT_EQ(lvis->size(), 1);
  const PictureInstances truth = lvis->instances(0);
  EXPECT_EQ(truth.judged_classes, (std::vector<int64_t>{2, 4}));
  EXPECT_EQ(truth.incomplete_classes, (std::vector<int64_t>{2}));
}

TEST_F(Layouts, MissingFilesAreNamedWithWhatToDo) {
  const std::string message = test::message_of([&] { open("voc20"); });
  EXPECT_NE(message.find((root() / "pascal_voc_d2").string()), std::string::npos) << message;
  EXPECT_NE(message.find("VOCtrainval_11-May-2012.tar"), std::string::npos) << message;
  EXPECT_NE(message.find("fcclip prepare voc20"), std::string::npos) << message;
}

TEST_F(Layouts, DamagedFilesAreNamed) {
  test::make_coco(root());
  const path coco = root() / "coco";
  const path png = coco / "panoptic_val2017/000000000139.png";
  const auto coco_set = open("coco");
  image::write_png(png, image::rgb_of_ids(halves(70139, 9).slice(0, 0, 10)));
  EXPECT_NE(test::message_of([&] { coco_set->panoptic(0); }).find(png.string()), std::string::npos);
  image::write_png(png, image::rgb_of_ids(halves(1, 9)));
  EXPECT_NE(test::message_of([&] { coco_set->panoptic(0); }).find("70139"), std::string::npos);
  std::ofstream(coco / "annotations/panoptic_val2017.json") << "{\"images\": [";
  const std::string message = test::message_of([&] { open("coco"); });
  EXPECT_NE(message.find("panoptic_val2017.json: not valid JSON"), std::string::npos) << message;
  test::write_json(coco / "annotations/panoptic_val2017.json",
                   {{"images", json::array()}, {"annotations", json::array()}});
  EXPECT_NE(test::message_of([&] { open("coco"); }).find("no pictures"), std::string::npos);
}

TEST_F(Layouts, UnknownCategoriesAndLabelsAreNamed) {
  test::make_coco(root());
  const path json_file = root() / "coco/annotations/panoptic_val2017.json";
  json file = json::parse(io::read_file(json_file));
  file["annotations"][0]["segments_info"][0]["category_id"] = 12;
  test::write_json(json_file, file);
  EXPECT_NE(test::message_of([&] { open("coco")->panoptic(0); }).find("category_id 12"),
            std::string::npos);
  test::write_picture(root() / "pascal_voc_d2/images/validation/a.jpg");
  image::write_png(root() / "pascal_voc_d2/annotations_pascal20/validation/a.png", halves(20, 0));
  const std::string message = test::message_of([&] { open("voc20")->labels(0); });
  EXPECT_NE(message.find("a.png: label 20"), std::string::npos) << message;
}

TEST_F(Layouts, OwnDataTakesItsClassesFromTheFile) {
  test::make_coco(root());
  const path json_file = root() / "coco/annotations/panoptic_val2017.json";
  json file = json::parse(io::read_file(json_file));
  file["categories"] = {{{"id", 184}, {"name", "tree"}, {"isthing", 0}},
                        {{"id", 1}, {"name", "person"}, {"isthing", 1}}};
  test::write_json(json_file, file);
  SplitFiles files;
  files.pictures = {root() / "coco/val2017"};
  files.panoptic_json = json_file;
  files.panoptic_pngs = root() / "coco/panoptic_val2017";
  expect_labels(DatasetSplit(files, {}), 1, 0);
}

}  // namespace
}  // namespace fcclip::data
