#include "fcclip/adapt/fit_rows.h"

#include <algorithm>

#include <ATen/ATen.h>
#include <torch/optim/lbfgs.h>

#include "fcclip/core/check.h"
#include "fcclip/nn/unit.h"
#include "fcclip/ops/host.h"

namespace fcclip::adapt {
namespace {

// A copy outside of inference mode, so that gradients may pass.
at::Tensor plain_copy(const at::Tensor& x) {
  return ops::on_host(x.detach()).to(at::kFloat).clone();
}

// [K, D]: the mean of each class's synonyms, of unit length.
at::Tensor mean_rows(const classify::TextClassifier& words) {
  const at::Tensor rows = plain_copy(words.rows);
  std::vector<at::Tensor> means;
  int64_t begin = 0;
  for (const int64_t count : words.synonyms_per_class) {
    means.push_back(rows.narrow(0, begin, count).mean(0));
    begin += count;
  }
  return nn::unit(at::stack(means));
}

// The problem as L-BFGS sees it.
class Fit {
 public:
  Fit(const LabelledEmbeddings& examples, const RowClassifier& classifier,
      const FitOptions& options)
      : options_(options),
        embeddings_(plain_copy(examples.embeddings)),
        start_(mean_rows(classifier.words)),
        scale_(classifier.scale) {
    const int64_t classes = start_.size(0);
    targets_ = at::tensor(examples.classes, at::kLong);
    const at::Tensor counts = at::bincount(targets_, {}, classes + 1).to(at::kFloat);
    at::Tensor share = counts.clamp_min(1).reciprocal();
    share[classes] = share[classes] * options.void_weight;
    weights_ = share.index_select(0, targets_);
    weights_ = weights_ / weights_.sum();
    fitted_ = counts.narrow(0, 0, classes).gt(0).nonzero().flatten();
    fixed_ = fixed_logits(classifier);
    rows_ = start_.index_select(0, fitted_).clone().requires_grad_(true);
  }

  at::Tensor run() {
    torch::optim::LBFGS optimizer(
        std::vector<at::Tensor>{rows_},
        torch::optim::LBFGSOptions(1).max_iter(options_.most_steps).line_search_fn("strong_wolfe"));
    int64_t step = 0;
    optimizer.step([&] {
      report_progress(options_.progress, std::min(step++, options_.most_steps), options_.most_steps,
                      "steps");
      optimizer.zero_grad();
      const at::Tensor total = loss();
      total.backward();
      return total;
    });
    return start_.index_copy(0, fitted_, nn::unit(rows_.detach()));
  }

 private:
  // Logits that the fit does not change, [N, K or K+1].
  at::Tensor fixed_logits(const RowClassifier& classifier) const {
    const at::Tensor rows = plain_copy(classifier.words.rows);
    const at::Tensor all = scale_ * embeddings_.matmul(rows.t());
    std::vector<at::Tensor> best;
    int64_t begin = 0;
    for (const int64_t count : classifier.words.synonyms_per_class) {
      best.push_back(all.narrow(1, begin, count).amax(1));
      begin += count;
    }
    if (classifier.void_row.defined()) {
      const at::Tensor void_row = nn::unit(plain_copy(classifier.void_row));
      best.push_back(scale_ * embeddings_.matmul(void_row[0]));
    }
    return at::stack(best, 1);
  }

  at::Tensor loss() const {
    const at::Tensor own = scale_ * embeddings_.matmul(nn::unit(rows_).t());
    const at::Tensor log_probs = at::log_softmax(fixed_.index_copy(1, fitted_, own), 1);
    const at::Tensor right = log_probs.gather(1, targets_.unsqueeze(1)).flatten();
    const at::Tensor moved = rows_ - start_.index_select(0, fitted_);
    return -(weights_ * right).sum() + options_.pull * moved.square().sum() / fitted_.numel();
  }

  const FitOptions& options_;
  at::Tensor embeddings_, start_;
  double scale_;
  at::Tensor targets_, weights_, fitted_, fixed_, rows_;
};

}  // namespace

at::Tensor fit_rows(const LabelledEmbeddings& examples, const RowClassifier& classifier,
                    const FitOptions& options) {
  check_shape("fit_rows: embeddings", examples.embeddings,
              {std::ssize(examples.classes), classifier.words.rows.size(1)});
  const auto classes = std::ssize(classifier.words.synonyms_per_class);
  const int64_t answers = classes + (classifier.void_row.defined() ? 1 : 0);
  bool any = false;
  for (const int64_t one : examples.classes) {
    if (one < 0 || one >= answers) {
      fail(ErrorCode::invalid_argument, "fit_rows: class ", one, " of ", answers);
    }
    any = any || one < classes;
  }
  if (!any) fail(ErrorCode::invalid_argument, "fit_rows: no example of any class");
  return Fit(examples, classifier, options).run();
}

}  // namespace fcclip::adapt
