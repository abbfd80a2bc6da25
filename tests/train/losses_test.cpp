#include "fcclip/train/losses.h"

#include <ATen/ATen.h>

#include "tests/support/goldens.h"
#include "tests/support/gradient.h"

namespace fcclip::train {
namespace {

using test::golden;
using test::near;

TEST(Points, UncertainPointsAndLossesEqualTheRecordedOnes) {
  FCCLIP_NEEDS_GOLDENS();
  const std::string file = "ops/point_losses.safetensors";
  const at::Tensor logits = golden(file, "src_logits").squeeze(1),
                   masks = golden(file, "target_masks").squeeze(1);
  int draw = 0;
  const DrawPoints recorded = [&](int64_t, int64_t) {
    return golden(file, draw++ == 0 ? "oversampled_points" : "random_points");
  };
  const at::Tensor points =
      uncertain_points(logits, {golden(file, "point_coords").size(1), 3, 0.75}, recorded);
  // As sets: their order depends on the sort and on the number of threads.
  const auto by_x = [](const at::Tensor& p) {
    const at::Tensor order = p.select(2, 0).argsort(int64_t{1}).unsqueeze(-1).expand({-1, -1, 2});
    return p.gather(1, order);
  };
  EXPECT_TRUE(near(by_x(points), by_x(golden(file, "point_coords")), 0, 1e-7));
  const at::Tensor sampled = sample_points(logits, golden(file, "point_coords"));
  const at::Tensor truth = sample_points(masks.to(at::kFloat), golden(file, "point_coords"));
  EXPECT_TRUE(near(sampled, golden(file, "point_logits"), 1e-6));
  EXPECT_TRUE(near(truth, golden(file, "point_labels"), 1e-6));
  EXPECT_TRUE(near(mask_loss(sampled, truth, 3), golden(file, "loss_mask(num_masks=3)"), 1e-6));
  EXPECT_TRUE(near(dice_loss(sampled, truth, 3), golden(file, "loss_dice(num_masks=3)"), 1e-6));
}

TEST(Points, APicturesPointsAreSampledInAllItsChannels) {
  at::manual_seed(3);
  const at::Tensor maps = at::randn({2, 3, 5, 9});
  at::Tensor points = at::rand({2, 200, 2});
  points[0][0] = 0;  // corners and borders: parts of the pixels' neighbours are outside
  points[1][1] = 1;
  const at::Tensor all = sample_channels(maps, points);
  for (int64_t channel = 0; channel < 3; ++channel) {
    const at::Tensor expected = sample_points(maps.select(1, channel), points);
    EXPECT_TRUE(near(all.select(1, channel), expected, 1e-6)) << channel;
  }
}

TEST(Points, TheLeastSureAreChosen) {
  at::manual_seed(5);
  const at::Tensor logits = at::randn({4, 8, 8});
  at::Tensor candidates;
  const DrawPoints draw = [&](int64_t rows, int64_t count) {
    return candidates = at::rand({rows, count, 2});
  };
  const at::Tensor chosen = uncertain_points(logits, {40, 3, 1.0}, draw);
  const at::Tensor best = std::get<0>(
      sample_points(logits, candidates).abs().topk(40, 1, /*largest=*/false, /*sorted=*/true));
  EXPECT_TRUE(near(std::get<0>(sample_points(logits, chosen).abs().sort(1)), best, 0, 0));
  const at::Tensor flat = at::zeros({2, 8, 8});  // nothing but ties
  EXPECT_EQ(uncertain_points(flat, {40, 3, 0.75}, draw).sizes(), (at::IntArrayRef{2, 40, 2}));
}

TEST(Matcher, CostsEqualTheRecordedOnes) {
  FCCLIP_NEEDS_GOLDENS();
  const std::string file = "ops/matcher.safetensors";
  const Prediction prediction{golden(file, "pred_logits"), golden(file, "pred_masks")};
  const auto recorded = [&](int64_t image, const char* name) {
    return golden(file, "image" + std::to_string(image) + "." + name);
  };
  std::vector<Targets> pictures;
  for (int64_t image = 0; image < 2; ++image) {
    pictures.push_back({recorded(image, "labels"), recorded(image, "masks")});
  }
  const TargetBatch targets = join(pictures);
  const MatchCosts costs = match_costs(
      prediction, targets, at::stack({recorded(0, "points"), recorded(1, "points")}), {});
  for (int64_t image = 0; image < 2; ++image) {
    const auto part = [&](const at::Tensor& all) {
      return all.narrow(0, targets.first[image], targets.count(image)).t();
    };
    EXPECT_TRUE(near(part(costs.classes), recorded(image, "cost_class"), 1e-5)) << image;
    EXPECT_TRUE(near(part(costs.mask), recorded(image, "cost_mask"), 1e-5)) << image;
    EXPECT_TRUE(near(part(costs.dice), recorded(image, "cost_dice"), 1e-5)) << image;
  }
}

TEST(Losses, GradientsAreThoseOfFiniteDifferences) {
  at::manual_seed(3);
  const at::Tensor maps = at::randn({2, 5, 6}, at::kDouble),
                   points = at::rand({2, 9, 2}, at::kDouble);
  const at::Tensor truth = at::rand({2, 9}, at::kDouble).round();
  const test::GradientCheck some{1e-5, 1e-7, 1e-6, 7};
  test::expect_gradient([&] { return mask_loss(sample_points(maps, points), truth, 2); }, {maps},
                        some);
  test::expect_gradient([&] { return dice_loss(sample_points(maps, points), truth, 2); }, {maps},
                        some);
}

TEST(Losses, ClipsOwnAnswerIsSoftmaxedOnceMore) {
  at::manual_seed(6);
  const at::Tensor probs = at::softmax(at::randn({4, 5}, at::kDouble), -1);
  const at::Tensor labels = at::tensor({3, 0, 0, 4}, at::kLong);
  double sum = 0;
  for (int64_t t = 0; t < 4; ++t) {
    double all = 0;
    for (int64_t k = 0; k < 5; ++k) all += std::exp(probs[t][k].item<double>());
    sum -= probs[t][labels[t].item<int64_t>()].item<double>() - std::log(all);
  }
  EXPECT_NEAR(out_loss(probs, labels, 4).item<double>(), sum / 4, 1e-12);
  EXPECT_NEAR(out_loss(probs, labels, 8).item<double>(), sum / 8, 1e-12);
  const at::Tensor logits = at::randn({4, 5}, at::kDouble);
  test::expect_gradient([&] { return out_loss(at::softmax(logits, -1), labels, 4); }, {logits});
  EXPECT_EQ(out_loss(probs.narrow(0, 0, 0), labels.narrow(0, 0, 0), 0).item<double>(), 0);
}

TEST(Losses, OnlyMatchedMasksOfTheFinalLayerHaveClipsLoss) {
  at::manual_seed(7);
  const auto prediction = [] { return Prediction{at::randn({1, 4, 3}), at::randn({1, 4, 8, 8})}; };
  std::vector<Prediction> predictions = {prediction(), prediction()};
  predictions.back().out_probs = at::softmax(at::randn({1, 4, 2}), -1).requires_grad_();
  at::Tensor mask = at::zeros({1, 32, 32}, at::kByte);
  mask.slice(2, 0, 16).fill_(1);
  const std::vector<Targets> one = {{at::tensor({1}, at::kLong), mask}};
  LossOptions options;
  options.points.points = 16;
  options.out_weight = 0.1;
  const DrawLayerPoints draw = [](int64_t layer, int64_t rows, int64_t count) {
    at::manual_seed(static_cast<uint64_t>(layer + 10 * rows + 100 * count));
    return at::rand({rows, count, 2});
  };
  const Losses losses = compute_losses(predictions, join(one), {1}, options, draw);
  ASSERT_TRUE(losses.layers[0].out.defined());
  EXPECT_FALSE(losses.layers[1].out.defined());
  losses.layers[0].out.backward();
  const at::Tensor rows = predictions.back().out_probs.grad()[0].abs().sum(1);
  EXPECT_EQ(rows.gt(0).sum().item<int64_t>(), 1);
  predictions.back().out_probs = at::Tensor();
  const Losses without = compute_losses(predictions, join(one), {1}, options, draw);
  EXPECT_NEAR(losses.total.item<double>() - without.total.item<double>(),
              0.1 * losses.layers[0].out.item<double>(), 1e-5);
}

TEST(Losses, APictureWithoutSegmentsCostsOnlyItsClasses) {
  at::manual_seed(4);
  const std::vector<Prediction> predictions = {
      {at::randn({1, 4, 3}).requires_grad_(), at::randn({1, 4, 8, 8}).requires_grad_()}};
  const std::vector<Targets> empty = {
      {at::zeros({0}, at::kLong), at::zeros({0, 32, 32}, at::kByte)}};
  LossOptions options;
  options.points.points = 16;
  const Losses losses = compute_losses(predictions, join(empty), {0}, options,
                                       [](int64_t, int64_t rows, int64_t count) {
                                         return at::rand({rows, count, 2});
                                       });
  EXPECT_EQ(losses.layers[0].mask.item<float>(), 0);
  EXPECT_EQ(losses.layers[0].dice.item<float>(), 0);
  EXPECT_GT(losses.layers[0].classes.item<float>(), 0);
  losses.total.backward();
  EXPECT_TRUE(predictions[0].mask_logits.grad().defined());
}

}  // namespace
}  // namespace fcclip::train
