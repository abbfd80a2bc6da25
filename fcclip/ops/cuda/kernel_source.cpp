#include "fcclip/ops/cuda/kernel_source.h"

// clang-format off
#define FCCLIP_KERNEL_TEXTS(X) \
  X(deform_attention_cu) X(deform_job_h) X(deform_args_h) X(deform_sample_h) X(element_h) \
  X(mask_results_cu) X(mask_results_job_h) X(mask_taps_h) X(mask_rows_cu) X(mask_rows_job_h) \
  X(masked_attention_cu) X(masked_attention_job_h) X(depthwise_norm_cu) X(depthwise_norm_job_h) \
  X(resize_u8_cu) X(resize_u8_job_h) X(resize_taps_h)
// clang-format on
#define FCCLIP_DECLARE_TEXT(name) \
  extern const char fcclip_embedded_##name##_begin[], fcclip_embedded_##name##_end[];
extern "C" {
FCCLIP_KERNEL_TEXTS(FCCLIP_DECLARE_TEXT)
#ifdef FCCLIP_CUDA
FCCLIP_DECLARE_TEXT(deform_attention_fatbin)
FCCLIP_DECLARE_TEXT(mask_results_fatbin)
FCCLIP_DECLARE_TEXT(mask_rows_fatbin)
FCCLIP_DECLARE_TEXT(masked_attention_fatbin)
FCCLIP_DECLARE_TEXT(depthwise_norm_fatbin)
FCCLIP_DECLARE_TEXT(resize_u8_fatbin)
#endif
}
#undef FCCLIP_DECLARE_TEXT

namespace fcclip::ops::cuda {
namespace {

std::string_view text_between(const char* begin, const char* end) {
  return {begin, static_cast<size_t>(end - begin)};
}

#define FCCLIP_TEXT(name) text_between(fcclip_embedded_##name##_begin, fcclip_embedded_##name##_end)

// NVRTC has no standard library; this is what the kernels use of it.
constexpr std::string_view kFixedIntegers =
    "#pragma once\n"
    "using int32_t = int;\n"
    "using uint32_t = unsigned;\n"
    "using uint8_t = unsigned char;\n"
    "using uint16_t = unsigned short;\n"
    "using int64_t = long long;\n"
    "using uint64_t = unsigned long long;\n";

SourceText in_kernels(const char* file, std::string_view text) {
  return {std::string("fcclip/ops/cuda/kernels/") + file, text};
}

#ifdef FCCLIP_CUDA
#define FCCLIP_FATBIN(name) FCCLIP_TEXT(name##_fatbin)
#else
#define FCCLIP_FATBIN(name) \
  {}
#endif

}  // namespace

const KernelSource& deform_attention_source() {
  static const KernelSource kSource = {
      in_kernels("deform_attention.cu", FCCLIP_TEXT(deform_attention_cu)),
      {in_kernels("deform_job.h", FCCLIP_TEXT(deform_job_h)),
       in_kernels("element.h", FCCLIP_TEXT(element_h)),
       {"fcclip/ops/deform_args.h", FCCLIP_TEXT(deform_args_h)},
       {"fcclip/ops/deform_sample.h", FCCLIP_TEXT(deform_sample_h)},
       {"cstdint", kFixedIntegers}},
      {"deform_forward_float", "deform_forward_double", "deform_forward_half",
       "deform_forward_bfloat16", "deform_backward_float", "deform_backward_double"},
      FCCLIP_FATBIN(deform_attention)};
  return kSource;
}

const KernelSource& mask_results_source() {
  static const KernelSource kSource = {
      in_kernels("mask_results.cu", FCCLIP_TEXT(mask_results_cu)),
      {in_kernels("mask_results_job.h", FCCLIP_TEXT(mask_results_job_h)),
       in_kernels("element.h", FCCLIP_TEXT(element_h)),
       {"fcclip/ops/mask_taps.h", FCCLIP_TEXT(mask_taps_h)},
       {"cstdint", kFixedIntegers}},
      {"mask_winners", "mask_classes", "mask_runs_count", "mask_runs_write"},
      FCCLIP_FATBIN(mask_results)};
  return kSource;
}

const KernelSource& mask_rows_source() {
  static const KernelSource kSource = {
      in_kernels("mask_rows.cu", FCCLIP_TEXT(mask_rows_cu)),
      {in_kernels("mask_rows_job.h", FCCLIP_TEXT(mask_rows_job_h)), {"cstdint", kFixedIntegers}},
      {"mask_shares", "mask_blocked"},
      FCCLIP_FATBIN(mask_rows)};
  return kSource;
}

const KernelSource& masked_attention_source() {
  static const KernelSource kSource = {
      in_kernels("masked_attention.cu", FCCLIP_TEXT(masked_attention_cu)),
      {in_kernels("masked_attention_job.h", FCCLIP_TEXT(masked_attention_job_h)),
       in_kernels("element.h", FCCLIP_TEXT(element_h)),
       {"cstdint", kFixedIntegers}},
      {"attention_part", "attention_join"},
      FCCLIP_FATBIN(masked_attention)};
  return kSource;
}

const KernelSource& depthwise_norm_source() {
  static const KernelSource kSource = {
      in_kernels("depthwise_norm.cu", FCCLIP_TEXT(depthwise_norm_cu)),
      {in_kernels("depthwise_norm_job.h", FCCLIP_TEXT(depthwise_norm_job_h)),
       in_kernels("element.h", FCCLIP_TEXT(element_h)),
       {"cstdint", kFixedIntegers}},
      {"depthwise_norm_narrow", "depthwise_norm_wide"},
      FCCLIP_FATBIN(depthwise_norm)};
  return kSource;
}

const KernelSource& resize_u8_source() {
  static const KernelSource kSource = {in_kernels("resize_u8.cu", FCCLIP_TEXT(resize_u8_cu)),
                                       {in_kernels("resize_u8_job.h", FCCLIP_TEXT(resize_u8_job_h)),
                                        {"fcclip/ops/resize_taps.h", FCCLIP_TEXT(resize_taps_h)},
                                        {"cstdint", kFixedIntegers}},
                                       {"resize_rows", "resize_columns", "normalise_and_pad"},
                                       FCCLIP_FATBIN(resize_u8)};
  return kSource;
}

std::vector<const KernelSource*> kernel_sources() {
  return {&deform_attention_source(), &mask_results_source(),   &mask_rows_source(),
          &masked_attention_source(), &depthwise_norm_source(), &resize_u8_source()};
}

Hash hash_source(const KernelSource& source) {
  Hash hash = hash_text(source.main.text, hash_text(source.main.name));
  for (const SourceText& header : source.headers) {
    hash = hash_text(header.text, hash_text(header.name, hash));
  }
  return hash;
}

}  // namespace fcclip::ops::cuda
