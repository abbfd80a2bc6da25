#include "fcclip/classify/ensemble.h"

#include <ATen/ATen.h>

#include "fcclip/core/check.h"
#include "fcclip/ops/host.h"

namespace fcclip::classify {
namespace {

// log of the smallest probability told apart from zero: keeps 0 · log 0 from being NaN.
constexpr double kLogZero = -1e30;

at::Tensor log_softmax(const at::Tensor& logits) {
  return at::log_softmax(logits, -1).clamp_min(kLogZero);
}

// The exponent of p_out, [K] or [B, Q, K].
at::Tensor exponents(const at::Tensor& like, const std::vector<bool>& seen, const at::Tensor& valid,
                     const EnsembleOptions& options) {
  std::vector<float> values;
  for (const bool is_seen : seen) values.push_back(is_seen ? options.alpha : options.beta);
  const at::Tensor of_class =
      ops::on_device(at::tensor(values, at::kFloat), like.device()).to(like.options());
  if (!options.only_valid_masks) return of_class;
  if (!valid.defined()) {
    fail(ErrorCode::invalid_argument,
         "ensemble: only_valid_masks is set, but not which masks are valid");
  }
  check_shape("ensemble: valid", valid, {like.size(0), like.size(1)});
  return of_class * valid.to(like.options()).unsqueeze(-1);
}

// The void probability after CLIP was heard.
at::Tensor trusting(const at::Tensor& p_void, const at::Tensor& p_out, double clip_trust,
                    const Trace& trace) {
  if (clip_trust == 0) return p_void;
  const at::Tensor surest = std::get<0>(p_out.max(-1, true));
  const at::Tensor adjusted = p_void * (1 - clip_trust * surest);
  if (trace) {
    trace("classify.max_out_vocab_prob", surest);
    trace("classify.void_prob_adjusted", adjusted);
  }
  return adjusted;
}

}  // namespace

Classification ensemble(const ClassLogits& logits, const std::vector<bool>& seen,
                        const at::Tensor& valid, const EnsembleOptions& options,
                        const Trace& trace) {
  const int64_t classes = std::ssize(seen);
  check_shape("ensemble: in-vocabulary logits", logits.in_vocabulary, {kAny, kAny, classes + 1});
  check_shape("ensemble: out-of-vocabulary logits", logits.out_of_vocabulary,
              logits.in_vocabulary.sizes());
  const at::Tensor log_in = log_softmax(logits.in_vocabulary.narrow(-1, 0, classes));
  const at::Tensor log_out = log_softmax(logits.out_of_vocabulary.narrow(-1, 0, classes));
  const at::Tensor exponent = exponents(log_in, seen, valid, options);
  const at::Tensor mixed = log_in * (1 - exponent) + log_out * exponent;

  Classification result;
  result.p_in = log_in.exp();
  result.p_out = log_out.exp();
  result.p_void = at::softmax(logits.in_vocabulary, -1).narrow(-1, classes, 1);
  const at::Tensor names = at::softmax(mixed, -1);
  const at::Tensor p_void = trusting(result.p_void, result.p_out, options.clip_trust, trace);
  result.log_probs = at::cat({names * (1 - p_void), p_void}, -1).add(1e-8).log();
  if (trace) {
    trace("classify.in_vocab_probs", result.p_in);
    trace("classify.out_vocab_probs", result.p_out);
    trace("classify.ensemble_log", mixed);
    trace("classify.ensemble_probs", names);
    trace("classify.void_prob", result.p_void);
    trace("classify.mask_cls_result", result.log_probs);
  }
  return result;
}

}  // namespace fcclip::classify
