// Losses, gradients and three optimizer steps of the recorded training, with its recorded random
// points.

#include <map>

#include <ATen/ATen.h>

#include "fcclip/classify/vocabulary.h"
#include "fcclip/engine/optimizer.h"
#include "fcclip/model/model.h"
#include "fcclip/train/forward.h"
#include "fcclip/train/losses.h"
#include "tests/support/goldens.h"

namespace fcclip::train {
namespace {

using nlohmann::json;

// Layer 0 is the final prediction, layer i the (i − 1)-th auxiliary one.
std::string layer_name(int64_t layer) {
  return layer == 0 ? "final" : "aux" + std::to_string(layer - 1);
}

// Hands out the recorded points in the order in which they were drawn.
class RecordedPoints {
 public:
  RecordedPoints(std::string file, int step) : file_(std::move(file)), step_(step) {}

  at::Tensor operator()(int64_t layer, int64_t rows, int64_t count) {
    const int draw = draws_[layer]++;
    const auto recorded = [&](const std::string& name) {
      return test::golden(file_,
                          "step" + std::to_string(step_) + "." + layer_name(layer) + "." + name);
    };
    const at::Tensor points =
        draw == 0 ? at::cat({recorded("matcher_points.image0"), recorded("matcher_points.image1")})
                  : recorded(draw == 1 ? "oversampled_points" : "random_points");
    EXPECT_EQ(points.size(0), rows) << layer_name(layer) << " " << draw;
    EXPECT_EQ(points.size(1), count) << layer_name(layer) << " " << draw;
    return points;
  }

 private:
  std::string file_;
  int step_;
  std::map<int64_t, int> draws_;
};

class Recipe : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    FCCLIP_NEEDS_GOLDENS();
    folder_ = GetParam();
    config_ = test::golden_json(folder_ + "/config.json");
    record_ = test::golden_json(folder_ + "/train.json");
    model_ = std::make_unique<model::Model>(model::apply_reference_config({}, config_.dump()));
    nn::load_weights(model_->weights(), test::formula_weights(folder_), at::kCPU);
    model_->prepare();
    options_.points.points = config_["train"]["num_points"];
    words_.rows = tensor("train.text_classifier");
    for (const auto& entry : model_->config.training_vocabulary.classes) {
      words_.synonyms_per_class.push_back(std::ssize(entry.synonyms));
    }
    make_batch();
  }

  at::Tensor tensor(const std::string& name) const {
    return test::golden(folder_ + "/train.safetensors", name);
  }

  void make_batch() {
    const at::Tensor mean =
        at::tensor(model_->config.pixels.mean, at::kDouble).to(at::kFloat).view({3, 1, 1});
    const at::Tensor std =
        at::tensor(model_->config.pixels.std, at::kDouble).to(at::kFloat).view({3, 1, 1});
    int64_t height = 0, width = 0;
    for (const char* name : {"image0", "image1"}) {
      height = std::max(height, (tensor(name).size(1) + 31) / 32 * 32);
      width = std::max(width, (tensor(name).size(2) + 31) / 32 * 32);
    }
    std::vector<at::Tensor> images;
    for (const std::string name : {"image0", "image1"}) {
      const at::Tensor image = tensor(name);
      const std::vector<int64_t> padding = {0, width - image.size(2), 0, height - image.size(1)};
      images.push_back(at::constant_pad_nd((image.to(at::kFloat) - mean) / std, padding));
      targets_.push_back(
          {tensor(name + ".labels"), at::constant_pad_nd(tensor(name + ".masks"), padding)});
    }
    pixels_ = at::stack(images).permute({0, 2, 3, 1}).contiguous();
  }

  double mask_count() const {
    return static_cast<double>(targets_[0].labels.size(0) + targets_[1].labels.size(0));
  }

  Losses losses(int step, nn::Activations activations = nn::Activations::kept) {
    ForwardOptions forward_options;
    forward_options.activations = activations;
    RecordedPoints points(folder_ + "/train.safetensors", step);
    return compute_losses(
        forward(*model_, pixels_, words_, forward_options), join(targets_), {mask_count()},
        options_,
        [&](int64_t layer, int64_t rows, int64_t count) { return points(layer, rows, count); });
  }

  void expect_losses(const Losses& got, int step, double relative) {
    const json& want = record_["steps"][step]["losses_unweighted"];
    for (int64_t layer = 0; layer < std::ssize(got.layers); ++layer) {
      const std::string ending = layer == 0 ? "" : "_" + std::to_string(layer - 1);
      const auto expect = [&](const char* name, const at::Tensor& value) {
        const double wanted = want[name + ending];
        EXPECT_NEAR(value.item<double>(), wanted, relative * std::abs(wanted))
            << name << ending << " at step " << step;
      };
      expect("loss_ce", got.layers[layer].classes);
      expect("loss_mask", got.layers[layer].mask);
      expect("loss_dice", got.layers[layer].dice);
    }
    const double total = record_["steps"][step]["total_loss"];
    EXPECT_NEAR(got.total.item<double>(), total, relative * total) << "step " << step;
  }

