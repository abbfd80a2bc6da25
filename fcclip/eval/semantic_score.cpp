#include "fcclip/eval/semantic_score.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>

#include <ATen/ATen.h>

#include "fcclip/core/check.h"

namespace fcclip::eval {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

// Ignored pixels become the class behind the last; anything else out of range is an error.
at::Tensor with_ignored_last(const at::Tensor& labels, int64_t classes, int64_t ignore,
                             std::string_view what) {
  check_dtype(what, labels, at::kInt);
  at::Tensor out = labels.contiguous().clone();
  int32_t* pixel = out.data_ptr<int32_t>();
  for (int64_t i = 0; i < out.numel(); ++i) {
    if (pixel[i] == ignore) {
      pixel[i] = static_cast<int32_t>(classes);
    } else if (pixel[i] < 0 || pixel[i] >= classes) {
      fail(ErrorCode::bad_format, what, ": label ", pixel[i], " is not in 0 … ", classes - 1,
           " and not the ignored label ", ignore);
    }
  }
  return out;
}

void count(const at::Tensor& truth, const at::Tensor& prediction, int64_t classes,
           std::vector<int64_t>& confusion) {
  const int32_t* t = truth.const_data_ptr<int32_t>();
  const int32_t* p = prediction.const_data_ptr<int32_t>();
  for (int64_t i = 0; i < truth.numel(); ++i) ++confusion[(classes + 1) * p[i] + t[i]];
}

struct Sums {
  double hit = 0, in_truth = 0, in_prediction = 0;
  double united() const { return in_truth + in_prediction - hit; }
};

// Of class k, the ignored row and column left out.
Sums sums_of(const std::vector<int64_t>& confusion, int64_t classes, int64_t k) {
  Sums sums;
  sums.hit = static_cast<double>(confusion[(classes + 1) * k + k]);
  for (int64_t other = 0; other < classes; ++other) {
    sums.in_truth += static_cast<double>(confusion[(classes + 1) * other + k]);
    sums.in_prediction += static_cast<double>(confusion[(classes + 1) * k + other]);
  }
  return sums;
}

// out[i] = min of in[i − radius … i + radius], positions outside counting as 0; stride-wise, O(n).
void sliding_minimum(const int32_t* in, int32_t* out, int64_t count, int64_t stride,
                     int64_t radius) {
  std::deque<int64_t> rising;  // positions whose values rise
  for (int64_t i = 0; i < count + radius; ++i) {
    if (i < count) {
      while (!rising.empty() && in[rising.back() * stride] >= in[i * stride]) rising.pop_back();
      rising.push_back(i);
    }
    const int64_t center = i - radius;
    if (center < 0) continue;
    while (rising.front() < center - radius) rising.pop_front();
    const bool touches_outside = center < radius || center + radius >= count;
    out[center * stride] = touches_outside ? 0 : in[rising.front() * stride];
  }
}

}  // namespace

at::Tensor label_boundary(const at::Tensor& labels) {
  const at::Tensor in = labels.contiguous();
  const int64_t height = in.size(0), width = in.size(1);
  const double diagonal = std::sqrt(static_cast<double>(height * height + width * width));
  // Half to even, as Python's round.
  const auto radius = std::max<int64_t>(1, static_cast<int64_t>(std::nearbyint(0.02 * diagonal)));
  at::Tensor rows = at::empty_like(in), eroded = at::empty_like(in);
  for (int64_t y = 0; y < height; ++y) {
    sliding_minimum(in.const_data_ptr<int32_t>() + y * width, rows.data_ptr<int32_t>() + y * width,
                    width, 1, radius);
  }
  for (int64_t x = 0; x < width; ++x) {
    sliding_minimum(rows.const_data_ptr<int32_t>() + x, eroded.data_ptr<int32_t>() + x, height,
                    width, radius);
  }
  return in - eroded;
}

SemanticScore::SemanticScore(int64_t classes, bool boundary)
    : classes_(classes),
      boundary_(boundary && classes < 255),
      confusion_((classes + 1) * (classes + 1)),
      boundary_confusion_(boundary_ ? confusion_.size() : 0) {
  if (classes < 1) fail(ErrorCode::invalid_argument, "at least one class is needed to score");
}

void SemanticScore::add(const at::Tensor& truth, const at::Tensor& prediction, int64_t ignore,
                        const LabelNames& names) {
  if (truth.sizes() != prediction.sizes()) {
    fail(ErrorCode::shape_mismatch, names.prediction, ": ", prediction.size(1), "x",
         prediction.size(0), " pixels, but ", names.truth, " has ", truth.size(1), "x",
         truth.size(0));
  }
  const at::Tensor t = with_ignored_last(truth, classes_, ignore, names.truth);
  const at::Tensor p = with_ignored_last(prediction, classes_, ignore, names.prediction);
  count(t, p, classes_, confusion_);
  if (boundary_) count(label_boundary(t), label_boundary(p), classes_, boundary_confusion_);
}

void SemanticScore::merge(const SemanticScore& other) {
  if (other.classes_ != classes_ || other.boundary_ != boundary_) {
    fail(ErrorCode::shape_mismatch, "scores of different class counts can't be added");
  }
  std::transform(confusion_.begin(), confusion_.end(), other.confusion_.begin(), confusion_.begin(),
                 std::plus<>());
  std::transform(boundary_confusion_.begin(), boundary_confusion_.end(),
                 other.boundary_confusion_.begin(), boundary_confusion_.begin(), std::plus<>());
}

SemanticSummary SemanticScore::summary() const {
  SemanticSummary summary;
  double total_truth = 0, total_hit = 0, accuracy = 0, iou = 0;
  int64_t with_truth = 0, with_iou = 0;
  std::vector<Sums> sums;
  for (int64_t k = 0; k < classes_; ++k) {
    sums.push_back(sums_of(confusion_, classes_, k));
    total_truth += sums.back().in_truth;
    total_hit += sums.back().hit;
  }
  for (int64_t k = 0; k < classes_; ++k) {
    SemanticClassScore score{kNone, kNone, kNone};
    if (sums[k].in_truth > 0) {
      score.accuracy = sums[k].hit / sums[k].in_truth;
      accuracy += score.accuracy;
      ++with_truth;
      if (sums[k].united() > 0) {
        score.iou = sums[k].hit / sums[k].united();
        iou += score.iou;
        summary.frequency_weighted_iou += score.iou * (sums[k].in_truth / total_truth);
        ++with_iou;
      }
    }
    if (boundary_) {
      const Sums edge = sums_of(boundary_confusion_, classes_, k);
      if (edge.united() > 0) score.boundary_iou = edge.hit / edge.united();
    }
    summary.classes.push_back(score);
  }
  summary.mean_iou = with_iou > 0 ? iou / static_cast<double>(with_iou) : kNone;
  summary.mean_accuracy = with_truth > 0 ? accuracy / static_cast<double>(with_truth) : kNone;
  summary.pixel_accuracy = total_truth > 0 ? total_hit / total_truth : kNone;
  return summary;
}

double mean_iou(const SemanticSummary& summary, const std::vector<int64_t>& classes) {
  double sum = 0;
  int64_t count = 0;
  for (const int64_t k : classes) {
    if (std::isnan(summary.classes[k].iou)) continue;
    sum += summary.classes[k].iou;
    ++count;
  }
  return count > 0 ? sum / static_cast<double>(count) : kNone;
}

}  // namespace fcclip::eval
