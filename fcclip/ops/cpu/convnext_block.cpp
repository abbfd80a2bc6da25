#include <ATen/ATen.h>

#include "fcclip/ops/cpu/kernel_table.h"
#include "fcclip/ops/cpu/mlp_rows.h"
#include "fcclip/ops/cpu/ops.h"

namespace fcclip::ops::cpu {
namespace {

class ConvNextBlockRows {
 public:
  explicit ConvNextBlockRows(const ConvNextBlockWeights& weights)
      : channels_(weights.gamma.size(0)),
        eps_(static_cast<float>(weights.norm.eps)),
        kernel_(weights.depthwise.detach().view({channels_, 49}).t().contiguous()),
        kernel_bias_(weights.depthwise_bias.detach().contiguous()),
        norm_weight_(weights.norm.weight.detach().contiguous()),
        norm_bias_(weights.norm.bias.detach().contiguous()),
        fc1_bias_(weights.fc1.bias.detach().contiguous()),
        fc2_bias_((weights.fc2.bias.detach() * weights.gamma.detach()).contiguous()),
        zeros_(at::zeros({channels_}, at::kFloat)),
        fc1_(weights.fc1.weight, {}, chosen_isa(), weights.packing.products),
        fc2_(weights.fc2.weight, weights.gamma, chosen_isa(), weights.packing.products) {}

  void operator()(const at::Tensor& x, at::Tensor& y) const;

 private:
  void normed_depthwise(const at::Tensor& x, int64_t begin, int64_t end, float* out) const;

  int64_t channels_;
  float eps_;
  at::Tensor kernel_, kernel_bias_, norm_weight_, norm_bias_, fc1_bias_, fc2_bias_, zeros_;
  PackedMatrix fc1_, fc2_;
};

// Pixels [begin, end) of all images in row-major order; each stretch of an image row is normalised
// while it is hot.
void ConvNextBlockRows::normed_depthwise(const at::Tensor& x, int64_t begin, int64_t end,
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

void ConvNextBlockRows::operator()(const at::Tensor& x, at::Tensor& y) const {
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

}  // namespace

RunConvNextBlock pack_convnext_block(const ConvNextBlockWeights& weights) {
  return ConvNextBlockRows(weights);
}

}  // namespace fcclip::ops::cpu
