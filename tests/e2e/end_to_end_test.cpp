// From a PNG to segments, every stage against the recorded reference.

#include <map>

#include <ATen/ATen.h>

#include "fcclip/image/image_file.h"
#include "fcclip/model/model.h"
#include "fcclip/segmenter/describe.h"
#include "fcclip/segmenter/segmenter.h"
#include "fcclip/segmenter/trace_image.h"
#include "tests/e2e/recorded_vocabulary.h"
#include "tests/support/goldens.h"

namespace fcclip {
namespace end_to_end_test {

using test::golden;
using test::golden_json;
using test::near;

struct Case {
  std::string model, image;
  int index;  // position in config.json's images
};

// Readable in gtest's messages, and so that the parameter's bytes are not printed.
void PrintTo(const Case& one, std::ostream* out) {
  *out << one.model << " " << one.image;
}

std::string case_name(const ::testing::TestParamInfo<Case>& info) {
  return (info.param.model + "_" + info.param.image).replace(4, 1, "_");
}

// A model with formula weights and the recorded classifier rows in place of the text tower's.
class EndToEnd : public ::testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    FCCLIP_NEEDS_GOLDENS();
    config_json_ = golden_json(GetParam().model + "/config.json");
    auto model =
        std::make_shared<model::Model>(model::apply_reference_config({}, config_json_.dump()));
    nn::load_weights(model->weights(), test::formula_weights(GetParam().model), at::kCPU);
    model->prepare();
    segmenter_ = std::make_unique<segmenter::Segmenter>(model, segmenter::SegmenterOptions{});
    vocabulary_ = test::recorded_vocabulary(
        config_json_, golden(GetParam().model + "/vocab.safetensors", "test.text_classifier"));
    const nlohmann::json& entry = config_json_["images"][GetParam().index];
    rgb_ = image::read_rgb(test::goldens_folder() / "images" / entry["file"].get<std::string>());
    size_ = {entry["short"], entry["max"]};
    post_ = golden_json(GetParam().model + "/" + GetParam().image + ".post.json");
  }

  segmenter::AskOptions options(results::Task task) const {
    segmenter::AskOptions options = segmenter_->ask_defaults();
    options.task = task;
    return options;
  }

  at::Tensor recorded(const std::string& name) const {
    return golden(GetParam().model + "/" + GetParam().image + ".safetensors", name);
  }
  at::Tensor recorded_post(const std::string& name) const {
    return golden(GetParam().model + "/" + GetParam().image + ".post.safetensors", name);
  }

  nlohmann::json config_json_, post_;
  std::unique_ptr<segmenter::Segmenter> segmenter_;
  segmenter::PreparedVocabulary vocabulary_;
  at::Tensor rgb_;
  segmenter::EncodeSize size_;
};

double tolerance(const std::string& name) {
  if (name.starts_with("backbone.") || name.starts_with("image.")) return test::kFeatureTolerance;
  return test::kDecoderTolerance;
}

double absolute_tolerance(const std::string& name) {
  if (name.ends_with("_probs") || name.ends_with("void_prob")) return 5e-5;
  if (name.ends_with("ensemble_log") || name.ends_with("mask_cls_result")) return 1e-4;
  return 0;
}

TEST_P(EndToEnd, TraceHoldsEveryRecordedStage) {
  std::map<std::string, at::Tensor> traced;
  for (auto& [name, tensor] : segmenter::trace_image(*segmenter_, rgb_, size_, vocabulary_,
                                                     options(results::Task::panoptic))) {
    traced[name] = tensor;
  }
  const io::SafetensorsFile file(test::goldens_folder() / GetParam().model /
                                 (GetParam().image + ".safetensors"));
  for (const std::string& name : file.names()) {
    ASSERT_TRUE(traced.contains(name)) << "not traced: " << name;
    EXPECT_TRUE(near(traced[name], file.tensor(name), tolerance(name), absolute_tolerance(name)))
        << name;
  }
}

TEST_P(EndToEnd, PanopticEqualsTheRecordedSegments) {
  const segmenter::EncodedImage image = segmenter_->encode(rgb_, size_);
  const results::Segmentation result =
      segmenter_->ask(image, vocabulary_, options(results::Task::panoptic));
  const int64_t different =
      (result.panoptic().ids != recorded_post("panoptic_seg")).sum().item<int64_t>();
  EXPECT_LE(different, 3) << "panoptic pixels differ";
  ASSERT_EQ(result.segments().size(), post_["segments_info"].size());
  for (size_t i = 0; i < result.segments().size(); ++i) {
    EXPECT_EQ(result.segments()[i].id, post_["segments_info"][i]["id"]);
    EXPECT_EQ(result.segments()[i].class_index, post_["segments_info"][i]["category_id"]);
    EXPECT_EQ(result.segments()[i].is_thing, post_["segments_info"][i]["isthing"]);
    EXPECT_NEAR(result.segments()[i].area_px, post_["segment_areas_by_id"][i + 1].get<int64_t>(),
                3);
    EXPECT_NEAR(result.segments()[i].score,
                post_["kept_query_scores"][result.segments()[i].query].get<double>(), 5e-5);
  }
}

TEST_P(EndToEnd, SemanticEqualsTheRecordedLabels) {
  const segmenter::EncodedImage image = segmenter_->encode(rgb_, size_);
  const results::Segmentation result =
      segmenter_->ask(image, vocabulary_, options(results::Task::semantic));
  const at::Tensor want = recorded_post("sem_seg.argmax").to(at::kInt);
  EXPECT_LE((result.semantic().labels != want).sum().item<int64_t>(), 3);
}

// One pixel of a mask may differ; its score then moves by up to 5e-4.
bool is_same_instance(const results::Segment& got, const nlohmann::json& want) {
  const int64_t area = want["area"];
  const double tolerance = got.area_px == area ? 2e-5 : 5e-4;
  return got.class_index == want["category_id"].get<int64_t>() &&
         std::abs(got.area_px - area) <= 1 &&
         std::abs(got.score - want["score"].get<double>()) <= tolerance;
}

TEST_P(EndToEnd, InstancesEqualTheRecordedSet) {
  const segmenter::EncodedImage image = segmenter_->encode(rgb_, size_);
  const results::Segmentation result =
      segmenter_->ask(image, vocabulary_, options(results::Task::instance));
  // Instances without a pixel, which the reference lists with score 0, are no answer.
  nlohmann::json want = nlohmann::json::array();
  for (const nlohmann::json& one : post_["instances_sorted_by_score"]) {
    if (one["area"].get<int64_t>() > 0) want.push_back(one);
  }
  ASSERT_EQ(result.segments().size(), want.size());
  // As a set: scores that tie within rounding may change places.
  std::vector<bool> used(want.size(), false);
  for (const results::Segment& got : result.segments()) {
    bool found = false;
    for (size_t i = 0; i < want.size() && !found; ++i) {
      found = !used[i] && is_same_instance(got, want[i]);
      if (found) used[i] = true;
    }
    EXPECT_TRUE(found) << got.name << ", score " << got.score << ", area " << got.area_px;
  }
}

INSTANTIATE_TEST_SUITE_P(Goldens, EndToEnd,
                         ::testing::Values(Case{"tiny-convnext", "astronaut", 0},
                                           Case{"tiny-convnext", "chelsea", 1},
                                           Case{"tiny-resnet", "astronaut", 0},
                                           Case{"tiny-resnet", "chelsea", 1}),
                         case_name);

}  // namespace end_to_end_test
}  // namespace fcclip
