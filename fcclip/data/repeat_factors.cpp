#include "fcclip/data/repeat_factors.h"

#include <algorithm>
#include <cmath>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <set>

#include "fcclip/core/error.h"
#include "fcclip/core/random.h"

namespace fcclip::data {
namespace {

constexpr size_t kKeptEpochs = 3;  // loader threads stand in two at the border of epochs

// The epochs of a run, each of its own length; the last ones used are kept.
class Epochs {
 public:
  Epochs(std::vector<double> factors, int64_t seed)
      : factors_(std::move(factors)), seed_(static_cast<uint64_t>(seed)) {}

  int64_t picture(int64_t position) {
    const std::lock_guard lock(mutex_);
    while (starts_.back() <= position) {
      starts_.push_back(starts_.back() + times_in(std::ssize(starts_) - 1).back());
    }
    const auto after = std::ranges::upper_bound(starts_, position);
    const int64_t epoch = after - starts_.begin() - 1;
    const std::vector<int64_t>& ends = kept(epoch);
    const auto order =
        shuffled(ends.back(), static_cast<int64_t>(mix_bits(seed_ + kGolden * (epoch + 1))));
    const int64_t place = order(position - starts_[epoch]);
    return std::ranges::upper_bound(ends, place) - ends.begin();
  }

 private:
  // Sums of how often the pictures up to each come.
  std::vector<int64_t> times_in(int64_t epoch) const {
    std::vector<int64_t> ends(factors_.size());
    int64_t sum = 0;
    const uint64_t stream = mix_bits(seed_ ^ mix_bits(static_cast<uint64_t>(epoch) + kGolden));
    for (size_t i = 0; i < factors_.size(); ++i) {
      const double whole = std::floor(factors_[i]);
      Random random(stream, i);
      sum += static_cast<int64_t>(whole) + (random.chance(factors_[i] - whole) ? 1 : 0);
      ends[i] = sum;
    }
    return ends;
  }

  const std::vector<int64_t>& kept(int64_t epoch) {
    for (const auto& [number, ends] : kept_) {
      if (number == epoch) return ends;
    }
    kept_.emplace_front(epoch, times_in(epoch));
    if (kept_.size() > kKeptEpochs) kept_.pop_back();
    return kept_.front().second;
  }

  const std::vector<double> factors_;
  const uint64_t seed_;
  std::mutex mutex_;
  std::vector<int64_t> starts_ = {0};
  std::list<std::pair<int64_t, std::vector<int64_t>>> kept_;
};

}  // namespace

std::vector<double> repeat_factors(const std::vector<std::vector<int64_t>>& classes,
                                   double threshold, bool is_root) {
  std::map<int64_t, int64_t> pictures_with;
  for (const std::vector<int64_t>& own : classes) {
    for (const int64_t k : std::set<int64_t>(own.begin(), own.end())) ++pictures_with[k];
  }
  const auto factor_of = [&](int64_t k) {
    const double share = static_cast<double>(pictures_with.at(k)) / std::ssize(classes);
    return is_root ? std::sqrt(threshold / share) : threshold / share;
  };
  std::vector<double> factors;
  for (const std::vector<int64_t>& own : classes) {
    double most = 1;
    for (const int64_t k : own) most = std::max(most, factor_of(k));
    factors.push_back(most);
  }
  return factors;
}

Stream<int64_t> repeated(std::vector<double> factors, int64_t seed) {
  const bool are_right = !factors.empty() && std::ranges::all_of(factors, [](double factor) {
    return factor >= 1 && std::isfinite(factor);
  });
  if (!are_right) {
    fail(ErrorCode::invalid_argument, "repeat factors must be numbers from 1, one a picture");
  }
  auto epochs = std::make_shared<Epochs>(std::move(factors), seed);
  return [epochs](int64_t position) { return epochs->picture(position); };
}

}  // namespace fcclip::data
