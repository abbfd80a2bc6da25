// libfcclip_nccl.so. Built by a C++ compiler from the headers of LibTorch, CUDA and NCCL; linked to none of them: the names are
// found in the libtorch_cuda that the process has opened.

#include <cuda_runtime.h>
#include <nccl.h>
#include <stdexcept>
#include <string>

#include <torch/csrc/cuda/nccl.h>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>

#include "fcclip/engine/nccl/nccl_seam.h"

namespace {

using Nccl = c10d::ProcessGroupNCCL;

// As LibTorch writes the version that it was compiled with.
constexpr uint64_t kOwnVersion =
    uint64_t{NCCL_MAJOR} << 32 | uint64_t{NCCL_MINOR} << 16 | uint64_t{NCCL_PATCH};

std::string version_text(uint64_t version) {
  return std::to_string(version >> 32) + "." + std::to_string(version >> 16 & 0xffff) + "." +
         std::to_string(version & 0xffff);
}

// LibTorch's objects hold structs of NCCL's, which grow from version to version.
void check_version() {
  const uint64_t of_torch = torch::cuda::nccl::version();
  if (of_torch == kOwnVersion) return;
  throw std::runtime_error("libfcclip_nccl.so was built with the headers of NCCL " +
                           version_text(kOwnVersion) + " and LibTorch with those of " +
                           version_text(of_torch));
}

bool check_quietly(FcclipModuleError* error) {
  return fcclip::without_exceptions(error, check_version);
}

bool make_quietly(const c10::intrusive_ptr<c10d::Store>& store, const FcclipNcclPlace& place,
                  c10::intrusive_ptr<c10d::Backend>* made, FcclipModuleError* error) {
  return fcclip::without_exceptions(error, [&] {
    auto options = Nccl::Options::create();
    options->timeout = std::chrono::milliseconds(place.timeout_ms);
    *made = c10::make_intrusive<Nccl>(c10::make_intrusive<c10d::PrefixStore>("nccl", store),
                                      place.rank, place.size, std::move(options));
  });
}

}  // namespace

extern "C" __attribute__((visibility("default"))) const FcclipNcclCalls* fcclip_nccl_calls() {
  static constexpr FcclipNcclCalls kCalls = {check_quietly, make_quietly};
  return &kCalls;
}
