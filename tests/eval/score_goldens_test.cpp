// Every number of the recorded official evaluators, to their last digits.

#include <nlohmann/json.hpp>

#include "fcclip/eval/score_json.h"
#include "tests/support/goldens.h"

namespace fcclip::eval {
namespace {

using nlohmann::json;

std::filesystem::path folder(const std::string& name) {
  return test::goldens_folder() / "evaluators" / name;
}

// Same structure, numbers within rounding of a different order of sums; keys that `got` has more
// are fine.
void expect_same(const json& got, const json& want, const std::string& where) {
  if (want.is_object()) {
    for (const auto& [key, value] : want.items()) {
      ASSERT_TRUE(got.contains(key)) << where << "." << key;
      expect_same(got[key], value, where + "." + key);
    }
  } else if (want.is_array()) {
    ASSERT_EQ(got.size(), want.size()) << where;
    for (size_t i = 0; i < want.size(); ++i) expect_same(got[i], want[i], where + "[]");
  } else if (want.is_number_float()) {
    ASSERT_TRUE(got.is_number()) << where << ": " << got;
    EXPECT_NEAR(got.get<double>(), want.get<double>(), 1e-12) << where;
  } else {
    EXPECT_EQ(got, want) << where;
  }
}

TEST(ScoreGoldens, PanopticEqualsPanopticapi) {
  FCCLIP_NEEDS_GOLDENS();
  const std::filesystem::path at = folder("panoptic");
  const PanopticScore score = score_panoptic({at / "gt.json", at / "pred.json", {}, {}});
  expect_same(to_json(score), test::golden_json("evaluators/panoptic/expected.json"), "panoptic");
}

TEST(ScoreGoldens, PanopticSampleDataEqualsPanopticapi) {
  FCCLIP_NEEDS_GOLDENS();
  const std::filesystem::path at = folder("panoptic_sample_data");
  const json want = test::golden_json("evaluators/panoptic_sample_data/expected.json");
  expect_same(to_json(score_panoptic({at / "gt.json", at / "pred.json", {}, {}})), want["degraded"],
              "degraded");
  expect_same(to_json(score_panoptic({at / "gt.json", at / "gt.json", {}, {}})),
              want["gt_against_itself"], "gt_against_itself");
}

TEST(ScoreGoldens, InstancesEqualPycocotools) {
  FCCLIP_NEEDS_GOLDENS();
  const std::filesystem::path at = folder("coco");
  const json got = to_json(score_instances({at / "gt.json", at / "results.json", {}}));
  const json want = test::golden_json("evaluators/coco/expected.json");
  expect_same(got["segm"], want["segm"], "segm");
  expect_same(got["bbox"], want["bbox"], "bbox");
}

TEST(ScoreGoldens, SemanticEqualsDetectron2) {
  FCCLIP_NEEDS_GOLDENS();
  const std::filesystem::path at = folder("semseg");
  const json want = test::golden_json("evaluators/semseg/expected.json");
  const std::vector<std::string> names = want["class_names"];
  const SemanticScore score = score_semantic({at / "gt", at / "pred", std::ssize(names), 255});
  expect_same(to_json(score, names, 255), want, "semseg");
}

}  // namespace
}  // namespace fcclip::eval
