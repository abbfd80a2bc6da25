#pragma once
// The widest float vector of the instruction set being compiled, with the few operations the
// kernels use. Only for kernels/*.cpp. Everything lives in namespace FCCLIP_ISA, so that no
// function compiled for a newer processor can be picked by the linker for an older one; for the
// same reason kernels keep away from inline functions of the standard library other than those on
// scalars.

#include <cstdint>
#include <cstring>

#if defined(__AVX512F__) || defined(__AVX2__)
#include <immintrin.h>
#endif

namespace fcclip::ops::FCCLIP_ISA {

#if defined(__AVX512F__)

struct Vec {
  static constexpr int64_t kWidth = 16;
  __m512 v;
  static Vec zero() { return {_mm512_setzero_ps()}; }
  static Vec all(float x) { return {_mm512_set1_ps(x)}; }
  static Vec load(const float* p) { return {_mm512_loadu_ps(p)}; }
  /// The first n floats (0 <= n < kWidth), zeros after them.
  static Vec load_part(const float* p, int64_t n) {
    return {_mm512_maskz_loadu_ps(static_cast<__mmask16>((1u << n) - 1), p)};
  }
  void store(float* p) const { _mm512_storeu_ps(p, v); }
  void store_part(float* p, int64_t n) const {
    _mm512_mask_storeu_ps(p, static_cast<__mmask16>((1u << n) - 1), v);
  }
  float sum() const { return _mm512_reduce_add_ps(v); }
};
inline Vec operator+(Vec a, Vec b) {
  return {_mm512_add_ps(a.v, b.v)};
}
inline Vec operator-(Vec a, Vec b) {
  return {_mm512_sub_ps(a.v, b.v)};
}
inline Vec operator*(Vec a, Vec b) {
  return {_mm512_mul_ps(a.v, b.v)};
}
inline Vec operator/(Vec a, Vec b) {
  return {_mm512_div_ps(a.v, b.v)};
}
/// a·b + c
inline Vec fma(Vec a, Vec b, Vec c) {
  return {_mm512_fmadd_ps(a.v, b.v, c.v)};
}
inline Vec min(Vec a, Vec b) {
  return {_mm512_min_ps(a.v, b.v)};
}
inline Vec max(Vec a, Vec b) {
  return {_mm512_max_ps(a.v, b.v)};
}
inline Vec abs(Vec a) {
  return {_mm512_abs_ps(a.v)};
}
/// |a| with the sign of b
inline Vec copysign(Vec a, Vec b) {
  return {_mm512_castsi512_ps(
      _mm512_ternarylogic_epi32(_mm512_set1_epi32(static_cast<int>(0x80000000u)),
                                _mm512_castps_si512(b.v), _mm512_castps_si512(a.v), 0xCA))};
}
/// a < b ? x : y
inline Vec where_less(Vec a, Vec b, Vec x, Vec y) {
  return {_mm512_mask_blend_ps(_mm512_cmp_ps_mask(a.v, b.v, _CMP_LT_OQ), y.v, x.v)};
}
inline Vec round(Vec a) {
  return {_mm512_roundscale_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)};
}
/// 2^n for whole n in [-126, 127]
inline Vec pow2(Vec n) {
  const __m512i e = _mm512_add_epi32(_mm512_cvtps_epi32(n.v), _mm512_set1_epi32(127));
  return {_mm512_castsi512_ps(_mm512_slli_epi32(e, 23))};
}

#elif defined(__AVX2__)

struct Vec {
  static constexpr int64_t kWidth = 8;
  __m256 v;
  static Vec zero() { return {_mm256_setzero_ps()}; }
  static Vec all(float x) { return {_mm256_set1_ps(x)}; }
  static Vec load(const float* p) { return {_mm256_loadu_ps(p)}; }
  /// The first n floats (0 <= n < kWidth), zeros after them.
  static Vec load_part(const float* p, int64_t n) { return {_mm256_maskload_ps(p, first(n))}; }
  void store(float* p) const { _mm256_storeu_ps(p, v); }
  void store_part(float* p, int64_t n) const { _mm256_maskstore_ps(p, first(n), v); }
  float sum() const {
    const __m128 h = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    const __m128 q = _mm_add_ps(h, _mm_movehl_ps(h, h));
    return _mm_cvtss_f32(_mm_add_ss(q, _mm_shuffle_ps(q, q, 1)));
  }

