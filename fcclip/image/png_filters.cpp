#include "fcclip/image/png_filters.h"

#include <cstdlib>
#include <cstring>

namespace fcclip::image {
namespace {

// Bytes of one channel depend on each other along the row, those of a pixel do not: the inner loops
// over N unroll and stay in registers.
template <size_t N>
void unfilter_sub(const uint8_t* in, uint8_t* out, size_t size) {
  uint8_t left[N] = {};
  for (size_t i = 0; i + N <= size; i += N) {
    for (size_t c = 0; c < N; ++c) out[i + c] = left[c] = static_cast<uint8_t>(in[i + c] + left[c]);
  }
}

void unfilter_up(const uint8_t* in, const uint8_t* above, uint8_t* out, size_t size) {
  for (size_t i = 0; i < size; ++i) out[i] = static_cast<uint8_t>(in[i] + above[i]);
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
    for (size_t c = 0; c < N; ++c) {
      const int up = above[i + c];
      left[c] = (in[i + c] + paeth(left[c], up, corner[c])) & 255;
      corner[c] = up;
      out[i + c] = static_cast<uint8_t>(left[c]);
    }
  }
}

template <size_t N>
bool unfilter(uint8_t filter, const uint8_t* in, const uint8_t* above, uint8_t* out, size_t size) {
  switch (filter) {
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

bool unfilter_row(uint8_t filter, const uint8_t* in, const uint8_t* above, uint8_t* out,
                  size_t size, size_t pixel_bytes) {
  switch (pixel_bytes) {
    case 1:
      return unfilter<1>(filter, in, above, out, size);
    case 2:
      return unfilter<2>(filter, in, above, out, size);
    case 3:
      return unfilter<3>(filter, in, above, out, size);
    default:
      return unfilter<4>(filter, in, above, out, size);
  }
}

}  // namespace fcclip::image
