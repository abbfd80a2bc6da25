#include "fcclip/image/png_filters.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace fcclip::image {
namespace {

// Pixels that are looked at together for the shortcuts: in id maps most differences are zero.
constexpr size_t kBlock = 8;

template <size_t N>
bool all_zero(const uint8_t* in) {
  uint64_t words[N], any = 0;  // kBlock pixels of N bytes are N words
  std::memcpy(words, in, sizeof words);
  for (const uint64_t word : words) any |= word;
  return any == 0;
}

// Bytes of one channel depend on each other along the row, those of a pixel do not: the inner loops
// over N unroll and stay in registers.
template <size_t N>
void unfilter_sub(const uint8_t* in, uint8_t* out, size_t size) {
  uint8_t left[N] = {};
  for (size_t i = 0; i + N <= size; i += N) {
    while (i + kBlock * N < size && all_zero<N>(in + i)) {  // the left pixel again
      for (size_t p = 0; p < kBlock; ++p) std::memcpy(out + i + p * N, left, N);
      i += kBlock * N;
    }
    for (size_t c = 0; c < N; ++c) out[i + c] = left[c] = static_cast<uint8_t>(in[i + c] + left[c]);
  }
}

void unfilter_up(const uint8_t* in, const uint8_t* above, uint8_t* out, size_t size) {
  using Bytes = uint8_t __attribute__((vector_size(16)));
  size_t i = 0;
  for (; i + sizeof(Bytes) <= size; i += sizeof(Bytes)) {
    Bytes a, b;
    std::memcpy(&a, in + i, sizeof a);
    std::memcpy(&b, above + i, sizeof b);
    a += b;
    std::memcpy(out + i, &a, sizeof a);
  }
  for (; i < size; ++i) out[i] = static_cast<uint8_t>(in[i] + above[i]);
}

template <size_t N>
void unfilter_average(const uint8_t* in, const uint8_t* above, uint8_t* out, size_t size) {
  uint8_t left[N] = {};
  for (size_t i = 0; i + N <= size; i += N) {
    for (size_t c = 0; c < N; ++c) {
      out[i + c] = left[c] = static_cast<uint8_t>(in[i + c] + (left[c] + above[i + c]) / 2);
    }
  }
}

// The neighbour nearest to left + above − corner; ties prefer left, then above.
inline int paeth(int left, int above, int corner) {
  const int to_left = std::abs(above - corner), to_above = std::abs(left - corner);
  const int to_corner = std::abs(left + above - 2 * corner);
  const int nearer = to_above <= to_corner ? above : corner;
  return to_left <= to_above && to_left <= to_corner ? left : nearer;
}

template <size_t N>
void unfilter_paeth(const uint8_t* in, const uint8_t* above, uint8_t* out, size_t size) {
  int left[N] = {}, corner[N] = {};
  for (size_t i = 0; i + N <= size; i += N) {
    // Left as corner makes the prediction the pixel above; without a difference the next pixel
    // begins the same way.
    while (i + kBlock * N < size && std::equal(left, left + N, corner) && all_zero<N>(in + i)) {
      std::memcpy(out + i, above + i, kBlock * N);
      i += kBlock * N;
      for (size_t c = 0; c < N; ++c) left[c] = corner[c] = above[i - N + c];
    }
    for (size_t c = 0; c < N; ++c) {
      const int up = above[i + c];
      left[c] = (in[i + c] + paeth(left[c], up, corner[c])) & 255;
      corner[c] = up;
      out[i + c] = static_cast<uint8_t>(left[c]);
    }
  }
}

template <size_t N>
bool unfilter(const uint8_t* stored, const uint8_t* above, uint8_t* out, size_t size) {
  const uint8_t* in = stored + 1;
  switch (stored[0]) {
    case 0:
      std::memcpy(out, in, size);
      return true;
    case 1:
      unfilter_sub<N>(in, out, size);
      return true;
    case 2:
      unfilter_up(in, above, out, size);
      return true;
    case 3:
      unfilter_average<N>(in, above, out, size);
      return true;
    case 4:
      unfilter_paeth<N>(in, above, out, size);
      return true;
    default:
      return false;
  }
}

}  // namespace

bool unfilter_row(const uint8_t* stored, const uint8_t* above, uint8_t* out, size_t size,
                  size_t pixel_bytes) {
  switch (pixel_bytes) {
    case 1:
      return unfilter<1>(stored, above, out, size);
    case 2:
      return unfilter<2>(stored, above, out, size);
    case 3:
      return unfilter<3>(stored, above, out, size);
    default:
      return unfilter<4>(stored, above, out, size);
  }
}

void filter_up(const uint8_t* row, const uint8_t* above, uint8_t* out, size_t size) {
  using Bytes = uint8_t __attribute__((vector_size(16)));
  size_t i = 0;
  for (; i + sizeof(Bytes) <= size; i += sizeof(Bytes)) {
    Bytes here, last;
    std::memcpy(&here, row + i, sizeof here);
    std::memcpy(&last, above + i, sizeof last);
    here -= last;
    std::memcpy(out + i, &here, sizeof here);
  }
  for (; i < size; ++i) out[i] = static_cast<uint8_t>(row[i] - above[i]);
}

}  // namespace fcclip::image
