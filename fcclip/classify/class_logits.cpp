#include <algorithm>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include "fcclip/classify/ensemble.h"
#include "fcclip/core/check.h"
#include "fcclip/nn/unit.h"

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

bool wants_gradient(const at::Tensor& x) {
  return at::GradMode::is_enabled() && x.requires_grad();
}

// The best of each class's columns, [N, T] -> best [N, K] and its position within the class.
void best_of_rows(const at::Tensor& scores, const std::vector<int64_t>& sizes, float* best,
                  int64_t* position) {
  const int64_t columns = scores.size(1), classes = std::ssize(sizes);
  const float* data = scores.const_data_ptr<float>();
  at::parallel_for(0, scores.size(0), std::max<int64_t>(1, 32768 / columns),
                   [&](int64_t begin, int64_t end) {
                     for (int64_t n = begin; n < end; ++n) {
                       const float* row = data + n * columns;
                       for (int64_t k = 0; k < classes; row += sizes[k], ++k) {
                         const float* top = std::max_element(row, row + sizes[k]);
                         if (best != nullptr) best[n * classes + k] = *top;
                         if (position != nullptr) position[n * classes + k] = top - row;
                       }
                     }
                   });
}

// [K, S]: the columns of each class, its first one again where it has fewer than the largest class.
at::Tensor padded_columns(const std::vector<int64_t>& sizes, const at::Tensor& like) {
  const int64_t most = *std::max_element(sizes.begin(), sizes.end());
  std::vector<int64_t> columns;
  int64_t first = 0;
  for (const int64_t size : sizes) {
    for (int64_t s = 0; s < most; ++s) columns.push_back(first + (s < size ? s : 0));
    first += size;
  }
  return at::tensor(columns, at::kLong).view({std::ssize(sizes), most}).to(like.device());
}

// [.., T] -> [.., K]; differentiable.
at::Tensor best_by_gather(const at::Tensor& scores, const std::vector<int64_t>& sizes) {
  const at::Tensor columns = padded_columns(sizes, scores);
  return std::get<0>(
      scores.index_select(-1, columns.flatten()).unflatten(-1, columns.sizes()).max(-1));
}

bool has_plain_loop(const at::Tensor& scores) {
  return scores.is_cpu() && scores.scalar_type() == at::kFloat && !wants_gradient(scores);
}

at::Tensor best_synonym(const at::Tensor& scores, const TextClassifier& classifier) {
  if (one_row_each(classifier)) return scores;
  const std::vector<int64_t>& sizes = classifier.synonyms_per_class;
  if (!has_plain_loop(scores)) return best_by_gather(scores, sizes);
  const at::Tensor flat = scores.flatten(0, -2).contiguous();
  const at::Tensor best = at::empty({flat.size(0), std::ssize(sizes)}, flat.options());
  best_of_rows(flat, sizes, best.data_ptr<float>(), nullptr);
  return best.view({scores.size(0), scores.size(1), best.size(1)});
}

}  // namespace

at::Tensor class_logits(const at::Tensor& embeddings, const TextClassifier& classifier,
                        const at::Tensor& void_row, const at::Tensor& scale) {
  check(embeddings, classifier);
  check_shape("class_logits: void row", void_row, {1, classifier.rows.size(1)});
  if (!scale.defined() || scale.numel() != 1) {
    fail(ErrorCode::shape_mismatch, "class_logits: the scale must be one number");
  }
  const at::Tensor scaled = nn::unit(embeddings) * scale.reshape({}).to(embeddings.options());
  const at::Tensor names = best_synonym(at::linear(scaled, classifier.rows), classifier);
  return at::cat({names, at::linear(scaled, nn::unit(void_row))}, -1);
}

at::Tensor winning_synonyms(const at::Tensor& embeddings, const TextClassifier& classifier) {
  check(embeddings, classifier);
  const c10::NoGradGuard no_grad;
  const std::vector<int64_t>& sizes = classifier.synonyms_per_class;
  const at::Tensor scores = at::linear(embeddings, classifier.rows).to(at::kCPU, at::kFloat);
  const at::Tensor flat = scores.flatten(0, -2).contiguous();
  const at::Tensor winners = at::zeros({flat.size(0), std::ssize(sizes)}, at::kLong);
  if (!one_row_each(classifier)) {
    best_of_rows(flat, sizes, nullptr, winners.data_ptr<int64_t>());
  }
  return winners.view({scores.size(0), scores.size(1), winners.size(1)}).to(embeddings.device());
}

}  // namespace fcclip::classify
