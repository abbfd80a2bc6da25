#include "fcclip/engine/nccl.h"

#include "fcclip/core/cuda_module.h"
#include "fcclip/core/error.h"

namespace fcclip::engine {
namespace {

constexpr const char* kWhatToDo =
    "; build with the whole CUDA wheel of LibTorch (TORCH_BUILD=cuda make), or train in one "
    "process";

struct NcclModule {
  const FcclipNcclCalls* calls = nullptr;
  std::string lack;
};

NcclModule nccl_module_lacks(const std::string& lack) {
  return {nullptr, "this build can't train on several GPUs: " + lack + kWhatToDo};
}

NcclModule open_nccl_module() {
  const CudaModule module = open_cuda_module(kNcclModule);
  if (!module.lack.empty()) return nccl_module_lacks(module.lack);
  auto* const calls = module.library.function<FcclipNcclCallsFunction>("fcclip_nccl_calls");
  if (calls == nullptr) return nccl_module_lacks(std::string(kNcclModule) + " is of another build");
  FcclipModuleError error{};
  if (!calls()->check(&error)) return nccl_module_lacks(error.text);
  return {calls(), ""};
}

const NcclModule& nccl_module() {
  static const NcclModule kModule = open_nccl_module();
  return kModule;
}

}  // namespace

const std::string& nccl_lack() {
  return nccl_module().lack;
}

c10::intrusive_ptr<c10d::Backend> make_nccl(const c10::intrusive_ptr<c10d::Store>& store,
                                            const FcclipNcclPlace& place) {
  if (!nccl_lack().empty()) fail(ErrorCode::unsupported, nccl_lack());
  c10::intrusive_ptr<c10d::Backend> made;
  FcclipModuleError error{};
  if (nccl_module().calls->make(store, place, &made, &error)) return made;
  fail(ErrorCode::unsupported, "NCCL can't be used: ", error.text,
       "; fcclip info --devices says what is there, NCCL_DEBUG=INFO what NCCL does");
}

}  // namespace fcclip::engine
