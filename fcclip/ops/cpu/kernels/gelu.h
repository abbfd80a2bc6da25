#pragma once
// GELU in one pass of registers. Only for kernels/*.cpp.

#include "fcclip/ops/cpu/kernels/vec.h"

namespace fcclip::ops::FCCLIP_ISA {

/// x·Φ(x), Φ the exact normal distribution function: |error| <= 2.5e-7·|x| against float64.
/// Φ(x) − 1/2 = x·P(x²)/Q(x²) on |x| <= 5.6, beyond which it is ±1/2 in float32. The coefficients
/// are a weighted least-squares fit refined towards equal errors (largest error of the fit 2.4e-8).
inline Vec gelu(Vec x) {
  const Vec t = max(min(x, Vec::all(5.6f)), Vec::all(-5.6f));
  const Vec s = t * t;
  Vec p = Vec::all(1.0801059352e-10f);
  p = fma(p, s, Vec::all(-2.1995133e-08f));
  p = fma(p, s, Vec::all(3.361441491e-06f));
  p = fma(p, s, Vec::all(0.0001824692590f));
  p = fma(p, s, Vec::all(0.004587592557f));
  p = fma(p, s, Vec::all(0.03711304814f));
  p = fma(p, s, Vec::all(0.3989421129f));
  Vec q = Vec::all(6.624675006605685e-05f);
  q = fma(q, s, Vec::all(0.0019015022553503513f));
  q = fma(q, s, Vec::all(0.029786303639411926f));
  q = fma(q, s, Vec::all(0.2596927285194397f));
  q = fma(q, s, Vec::all(1.0f));
  return fma(x, t * p / q, x * Vec::all(0.5f));
}

/// x·σ(1.702x)
inline Vec quick_gelu(Vec x) {
  return x / (Vec::all(1.0f) + exp(x * Vec::all(-1.702f)));
}

}  // namespace fcclip::ops::FCCLIP_ISA
