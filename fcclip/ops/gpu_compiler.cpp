#include "fcclip/ops/gpu_compiler.h"

#include "fcclip/core/error.h"
#include "fcclip/ops/cuda/nvrtc.h"

namespace fcclip::ops {

GpuCompiler gpu_compiler() {
  const cuda::Nvrtc& nvrtc = cuda::Nvrtc::found();
  return {nvrtc.version(), nvrtc.path(), nvrtc.lack()};
}

bool has_gpu_kernels_ahead_of_time() {
  return !cuda::deform_attention_source().fatbin.empty();
}

void need_gpu_compiler(at::Device device) {
  if (!device.is_cuda() || has_gpu_kernels_ahead_of_time()) return;
  const GpuCompiler compiler = gpu_compiler();
  if (!compiler.lack.empty()) fail(ErrorCode::unsupported, compiler.lack);
}

}  // namespace fcclip::ops
