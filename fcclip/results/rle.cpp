#include "fcclip/results/rle.h"

#include <algorithm>
#include <limits>

#include <ATen/ATen.h>

#include "fcclip/core/check.h"
#include "fcclip/ops/host.h"

namespace fcclip::results {
namespace {

void check_cover(const Rle& rle) {
  const uint64_t pixels = static_cast<uint64_t>(rle.size.height * rle.size.width);
  uint64_t sum = 0;
  for (const uint32_t count : rle.counts) sum += count;
  if (sum != pixels) {
    fail(ErrorCode::bad_format, "run lengths of a ", rle.size.height, "x", rle.size.width,
         " mask sum to ", sum, ", expected ", pixels);
  }
}

// Walks the runs of a mask: value() holds for left() more pixels.
class Runs {
 public:
  explicit Runs(const Rle& rle) : rle_(rle) { skip_empty(); }
  bool value() const { return next_ % 2 == 1; }
  uint64_t left() const { return left_; }
  void take(uint64_t n) {
    left_ -= n;
    if (left_ == 0) {
      ++next_;
      skip_empty();
    }
  }

 private:
  void skip_empty() {
    while (next_ < rle_.counts.size() && rle_.counts[next_] == 0) ++next_;
    left_ = next_ < rle_.counts.size() ? rle_.counts[next_] : 0;
  }
  const Rle& rle_;
  size_t next_ = 0;
  uint64_t left_ = 0;
};

// Calls visit(a, b, n) for each stretch of n pixels where both masks are constant.
template <typename Visit>
void together(const Rle& a, const Rle& b, const Visit& visit) {
  if (!(a.size == b.size)) {
    fail(ErrorCode::shape_mismatch, "masks of different sizes: ", a.size.height, "x", a.size.width,
         " and ", b.size.height, "x", b.size.width);
  }
  Runs runs_a(a), runs_b(b);
  while (runs_a.left() > 0 && runs_b.left() > 0) {
    const uint64_t n = std::min(runs_a.left(), runs_b.left());
    visit(runs_a.value(), runs_b.value(), n);
    runs_a.take(n);
    runs_b.take(n);
  }
}

Rle combined(const Rle& a, const Rle& b, bool intersect) {
  Rle out = {a.size, {0}};
  bool current = false;
  together(a, b, [&](bool in_a, bool in_b, uint64_t n) {
    const bool value = intersect ? in_a && in_b : in_a || in_b;
    if (value != current) {
      out.counts.push_back(0);
      current = value;
    }
    out.counts.back() += static_cast<uint32_t>(n);
  });
  return out;
}

}  // namespace

std::string to_string(const Rle& rle) {
  std::string text;
  for (size_t i = 0; i < rle.counts.size(); ++i) {
    int64_t value = rle.counts[i];
    if (i > 2) value -= rle.counts[i - 2];
    for (bool more = true; more;) {
      int64_t bits = value & 0x1f;
      value >>= 5;
      // Sign-extending bit 4 must give back the rest.
      more = (bits & 0x10) != 0 ? value != -1 : value != 0;
      if (more) bits |= 0x20;
      text += static_cast<char>(bits + '0');
    }
  }
  return text;
}

Rle from_string(std::string_view text, Size size) {
  if (size.height < 0 || size.width < 0) {
    fail(ErrorCode::bad_format, "RLE size ", size.height, "x", size.width, " is negative");
  }
  Rle rle = {size, {}};
  for (size_t at = 0; at < text.size();) {
    int64_t value = 0;
    int shift = 0;
    for (bool more = true; more; shift += 5) {
      if (at == text.size()) fail(ErrorCode::bad_format, "RLE string ends inside a number");
      const int bits = text[at] - '0';
      if (bits < 0 || bits > 0x3f || shift > 35) {
        fail(ErrorCode::bad_format, "RLE string has a bad character at ", at);
      }
      ++at;
      value |= static_cast<int64_t>(bits & 0x1f) << shift;
      more = (bits & 0x20) != 0;
      if (!more && (bits & 0x10) != 0) value |= ~int64_t{0} << (shift + 5);
    }
    if (rle.counts.size() > 2) value += rle.counts[rle.counts.size() - 2];
    if (value < 0 || value > std::numeric_limits<uint32_t>::max()) {
      fail(ErrorCode::bad_format, "RLE string has run length ", value, " before character ", at);
    }
    rle.counts.push_back(static_cast<uint32_t>(value));
  }
  check_cover(rle);
  return rle;
}

Rle from_counts(std::vector<uint32_t> counts, Size size) {
  Rle rle{size, std::move(counts)};
  check_cover(rle);
  return rle;
}

Rle from_mask(const at::Tensor& mask) {
  check_shape("mask", mask, {kAny, kAny});
  const at::Tensor columns = ops::on_host(mask.ne(0).t());
  const bool* inside = columns.const_data_ptr<bool>();
  Rle rle = {{mask.size(0), mask.size(1)}, {0}};
  bool current = false;
  for (int64_t i = 0; i < columns.numel(); ++i) {
    if (inside[i] != current) {
      rle.counts.push_back(0);
      current = !current;
    }
    ++rle.counts.back();
  }
  return rle;
}

at::Tensor to_mask(const Rle& rle) {
  check_cover(rle);
  at::Tensor columns = at::zeros({rle.size.width, rle.size.height}, at::kByte);
  uint8_t* to = columns.data_ptr<uint8_t>();
  for (size_t i = 0; i < rle.counts.size(); to += rle.counts[i++]) {
    if (i % 2 == 1) std::fill_n(to, rle.counts[i], uint8_t{1});
  }
  return columns.t().contiguous();
}

int64_t area(const Rle& rle) {
  int64_t sum = 0;
  for (size_t i = 1; i < rle.counts.size(); i += 2) sum += rle.counts[i];
  return sum;
}

std::array<int64_t, 4> box_xywh(const Rle& rle) {
  const int64_t height = rle.size.height;
  int64_t left = rle.size.width, right = -1, top = height, bottom = -1, at = 0;
  for (size_t i = 0; i < rle.counts.size(); at += rle.counts[i++]) {
    if (i % 2 == 0 || rle.counts[i] == 0) continue;
    const int64_t last = at + rle.counts[i] - 1;
    left = std::min(left, at / height);
    right = std::max(right, last / height);
    const bool wraps = at / height != last / height;
    top = std::min(top, wraps ? 0 : at % height);
    bottom = std::max(bottom, wraps ? height - 1 : last % height);
  }
  if (right < 0) return {0, 0, 0, 0};
  return {left, top, right - left + 1, bottom - top + 1};
}

double iou(const Rle& a, const Rle& b, bool b_is_crowd) {
  int64_t both = 0, either = 0;
  together(a, b, [&](bool in_a, bool in_b, uint64_t n) {
    if (in_a && in_b) both += static_cast<int64_t>(n);
    if (in_a || in_b) either += static_cast<int64_t>(n);
  });
  if (both == 0) return 0;
  return static_cast<double>(both) / static_cast<double>(b_is_crowd ? area(a) : either);
}

double box_iou(const std::array<double, 4>& a, const std::array<double, 4>& b, bool b_is_crowd) {
  const double width = std::min(a[0] + a[2], b[0] + b[2]) - std::max(a[0], b[0]);
  const double height = std::min(a[1] + a[3], b[1] + b[3]) - std::max(a[1], b[1]);
  if (width <= 0 || height <= 0) return 0;
  const double both = width * height, area_a = a[2] * a[3];
  return both / (b_is_crowd ? area_a : area_a + b[2] * b[3] - both);
}

Rle merge(const std::vector<Rle>& masks, bool intersect) {
  if (masks.empty()) return {};
  Rle all = masks.front();
  for (size_t i = 1; i < masks.size(); ++i) all = combined(all, masks[i], intersect);
  return all;
}

}  // namespace fcclip::results
