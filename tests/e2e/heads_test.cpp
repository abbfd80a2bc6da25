// The heads of FC-CLIP's successors, from a PNG to segments, every stage against the recorded public
// codes.

#include <map>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "fcclip/image/image_file.h"
#include "fcclip/model/model.h"
#include "fcclip/segmenter/describe.h"
#include "fcclip/segmenter/segmenter.h"
#include "fcclip/segmenter/trace_image.h"
#include "tests/e2e/recorded_vocabulary.h"
#include "tests/support/goldens.h"

namespace fcclip {
namespace heads_test {

using test::golden;
using test::golden_json;
using test::near;

struct Case {
  std::string folder, variant;  // "" or "pan"
};

void PrintTo(const Case& one, std::ostream* out) {
  *out << one.folder << " " << one.variant;
}

std::string case_name(const ::testing::TestParamInfo<Case>& info) {
  std::string name = info.param.folder + (info.param.variant.empty() ? "" : "_panoptic");
  std::ranges::replace(name, '-', '_');
  return name;
}

constexpr const char* kImage = "astronaut";

// A model of one of the heads, with formula weights and the recorded classifier rows.
class Heads : public ::testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    FCCLIP_NEEDS_GOLDENS();
    config_ = golden_json(folder() + "/config.json");
    if (config_["head"].contains("variants")) {
      const std::string key = GetParam().variant.empty() ? "<image>.*" : "<image>.pan.*";
      const nlohmann::json variant = config_["head"]["variants"][key];
      config_["head"].update(variant);
      if (variant.contains("object_mask_threshold")) {
        config_["object_mask_threshold"] = variant["object_mask_threshold"];
        config_["head"].erase("object_mask_threshold");
      }
    }
    auto model = std::make_shared<model::Model>(model::apply_reference_config({}, config_.dump()));
    nn::load_weights(model->weights(), test::formula_weights(folder()), at::kCPU);
    model->prepare();
    segmenter_ = std::make_unique<segmenter::Segmenter>(model, segmenter::SegmenterOptions{});
    const at::Tensor rows =
        golden(folder() + "/" + kImage + ".safetensors", "test.text_classifier_with_void");
    vocabulary_ = test::recorded_vocabulary(config_, rows.narrow(0, 0, rows.size(0) - 1));
    const nlohmann::json& entry = config_["image"];
    rgb_ = image::read_rgb(test::goldens_folder() / "images" / entry["file"].get<std::string>());
    size_ = {entry["short"], entry["max"]};
  }

  static std::string folder() { return "heads/" + GetParam().folder; }
  // With what only this variant has before what it shares.
  static std::string file(const std::string& what) {
    const std::string variant = GetParam().variant.empty() ? "" : "." + GetParam().variant;
    return folder() + "/" + kImage + variant + what;
  }

  segmenter::AskOptions options(results::Task task) const {
    segmenter::AskOptions options = segmenter_->ask_defaults();
    options.task = task;
    return options;
  }

  results::Segmentation answer(results::Task task) const {
    return segmenter_->ask(segmenter_->encode(rgb_, size_), vocabulary_, options(task));
  }

  std::map<std::string, at::Tensor> traced() const {
    std::map<std::string, at::Tensor> all;
    for (auto& [name, tensor] : segmenter::trace_image(*segmenter_, rgb_, size_, vocabulary_,
                                                       options(results::Task::panoptic))) {
      all[name] = tensor;
    }
    return all;
  }

  static bool has_post(const std::string& name) {
    return io::SafetensorsFile(test::goldens_folder() / file(".post.safetensors")).contains(name);
  }
  static at::Tensor post(const std::string& name) {
    return golden(file(".post.safetensors"), name);
  }

  nlohmann::json config_;
  std::unique_ptr<segmenter::Segmenter> segmenter_;
  segmenter::PreparedVocabulary vocabulary_;
  at::Tensor rgb_;
  segmenter::EncodeSize size_;
};

