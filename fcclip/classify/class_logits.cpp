#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "fcclip/classify/ensemble.h"
#include "fcclip/core/check.h"
#include "fcclip/nn/unit.h"
#include "fcclip/ops/group_best.h"

namespace fcclip::classify {
namespace {

void check(const at::Tensor& embeddings, const TextClassifier& classifier) {
  check_shape("class_logits: classifier rows", classifier.rows, {kAny, kAny});
  check_shape("class_logits: embeddings", embeddings, {kAny, kAny, classifier.rows.size(1)});
  int64_t total = 0;
  for (size_t k = 0; k < classifier.synonyms_per_class.size(); ++k) {
    if (classifier.synonyms_per_class[k] < 1) {
      fail(ErrorCode::invalid_argument, "class_logits: class ", k, " has no synonyms");
    }
    total += classifier.synonyms_per_class[k];
  }
  if (total != classifier.rows.size(0)) {
    fail(ErrorCode::invalid_argument, "class_logits: ", classifier.rows.size(0),
         " classifier rows for ", total, " synonyms");
  }
}

bool one_row_each(const TextClassifier& classifier) {
  return classifier.rows.size(0) == std::ssize(classifier.synonyms_per_class);
}

at::Tensor best_synonym(const at::Tensor& scores, const TextClassifier& classifier) {
  if (one_row_each(classifier)) return scores;
  return ops::best_of_groups(scores, classifier.synonyms_per_class).best;
}

}  // namespace

at::Tensor logits_of_rows(const at::Tensor& embeddings, const TextClassifier& classifier,
                          const at::Tensor& void_row, const at::Tensor& scale) {
  check(embeddings, classifier);
  check_shape("class_logits: void row", void_row, {1, classifier.rows.size(1)});
  if (!scale.defined() || scale.numel() != 1) {
    fail(ErrorCode::shape_mismatch, "class_logits: the scale must be one number");
  }
  const at::Tensor scaled = nn::unit(embeddings) * scale.reshape({}).to(embeddings.options());
  const at::Tensor names = best_synonym(at::linear(scaled, classifier.rows), classifier);
  return at::cat({names, at::linear(scaled, void_row)}, -1);
}

at::Tensor class_logits(const at::Tensor& embeddings, const TextClassifier& classifier,
                        const at::Tensor& void_row, const at::Tensor& scale) {
  check(embeddings, classifier);
  check_shape("class_logits: void row", void_row, {1, classifier.rows.size(1)});
  return logits_of_rows(embeddings, classifier, nn::unit(void_row), scale);
}

at::Tensor winning_synonyms(const at::Tensor& embeddings, const TextClassifier& classifier) {
  check(embeddings, classifier);
  const c10::NoGradGuard no_grad;
  const at::Tensor scores = at::linear(embeddings, classifier.rows).to(at::kFloat);
  if (one_row_each(classifier)) return at::zeros_like(scores, at::kLong);
  return ops::best_of_groups(scores, classifier.synonyms_per_class).position;
}

}  // namespace fcclip::classify
