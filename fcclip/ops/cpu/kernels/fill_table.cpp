// Compiled once per instruction set: collects the kernels of namespace FCCLIP_ISA.

#include "fcclip/ops/cpu/kernel_table.h"

namespace fcclip::ops::FCCLIP_ISA {

void fill_prefix_attention(KernelTable& table);
void fill_masked_attention(KernelTable& table);
void fill_deform_samples(KernelTable& table);
void fill_deform_tokens(KernelTable& table);
void fill_add_norm(KernelTable& table);
void fill_group_norm(KernelTable& table);
void fill_winograd(KernelTable& table);
void fill_gemm(KernelTable& table);
void fill_layer_norm(KernelTable& table);
void fill_depthwise(KernelTable& table);
void fill_multiply_adds(KernelTable& table);

void fill_table(KernelTable& table) {
  fill_gemm(table);
  fill_layer_norm(table);
  fill_depthwise(table);
  fill_multiply_adds(table);
  fill_deform_samples(table);
  fill_deform_tokens(table);
  fill_add_norm(table);
  fill_group_norm(table);
  fill_winograd(table);
  fill_prefix_attention(table);
  fill_masked_attention(table);
}

}  // namespace fcclip::ops::FCCLIP_ISA
