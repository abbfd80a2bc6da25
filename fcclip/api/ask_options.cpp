#include "fcclip/api/ask_options.h"

#include "fcclip/core/error.h"

namespace fcclip {
inline namespace v1 {

static_assert(kUsualInstanceScore == segmenter::kUsualInstanceScore);

namespace {

// NaN is outside of every range.
void check_part(const char* name, const std::optional<double>& value) {
  if (value && !(*value >= 0 && *value <= 1)) {
    fail(ErrorCode::invalid_argument, name, " is ", *value, "; expected 0 to 1");
  }
}

void check_options(const AskOptions& options) {
  check_part("alpha", options.alpha);
  check_part("beta", options.beta);
  check_part("clip_trust", options.clip_trust);
  check_part("object_mask_threshold", options.object_mask_threshold);
  check_part("overlap_threshold", options.overlap_threshold);
  check_part("min_score", options.min_score);
  if (options.top_k && *options.top_k < 1) {
    fail(ErrorCode::invalid_argument, "top_k is ", *options.top_k, "; expected 1 or more");
  }
  if (options.next_best < 0) {
    fail(ErrorCode::invalid_argument, "next_best is ", options.next_best, "; expected 0 or more");
  }
}

}  // namespace

segmenter::AskOptions filled(const segmenter::Segmenter& segmenter, const AskOptions& options) {
  check_options(options);
  segmenter::AskOptions own = segmenter.ask_defaults();
  own.task = static_cast<results::Task>(options.task);
  own.ensemble.alpha = options.alpha.value_or(own.ensemble.alpha);
  own.ensemble.beta = options.beta.value_or(own.ensemble.beta);
  own.ensemble.clip_trust = options.clip_trust.value_or(own.ensemble.clip_trust);
  own.panoptic.object_mask_threshold =
      options.object_mask_threshold.value_or(own.panoptic.object_mask_threshold);
  own.panoptic.overlap_threshold =
      options.overlap_threshold.value_or(own.panoptic.overlap_threshold);
  own.instances.top_k = options.top_k.value_or(own.instances.top_k);
  own.instances.things_only = options.things_only.value_or(own.instances.things_only);
  own.next_best = options.next_best;
  own.min_score = options.min_score;
  own.progress = options.progress;
  return own;
}

}  // namespace v1
}  // namespace fcclip
