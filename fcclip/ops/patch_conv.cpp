#include "fcclip/ops/patch_conv.h"

#include <cstring>

#include <ATen/ATen.h>

#include "fcclip/core/check.h"
#include "fcclip/ops/cpu/kernel_table.h"
#include "fcclip/ops/row_blocks.h"

namespace fcclip::ops {
namespace {

constexpr int64_t kLargestBlock = 192;

NormRows norm_rows_of(const ChannelNorm& norm) {
  return {norm.weight.size(0), norm.weight.const_data_ptr<float>(),
          norm.bias.const_data_ptr<float>(), static_cast<float>(norm.eps)};
}

void check_norm(std::optional<ChannelNorm>& norm, int64_t channels) {
  if (!norm) return;
  check_shape("norm weight", norm->weight, {channels});
  check_shape("norm bias", norm->bias, {channels});
  norm->weight = norm->weight.detach().contiguous();
  norm->bias = norm->bias.detach().contiguous();
}

}  // namespace

PackedPatchConv::PackedPatchConv(const at::Tensor& weight, const at::Tensor& bias,
                                 std::optional<ChannelNorm> before,
                                 std::optional<ChannelNorm> after, Isa isa)
    : before_(std::move(before)), after_(std::move(after)) {
  check_shape("weight", weight, {kAny, kAny, kAny, kAny});
  in_ = weight.size(1);
  side_ = weight.size(2);
  check_shape("weight", weight, {kAny, in_, side_, side_});
  check_shape("bias", bias, {weight.size(0)});
  check_norm(before_, in_);
  check_norm(after_, weight.size(0));
  bias_ = bias.detach().contiguous();
  // A patch in channels-last memory is read row by row: [k, k, in].
  packed_ = PackedMatrix(weight.detach().permute({0, 2, 3, 1}).flatten(1), {}, isa);
}

void PackedPatchConv::gather(const at::Tensor& x, int64_t begin, int64_t end,
                             float* patches) const {
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

at::Tensor PackedPatchConv::operator()(const at::Tensor& input) const {
  check_shape("x", input, {kAny, kAny, kAny, in_});
  check_dtype("x", input, at::kFloat);
  if (input.size(1) % side_ != 0 || input.size(2) % side_ != 0) {
    fail(ErrorCode::shape_mismatch, "x: height and width must be multiples of ", side_, ", got ",
         shape_string(input.sizes()));
  }
  const at::Tensor x = input.contiguous();
  at::Tensor y =
      at::empty({x.size(0), x.size(1) / side_, x.size(2) / side_, packed_.n()}, x.options());
  const RowBlocks blocks = row_blocks(y.numel() / packed_.n(), kLargestBlock, packed_.shape().rows);
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

}  // namespace fcclip::ops
