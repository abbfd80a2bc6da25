// A libcuda.so.1 for tests on machines without a GPU. It says what the environment tells it to say, and
// what is launched runs on the processor: the same kernel's text, compiled as C++.
//
//   FAKE_CUDA_GPUS  how many (1)           FAKE_CUDA_CAPABILITY  10 · major + minor (90)
//   FAKE_CUDA_RUNS  newest CUDA (13000)    FAKE_CUDA_START       what cuInit answers (0)

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>

#include "tests/ops/cuda_on_host.h"
// After it.
#include "fcclip/ops/cuda/kernels/deform_attention.cu"
#include "fcclip/ops/cuda/kernels/depthwise_norm.cu"
#include "fcclip/ops/cuda/kernels/mask_results.cu"
#include "fcclip/ops/cuda/kernels/mask_rows.cu"
#include "fcclip/ops/cuda/kernels/masked_attention.cu"
#include "fcclip/ops/cuda/kernels/resize_u8.cu"

namespace {

using fcclip::ops::on_host::run_grid;
using Kernel = void (*)(const void* job);

template <typename Job, void (*kKernel)(const Job)>
void run(const void* job) {
  Job copy;
  std::memcpy(static_cast<void*>(&copy), job, sizeof copy);
  kKernel(copy);
}

namespace cuda = fcclip::ops::cuda;

const std::map<std::string, Kernel>& kernels() {
  static const std::map<std::string, Kernel> kAll = {
      {"deform_forward_float", run<cuda::DeformJob<float, float>, deform_forward_float>},
      {"deform_forward_double", run<cuda::DeformJob<double, double>, deform_forward_double>},
      {"deform_forward_half", run<cuda::DeformJob<cuda::Half, float>, deform_forward_half>},
      {"deform_forward_bfloat16",
       run<cuda::DeformJob<cuda::Bfloat16, float>, deform_forward_bfloat16>},
      {"deform_backward_float", run<cuda::DeformJob<float, float>, deform_backward_float>},
      {"deform_backward_double", run<cuda::DeformJob<double, double>, deform_backward_double>},
      {"mask_winners", run<cuda::WinnersJob, mask_winners>},
      {"mask_classes", run<cuda::ClassesJob, mask_classes>},
      {"mask_runs_count", run<cuda::RunsJob, mask_runs_count>},
      {"mask_runs_write", run<cuda::RunsJob, mask_runs_write>},
      {"mask_shares", run<cuda::MaskRowsJob, mask_shares>},
      {"mask_blocked", run<cuda::MaskRowsJob, mask_blocked>},
      {"attention_part", run<cuda::AttentionJob, attention_part>},
      {"attention_join", run<cuda::AttentionJob, attention_join>},
      {"depthwise_norm_narrow", run<cuda::DepthwiseNormJob, depthwise_norm_narrow>},
      {"depthwise_norm_wide", run<cuda::DepthwiseNormJob, depthwise_norm_wide>},
      {"resize_rows", run<cuda::ResizeJob, resize_rows>},
      {"resize_columns", run<cuda::ResizeJob, resize_columns>},
      {"normalise_and_pad", run<cuda::NormaliseJob, normalise_and_pad>}};
  return kAll;
}

int told(const char* name, int otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoi(text);
}

int context = 0, loaded = 0;

}  // namespace

#define FAKE __attribute__((visibility("default")))

extern "C" FAKE int cuInit(unsigned) {
  return told("FAKE_CUDA_START", 0);
}
extern "C" FAKE int cuDriverGetVersion(int* version) {
  *version = told("FAKE_CUDA_RUNS", 13000);
  return 0;
}
extern "C" FAKE int cuDeviceGetCount(int* count) {
  *count = told("FAKE_CUDA_GPUS", 1);
  return 0;
}
extern "C" FAKE int cuDeviceGet(int* device, int ordinal) {
  *device = ordinal;
  return 0;
}
extern "C" FAKE int cuDeviceGetName(char* name, int size, int) {
  std::snprintf(name, static_cast<size_t>(size), "Fake GPU");
  return 0;
}
extern "C" FAKE int cuDeviceTotalMem_v2(size_t* bytes, int) {
  *bytes = size_t{8} << 30;
  return 0;
}
extern "C" FAKE int cuDeviceGetAttribute(int* value, int attribute, int) {
  const int capability = told("FAKE_CUDA_CAPABILITY", 90);
  *value = attribute == 75 ? capability / 10 : attribute == 76 ? capability % 10 : 0;
  return 0;
}
extern "C" FAKE int cuGetErrorString(int error, const char** text) {
  *text = error == 999   ? "unknown error"
          : error == 200 ? "device kernel image is invalid"
                         : "an error";
  return 0;
}
extern "C" FAKE int cuCtxGetCurrent(void** current) {
  *current = &context;
  return 0;
}
// What NVRTC asks a driver for when there is one; here there is not.
extern "C" FAKE int cuGetExportTable(const void** table, const void*) {
  *table = nullptr;
  return 1;
}
// Code of a GPU is an ELF file; PTX is text.
extern "C" FAKE int cuModuleLoadData(void** module, const void* image) {
  const bool is_code = std::memcmp(image, "\177ELF", 4) == 0 ||
                       std::strstr(static_cast<const char*>(image), ".version") != nullptr;
  *module = &loaded;
  return is_code ? 0 : 200;
}
extern "C" FAKE int cuModuleGetFunction(void** function, void*, const char* name) {
  const auto found = kernels().find(name);
  if (found == kernels().end()) return 500;
  *function = reinterpret_cast<void*>(found->second);
  return 0;
}
extern "C" FAKE int cuLaunchKernel(void* function, unsigned blocks_x, unsigned blocks_y, unsigned,
                                   unsigned threads_x, unsigned threads_y, unsigned, unsigned,
                                   void*, void** arguments, void**) {
  const auto kernel = reinterpret_cast<Kernel>(function);
  run_grid({static_cast<int>(blocks_x), static_cast<int>(blocks_y)},
           {static_cast<int>(threads_x), static_cast<int>(threads_y)},
           [&] { kernel(arguments[0]); });
  return 0;
}
