#pragma once
// What the product in 8 bits does with whole numbers, in vectors of AVX-512 or of AVX2. Only for kernels_int8/*.cpp.

#include "fcclip/ops/cpu/kernels/vec.h"

namespace fcclip::ops::FCCLIP_ISA {

#if defined(__AVX512F__)

/// As many whole numbers of 32 bits as a Vec has floats.
struct Whole {
  __m512i v;
  static Whole all(int32_t x) { return {_mm512_set1_epi32(x)}; }
  static Whole load(const uint8_t* p) { return {_mm512_loadu_si512(p)}; }
};

/// Sums of whole numbers in the registers of floats: each gains the products of four pairs of bytes.
inline Vec plus_products(Vec sum, Whole x, Whole w) {
  // GCC 12 stores the sums at every step where it sees _mm512_dpbusd_epi32.
  asm("vpdpbusd %2, %1, %0" : "+v"(sum.v) : "v"(x.v), "v"(w.v));
  return sum;
}
/// sum - zero · sums, as floats.
inline Vec without(Vec sum, Whole zero, Whole sums) {
  const __m512i shift = _mm512_mullo_epi32(zero.v, sums.v);
  return {_mm512_cvtepi32_ps(_mm512_sub_epi32(_mm512_castps_si512(sum.v), shift))};
}

inline __mmask16 part_of_vector(int64_t n) {
  return static_cast<__mmask16>(n >= Vec::kWidth ? 0xffff : (1u << n) - 1);
}
/// The first n floats, n > 0, or a whole vector; zeros after them.
inline Vec load_some(const float* p, int64_t n) {
  return {_mm512_maskz_loadu_ps(part_of_vector(n), p)};
}
/// The nearest whole numbers, shifted, as 0 … 255. Of the bytes after n some may be written, kInt8Tail - 1 at most.
inline void store_some(Vec x, Whole shift, int64_t n, uint8_t* to) {
  const __m512i number = _mm512_add_epi32(_mm512_cvtps_epi32(x.v), shift.v);
  _mm512_mask_cvtusepi32_storeu_epi8(to, part_of_vector(n),
                                     _mm512_max_epi32(number, _mm512_setzero_si512()));
}
inline float least(Vec x) {
  return _mm512_reduce_min_ps(x.v);
}
inline float greatest(Vec x) {
  return _mm512_reduce_max_ps(x.v);
}

#else

/// As many whole numbers of 32 bits as a Vec has floats.
struct Whole {
  __m256i v;
  static Whole all(int32_t x) { return {_mm256_set1_epi32(x)}; }
  static Whole load(const uint8_t* p) {
    return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p))};
  }
};

inline Vec plus_products(Vec sum, Whole x, Whole w) {
#ifdef __AVXVNNI__
  asm("%{vex%} vpdpbusd %2, %1, %0" : "+x"(sum.v) : "x"(x.v), "x"(w.v));
#else  // a test's, for processors that have it in AVX-512 alone
  asm("vpdpbusd %2, %1, %0" : "+x"(sum.v) : "x"(x.v), "x"(w.v));
#endif
  return sum;
}
inline Vec without(Vec sum, Whole zero, Whole sums) {
  const __m256i shift = _mm256_mullo_epi32(zero.v, sums.v);
  return {_mm256_cvtepi32_ps(_mm256_sub_epi32(_mm256_castps_si256(sum.v), shift))};
}

inline Vec load_some(const float* p, int64_t n) {
  return n >= Vec::kWidth ? Vec::load(p) : Vec::load_part(p, n);
}
inline void store_some(Vec x, Whole shift, int64_t n, uint8_t* to) {
  const __m256i number = _mm256_add_epi32(_mm256_cvtps_epi32(x.v), shift.v);
  const __m128i words =
      _mm_packus_epi32(_mm256_castsi256_si128(number), _mm256_extracti128_si256(number, 1));
  // Below 2^15, where the second step saturates as it should.
  _mm_storel_epi64(reinterpret_cast<__m128i*>(to), _mm_packus_epi16(words, words));
}
inline float least(Vec x) {
  float of[Vec::kWidth];
  x.store(of);
  for (const float one : of) of[0] = one < of[0] ? one : of[0];
  return of[0];
}
inline float greatest(Vec x) {
  float of[Vec::kWidth];
  x.store(of);
  for (const float one : of) of[0] = one > of[0] ? one : of[0];
  return of[0];
}

#endif

}  // namespace fcclip::ops::FCCLIP_ISA
