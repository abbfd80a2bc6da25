#include <cstring>

#include "fcclip/ops/cpu/resize_kernels.h"

#ifdef __AVX2__
#include <immintrin.h>
#endif

namespace fcclip::ops::FCCLIP_ISA {
namespace {

constexpr int32_t kHalf = 1 << (kResizeBits - 1);

uint8_t to_pixel(int32_t sum) {
  const int32_t value = sum >> kResizeBits;
  return static_cast<uint8_t>(value < 0 ? 0 : value > 255 ? 255 : value);
}

template <int kChannels>
void one_pixel(const uint8_t* in, const int32_t* taps, int32_t count, uint8_t* out) {
  int32_t sums[kChannels];
  for (int c = 0; c < kChannels; ++c) sums[c] = kHalf;
  for (int32_t k = 0; k < count; ++k) {
    for (int c = 0; c < kChannels; ++c) sums[c] += in[k * kChannels + c] * taps[k];
  }
  for (int c = 0; c < kChannels; ++c) out[c] = to_pixel(sums[c]);
}

template <int kChannels>
void row_scalar(const uint8_t* in, uint8_t* out, int64_t begin, int64_t end, const ResizeTaps& f) {
  for (int64_t x = begin; x < end; ++x) {
    one_pixel<kChannels>(in + int64_t{f.starts[x]} * kChannels, f.taps + x * f.stride, f.counts[x],
                         out + x * kChannels);
  }
}

#ifdef __AVX2__
// Four lanes hold one RGB pixel and a byte of the next; so outputs that touch the row's last pixel
// are left to the scalar loop, which reads no byte beyond the row.
int64_t row_rgb(const uint8_t* in, int64_t in_width, uint8_t* out, int64_t out_width,
                const ResizeTaps& f) {
  int64_t x = 0;
  for (; x + 1 < out_width && f.starts[x] + f.counts[x] < in_width; ++x) {
    const uint8_t* pixel = in + int64_t{f.starts[x]} * 3;
    const int32_t* taps = f.taps + x * f.stride;
    __m128i sum = _mm_set1_epi32(kHalf);
    for (int32_t k = 0; k < f.counts[x]; ++k, pixel += 3) {
      int32_t four;
      memcpy(&four, pixel, 4);
      sum = _mm_add_epi32(sum, _mm_mullo_epi32(_mm_cvtepu8_epi32(_mm_cvtsi32_si128(four)),
                                               _mm_set1_epi32(taps[k])));
    }
    sum = _mm_srai_epi32(sum, kResizeBits);
    const int32_t packed =
        _mm_cvtsi128_si32(_mm_packus_epi16(_mm_packus_epi32(sum, sum), _mm_setzero_si128()));
    // The fourth byte is the next pixel's, which is written afterwards.
    memcpy(out + x * 3, &packed, 4);
  }
  return x;
}
#else
int64_t row_rgb(const uint8_t*, int64_t, uint8_t*, int64_t, const ResizeTaps&) {
  return 0;
}
#endif

void along_row(const uint8_t* in, int64_t in_width, uint8_t* out, int64_t out_width,
               int64_t channels, const ResizeTaps& f) {
  switch (channels) {
    case 1:
      return row_scalar<1>(in, out, 0, out_width, f);
    case 2:
      return row_scalar<2>(in, out, 0, out_width, f);
    case 3:
      return row_scalar<3>(in, out, row_rgb(in, in_width, out, out_width, f), out_width, f);
    default:
      return row_scalar<4>(in, out, 0, out_width, f);
  }
}

// A tile of sums stays in registers or the first-level cache while the rows pass by.
void across_rows(const uint8_t* const* rows, const int32_t* taps, int64_t count, uint8_t* out,
                 int64_t n) {
  constexpr int64_t kTile = 64;
  int64_t i = 0;
  for (; i + kTile <= n; i += kTile) {
    int32_t sums[kTile];
    for (int64_t j = 0; j < kTile; ++j) sums[j] = kHalf;
    for (int64_t k = 0; k < count; ++k) {
      const uint8_t* row = rows[k] + i;
      const int32_t tap = taps[k];
      for (int64_t j = 0; j < kTile; ++j) sums[j] += row[j] * tap;
    }
    for (int64_t j = 0; j < kTile; ++j) out[i + j] = to_pixel(sums[j]);
  }
  for (; i < n; ++i) {
    int32_t sum = kHalf;
    for (int64_t k = 0; k < count; ++k) sum += rows[k][i] * taps[k];
    out[i] = to_pixel(sum);
  }
}

}  // namespace

void fill_resize(ResizeKernels& kernels) {
  kernels = {along_row, across_rows};
}

}  // namespace fcclip::ops::FCCLIP_ISA
