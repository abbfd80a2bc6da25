#include "fcclip/eval/cityscapes_instances.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include <ATen/ATen.h>

#include "fcclip/core/error.h"

namespace fcclip::eval {
namespace {

constexpr int64_t kSmallestTruth = 100;  // pixels
constexpr int kInstanceIds = 65536;

// Pixels of a mask in each region. Most of a mask is empty: eight pixels are looked at at once.
void count_covered(const uint8_t* pixel, const int32_t* region, int64_t pixels,
                   std::vector<int64_t>& covered) {
  int64_t i = 0;
  for (; i + 8 <= pixels; i += 8) {
    uint64_t eight = 0;
    std::memcpy(&eight, pixel + i, sizeof eight);
    if (eight == 0) continue;
    for (int64_t k = i; k < i + 8; ++k) covered[region[k]] += pixel[k] != 0 ? 1 : 0;
  }
  for (; i < pixels; ++i) covered[region[i]] += pixel[i] != 0 ? 1 : 0;
}

[[noreturn]] void refuse_size(int64_t height, int64_t width, const at::Tensor& truth) {
  fail(ErrorCode::shape_mismatch, "a mask of ", width, "x", height, " pixels, but the truth has ",
       truth.size(1), "x", truth.size(0));
}

}  // namespace

CityscapesInstances::CityscapesInstances(const at::Tensor& instance_ids, std::string_view file) {
  const at::Tensor ids = instance_ids.contiguous();
  region_of_ = at::empty_like(ids);
  const int32_t* id = ids.const_data_ptr<int32_t>();
  int32_t* region = region_of_.data_ptr<int32_t>();
  std::vector<int32_t> region_of_id(kInstanceIds, -1);
  std::vector<int32_t> id_of_region;
  for (int64_t i = 0, pixels = ids.numel(); i < pixels;) {
    const int32_t value = id[i];
    const int label = label_of_instance_id(value);
    if (label < 0) {
      fail(ErrorCode::bad_format, file, ": the value ", value,
           " is neither a label id (0 … 33) nor a label id · 1000 + number; expected an "
           "instanceIds PNG of Cityscapes");
    }
    int32_t& place = region_of_id[value];
    if (place < 0) {
      place = static_cast<int32_t>(regions_.size());
      regions_.push_back({label, value < 1000 && !cityscapes_labels()[label].is_scored});
      id_of_region.push_back(value);
    }
    const int64_t start = i;
    for (; i < pixels && id[i] == value; ++i) region[i] = place;
    regions_[place].pixels += i - start;
  }
  for (size_t r = 0; r < regions_.size(); ++r) {
    const bool is_group = id_of_region[r] < 1000, is_small = regions_[r].pixels < kSmallestTruth;
    regions_[r].is_wanted = !is_group && !is_small;
    // A small group is counted under both heads, as the official tool does.
    regions_[r].times_ignored = (is_group ? 1 : 0) + (is_small ? 1 : 0);
  }
}

void CityscapesInstances::add(int label, double confidence, const at::Tensor& mask) {
  if (mask.sizes() != region_of_.sizes()) refuse_size(mask.size(0), mask.size(1), region_of_);
  const at::Tensor inside = mask.contiguous();
  std::vector<int64_t> covered(regions_.size(), 0);
  count_covered(static_cast<const uint8_t*>(inside.const_data_ptr()),
                region_of_.const_data_ptr<int32_t>(), inside.numel(), covered);
  add_covered(label, confidence, covered);
}

void CityscapesInstances::add(int label, double confidence, const results::Rle& mask) {
  if (mask.size.height != region_of_.size(0) || mask.size.width != region_of_.size(1)) {
    refuse_size(mask.size.height, mask.size.width, region_of_);
  }
  if (!region_of_columns_.defined()) region_of_columns_ = region_of_.t().contiguous();
  const int32_t* region = region_of_columns_.const_data_ptr<int32_t>();
  std::vector<int64_t> covered(regions_.size(), 0);
  bool is_inside = false;
  for (const uint32_t run : mask.counts) {
    if (is_inside) {
      for (uint32_t i = 0; i < run; ++i) ++covered[region[i]];
    }
    region += run;
    is_inside = !is_inside;
  }
  add_covered(label, confidence, covered);
}

void CityscapesInstances::add_covered(int label, double confidence,
                                      const std::vector<int64_t>& covered) {
  const auto* const place = std::find(kCityscapesThings.begin(), kCityscapesThings.end(), label);
  const int64_t pixels = std::accumulate(covered.begin(), covered.end(), int64_t{0});
  if (place == kCityscapesThings.end() || pixels == 0) return;
  Found found{confidence};
  int64_t excused = 0;
  for (size_t r = 0; r < regions_.size(); ++r) {
    const Region& region = regions_[r];
    if (covered[r] == 0) continue;
    if (region.is_void) excused += covered[r];
    if (region.label != label) continue;
    excused += covered[r] * region.times_ignored;
    const double iou =
        static_cast<double>(covered[r]) / static_cast<double>(region.pixels + pixels - covered[r]);
    if (iou > found.iou) {
      found.iou = iou;
      found.region = static_cast<int64_t>(r);
    }
  }
  found.excused = static_cast<double>(excused) / static_cast<double>(pixels);
  found_[place - kCityscapesThings.begin()].push_back(found);
}

void CityscapesInstances::match(const std::vector<Found>& all, double threshold, uint16_t bit,
                                CityscapesAp::ClassResult& result) const {
  std::vector<int64_t> best(regions_.size(), -1);  // the most confident match of a truth
  for (size_t i = 0; i < all.size(); ++i) {
    const Found& one = all[i];
    if (one.region < 0 || one.iou <= threshold) {
      if (one.excused <= threshold) result.found[i].wrong |= bit;
    } else if (regions_[one.region].is_wanted) {
      int64_t& first = best[one.region];
      int64_t loser = static_cast<int64_t>(i);
      if (first < 0 || one.confidence > all[first].confidence) std::swap(first, loser);
      if (loser >= 0) result.found[loser].wrong |= bit;
    }
  }
  for (const int64_t i : best) {
    if (i >= 0) result.found[i].right |= bit;
  }
}

void CityscapesInstances::score(CityscapesAp& sums) const {
  const auto thresholds = CityscapesAp::thresholds();
  for (int place = 0; place < CityscapesAp::kClasses; ++place) {
    CityscapesAp::ClassResult result;
    for (const Region& region : regions_) {
      if (region.is_wanted && region.label == kCityscapesThings[place]) ++result.truths;
    }
    for (const Found& one : found_[place]) result.found.push_back({one.confidence});
    for (int t = 0; t < CityscapesAp::kThresholds; ++t) {
      match(found_[place], thresholds[t], static_cast<uint16_t>(1 << t), result);
    }
    sums.add(place, result);
  }
}

}  // namespace fcclip::eval