double absolute_tolerance(const std::string& name) {
  if (name.ends_with("_probs") || name.find("void_prob") != std::string::npos) return 5e-5;
  if (name.ends_with("ensemble_log") || name.ends_with("mask_cls_result")) return 1e-4;
  return 0;
}

TEST_P(Heads, TraceHoldsEveryRecordedStage) {
  const std::map<std::string, at::Tensor> got = traced();
  std::vector<std::string> files = {file(".safetensors")};
  const io::SafetensorsFile own(test::goldens_folder() / files[0]);
  for (const std::string& name : own.names()) {
    ASSERT_TRUE(got.contains(name)) << "not traced: " << name;
    EXPECT_TRUE(
        near(got.at(name), own.tensor(name), test::kDecoderTolerance, absolute_tolerance(name)))
        << name;
  }
  // Masks of the adapter are decided, not rounded.
  if (!own.contains("adapter.in_masks")) return;
  EXPECT_TRUE(got.at("adapter.in_masks").equal(own.tensor("adapter.in_masks")));
}

TEST_P(Heads, PanopticEqualsTheRecordedSegments) {
  if (!has_post("panoptic_seg")) GTEST_SKIP() << "semantic only";
  const results::Segmentation result = answer(results::Task::panoptic);
  const nlohmann::json recorded = golden_json(file(".post.json"));
  EXPECT_LE((result.panoptic().ids != post("panoptic_seg")).sum().item<int64_t>(), 3);
  ASSERT_EQ(result.segments().size(), recorded["segments_info"].size());
  for (size_t i = 0; i < result.segments().size(); ++i) {
    const results::Segment& got = result.segments()[i];
    const nlohmann::json& want = recorded["segments_info"][i];
    EXPECT_EQ(got.id, want["id"]);
    EXPECT_EQ(got.class_index, want["category_id"]);
    EXPECT_EQ(got.is_thing, want["isthing"]);
    EXPECT_NEAR(got.area_px, recorded["segment_areas_by_id"][i + 1].get<int64_t>(), 3);
    EXPECT_NEAR(got.score, recorded["query_scores"][got.query].get<double>(), 5e-5);
  }
}

TEST_P(Heads, SemanticEqualsTheRecordedScores) {
  const c10::InferenceMode guard;
  const segmenter::EncodedImage image = segmenter_->encode(rgb_, size_);
  const at::Tensor log_probs =
      segmenter_->name_masks(image, vocabulary_, options(results::Task::semantic).ensemble)
          .log_probs[0];
  const results::MaskSource masks = segmenter::mask_source(image);
  const at::Tensor scores = segmenter_->config().naming.scores_resized_late
                                ? results::semantic_scores_resized_late(masks, log_probs)
                                : results::semantic_scores(masks, log_probs);
  EXPECT_TRUE(near(scores.slice(1, 0, std::nullopt, 8).slice(2, 0, std::nullopt, 8),
                   post("sem_seg.grid"), 5e-5));
  const at::Tensor labels = segmenter_->config().naming.scores_resized_late
                                ? results::semantic_labels_resized_late(masks, log_probs)
                                : answer(results::Task::semantic).semantic().labels;
  EXPECT_LE((labels != post("sem_seg.argmax").to(at::kInt)).sum().item<int64_t>(), 3);
}

// COAT's public code leaves the sigmoid out of its scores; ours keep FC-CLIP's rule.
std::string scores_name(bool by_mean_sigmoid) {
  return by_mean_sigmoid ? "inst.scores_by_mean_sigmoid" : "inst.scores";
}

// These recordings have the first pixel of a byte in its highest bit, traces in the lowest.
at::Tensor with_bits_turned(const at::Tensor& bytes) {
  at::Tensor turned = at::zeros(bytes.sizes(), at::kLong);
  for (int bit = 0; bit < 8; ++bit) {
    turned += at::bitwise_and(bytes.to(at::kLong), int64_t{1} << bit).gt(0) * (int64_t{128} >> bit);
  }
  return turned.to(at::kByte);
}

