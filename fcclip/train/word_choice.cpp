#include "fcclip/train/word_choice.h"

#include <cmath>

#include <ATen/ATen.h>

#include "fcclip/core/check.h"
#include "fcclip/ops/host.h"

namespace fcclip::train {
namespace {

constexpr double kOctaves = 8;

}  // namespace

at::Tensor choose_words(const at::Tensor& present, Random& random) {
  check_shape("present", present, {kAny});
  const double share = std::exp2(-random.uniform(0, kOctaves));
  std::vector<int64_t> chosen;
  for (int64_t i = 0; i < present.size(0); ++i) {
    const bool drawn = random.chance(share);
    if (drawn || present[i].item<bool>()) chosen.push_back(i);
  }
  if (chosen.empty()) chosen.push_back(0);
  return at::tensor(chosen, at::kLong);
}

at::Tensor present_classes(const std::vector<Targets>& targets, int64_t classes) {
  at::Tensor present = at::zeros({classes}, at::kBool);
  for (const Targets& target : targets) present.index_fill_(0, target.labels.cpu(), true);
  return present;
}

classify::TextClassifier only(const classify::TextClassifier& words, const at::Tensor& chosen) {
  classify::TextClassifier few;
  std::vector<int64_t> rows, first = {0};
  for (const int64_t count : words.synonyms_per_class) first.push_back(first.back() + count);
  for (int64_t k = 0; k < chosen.size(0); ++k) {
    const int64_t index = chosen[k].item<int64_t>();
    few.synonyms_per_class.push_back(words.synonyms_per_class[index]);
    for (int64_t row = first[index]; row < first[index + 1]; ++row) rows.push_back(row);
  }
  few.rows =
      words.rows.index_select(0, ops::on_device(at::tensor(rows, at::kLong), words.rows.device()));
  return few;
}

Targets relabelled(const Targets& targets, const at::Tensor& chosen) {
  const at::Tensor order = chosen.to(targets.labels.device());
  return {at::searchsorted(order, targets.labels.contiguous()), targets.masks};
}

}  // namespace fcclip::train
