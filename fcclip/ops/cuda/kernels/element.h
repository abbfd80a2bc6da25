#pragma once
// What kernels share. Numbers of 16 bits in memory, float in registers. CUDA's headers for them need its toolkit, or a
// folder to be named to NVRTC; these few conversions do not.

#include <cstdint>

// Loops over a tile have a fixed number of rounds: only unrolled is what they index in registers.
#ifdef __CUDACC__
#define FCCLIP_UNROLLED _Pragma("unroll")
#else
#define FCCLIP_UNROLLED
#endif

namespace fcclip::ops::cuda {
namespace {

/// A half or bfloat16 as its bits.
struct Half {
  uint16_t bits;
};
struct Bfloat16 {
  uint16_t bits;
};

__device__ inline float number_of_bits(uint32_t bits) {
#ifdef __CUDA_ARCH__
  return __uint_as_float(bits);
#else
  union {
    uint32_t bits;
    float number;
  } both = {bits};
  return both.number;
#endif
}

__device__ inline uint32_t bits_of_number(float number) {
#ifdef __CUDA_ARCH__
  return __float_as_uint(number);
#else
  union {
    float number;
    uint32_t bits;
  } both = {number};
  return both.bits;
#endif
}

__device__ inline float to_real(float x) {
  return x;
}
__device__ inline double to_real(double x) {
  return x;
}
__device__ inline float to_real(Bfloat16 x) {
  return number_of_bits(static_cast<uint32_t>(x.bits) << 16);
}
__device__ inline float to_real(Half x) {
#ifdef __CUDA_ARCH__
  float number;
  asm("cvt.f32.f16 %0, %1;" : "=f"(number) : "h"(x.bits));
  return number;
#else
  // The exponent's bias grows from 15 to 127: by a product, which denormals survive.
  const uint32_t sign = static_cast<uint32_t>(x.bits & 0x8000) << 16;
  const uint32_t rest = static_cast<uint32_t>(x.bits & 0x7fff) << 13;
  if (rest >= 0x7c00u << 13) return number_of_bits(sign | 0x7f800000u | (rest & 0x7fffffu));
  return number_of_bits(bits_of_number(number_of_bits(rest) * 0x1p112f) | sign);
#endif
}

__device__ inline void from_real(float x, float& to) {
  to = x;
}
__device__ inline void from_real(double x, double& to) {
  to = x;
}
// To the nearest, ties to even; what is not a number stays none.
__device__ inline void from_real(float x, Bfloat16& to) {
  const uint32_t bits = bits_of_number(x);
  to.bits = x != x ? 0x7fc0 : static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}
__device__ inline void from_real(float x, Half& to) {
#ifdef __CUDA_ARCH__
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(to.bits) : "f"(x));
#else
  const uint32_t sign = bits_of_number(x) >> 16 & 0x8000, size = bits_of_number(x) & 0x7fffffff;
  uint32_t half = 0x7c00;  // 65,520 and more are infinite
  if (x != x) {
    half = 0x7e00;
  } else if (size < 0x38800000) {
    // Below 2^-14 halves are multiples of 2^-24: so are the last bits of sums with 0.5.
    half = bits_of_number(number_of_bits(size) + 0.5f) - 0x3f000000;
  } else if (size < 0x477ff000) {
    half = (size - 0x38000000 + 0xfff + (size >> 13 & 1)) >> 13;
  }
  to.bits = static_cast<uint16_t>(sign | half);
#endif
}

}  // namespace
}  // namespace fcclip::ops::cuda