  void expect_recorded_gradients(nn::Activations activations);

  std::string folder_;
  json config_, record_;
  std::unique_ptr<model::Model> model_;
  LossOptions options_;
  classify::TextClassifier words_;
  at::Tensor pixels_;
  std::vector<Targets> targets_;
};

TEST_P(Recipe, PredictionsAndLossesEqualTheRecordedOnes) {
  const engine::Optimizer optimizer(model_->head.weights(), {});
  const std::vector<Prediction> predictions = forward(*model_, pixels_, words_);
  EXPECT_TRUE(test::near(predictions.back().mask_logits, tensor("step0.final.pred_masks"),
                         test::kDecoderTolerance));
  EXPECT_TRUE(test::near(predictions.back().class_logits, tensor("step0.final.pred_logits"),
                         test::kDecoderTolerance));
  EXPECT_TRUE(test::near(predictions[0].mask_logits, tensor("step0.aux0.pred_masks"),
                         test::kDecoderTolerance));
  expect_losses(losses(0), 0, 1e-5);
}

TEST_P(Recipe, MatchesEqualTheRecordedOnes) {
  RecordedPoints points(folder_ + "/train.safetensors", 0);
  const std::vector<std::vector<Assignment>> matches = match(
      forward(*model_, pixels_, words_), join(targets_), options_.weights, options_.points.points,
      [&](int64_t layer, int64_t rows, int64_t count) { return points(layer, rows, count); });
  ASSERT_FALSE(matches.empty());
  for (size_t layer = 0; layer < matches.size(); ++layer) {
    for (size_t image = 0; image < matches[layer].size(); ++image) {
      const Assignment& got = matches[layer][image];
      const std::string name = "step0." + layer_name(static_cast<int64_t>(layer)) + ".match.image" +
                               std::to_string(image);
      EXPECT_TRUE(at::tensor(got.rows, at::kLong).equal(tensor(name + ".query"))) << name;
      EXPECT_TRUE(at::tensor(got.columns, at::kLong).equal(tensor(name + ".target"))) << name;
    }
  }
}

TEST_P(Recipe, GradientsEqualTheRecordedOnes) {
  expect_recorded_gradients(nn::Activations::kept);
}

TEST_P(Recipe, GradientsOfRecomputedActivationsEqualTheRecordedOnes) {
  expect_recorded_gradients(nn::Activations::recomputed);
}

void Recipe::expect_recorded_gradients(nn::Activations activations) {
  const engine::Optimizer optimizer(model_->head.weights(), {});
  EXPECT_EQ(optimizer.weights().size(), record_["steps"][0]["grad_norms"].size());
  const Losses now = losses(0, activations);
  expect_losses(now, 0, 1e-5);
  now.total.backward();
  int64_t compared = 0;
  for (const nn::Weight* weight : optimizer.weights()) {
    const at::Tensor gradient = weight->member->grad();
    ASSERT_TRUE(gradient.defined()) << weight->name;
    const double norm = record_["steps"][0]["grad_norms"][weight->name];
    EXPECT_NEAR(gradient.norm().item<double>(), norm, 1e-4 * norm + 1e-7) << weight->name;
    const io::SafetensorsFile file(test::goldens_folder() / folder_ / "train.safetensors");
    if (!file.contains("grad." + weight->name)) continue;
    EXPECT_TRUE(test::near(gradient, tensor("grad." + weight->name), 1e-4)) << weight->name;
    ++compared;
  }
  EXPECT_EQ(compared, 20);
}

TEST_P(Recipe, ThreeStepsMoveTheWeightsAsRecorded) {
  engine::Optimizer optimizer(model_->head.weights(), {});
  for (int step = 0; step < 3; ++step) {
    optimizer.zero_gradients();
    const Losses now = losses(step);
    expect_losses(now, step, step == 0 ? 1e-5 : 1e-4);
    now.total.backward();
    const double norm = record_["steps"][step]["total_grad_norm_before_clip"];
    EXPECT_NEAR(optimizer.step(), norm, 1e-3 * norm);
  }
  for (const nn::Weight* weight : optimizer.weights()) {
    const io::SafetensorsFile file(test::goldens_folder() / folder_ / "train.safetensors");
    const std::string name = "param_after_3_steps." + weight->name;
    if (!file.contains(name)) continue;
    const at::Tensor difference = (weight->member->detach() - tensor(name)).abs();
    // Where a gradient is nearly zero Adam's first steps follow its sign alone: a few elements may
    // differ by 2e-4.
    EXPECT_LE((difference > 1e-5).sum().item<int64_t>(), difference.numel() / 100 + 3)
        << weight->name;
    EXPECT_LE(difference.max().item<double>(), 4e-4) << weight->name;
  }
}

INSTANTIATE_TEST_SUITE_P(Goldens, Recipe, ::testing::Values("tiny-convnext", "tiny-resnet"),
                         [](const auto& info) {
                           return std::string(info.param).replace(4, 1, "_");
                         });

}  // namespace
}  // namespace fcclip::train
