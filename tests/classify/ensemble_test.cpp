#include "fcclip/classify/ensemble.h"

#include <map>

#include <ATen/ATen.h>

#include "fcclip/core/error.h"
#include "tests/support/errors.h"
#include "tests/support/goldens.h"

namespace fcclip::classify {
namespace ensemble_test {

at::Tensor noise(at::IntArrayRef shape, const std::string& key, double size = 1) {
  return test::formula_tensor("ensemble", key, shape, -size, size);
}

ClassLogits some_logits(double size) {
  return {noise({2, 7, 6}, "in", size), noise({2, 7, 6}, "out", size)};
}
const std::vector<bool> kSeen = {true, false, false, true, true};

// The formula as published, in double precision.
at::Tensor published(const ClassLogits& logits, const EnsembleOptions& options,
                     const at::Tensor& valid) {
  const at::Tensor in = logits.in_vocabulary.to(at::kDouble),
                   out = logits.out_of_vocabulary.to(at::kDouble);
  const at::Tensor p_in = in.narrow(-1, 0, 5).softmax(-1), p_out = out.narrow(-1, 0, 5).softmax(-1);
  const at::Tensor seen = at::tensor({1.0, 0.0, 0.0, 1.0, 1.0}, at::kDouble);
  const at::Tensor e = (seen * options.alpha + (1 - seen) * options.beta) * valid.unsqueeze(-1);
  const at::Tensor p = (p_in.pow(1 - e) * p_out.pow(e)).log().softmax(-1);
  const at::Tensor v = in.softmax(-1).narrow(-1, 5, 1);
  return (at::cat({p * (1 - v), v}, -1) + 1e-8).log().to(at::kFloat);
}

TEST(Ensemble, EqualsThePublishedFormula) {
  const at::Tensor all = at::ones({2, 7}, at::kBool);
  for (const auto& [alpha, beta] : {std::pair{0.4, 0.8}, {0.0, 0.0}, {1.0, 1.0}, {0.3, 0.0}}) {
    const EnsembleOptions options{alpha, beta};
    EXPECT_TRUE(test::near(ensemble(some_logits(5), kSeen, {}, options).log_probs,
                           published(some_logits(5), options, all), 2e-6));
  }
}

TEST(Ensemble, LeavesEmptyMasksToTheInVocabularyClassifier) {
  EnsembleOptions options{0.4, 0.8, true};
  const at::Tensor valid = noise({2, 7}, "valid").gt(0);
  ASSERT_TRUE(valid.any().item<bool>() && !valid.all().item<bool>());
  const Classification got = ensemble(some_logits(5), kSeen, valid, options);
  EXPECT_TRUE(test::near(got.log_probs, published(some_logits(5), options, valid), 2e-6));
}

TEST(Ensemble, ValidMasksAreIgnoredUnlessAskedFor) {
  const at::Tensor none = at::zeros({2, 7}, at::kBool);
  EXPECT_TRUE(ensemble(some_logits(5), kSeen, none, {})
                  .log_probs.equal(ensemble(some_logits(5), kSeen, {}, {}).log_probs));
}

TEST(Ensemble, StaysFiniteWhereAProbabilityIsZero) {
  for (const double size : {200.0, 1e4}) {
    const Classification got = ensemble(some_logits(size), kSeen, {}, {});
    EXPECT_TRUE(got.p_in.eq(0).any().item<bool>());
    EXPECT_TRUE(at::isfinite(got.log_probs).all().item<bool>());
    EXPECT_TRUE(test::near(got.log_probs.exp().sum(-1), at::ones({2, 7}), 1e-5));
  }
  ClassLogits logits = some_logits(3);
  logits.in_vocabulary.select(-1, 1).fill_(-INFINITY);
  EXPECT_TRUE(at::isfinite(ensemble(logits, kSeen, {}, {0.4, 1.0}).log_probs).all().item<bool>());
}

TEST(Ensemble, RejectsWhatDoesNotFit) {
  EXPECT_ERROR(shape_mismatch, "ensemble: in-vocabulary logits: expected shape [*, *, 3]",
               ensemble(some_logits(1), {true, false}, {}, {}));
  EXPECT_ERROR(invalid_argument, "ensemble: only_valid_masks is set, but not which masks are valid",
               ensemble(some_logits(1), kSeen, {}, {0.4, 0.8, true}));
  EXPECT_ERROR(shape_mismatch, "ensemble: valid: expected shape [2, 7]",
               ensemble(some_logits(1), kSeen, at::ones({2, 6}, at::kBool), {0.4, 0.8, true}));
}

// --- recorded reference -------------------------------------------------------------------------

class EnsembleRecorded : public ::testing::TestWithParam<std::string> {};

TEST_P(EnsembleRecorded, EveryStage) {
  FCCLIP_NEEDS_GOLDENS();
  const std::string model = GetParam().substr(0, GetParam().find('/'));
  const auto recorded = [&](const std::string& name) {
    return test::golden(GetParam() + ".safetensors", "classify." + name);
  };
  const nlohmann::json config = test::golden_json(model + "/config.json");
  std::vector<bool> seen;
  const nlohmann::json vocabulary = test::golden_json(model + "/vocab.json");
  for (const int flag : vocabulary.at("category_overlapping_mask")) {
    seen.push_back(flag != 0);
  }
  const EnsembleOptions options{config.at("geometric_ensemble_alpha"),
                                config.at("geometric_ensemble_beta"),
                                config.at("ensemble_on_valid_mask")};
  at::Tensor valid;
  if (options.only_valid_masks) valid = recorded("valid_mask").gt(0);
  std::map<std::string, at::Tensor> stages;
  const Classification got =
      ensemble({recorded("in_vocab_logits"), recorded("out_vocab_logits")}, seen, valid, options,
               [&](std::string_view name, const at::Tensor& x) { stages[std::string(name)] = x; });
  for (const std::string name : {"in_vocab_probs", "out_vocab_probs", "void_prob"}) {
    EXPECT_TRUE(test::near(stages["classify." + name], recorded(name), 0, 2e-6)) << name;
  }
  EXPECT_TRUE(test::near(stages["classify.ensemble_log"], recorded("ensemble_log"), 0, 1e-5));
  EXPECT_TRUE(test::near(stages["classify.mask_cls_result"], recorded("mask_cls_result"), 0, 1e-5));
  EXPECT_TRUE(got.log_probs.equal(stages["classify.mask_cls_result"]));
  EXPECT_TRUE(got.p_in.equal(stages["classify.in_vocab_probs"]));
  EXPECT_TRUE(got.p_out.equal(stages["classify.out_vocab_probs"]));
  EXPECT_TRUE(got.p_void.equal(stages["classify.void_prob"]));
}

INSTANTIATE_TEST_SUITE_P(Images, EnsembleRecorded,
                         ::testing::Values("tiny-convnext/astronaut", "tiny-convnext/chelsea",
                                           "tiny-resnet/astronaut", "tiny-resnet/chelsea"));

}  // namespace ensemble_test
}  // namespace fcclip::classify
