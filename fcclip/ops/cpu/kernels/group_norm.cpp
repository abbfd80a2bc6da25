// The two passes of GroupNorm on a channels-last map. Moments are taken per channel in short blocks
// of rows about the block's first row, in float, and merged in double: float's speed without the
// cancellation of E[x²] − E[x]².

#include "fcclip/ops/cpu/kernel_table.h"
#include "fcclip/ops/cpu/kernels/vec.h"

namespace fcclip::ops::FCCLIP_ISA {
namespace {

constexpr int64_t kWidth = Vec::kWidth;
constexpr int64_t kBlockRows = 64;

// Chan's merge of n values of mean `mean` and squared deviations `squares` into a channel's
// moments.
void merge(ChannelMoments& into, double n, double mean, double squares) {
  const double total = into.count + n, delta = mean - into.mean;
  into.mean += delta * n / total;
  into.squares += squares + delta * delta * into.count * n / total;
  into.count = total;
}

template <int kVecs>
void block_moments(const float* x, int64_t stride, int64_t rows, ChannelMoments* moments) {
  Vec sum[kVecs], squares[kVecs];
  for (int v = 0; v < kVecs; ++v) sum[v] = squares[v] = Vec::zero();
  for (int64_t row = 1; row < rows; ++row) {
    for (int v = 0; v < kVecs; ++v) {
      const Vec d = Vec::load(x + row * stride + v * kWidth) - Vec::load(x + v * kWidth);
      sum[v] = sum[v] + d;
      squares[v] = fma(d, d, squares[v]);
    }
  }
  float sums[kVecs * kWidth], square_sums[kVecs * kWidth];
  for (int v = 0; v < kVecs; ++v) {
    sum[v].store(sums + v * kWidth);
    squares[v].store(square_sums + v * kWidth);
  }
  const double n = static_cast<double>(rows);
  for (int64_t i = 0; i < kVecs * kWidth; ++i) {
    const double shifted_mean = sums[i] / n;
    const double spread = square_sums[i] - shifted_mean * sums[i];
    merge(moments[i], n, x[i] + shifted_mean, spread > 0 ? spread : 0);
  }
}

void channel_moments(const float* x, int64_t rows, int64_t channels, ChannelMoments* moments) {
  for (int64_t row = 0; row < rows; row += kBlockRows) {
    const int64_t n = rows - row < kBlockRows ? rows - row : kBlockRows;
    const float* block = x + row * channels;
    int64_t c = 0;
    for (; c + 4 * kWidth <= channels; c += 4 * kWidth) {
      block_moments<4>(block + c, channels, n, moments + c);
    }
    for (; c + kWidth <= channels; c += kWidth) {
      block_moments<1>(block + c, channels, n, moments + c);
    }
    for (; c < channels; ++c) {
      for (int64_t i = 0; i < n; ++i) merge(moments[c], 1, block[i * channels + c], 0);
    }
  }
}

// out = x · scale + shift, then what `a` asks for: an addend, or ReLU.
void scale_shift(const ScaleShiftRows& a, int64_t begin, int64_t end) {
  const int64_t n = a.channels;
  for (int64_t row = begin; row < end; ++row) {
    const float* x = a.x + row * n;
    float* out = a.out + row * n;
    int64_t i = 0;
    for (; i + kWidth <= n; i += kWidth) {
      Vec v = fma(Vec::load(x + i), Vec::load(a.scale + i), Vec::load(a.shift + i));
      if (a.relu) v = max(v, Vec::zero());
      v.store(out + i);
    }
    for (; i < n; ++i) {
      const float v = x[i] * a.scale[i] + a.shift[i];
      out[i] = a.relu && !(v > 0) ? 0 : v;
    }
  }
}

// Rows of the fine map: scale, shift, and the coarse map resized bilinearly (pixel centres aligned,
// borders repeated).
void scale_shift_add_upsampled(const ScaleShiftRows& a, const UpsampledMap& coarse, int64_t begin,
                               int64_t end) {
  const int64_t n = a.channels;
  for (int64_t row = begin; row < end; ++row) {
    const UpsampleTap v = coarse.vertical[row / coarse.fine_width];
    const UpsampleTap h = coarse.horizontal[row % coarse.fine_width];
    const float* corner[4] = {coarse.data + (v.low * coarse.width + h.low) * n,
                              coarse.data + (v.low * coarse.width + h.high) * n,
                              coarse.data + (v.high * coarse.width + h.low) * n,
                              coarse.data + (v.high * coarse.width + h.high) * n};
    const float weight[4] = {(1 - v.part) * (1 - h.part), (1 - v.part) * h.part,
                             v.part * (1 - h.part), v.part * h.part};
    const float* x = a.x + row * n;
    float* out = a.out + row * n;
    int64_t i = 0;
    for (; i + kWidth <= n; i += kWidth) {
      Vec sum = fma(Vec::load(x + i), Vec::load(a.scale + i), Vec::load(a.shift + i));
      for (int c = 0; c < 4; ++c) sum = fma(Vec::all(weight[c]), Vec::load(corner[c] + i), sum);
      sum.store(out + i);
    }
    for (; i < n; ++i) {
      float sum = x[i] * a.scale[i] + a.shift[i];
      for (int c = 0; c < 4; ++c) sum += weight[c] * corner[c][i];
      out[i] = sum;
    }
  }
}

}  // namespace

void fill_group_norm(KernelTable& table) {
  table.channel_moments = channel_moments;
  table.scale_shift = scale_shift;
  table.scale_shift_add_upsampled = scale_shift_add_upsampled;
}

}  // namespace fcclip::ops::FCCLIP_ISA
