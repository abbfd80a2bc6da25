#include "fcclip/eval/cityscapes_ap.h"

#include <algorithm>
#include <limits>

namespace fcclip::eval {
namespace {

constexpr double kNoTruth = std::numeric_limits<double>::quiet_NaN();

// The examples of one confidence at one threshold.
struct Step {
  double confidence = 0;
  int64_t right = 0, wrong = 0;
};

// By falling confidence; each confidence once.
std::vector<Step> steps_at(const CityscapesAp::ClassResult& result, int threshold) {
  std::vector<Step> steps;
  for (const CityscapesAp::Scored& one : result.found) {
    const int64_t right = one.right >> threshold & 1, wrong = one.wrong >> threshold & 1;
    if (right + wrong > 0) steps.push_back({one.confidence, right, wrong});
  }
  std::sort(steps.begin(), steps.end(),
            [](const Step& a, const Step& b) { return a.confidence > b.confidence; });
  size_t last = 0;
  for (size_t i = 1; i < steps.size(); ++i) {
    if (steps[i].confidence == steps[last].confidence) {
      steps[last].right += steps[i].right;
      steps[last].wrong += steps[i].wrong;
    } else {
      steps[++last] = steps[i];
    }
  }
  if (!steps.empty()) steps.resize(last + 1);
  return steps;
}

}  // namespace

std::array<double, CityscapesAp::kThresholds> CityscapesAp::thresholds() {
  std::array<double, kThresholds> values{};
  // The step as NumPy's arange has it: 0.55 − 0.5, which is a little more than 0.05.
  const double step = (0.5 + 0.05) - 0.5;
  for (int i = 0; i < kThresholds; ++i) values[i] = 0.5 + i * step;
  return values;
}

void CityscapesAp::add(int place, const ClassResult& result) {
  ClassResult& sum = results_.at(place);
  sum.truths += result.truths;
  sum.found.insert(sum.found.end(), result.found.begin(), result.found.end());
}

void CityscapesAp::merge(const CityscapesAp& other) {
  for (int place = 0; place < kClasses; ++place) add(place, other.results_[place]);
}

bool CityscapesAp::empty() const {
  return std::all_of(results_.begin(), results_.end(),
                     [](const ClassResult& one) { return one.truths == 0 && one.found.empty(); });
}

double CityscapesAp::precision(int place, int threshold) const {
  const ClassResult& result = results_.at(place);
  if (result.truths == 0) return kNoTruth;
  // From the most confident on: the artificial point (precision 1, recall 0) stands first, and
  // outside the curve recall is 0 before it and stays at its last value behind.
  std::vector<double> precisions = {1}, recalls = {0, 0};
  int64_t right = 0, wrong = 0;
  for (const Step& step : steps_at(result, threshold)) {
    right += step.right;
    wrong += step.wrong;
    precisions.push_back(static_cast<double>(right) / static_cast<double>(right + wrong));
    recalls.push_back(static_cast<double>(right) / static_cast<double>(result.truths));
  }
  recalls.push_back(recalls.back());
  double sum = 0;
  for (size_t k = 0; k < precisions.size(); ++k) {
    sum += precisions[k] * 0.5 * (recalls[k + 2] - recalls[k]);
  }
  return sum;
}

double CityscapesAp::ap(int place) const {
  double sum = 0;
  for (int i = 0; i < kThresholds; ++i) sum += precision(place, i);
  return sum / kThresholds;
}

}  // namespace fcclip::eval
