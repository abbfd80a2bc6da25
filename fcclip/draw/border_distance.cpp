#include "fcclip/draw/border_distance.h"

#include <cmath>
#include <limits>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

namespace fcclip::draw {
namespace {

constexpr float kFar = 1e9f;

/// Down each column and back: steps to the nearest pixel above or below with another id.
void column_distances(const int32_t* ids, int64_t height, int64_t width, float* out) {
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x) {
      const int64_t i = y * width + x;
      out[i] = y == 0 ? kFar : ids[i] != ids[i - width] ? 1 : std::min(kFar, out[i - width] + 1);
    }
  }
  for (int64_t y = height - 2; y >= 0; --y) {
    for (int64_t x = 0; x < width; ++x) {
      const int64_t i = y * width + x;
      const float below = ids[i] != ids[i + width] ? 1 : out[i + width] + 1;
      out[i] = std::min(out[i], below);
    }
  }
}

struct Site {
  double x, height, from;  ///< of the parabola, and where it begins to be the lowest
};

/// The lower envelope of the parabolas (x − site)² + height over one row's run of equal ids
/// (Felzenszwalb and Huttenlocher). Beyond the run everything is at distance 0, so only its two
/// neighbours matter.
class RunEnvelope {
 public:
  explicit RunEnvelope(int64_t width) {
    sites_.reserve(width + 2);
    half_inverse_.push_back(0);
    for (int64_t step = 1; step <= width + 1; ++step)
      half_inverse_.push_back(0.5 / static_cast<double>(step));
  }

  void solve(float* row, int64_t begin, int64_t end, int64_t width) {
    sites_.clear();
    if (begin > 0) add(begin - 1, 0);
    for (int64_t x = begin; x < end; ++x) {
      if (row[x] < kFar) add(x, double{row[x]} * row[x]);
    }
    if (end < width) add(end, 0);
    if (sites_.empty()) return;
    size_t k = 0;
    for (int64_t x = begin; x < end; ++x) {
      const auto at = static_cast<double>(x);
      while (k + 1 < sites_.size() && sites_[k + 1].from <= at) ++k;
      const double squared = (at - sites_[k].x) * (at - sites_[k].x) + sites_[k].height;
      row[x] = root(squared);
    }
  }

 private:
  void add(int64_t position, double height) {
    const auto x = static_cast<double>(position);
    double from = -std::numeric_limits<double>::infinity();
    while (!sites_.empty()) {
      const Site& last = sites_.back();
      // Divisions are the loop's cost. A product may be an ulp beside the quotient, but at whole
      // numbers two parabolas are equal or far further apart.
      from = (height + x * x - last.height - last.x * last.x) *
             half_inverse_[static_cast<size_t>(x - last.x)];
      if (from > last.from) break;
      sites_.pop_back();
      from = -std::numeric_limits<double>::infinity();
    }
    sites_.push_back({x, height, from});
  }

  // Whole numbers below 2^24 are exact in float, and so is the rounding of their roots.
  static float root(double squared) {
    return squared < (1 << 24) ? std::sqrt(static_cast<float>(squared))
                               : static_cast<float>(std::sqrt(squared));
  }

  std::vector<Site> sites_;
  std::vector<double> half_inverse_;  ///< 1 / (2 · step)
};

}  // namespace

at::Tensor border_distance(const at::Tensor& ids) {
  const at::Tensor map = ids.contiguous();
  const int64_t height = map.size(0), width = map.size(1);
  at::Tensor out = at::empty({height, width}, at::kFloat);
  const int32_t* id = map.data_ptr<int32_t>();
  float* distance = out.data_ptr<float>();
  column_distances(id, height, width, distance);
  at::parallel_for(0, height, 64, [&](int64_t first, int64_t last) {
    RunEnvelope envelope(width);
    for (int64_t y = first; y < last; ++y) {
      const int32_t* row = id + y * width;
      for (int64_t begin = 0, end = 0; begin < width; begin = end) {
        for (end = begin + 1; end < width && row[end] == row[begin];) ++end;
        envelope.solve(distance + y * width, begin, end, width);
      }
    }
  });
  return out;
}

}  // namespace fcclip::draw
