#include "fcclip/eval/cityscapes_iou.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <ATen/ATen.h>

#include "fcclip/core/error.h"

namespace fcclip::eval {
namespace {

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

void need_size(const at::Tensor& map, const at::Tensor& truth, const std::string& name,
               const std::string& truth_name) {
  if (map.sizes() == truth.sizes()) return;
  fail(ErrorCode::shape_mismatch, name, ": ", map.size(1), "x", map.size(0), " pixels, but ",
       truth_name, " has ", truth.size(1), "x", truth.size(0));
}

[[noreturn]] void refuse_label(int value, const std::string& name) {
  fail(ErrorCode::bad_format, name, ": the value ", value,
       " is no label id of Cityscapes (0 … 33); train ids are not taken (`fcclip segment -v "
       "cityscapes --write cityscapes` writes label ids)");
}

bool is_label(int value) {
  return value >= 0 && value < kCityscapesLabels;
}

double share(double hits, double misses, double false_ones) {
  const double all = hits + misses + false_ones;
  return all == 0 ? kNothing : hits / all;
}

// Of one true instance, while pixels are counted.
struct Tally {
  int64_t pixels = 0, hit = 0, category_hit = 0;
};

}  // namespace

void CityscapesIou::add(const at::Tensor& labels, const at::Tensor& instances,
                        const at::Tensor& prediction, const CityscapesMapNames& names) {
  need_size(prediction, labels, names.prediction, names.labels);
  need_size(instances, labels, names.instances, names.labels);
  const at::Tensor answer = prediction.contiguous();
  count_labels(labels.contiguous(), answer, names);
  count_instances(instances.contiguous(), answer, names);
}

void CityscapesIou::count_labels(const at::Tensor& labels, const at::Tensor& prediction,
                                 const CityscapesMapNames& names) {
  const int32_t* truth = labels.const_data_ptr<int32_t>();
  const int32_t* answer = prediction.const_data_ptr<int32_t>();
  for (int64_t i = 0, pixels = labels.numel(); i < pixels;) {
    const int32_t t = truth[i], p = answer[i];
    if (!is_label(t)) refuse_label(t, names.labels);
    if (!is_label(p)) refuse_label(p, names.prediction);
    const int64_t start = i;
    while (i < pixels && truth[i] == t && answer[i] == p) ++i;
    confusion_[t * kCityscapesLabels + p] += i - start;
  }
}

void CityscapesIou::count_instances(const at::Tensor& instances, const at::Tensor& prediction,
                                    const CityscapesMapNames& names) {
  constexpr int kFirst = 1001;  // the official tool leaves 1000 out
  const auto labels = cityscapes_labels();
  const int32_t* id = instances.const_data_ptr<int32_t>();
  const int32_t* answer = prediction.const_data_ptr<int32_t>();
  std::vector<Tally> tallies(kCityscapesLabels * 1000);
  for (int64_t i = 0, pixels = instances.numel(); i < pixels;) {
    const int32_t value = id[i], p = answer[i];
    const int label = label_of_instance_id(value);
    if (label < 0) {
      fail(ErrorCode::bad_format, names.instances, ": the value ", value,
           " is neither a label id (0 … 33) nor a label id · 1000 + number");
    }
    const int64_t start = i;
    while (i < pixels && id[i] == value && answer[i] == p) ++i;
    if (value < kFirst || !labels[label].is_scored || !labels[label].has_instances) continue;
    Tally& tally = tallies[value];
    tally.pixels += i - start;
    if (p == label) tally.hit += i - start;
    if (labels[p].category == labels[label].category) tally.category_hit += i - start;
  }
  for (int32_t value = kFirst; value < static_cast<int32_t>(tallies.size()); ++value) {
    const Tally& tally = tallies[value];
    if (tally.pixels == 0) continue;
    instances_.push_back({value / 1000, tally.pixels, tally.hit, tally.category_hit});
  }
}

void CityscapesIou::merge(const CityscapesIou& other) {
  for (int cell = 0; cell < kCells; ++cell) confusion_[cell] += other.confusion_[cell];
  instances_.insert(instances_.end(), other.instances_.begin(), other.instances_.end());
}

bool CityscapesIou::empty() const {
  return std::all_of(confusion_.begin(), confusion_.end(), [](int64_t n) { return n == 0; });
}

template <typename Truth, typename Prediction>
int64_t CityscapesIou::sum(const Truth& is_truth, const Prediction& is_prediction) const {
  int64_t pixels = 0;
  for (int t = 0; t < kCityscapesLabels; ++t) {
    if (!is_truth(t)) continue;
    for (int p = 0; p < kCityscapesLabels; ++p) {
      if (is_prediction(p)) pixels += confusion_[t * kCityscapesLabels + p];
    }
  }
  return pixels;
}

template <typename Chosen>
double CityscapesIou::weighted_iou(const Chosen& is_chosen, int64_t Instance::*hit,
                                   int64_t false_pixels) const {
  double hits = 0, misses = 0;
  for (const Instance& one : instances_) {
    if (!is_chosen(one.label)) continue;
    const double weight =
        cityscapes_labels()[one.label].mean_size_px / static_cast<double>(one.pixels);
    hits += static_cast<double>(one.*hit) * weight;
    misses += static_cast<double>(one.pixels - one.*hit) * weight;
  }
  return share(hits, misses, static_cast<double>(false_pixels));
}

double CityscapesIou::iou(int label) const {
  const auto labels = cityscapes_labels();
  if (!labels[label].is_scored) return kNothing;
  const auto is_it = [&](int l) { return l == label; };
  const auto is_other = [&](int l) { return labels[l].is_scored && l != label; };
  const auto is_any = [](int) { return true; };
  const int64_t hits = sum(is_it, is_it);
  return share(static_cast<double>(hits), static_cast<double>(sum(is_it, is_any) - hits),
               static_cast<double>(sum(is_other, is_it)));
}

double CityscapesIou::instance_iou(int label) const {
  const auto labels = cityscapes_labels();
  if (!labels[label].is_scored || !labels[label].has_instances) return kNothing;
  const auto is_it = [&](int l) { return l == label; };
  const auto is_other = [&](int l) { return labels[l].is_scored && l != label; };
  return weighted_iou(is_it, &Instance::hit, sum(is_other, is_it));
}

double CityscapesIou::category_iou(std::string_view category) const {
  const auto labels = cityscapes_labels();
  const auto is_in = [&](int l) { return labels[l].is_scored && labels[l].category == category; };
  const auto is_other = [&](int l) {
    return labels[l].is_scored && labels[l].category != category;
  };
  const auto is_any = [](int) { return true; };
  const int64_t hits = sum(is_in, is_in);
  return share(static_cast<double>(hits), static_cast<double>(sum(is_in, is_any) - hits),
               static_cast<double>(sum(is_other, is_in)));
}

double CityscapesIou::category_instance_iou(std::string_view category) const {
  if (!has_only_things(category)) return kNothing;
  const auto labels = cityscapes_labels();
  const auto is_in = [&](int l) { return labels[l].category == category; };
  const auto is_other = [&](int l) {
    return labels[l].is_scored && labels[l].category != category;
  };
  return weighted_iou(is_in, &Instance::category_hit, sum(is_other, is_in));
}

double mean_of_numbers(const std::vector<double>& values) {
  double sum = 0;
  int64_t count = 0;
  for (const double value : values) {
    if (std::isnan(value)) continue;
    sum += value;
    ++count;
  }
  return count > 0 ? sum / static_cast<double>(count) : kNothing;
}

}  // namespace fcclip::eval
