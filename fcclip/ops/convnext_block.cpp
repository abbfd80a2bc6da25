#include "fcclip/ops/convnext_block.h"

#include <ATen/ATen.h>

#include "fcclip/core/check.h"
#include "fcclip/ops/cpu/kernel_table.h"
#include "fcclip/ops/mlp_rows.h"

namespace fcclip::ops {

PackedConvNextBlock::PackedConvNextBlock(const ConvNextBlockWeights& weights, Isa isa)
    : eps_(static_cast<float>(weights.eps)) {
  check_shape("fc1 weight", weights.fc1_weight, {kAny, kAny});
  channels_ = weights.fc1_weight.size(1);
  const int64_t hidden = weights.fc1_weight.size(0);
  check_shape("depthwise weight", weights.depthwise, {channels_, 1, 7, 7});
  check_shape("fc2 weight", weights.fc2_weight, {channels_, hidden});
  check_shape("fc1 bias", weights.fc1_bias, {hidden});
  for (const at::Tensor* row : {&weights.depthwise_bias, &weights.norm_weight, &weights.norm_bias,
                                &weights.fc2_bias, &weights.gamma}) {
    check_shape("bias, norm or gamma", *row, {channels_});
  }
  kernel_ = weights.depthwise.detach().view({channels_, 49}).t().contiguous();
  kernel_bias_ = weights.depthwise_bias.detach().contiguous();
  norm_weight_ = weights.norm_weight.detach().contiguous();
  norm_bias_ = weights.norm_bias.detach().contiguous();
  fc1_bias_ = weights.fc1_bias.detach().contiguous();
  fc2_bias_ = (weights.fc2_bias.detach() * weights.gamma.detach()).contiguous();
  zeros_ = at::zeros({channels_}, at::kFloat);
  fc1_ = PackedMatrix(weights.fc1_weight, {}, isa);
  fc2_ = PackedMatrix(weights.fc2_weight, weights.gamma, isa);
}

// Pixels [begin, end) of all images in row-major order; each stretch of an image row is normalised
// while it is hot.
void PackedConvNextBlock::normed_depthwise(const at::Tensor& x, int64_t begin, int64_t end,
                                           float* out) const {
  const KernelTable& table = kernels(fc1_.isa());
  const int64_t height = x.size(1), width = x.size(2), stride = workspace_stride(channels_);
  const NormRows norm{channels_, norm_weight_.const_data_ptr<float>(),
                      norm_bias_.const_data_ptr<float>(), eps_};
  DepthwiseJob job;
  job.height = height;
  job.width = width;
  job.channels = channels_;
  job.kernel = kernel_.const_data_ptr<float>();
  job.bias = kernel_bias_.const_data_ptr<float>();
  job.zeros = zeros_.const_data_ptr<float>();
  job.ldy = stride;
  for (int64_t pixel = begin; pixel < end;) {
    const int64_t stop = std::min(end, (pixel / width + 1) * width);
    const int64_t image = pixel / (height * width);
    job.x = x.const_data_ptr<float>() + image * height * width * channels_;
    job.first = pixel - image * height * width;
    job.last = stop - image * height * width;
    job.y = out + (pixel - begin) * stride;
    table.depthwise7(job);
    table.norm_rows(norm, job.y, stride, job.y, stride, stop - pixel);
    pixel = stop;
  }
}

void PackedConvNextBlock::run(const at::Tensor& x, at::Tensor& y) const {
  check_shape("x", x, {kAny, kAny, kAny, channels_});
  check_dtype("x", x, at::kFloat);
  check_shape("y", y, x.sizes());
  check_dtype("y", y, at::kFloat);
  if (!x.is_contiguous() || !y.is_contiguous() || x.is_alias_of(y)) {
    fail(ErrorCode::invalid_argument, "x and y: expected two contiguous tensors of their own");
  }
  const MlpRows mlp{&fc1_, &fc2_, fc1_bias_.const_data_ptr<float>(),
                    fc2_bias_.const_data_ptr<float>(), Activation::gelu};
  const RowBlocks blocks = row_blocks(x.numel() / channels_, mlp.block_rows(), fc1_.shape().rows);
  const int64_t stride = workspace_stride(channels_), normed = blocks.block * stride;
  at::Tensor workspace =
      at::empty({blocks.workers, normed + mlp.workspace_floats(blocks.block)}, at::kFloat);
  const float* from = x.const_data_ptr<float>();
  float* to = y.mutable_data_ptr<float>();
  float* own = workspace.mutable_data_ptr<float>();
  for_each_block(blocks, [&](int64_t begin, int64_t end, int64_t worker) {
    float* rows = own + worker * workspace.size(1);
    normed_depthwise(x, begin, end, rows);
    mlp.run({rows, stride, from + begin * channels_, to + begin * channels_, end - begin},
            rows + normed);
  });
}

}  // namespace fcclip::ops
