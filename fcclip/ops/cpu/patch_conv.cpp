#include <cstring>

#include <ATen/ATen.h>

#include "fcclip/ops/cpu/kernel_table.h"
#include "fcclip/ops/cpu/ops.h"
#include "fcclip/ops/cpu/packed_matrix.h"
#include "fcclip/ops/cpu/row_blocks.h"

namespace fcclip::ops::cpu {
namespace {

constexpr int64_t kLargestPatchBlock = 192;

NormRows norm_rows_of(const LayerNormWeights& norm) {
  return {norm.weight.size(0), norm.weight.const_data_ptr<float>(),
          norm.bias.const_data_ptr<float>(), static_cast<float>(norm.eps)};
}

std::optional<LayerNormWeights> contiguous(const std::optional<LayerNormWeights>& norm) {
  if (!norm) return norm;
  return {{norm->weight.detach().contiguous(), norm->bias.detach().contiguous(), norm->eps}};
}

class PatchProduct {
 public:
  explicit PatchProduct(const PatchConvWeights& weights)
      : in_(weights.weight.size(1)),
        side_(weights.weight.size(2)),
        bias_(weights.bias.detach().contiguous()),
        before_(contiguous(weights.before)),
        after_(contiguous(weights.after)),
        // A patch in channels-last memory is read row by row: [k, k, in].
        packed_(weights.weight.detach().permute({0, 2, 3, 1}).flatten(1), {}, chosen_isa(),
                weights.packing.products) {}

  at::Tensor operator()(const at::Tensor& x) const;

 private:
  void gather(const at::Tensor& x, int64_t begin, int64_t end, float* patches) const;

  int64_t in_, side_;
  at::Tensor bias_;
  std::optional<LayerNormWeights> before_, after_;
  PackedMatrix packed_;
};

void PatchProduct::gather(const at::Tensor& x, int64_t begin, int64_t end, float* patches) const {
  const KernelTable& table = kernels(packed_.isa());
  const int64_t columns = x.size(2) / side_, line = side_ * in_;
  const NormRows norm = before_ ? norm_rows_of(*before_) : NormRows{};
  const float* data = x.const_data_ptr<float>();
  for (int64_t i = begin; i < end; ++i, patches += workspace_stride(packed_.k())) {
    // Rows of all images follow one another, and every image has rows · side_ of them.
    const int64_t row = i / columns, column = i % columns;
    for (int64_t k = 0; k < side_; ++k) {
      const float* from = data + ((row * side_ + k) * columns + column) * line;
      if (before_) {
        table.norm_rows(norm, from, in_, patches + k * line, in_, side_);
      } else {
        std::memcpy(patches + k * line, from, static_cast<size_t>(line) * sizeof(float));
      }
    }
  }
}

at::Tensor PatchProduct::operator()(const at::Tensor& x) const {
  at::Tensor y =
      at::empty({x.size(0), x.size(1) / side_, x.size(2) / side_, packed_.n()}, x.options());
  const RowBlocks blocks =
      row_blocks(y.numel() / packed_.n(), kLargestPatchBlock, packed_.shape().rows);
  const int64_t stride = workspace_stride(packed_.k());
  at::Tensor workspace = at::empty({blocks.workers, blocks.block * stride}, at::kFloat);
  float* own = workspace.mutable_data_ptr<float>();
  float* to = y.mutable_data_ptr<float>();
  for_each_block(blocks, [&](int64_t begin, int64_t end, int64_t worker) {
    float* patches = own + worker * workspace.size(1);
    gather(x, begin, end, patches);
    GemmJob job = packed_.job();
    job.bias = bias_.const_data_ptr<float>();
    job.a = patches;
    job.lda = stride;
    job.c = to + begin * packed_.n();
    job.ldc = packed_.n();
    job.rows = end - begin;
    packed_.multiply(job);
    if (after_) {
      kernels(packed_.isa())
          .norm_rows(norm_rows_of(*after_), job.c, job.ldc, job.c, job.ldc, job.rows);
    }
  });
  return y;
}

}  // namespace

RunPatchConv pack_patch_conv(const PatchConvWeights& weights) {
  return PatchProduct(weights);
}

}  // namespace fcclip::ops::cpu