int64_t differing_bits(const at::Tensor& a, const at::Tensor& b) {
  const at::Tensor bits = at::bitwise_xor(a, b).to(at::kLong);
  int64_t count = 0;
  for (int bit = 0; bit < 8; ++bit)
    count += at::bitwise_and(bits, int64_t{1} << bit).gt(0).sum().item<int64_t>();
  return count;
}

// Masks with their classes as a set; scores are recorded in an order of their own.
TEST_P(Heads, InstancesEqualTheRecordedSet) {
  if (!has_post("inst.classes")) GTEST_SKIP() << "semantic only";
  const std::map<std::string, at::Tensor> got = traced();
  const at::Tensor classes = post("inst.classes"),
                   masks = with_bits_turned(post("inst.masks_packed"));
  const int64_t count = classes.size(0);
  ASSERT_EQ(got.at("inst.classes").size(0), count);
  EXPECT_TRUE(near(std::get<0>(got.at("inst.scores").sort(0, true)),
                   std::get<0>(post(scores_name(has_post(scores_name(true)))).sort(0, true)), 0,
                   2e-5));
  std::vector<bool> used(static_cast<size_t>(count), false);
  for (int64_t i = 0; i < count; ++i) {
    bool found = false;
    for (int64_t j = 0; j < count && !found; ++j) {
      found = !used[static_cast<size_t>(j)] &&
              got.at("inst.classes")[j].item<int64_t>() == classes[i].item<int64_t>() &&
              differing_bits(got.at("inst.masks_packed")[j], masks[i]) <= 1;
      if (found) used[static_cast<size_t>(j)] = true;
    }
    EXPECT_TRUE(found) << "instance " << i << " of class " << classes[i].item<int64_t>();
  }
}

// Without a trace embeddings are made lazily, by other operations: the same answers.
TEST_P(Heads, QueriesGetTheRecordedNamesWithoutATrace) {
  const c10::InferenceMode guard;
  const nlohmann::json recorded = golden_json(file(".post.json"));
  const segmenter::EncodedImage image = segmenter_->encode(rgb_, size_);
  const at::Tensor probs = at::softmax(
      segmenter_->name_masks(image, vocabulary_, segmenter_->ask_defaults().ensemble).log_probs[0],
      -1);
  const auto [scores, labels] = probs.max(-1);
  for (int64_t q = 0; q < probs.size(0); ++q) {
    EXPECT_EQ(labels[q].item<int64_t>(), recorded["query_labels"][q].get<int64_t>()) << q;
    EXPECT_NEAR(scores[q].item<double>(), recorded["query_scores"][q].get<double>(), 5e-5) << q;
  }
}

INSTANTIATE_TEST_SUITE_P(Goldens, Heads,
                         ::testing::Values(Case{"coat", ""}, Case{"mask-adapter", ""},
                                           Case{"mask-adapter-maft", ""}, Case{"maft-plus", ""},
                                           Case{"maft-plus", "pan"}),
                         case_name);

// COAT is FC-CLIP with one number: without it the recorded queries have other names.
TEST(CoatWithoutItsNumber, IsFcClip) {
  FCCLIP_NEEDS_GOLDENS();
  const c10::InferenceMode guard;
  const nlohmann::json recorded = golden_json("heads/coat/astronaut.post.json");
  const auto tensor = [](const std::string& name) {
    return golden("heads/coat/astronaut.safetensors", "classify." + name);
  };
  const at::Tensor p = tensor("ensemble_probs"), v = tensor("void_prob");
  const at::Tensor labels = at::cat({p * (1 - v), v}, -1).argmax(-1)[0];
  for (int64_t q = 0; q < labels.size(0); ++q) {
    EXPECT_EQ(labels[q].item<int64_t>(), recorded["query_labels_without_head"][q].get<int64_t>());
  }
}

}  // namespace heads_test
}  // namespace fcclip
