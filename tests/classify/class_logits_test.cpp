#include <cmath>

#include <ATen/ATen.h>

#include "fcclip/classify/ensemble.h"
#include "fcclip/core/error.h"
#include "tests/support/errors.h"
#include "tests/support/goldens.h"

namespace fcclip::classify {
namespace class_logits_test {

at::Tensor noise(at::IntArrayRef shape, const std::string& key) {
  return test::formula_tensor("class_logits", key, shape, -1, 1);
}

at::Tensor unit(const at::Tensor& x) {
  return x / x.norm(2, -1, true);
}

TextClassifier some_classifier(const std::vector<int64_t>& sizes) {
  int64_t total = 0;
  for (const int64_t size : sizes) total += size;
  return {unit(noise({total, 12}, "rows")), sizes};
}

const at::Tensor& ten() {
  static const at::Tensor scale = at::scalar_tensor(10.0);
  return scale;
}

TEST(ClassLogits, AClassIsAsGoodAsItsBestSynonym) {
  const TextClassifier classifier = some_classifier({2, 1, 4});
  const at::Tensor x = noise({2, 5, 12}, "x"), void_row = noise({1, 12}, "void");
  const at::Tensor all = 10 * at::matmul(unit(x), classifier.rows.t());
  const at::Tensor want =
      at::cat({all.narrow(-1, 0, 2).amax(-1, true), all.narrow(-1, 2, 1),
               all.narrow(-1, 3, 4).amax(-1, true), 10 * at::matmul(unit(x), unit(void_row).t())},
              -1);
  EXPECT_TRUE(test::near(class_logits(x, classifier, void_row, ten()), want, 1e-6));
}

TEST(ClassLogits, WinnersAreWhereTheLogitsAre) {
  const TextClassifier classifier = some_classifier({2, 1, 4});
  const at::Tensor x = noise({2, 5, 12}, "x");
  const at::Tensor winners = winning_synonyms(x, classifier);
  const at::Tensor all = at::matmul(x, classifier.rows.t());
  EXPECT_TRUE(winners.select(-1, 0).equal(all.narrow(-1, 0, 2).argmax(-1)));
  EXPECT_EQ(winners.select(-1, 1).abs().max().item<int64_t>(), 0);
  EXPECT_TRUE(winners.select(-1, 2).equal(all.narrow(-1, 3, 4).argmax(-1)));
  EXPECT_EQ(winning_synonyms(x, some_classifier({1, 1})).abs().max().item<int64_t>(), 0);
}

TEST(ClassLogits, TheFirstOfEqualSynonymsWins) {
  TextClassifier classifier = some_classifier({3});
  classifier.rows = classifier.rows.narrow(0, 0, 1).repeat({3, 1});
  EXPECT_EQ(winning_synonyms(noise({1, 4, 12}, "x"), classifier).max().item<int64_t>(), 0);
}

TEST(ClassLogits, ThreeThousandClasses) {
  std::vector<int64_t> sizes(3000);
  for (size_t k = 0; k < sizes.size(); ++k) sizes[k] = 1 + k % 3;
  const TextClassifier classifier = some_classifier(sizes);
  const at::Tensor x = noise({1, 50, 12}, "x"), void_row = noise({1, 12}, "void");
  const at::Tensor logits = class_logits(x, classifier, void_row, ten());
  ASSERT_EQ(logits.sizes(), (std::vector<int64_t>{1, 50, 3001}));
  const at::Tensor all = 10 * at::matmul(unit(x), classifier.rows.t());
  EXPECT_TRUE(test::near(logits.select(-1, 2999), all.narrow(-1, 5997, 3).amax(-1), 1e-6));
  EXPECT_TRUE(test::near(logits.select(-1, 1500), all.select(-1, 3000), 1e-6));
}

TEST(ClassLogits, WithGradientsTheSameValues) {
  const TextClassifier classifier = some_classifier({2, 1, 4});
  const at::Tensor x = noise({2, 5, 12}, "x"), void_row = noise({1, 12}, "void");
  const at::Tensor plain = class_logits(x, classifier, void_row, ten());
  const at::Tensor tracked = x.clone().requires_grad_();
  EXPECT_TRUE(test::near(class_logits(tracked, classifier, void_row, ten()).detach(), plain, 1e-6));
}

// d/dt of Σ w·logits along a direction, by backward() and by central differences in double
// precision.
TEST(ClassLogits, GradientsOfEmbeddingsVoidAndScale) {
  TextClassifier classifier = some_classifier({2, 1, 4});
  classifier.rows = classifier.rows.to(at::kDouble);
  std::vector<at::Tensor> inputs = {noise({2, 5, 12}, "x").to(at::kDouble),
                                    noise({1, 12}, "void").to(at::kDouble),
                                    at::scalar_tensor(10.0, at::kDouble)};
  const at::Tensor weights = noise({2, 5, 4}, "w").to(at::kDouble);
  const auto loss = [&](const std::vector<at::Tensor>& x) {
    return (class_logits(x[0], classifier, x[1], x[2]) * weights).sum();
  };
  for (at::Tensor& input : inputs) input.requires_grad_();
  loss(inputs).backward();
  for (size_t i = 0; i < inputs.size(); ++i) {
    const at::Tensor direction = noise(inputs[i].sizes(), "direction").to(at::kDouble);
    const double h = 1e-6;
    std::vector<at::Tensor> above, below;
    for (const at::Tensor& input : inputs) above.push_back(input.detach().clone());
    below = above;
    above[i] = above[i] + h * direction;
    below[i] = below[i] - h * direction;
    const double slope = (loss(above) - loss(below)).item<double>() / (2 * h);
    const double gradient = (inputs[i].grad() * direction).sum().item<double>();
    EXPECT_NEAR(gradient, slope, 1e-6 * std::max(1.0, std::abs(slope))) << "input " << i;
  }
}

TEST(ClassLogits, RejectsWhatDoesNotFit) {
  const at::Tensor x = noise({1, 2, 12}, "x"), void_row = noise({1, 12}, "void");
  TextClassifier classifier = some_classifier({2, 1});
  EXPECT_ERROR(shape_mismatch, "class_logits: embeddings: expected shape [*, *, 12]",
               class_logits(noise({1, 2, 11}, "x"), classifier, void_row, ten()));
  EXPECT_ERROR(shape_mismatch, "class_logits: void row: expected shape [1, 12]",
               class_logits(x, classifier, noise({2, 12}, "void"), ten()));
  EXPECT_ERROR(shape_mismatch, "class_logits: the scale must be one number",
               class_logits(x, classifier, void_row, noise({2}, "scale")));
  classifier.synonyms_per_class = {2, 2};
  EXPECT_ERROR(invalid_argument, "class_logits: 3 classifier rows for 4 synonyms",
               class_logits(x, classifier, void_row, ten()));
  classifier.synonyms_per_class = {3, 0};
  EXPECT_ERROR(invalid_argument, "class_logits: class 1 has no synonyms",
               winning_synonyms(x, classifier));
}

class ClassLogitsRecorded : public ::testing::TestWithParam<std::string> {};

TEST_P(ClassLogitsRecorded, EqualsTheReference) {
  FCCLIP_NEEDS_GOLDENS();
  const auto recorded = [](const std::string& name) {
    return test::golden("ops/classification_logits.safetensors", GetParam() + "." + name);
  };
  const at::Tensor rows = recorded("text_classifier_with_void");
  const at::Tensor sizes = recorded("num_templates");
  const int64_t* first = sizes.const_data_ptr<int64_t>();
  const TextClassifier classifier{rows.narrow(0, 0, rows.size(0) - 1),
                                  {first, first + sizes.numel()}};
  const at::Tensor scale = recorded("logit_scale").exp().clamp_max(100);
  const at::Tensor void_row = rows.narrow(0, rows.size(0) - 1, 1);
  const at::Tensor got = class_logits(recorded("x"), classifier, void_row, scale);
  const at::Tensor want = recorded("logits");
  EXPECT_TRUE(test::near(got, want, 2e-6, 1e-7));
}

INSTANTIATE_TEST_SUITE_P(Cases, ClassLogitsRecorded, ::testing::Values("a", "b", "c", "z"));

}  // namespace class_logits_test
}  // namespace fcclip::classify
