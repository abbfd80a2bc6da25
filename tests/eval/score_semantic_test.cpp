// Label files of every published data set, as they are downloaded or prepared, against positions in
// its vocabulary, as `eval` writes them.

#include <fstream>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/classify/builtin_vocabularies.h"
#include "fcclip/eval/score.h"
#include "tests/data/miniature.h"
#include "tests/io/temporary_folder.h"
#include "tests/support/errors.h"

namespace fcclip::eval {
namespace score_data_set_test {

namespace fs = std::filesystem;
using data::DatasetSpec, data::LabelCoding, data::LabelForm;

// The value that stands for a position of the vocabulary.
int64_t stored_value(const DatasetSpec& spec, LabelCoding coding, int64_t position) {
  const int64_t id = classify::builtin_vocabulary(spec.vocabulary).classes[position].id;
  switch (coding) {
    case LabelCoding::from_one:
      return position + 1;
    case LabelCoding::dataset_ids:
      return id;
    case LabelCoding::dataset_ids_minus_one:
      return id - 1;
    default:
      return position;
  }
}

// Left half the class `left`, right half `right`, the first rows ignored; PNGs even where the data
// set has TIFFs, which are read as well.
void write_truth(const DatasetSpec& spec, const LabelForm& form, const fs::path& file) {
  at::Tensor map =
      test::halves(stored_value(spec, form.coding, 3), stored_value(spec, form.coding, 5));
  map.slice(0, 0, 4).fill_(form.coding == LabelCoding::from_one ? 0 : spec.ignore_label);
  image::write_png(file, map);
}

class DataSetLabels : public testing::Test {
 protected:
  fs::path answers() const { return folder_.path() / "answers"; }
  fs::path root() const { return folder_.path(); }
  static std::string png_suffix(const LabelForm& form) {
    for (const std::string& suffix : form.suffixes) {
      if (suffix.ends_with(".png")) return suffix;
    }
    return ".png";
  }

