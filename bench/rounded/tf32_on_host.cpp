#include "tf32_on_host.h"

#include <ATen/ATen.h>
#include <c10/core/impl/LocalDispatchKeySet.h>
#include <torch/library.h>

namespace fcclip {
namespace {

// A key that LibTorch keeps for tests: what is registered for it comes before the processor's kernels,
// for threads that include it.
constexpr auto kKey = c10::DispatchKey::TESTING_ONLY_GenericMode;

// The nearest number with ten bits behind the point's one; a tie goes away from zero, as the GPU's cvt.rna does.
at::Tensor rounded(const at::Tensor& x) {
  if (!x.defined() || x.scalar_type() != at::kFloat) return x;
  const at::Tensor bits = x.contiguous().view(at::kInt);
  return at::bitwise_and(bits + 0x1000, ~0x1fff).view(at::kFloat);
}

// An addend of a product (addmm's first tensor) and a convolution's bias are not multiplied.
bool is_multiplied(const c10::FunctionSchema& schema, size_t argument) {
  const std::string& name = schema.arguments()[argument].name();
  return name != "bias" && !(name == "self" && schema.name().starts_with("aten::addmm")) &&
         !(name == "self" && schema.name() == "aten::baddbmm");
}

// Depthwise convolutions with their norms are a kernel of ours on a GPU, which knows no TF32.
bool is_depthwise(const c10::FunctionSchema& schema, const torch::jit::Stack& stack) {
  return schema.name() == "aten::convolution" && stack.back().toInt() > 1;
}

void round_and_multiply(const c10::OperatorHandle& op, c10::DispatchKeySet,
                        torch::jit::Stack* stack) {
  const c10::impl::ExcludeDispatchKeyGuard once(kKey);
  const c10::FunctionSchema& schema = op.schema();
  if (is_depthwise(schema, *stack)) return op.callBoxed(stack);
  const size_t count = schema.arguments().size(), first = stack->size() - count;
  for (size_t i = 0; i < count; ++i) {
    c10::IValue& value = (*stack)[first + i];
    if (value.isTensor() && is_multiplied(schema, i)) value = rounded(value.toTensor());
  }
  op.callBoxed(stack);
}

TORCH_LIBRARY_IMPL(_, TESTING_ONLY_GenericMode, library) {
  library.fallback(torch::CppFunction::makeFallthrough());
}

TORCH_LIBRARY_IMPL(aten, TESTING_ONLY_GenericMode, library) {
  for (const char* name : {"mm", "addmm", "bmm", "baddbmm", "convolution", "mv", "addmv", "linear",
                           "scaled_dot_product_attention"}) {
    library.impl(name, torch::CppFunction::makeFromBoxedFunction<&round_and_multiply>());
  }
}

bool included() {
  return c10::impl::tls_is_dispatch_key_included(kKey);
}

}  // namespace

Tf32OnHost::Tf32OnHost() : before_(included()) {
  c10::impl::tls_set_dispatch_key_included(kKey, true);
}

Tf32OnHost::~Tf32OnHost() {
  c10::impl::tls_set_dispatch_key_included(kKey, before_);
}

}  // namespace fcclip
