#include "fcclip/ops/cuda/launch.h"

#include <algorithm>
#include <map>
#include <mutex>

#include "fcclip/core/cache_folder.h"
#include "fcclip/core/cuda_driver.h"
#include "fcclip/core/error.h"
#include "fcclip/ops/cuda/kernel_cache.h"
#include "fcclip/ops/cuda/nvrtc.h"

namespace fcclip::ops::cuda {
namespace {

// Of the driver's interface: contexts, modules and functions are pointers to something of its own.
using Handle = void*;
using Launch = int(Handle function, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned,
                   unsigned shared_bytes, Handle stream, void** arguments, void** more);
constexpr int kOutOfMemory = 2, kNoBinaryForGpu = 209;
// What was compiled ahead of time can't be used: none for this GPU, or PTX that this driver does not know or has
// no compiler for.
constexpr int kNotForThisOne[] = {kNoBinaryForGpu, 218, 221, 222};

void check(int error, const char* what) {
  if (error == 0) return;
  if (error == kOutOfMemory) fail(ErrorCode::out_of_memory, "GPU memory: none left for ", what);
  fail(ErrorCode::internal, "CUDA: ", what, ": ", cuda_driver_error(error));
}

template <typename Function, typename... Arguments>
void call(const char* name, Arguments... arguments) {
  auto* const function = cuda_driver_library().function<Function>(name);
  if (function == nullptr) {
    fail(ErrorCode::unsupported, "the NVIDIA driver has no ", name, "; update it, or use cpu");
  }
  check(function(arguments...), name);
}

// The context that LibTorch works in. Its own calls make it current; a thread without any yet gets it
// here.
void need_context(int device) {
  Handle context = nullptr;
  call<int(Handle*)>("cuCtxGetCurrent", &context);
  if (context != nullptr) return;
  int number = 0;
  call<int(int*, int)>("cuDeviceGet", &number, device);
  call<int(Handle*, int)>("cuDevicePrimaryCtxRetain", &context, number);
  call<int(Handle)>("cuCtxSetCurrent", context);
}

int architecture_of(int device) {
  const CudaDriver driver = ask_cuda_driver();
  if (!driver.failure.empty()) fail(ErrorCode::unsupported, driver.failure);
  return driver.gpus.at(static_cast<size_t>(device)).architecture;
}

std::string compiled_code(const KernelSource& source, int device) {
  const int architecture = architecture_of(device);
  const Nvrtc& nvrtc = Nvrtc::found();
  std::optional<std::filesystem::path> file;
  if (const auto folder = user_cache_folder(); folder && nvrtc.lack().empty()) {
    file = compiled_kernel_file(*folder, source, architecture, nvrtc.version());
  }
  return cached_or_compiled(file, [&] { return nvrtc.compile(source, architecture); });
}

Handle load_module(const KernelSource& source, int device) {
  Handle module = nullptr;
  if (!source.fatbin.empty()) {
    auto* const load =
        cuda_driver_library().function<int(Handle*, const void*)>("cuModuleLoadData");
    const int error = load == nullptr ? kNoBinaryForGpu : load(&module, source.fatbin.data());
    if (error == 0) return module;
    if (std::ranges::count(kNotForThisOne, error) == 0) check(error, "cuModuleLoadData");
  }
  const std::string code = compiled_code(source, device);
  call<int(Handle*, const void*)>("cuModuleLoadData", &module, code.c_str());
  return module;
}

// Loaded for good, as LibTorch's own kernels are.
Handle find_function(const KernelSource& source, const std::string& kernel, int device) {
  static std::mutex mutex;
  static std::map<std::pair<const KernelSource*, int>, Handle> modules;
  static std::map<std::pair<Handle, std::string>, Handle> functions;
  const std::lock_guard lock(mutex);
  Handle& module = modules[{&source, device}];
  if (module == nullptr) module = load_module(source, device);
  Handle& function = functions[{module, kernel}];
  if (function == nullptr) {
    call<int(Handle*, Handle, const char*)>("cuModuleGetFunction", &function, module,
                                            kernel.c_str());
  }
  return function;
}

}  // namespace

void launch(const KernelSource& source, const std::string& kernel, const LaunchShape& shape,
            const LaunchPlace& place, const void* job) {
  need_context(place.device);
  const Handle function = find_function(source, kernel, place.device);
  void* arguments[] = {const_cast<void*>(job)};
  call<Launch>("cuLaunchKernel", function, shape.blocks_x, shape.blocks_y, 1u, shape.threads_x,
               shape.threads_y, 1u, 0u, place.stream, static_cast<void**>(arguments),
               static_cast<void**>(nullptr));
}

}  // namespace fcclip::ops::cuda
