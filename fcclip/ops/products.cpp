#include "fcclip/ops/products.h"

#include "fcclip/core/error.h"
#include "fcclip/ops/isa.h"

namespace fcclip::ops {

std::string_view name(Products products) {
  return products == Products::bfloat16 ? "bfloat16" : "float32";
}

Products products_named(std::string_view name) {
  if (name == "float32") return Products::float32;
  if (name == "bfloat16") return Products::bfloat16;
  fail(ErrorCode::invalid_argument, "dtype \"", name, "\"; expected float32 or bfloat16");
}

std::string lack_of_products(Products products, at::Device device) {
  if (products == Products::float32) return "";
  if (!device.is_cpu())
    return "bfloat16 is for processors with AVX512-BF16, not for " + device.str();
#ifdef FCCLIP_X86
  if (chosen_isa() == Isa::avx512 && __builtin_cpu_supports("avx512bf16")) return "";
#endif
  return "this processor has no bfloat16 products (AVX512-BF16); float32 runs everywhere";
}

void need_products(Products products, at::Device device) {
  const std::string lack = lack_of_products(products, device);
  if (!lack.empty()) fail(ErrorCode::unsupported, lack);
}

}  // namespace fcclip::ops
