// Instance results: the run lengths of each query that is picked, made once however often it is.

#include <algorithm>
#include <map>
#include <numeric>

#include <ATen/ATen.h>

#include "fcclip/ops/upsampled_masks.h"
#include "fcclip/results/class_probs.h"
#include "fcclip/results/rle.h"

namespace fcclip::results {
namespace {

struct Pick {
  int64_t query, class_index;
  float score;
};

// The best (query, class) pairs over all classes, then the things among them: the order matters,
// fewer than top_k may remain. Equal scores: the lower (query, class) first.
std::vector<Pick> pick(const at::Tensor& probs, const std::vector<bool>& is_thing,
                       const InstanceOptions& options) {
  const int64_t classes = probs.size(1) - 1;
  const float* p = probs.const_data_ptr<float>();
  std::vector<int64_t> order(static_cast<size_t>(probs.size(0) * classes));
  std::iota(order.begin(), order.end(), 0);
  const auto score = [&](int64_t i) { return p[i / classes * (classes + 1) + i % classes]; };
  const auto better = [&](int64_t a, int64_t b) {
    return score(a) > score(b) || (score(a) == score(b) && a < b);
  };
  const int64_t wanted = std::max<int64_t>(options.top_k, 0);
  const auto kept = order.begin() + std::min<int64_t>(wanted, static_cast<int64_t>(order.size()));
  std::partial_sort(order.begin(), kept, order.end(), better);
  std::vector<Pick> picks;
  for (auto i = order.begin(); i != kept; ++i) {
    if (options.things_only && !is_thing[static_cast<size_t>(*i % classes)]) continue;
    picks.push_back({*i / classes, *i % classes, score(*i)});
  }
  return picks;
}

}  // namespace

InstanceSegmentation instances(const MaskSource& masks, const at::Tensor& class_log_probs,
                               const std::vector<bool>& is_thing, const InstanceOptions& options) {
  const at::Tensor probs = class_probs(masks, class_log_probs);
  check_things(is_thing, probs.size(1) - 1);
  const std::vector<Pick> picks = pick(probs, is_thing, options);
  std::map<int64_t, size_t> position;  // of each query that is picked, however often
  std::vector<int64_t> queries, uses;
  for (const Pick& p : picks) {
    const auto [entry, is_new] = position.emplace(p.query, queries.size());
    if (is_new) queries.push_back(p.query), uses.push_back(0);
    ++uses[entry->second];
  }
  std::vector<ops::MaskRuns> runs = ops::mask_runs(masks, queries);
  std::vector<Segment> found;
  for (const Pick& p : picks) {
    const size_t at = position[p.query];
    // Noisy masks have millions of runs: they are copied only for a query that is picked again.
    const bool is_last = --uses[at] == 0;
    Rle mask = {masks.original, is_last ? std::move(runs[at].counts) : runs[at].counts};
    Segment instance;
    instance.class_index = p.class_index;
    instance.is_thing = is_thing[static_cast<size_t>(p.class_index)];
    instance.query = p.query;
    instance.area_px = area(mask);
    const double mean = runs[at].sigmoid_sum / (static_cast<double>(instance.area_px) + 1e-6);
    instance.score = static_cast<double>(p.score) * mean;
    instance.box_xywh_px = box_xywh(mask);
    instance.rle_counts = std::move(mask.counts);
    found.push_back(std::move(instance));
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const Segment& a, const Segment& b) { return a.score > b.score; });
  for (size_t i = 0; i < found.size(); ++i) found[i].id = static_cast<int64_t>(i) + 1;
  return {std::move(found)};
}

}  // namespace fcclip::results
