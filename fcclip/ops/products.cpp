#include "fcclip/ops/products.h"

#include <algorithm>

#ifdef FCCLIP_X86
#include <cpuid.h>
#endif

#include "fcclip/core/cuda_driver.h"
#include "fcclip/core/error.h"
#include "fcclip/ops/dispatch.h"
#include "fcclip/ops/isa.h"

namespace fcclip::ops {
namespace {

constexpr int kTensorCores = 70, kAmpere = 80;

// 0: the driver sees none such.
int capability_of(at::Device device) {
  const CudaDriver driver = ask_cuda_driver();
  const auto index = static_cast<size_t>(std::max<int>(device.index(), 0));
  return index < driver.gpus.size() ? driver.gpus[index].architecture : 0;
}

#ifdef FCCLIP_X86

// CPUID, leaf 7, second part; Clang 14 knows no name for it. Its vectors are AVX2's, which Linux keeps for all.
bool has_avx_vnni() {
  unsigned parts = 0, b = 0, c = 0, d = 0, features = 0;
  return __get_cpuid_count(7, 0, &parts, &b, &c, &d) != 0 && parts >= 1 &&
         __get_cpuid_count(7, 1, &features, &b, &c, &d) != 0 && (features & 1u << 4) != 0;
}

bool multiplies(Products products) {
  const bool is_wide = chosen_isa() >= Isa::avx512;
  if (products == Products::bfloat16) return is_wide && __builtin_cpu_supports("avx512bf16") != 0;
  return (is_wide && __builtin_cpu_supports("avx512vnni") != 0) ||
         (chosen_isa() >= Isa::avx2 && has_avx_vnni());
}

#endif

std::string lack_on_processor(Products products) {
  const std::string name(ops::name(products));
  if (products != Products::bfloat16 && products != Products::int8) {
    return name +
           " is for NVIDIA GPUs; on a processor take float32, or bfloat16 where it has AVX512-BF16";
  }
#ifdef FCCLIP_X86
  if (multiplies(products)) return "";
#endif
  return "this processor has no " + name + " products (" +
         (products == Products::int8 ? "AVX512-VNNI or AVX-VNNI" : "AVX512-BF16") +
         "); float32 runs everywhere";
}

}  // namespace

std::string_view name(Products products) {
  switch (products) {
    case Products::tf32:
      return "tf32";
    case Products::bfloat16:
      return "bfloat16";
    case Products::float16:
      return "float16";
    case Products::int8:
      return "int8";
    default:
      return "float32";
  }
}

Products products_named(std::string_view text, at::Device device) {
  if (text == "auto") {
    return device.is_cuda() ? best_gpu_products(capability_of(device)) : Products::float32;
  }
  for (const Products one : kAllProducts) {
    if (text == name(one)) return one;
  }
  fail(ErrorCode::invalid_argument, "dtype \"", text,
       "\"; expected float32, tf32, bfloat16, float16, int8 or auto");
}

at::ScalarType dtype_of(Products products) {
  if (products == Products::bfloat16) return at::kBFloat16;
  return products == Products::float16 ? at::kHalf : at::kFloat;
}

std::string lack_of_gpu_products(Products products, int capability) {
  if (products == Products::float32) return "";
  if (products == Products::int8) {
    return "int8 is for processors with AVX512-VNNI or AVX-VNNI; on a GPU take bfloat16, float16 "
           "or float32";
  }
  const int least = products == Products::float16 ? kTensorCores : kAmpere;
  if (capability >= least) return "";
  return std::string(name(products)) + " needs a GPU of capability " + architecture_text(least) +
         ", this one has " + architecture_text(capability) + "; take " +
         (capability >= kTensorCores ? "float16 or float32" : "float32");
}

Products best_gpu_products(int capability) {
  if (capability >= kAmpere) return Products::bfloat16;
  return capability >= kTensorCores ? Products::float16 : Products::float32;
}

std::string lack_of_products(Products products, at::Device device) {
  if (products == Products::float32 || implementation(device.type()).name == "aten") return "";
  return device.is_cuda() ? lack_of_gpu_products(products, capability_of(device))
                          : lack_on_processor(products);
}

void need_products(Products products, at::Device device) {
  const std::string lack = lack_of_products(products, device);
  if (!lack.empty()) fail(ErrorCode::unsupported, lack);
}

}  // namespace fcclip::ops