 private:
  test::TemporaryFolder folder_;
};

TEST_F(DataSetLabels, OfEveryFormScoreAsPositions) {
  int forms = 0;
  for (const DatasetSpec& spec : data::published_datasets()) {
    for (const LabelForm& form : spec.labels) {
      SCOPED_TRACE(spec.name + " " + form.folder);
      const test::TemporaryFolder one;
      const fs::path truth = one.path() / form.folder, got = one.path() / "answers";
      write_truth(spec, form, truth / ("a" + png_suffix(form)));
      image::write_png(got / "a.png", test::halves(3, 5));
      const SemanticSummary right = score_semantic(spec, {truth, got}).summary();
      EXPECT_EQ(right.mean_iou, 1);
      EXPECT_EQ(right.classes[3].accuracy, 1);
      image::write_png(got / "a.png", test::halves(3, 6));
      EXPECT_EQ(score_semantic(spec, {truth, got}).summary().pixel_accuracy, 0.5);
      ++forms;
    }
  }
  EXPECT_GE(forms, 13);
}

TEST_F(DataSetLabels, AreToldByTheirPathOrTheirEnding) {
  const DatasetSpec& ade = data::find_dataset("ade20k");
  write_truth(ade, ade.labels[1], root() / "elsewhere/a.png");
  image::write_png(answers() / "a.png", test::halves(3, 5));
  EXPECT_ERROR(invalid_argument,
               "ends in ADEChallengeData2016/annotations_detectron2/validation or",
               score_semantic(ade, {root() / "elsewhere", answers()}));
  const DatasetSpec& city = data::find_dataset("cityscapes");
  write_truth(city, city.labels[0], root() / "city/a_gtFine_labelIds.png");
  EXPECT_EQ(score_semantic(city, {root() / "city", answers()}).summary().mean_iou, 1);
}

TEST_F(DataSetLabels, AFolderOfSplitsMeansTheirValidation) {
  const DatasetSpec& city = data::find_dataset("cityscapes");
  write_truth(city, city.labels[0], root() / "gtFine/val/town/a_gtFine_labelIds.png");
  write_truth(city, city.labels[0], root() / "gtFine/train/town/b_gtFine_labelIds.png");
  image::write_png(answers() / "a.png", test::halves(3, 5));
  EXPECT_EQ(score_semantic(city, {root() / "gtFine", answers()}).summary().mean_iou, 1);
}

TEST_F(DataSetLabels, OfSegmentAreTakenToo) {
  const DatasetSpec& city = data::find_dataset("cityscapes");
  write_truth(city, city.labels[0], root() / "val/town/a_gtFine_labelIds.png");
  image::write_png(answers() / "a_leftImg8bit.semantic.png", test::halves(3, 5));
  image::write_png(answers() / "a_leftImg8bit.overlay.png", test::halves(9, 9));
  EXPECT_EQ(score_semantic(city, {root() / "val", answers()}).summary().mean_iou, 1);
}

TEST_F(DataSetLabels, BadFilesAreNamed) {
  const DatasetSpec& ade = data::find_dataset("ade20k_847");
  const fs::path truth = root() / ade.labels[0].folder;
  EXPECT_ERROR(not_found, truth.string() + ": no such folder",
               score_semantic(ade, {truth, answers()}));
  fs::create_directories(truth);
  EXPECT_ERROR(not_found, "no label files of ade20k_847", score_semantic(ade, {truth, answers()}));
  write_truth(ade, ade.labels[0], truth / "a.png");
  EXPECT_ERROR(not_found, answers().string(), score_semantic(ade, {truth, answers()}));
  image::write_png(answers() / "b.png", test::halves(3, 5));
  EXPECT_ERROR(not_found, (answers() / "a.png").string() + ": no such file, but the truth has",
               score_semantic(ade, {truth, answers()}));
  image::write_png(answers() / "a.png", test::halves(3, 5));
  EXPECT_ERROR(bad_format, "b.png: a prediction for a picture that is not in the truth",
               score_semantic(ade, {truth, answers()}));
  fs::remove(answers() / "b.png");
  image::write_png(answers() / "a.png", test::halves(3, 847));
  EXPECT_ERROR(bad_format, (answers() / "a.png").string() + ": label 847",
               score_semantic(ade, {truth, answers()}));
  EXPECT_ERROR(invalid_argument, "lvis has no label files",
               score_semantic(data::find_dataset("lvis"), {truth, answers()}));
}

// `score` takes the things of a panoptic truth where that has its PNGs beside it.
TEST_F(DataSetLabels, ThingsOfAPanopticTruthAreInstances) {
  const fs::path json = root() / "truth.json", results = root() / "results.json";
  const auto categories = test::json::array({{{"id", 1}, {"name", "person"}, {"isthing", 1}},
                                             {{"id", 184}, {"name", "tree"}, {"isthing", 0}}});
  const auto annotation =
      test::panoptic_annotation(root() / "truth", "x", "x.png", {{7, 1}, {9, 184}});
  test::write_json(json, {{"images", test::json::array({test::image_entry("x", "x.jpg")})},
                          {"annotations", test::json::array({annotation})},
                          {"categories", categories}});
  test::json found = test::instance_annotation("x", 1);
  found["score"] = 0.5;
  test::write_json(results, test::json::array({found}));
  const InstanceScore score = score_instances({json, results, {}});
  EXPECT_NEAR(score.masks.summary().ap, 1, 1e-12);
  ASSERT_EQ(score.remarks.size(), 1u);
  EXPECT_NE(score.remarks[0].find("its things are scored"), std::string::npos);
  fs::rename(root() / "truth", root() / "pngs");
  EXPECT_ERROR(bad_format, "this is a COCO panoptic file", score_instances({json, results, {}}));
  EXPECT_NEAR(score_instances({json, results, root() / "pngs"}).boxes.summary().ap, 1, 1e-12);
}

}  // namespace score_data_set_test
}  // namespace fcclip::eval
