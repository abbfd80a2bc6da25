#pragma once
// The CPU kernels of one instruction set. Kernels are plain functions on pointers and row ranges:
// they check nothing, allocate nothing and start no threads; ops/<op>.cpp checks, dispatches and
// splits the rows.
//
// To add a kernel: a function pointer here, kernels/<op>.cpp with `void fill_<op>(KernelTable&)`,
// and a line in kernels/fill_table.cpp.

#include <cstdint>

#include "fcclip/ops/cpu/attention_args.h"
#include "fcclip/ops/cpu/gemm_args.h"
#include "fcclip/ops/cpu/norm_args.h"
#include "fcclip/ops/cpu/winograd_args.h"
#include "fcclip/ops/deform_args.h"
#include "fcclip/ops/isa.h"

namespace fcclip::ops {

/// ops/prefix_attention.h on plain pointers; strides in floats.
struct PrefixAttention {
  const float *q = nullptr, *k = nullptr, *v = nullptr;
  const int32_t* paths = nullptr;  ///< [rows, longest]
  float* out = nullptr;            ///< [rows, heads * head_width]
  int64_t q_stride = 0, k_stride = 0, v_stride = 0;
  int64_t heads = 0, head_width = 0, longest = 0;
  float scale = 1;
};

struct KernelTable {
  Isa isa = Isa::portable;
  /// How W [n, k] must be packed for gemm.
  PackShape (*pack_shape)(int64_t n, int64_t k) = nullptr;
  void (*gemm)(const GemmJob& job) = nullptr;
  void (*norm_rows)(const NormRows& norm, const float* x, int64_t ldx, float* y, int64_t ldy,
                    int64_t rows) = nullptr;
  void (*depthwise7)(const DepthwiseJob& job) = nullptr;

  /// Rows [begin, end); scores: scratch for `longest` floats.
  void (*prefix_attention)(const PrefixAttention& job, float* scores, int64_t begin,
                           int64_t end) = nullptr;
  /// Heads [begin, end); scratch: job.scratch() floats.
  void (*block_attention)(const BlockAttention& job, float* scratch, int64_t begin,
                          int64_t end) = nullptr;

  /// Tokens, queries or rows [begin, end); a head of deform_samples_backward.
  void (*deform_tokens)(const DeformTokens& job, int64_t begin, int64_t end) = nullptr;
  void (*deform_samples)(const DeformSamples<float>& job, int64_t begin, int64_t end) = nullptr;
  void (*deform_samples_double)(const DeformSamples<double>& job, int64_t begin,
                                int64_t end) = nullptr;
  void (*deform_samples_backward)(const DeformSamples<float>& job, int64_t head) = nullptr;
  void (*deform_samples_backward_double)(const DeformSamples<double>& job, int64_t head) = nullptr;
  void (*add_norm)(const AddNormRows& job, int64_t begin, int64_t end) = nullptr;
  /// x [rows, channels]: merged into `moments` of each channel.
  void (*channel_moments)(const float* x, int64_t rows, int64_t channels,
                          ChannelMoments* moments) = nullptr;
  void (*scale_shift)(const ScaleShiftRows& job, int64_t begin, int64_t end) = nullptr;
  void (*scale_shift_add_upsampled)(const ScaleShiftRows& job, const UpsampledMap& coarse,
                                    int64_t begin, int64_t end) = nullptr;
  void (*winograd_in)(const WinogradTiles& job, int64_t begin, int64_t end) = nullptr;
  void (*winograd_out)(const WinogradTiles& job, int64_t begin, int64_t end) = nullptr;

  /// Of ops/peak.h: numbers [4 + a vector]: factor, addend, two starts; sums. Returns operations done.
  int64_t (*multiply_adds)(int64_t rounds, float* numbers) = nullptr;
};

/// Decided by chosen_isa(); tests pass each of available_isas().
const KernelTable& kernels(Isa isa = chosen_isa());

}  // namespace fcclip::ops