 private:
  static __m256i first(int64_t n) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(n)),
                              _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
  }
};
inline Vec operator+(Vec a, Vec b) {
  return {_mm256_add_ps(a.v, b.v)};
}
inline Vec operator-(Vec a, Vec b) {
  return {_mm256_sub_ps(a.v, b.v)};
}
inline Vec operator*(Vec a, Vec b) {
  return {_mm256_mul_ps(a.v, b.v)};
}
inline Vec operator/(Vec a, Vec b) {
  return {_mm256_div_ps(a.v, b.v)};
}
/// a·b + c
inline Vec fma(Vec a, Vec b, Vec c) {
  return {_mm256_fmadd_ps(a.v, b.v, c.v)};
}
inline Vec min(Vec a, Vec b) {
  return {_mm256_min_ps(a.v, b.v)};
}
inline Vec max(Vec a, Vec b) {
  return {_mm256_max_ps(a.v, b.v)};
}
inline Vec abs(Vec a) {
  return {_mm256_andnot_ps(_mm256_set1_ps(-0.0f), a.v)};
}
/// |a| with the sign of b
inline Vec copysign(Vec a, Vec b) {
  const __m256 sign = _mm256_set1_ps(-0.0f);
  return {_mm256_or_ps(_mm256_andnot_ps(sign, a.v), _mm256_and_ps(sign, b.v))};
}
/// a < b ? x : y
inline Vec where_less(Vec a, Vec b, Vec x, Vec y) {
  return {_mm256_blendv_ps(y.v, x.v, _mm256_cmp_ps(a.v, b.v, _CMP_LT_OQ))};
}
inline Vec round(Vec a) {
  return {_mm256_round_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)};
}
/// 2^n for whole n in [-126, 127]
inline Vec pow2(Vec n) {
  const __m256i e = _mm256_add_epi32(_mm256_cvtps_epi32(n.v), _mm256_set1_epi32(127));
  return {_mm256_castsi256_ps(_mm256_slli_epi32(e, 23))};
}

#else

// Four floats through the compiler's vector extension: SSE2 on x86-64, NEON on AArch64, plain code
// elsewhere.
struct Vec {
  static constexpr int64_t kWidth = 4;
  typedef float Float4 __attribute__((vector_size(16)));
  typedef int32_t Int4 __attribute__((vector_size(16)));
  Float4 v;
  static Vec zero() { return all(0); }
  static Vec all(float x) { return {Float4{x, x, x, x}}; }
  static Vec load(const float* p) {
    Vec r;
    std::memcpy(&r.v, p, sizeof r.v);
    return r;
  }
  /// The first n floats (0 <= n < kWidth), zeros after them.
  static Vec load_part(const float* p, int64_t n) {
    Vec r = zero();
    for (int64_t i = 0; i < n; ++i) r.v[i] = p[i];
    return r;
  }
  void store(float* p) const { std::memcpy(p, &v, sizeof v); }
  void store_part(float* p, int64_t n) const {
    for (int64_t i = 0; i < n; ++i) p[i] = v[i];
  }
  float sum() const { return (v[0] + v[2]) + (v[1] + v[3]); }
};
inline Vec operator+(Vec a, Vec b) {
  return {a.v + b.v};
}
inline Vec operator-(Vec a, Vec b) {
  return {a.v - b.v};
}
inline Vec operator*(Vec a, Vec b) {
  return {a.v * b.v};
}
inline Vec operator/(Vec a, Vec b) {
  return {a.v / b.v};
}
/// a·b + c
inline Vec fma(Vec a, Vec b, Vec c) {
  return {a.v * b.v + c.v};
}
inline Vec select(Vec::Int4 m, Vec x, Vec y) {
  Vec r;
  const Vec::Int4 bits = (m & (Vec::Int4)x.v) | (~m & (Vec::Int4)y.v);
  r.v = (Vec::Float4)bits;
  return r;
}
/// a < b ? x : y
inline Vec where_less(Vec a, Vec b, Vec x, Vec y) {
  return select(a.v < b.v, x, y);
}
inline Vec min(Vec a, Vec b) {
  return where_less(a, b, a, b);
}
inline Vec max(Vec a, Vec b) {
  return where_less(b, a, a, b);
}
/// |a| with the sign of b
inline Vec copysign(Vec a, Vec b) {
  const int32_t top = static_cast<int32_t>(0x80000000u);
  return select(Vec::Int4{top, top, top, top}, b, a);
}
inline Vec abs(Vec a) {
  return copysign(a, Vec::zero());
}
inline Vec round(Vec a) {
  const Vec shift = Vec::all(12582912.0f);  // 1.5·2^23: below it, adding rounds to a whole number
  return {(a.v + shift.v) - shift.v};
}
/// 2^n for whole n in [-126, 127]
inline Vec pow2(Vec n) {
  const Vec::Int4 e = __builtin_convertvector(n.v, Vec::Int4) + 127;
  return {(Vec::Float4)(e << 23)};
}

#endif

/// e^x to about 1 ulp for x in [-87, 88]; clamped outside.
inline Vec exp(Vec x) {
  x = min(max(x, Vec::all(-87.0f)), Vec::all(88.0f));
  const Vec n = round(x * Vec::all(1.44269504f));
  // ln 2 in two parts, the first with few bits, so that n·ln2 is subtracted exactly.
  const Vec r = fma(n, Vec::all(2.12194440e-4f), fma(n, Vec::all(-0.693359375f), x));
  Vec p = Vec::all(1.9875691500e-4f);
  p = fma(p, r, Vec::all(1.3981999507e-3f));
  p = fma(p, r, Vec::all(8.3334519073e-3f));
  p = fma(p, r, Vec::all(4.1665795894e-2f));
  p = fma(p, r, Vec::all(1.6666665459e-1f));
  p = fma(p, r, Vec::all(5.0000001201e-1f));
  p = fma(p, r * r, r + Vec::all(1.0f));
  return p * pow2(n);
}

}  // namespace fcclip::ops::FCCLIP_ISA
