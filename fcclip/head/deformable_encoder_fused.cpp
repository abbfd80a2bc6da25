// The encoder at inference. Everything but the sampling works on rows alone, so a layer is one pass
// over blocks of rows: sampling from the complete `value`, then projection, norms and FFN while the
// block is in the cache, then the block's rows of the next layer's `value`.

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include "fcclip/head/deformable_encoder.h"
#include "fcclip/ops/add_norm.h"
#include "fcclip/ops/deform_attention.h"

namespace fcclip::head {
namespace {

// Matrix products reach full speed from about this many rows on; 192 · 1024 floats of the hidden
// activation are 0.8 MB.
constexpr int64_t kBlockRows = 192;

// out = x Wᵀ + b
void linear_into(const nn::Linear& linear, const at::Tensor& x, at::Tensor out) {
  at::addmm_out(out, linear.bias, x, linear.weight.t());
}

ops::NormWeights weights_of(const nn::LayerNorm& norm) {
  return {norm.weight, norm.bias, norm.eps};
}

template <typename Run>
void for_blocks(int64_t rows, const Run& run) {
  at::parallel_for(0, (rows + kBlockRows - 1) / kBlockRows, 1, [&](int64_t begin, int64_t end) {
    const c10::InferenceMode guard;  // thread-local: the workers do not inherit the caller's
    run(begin, end);
  });
}

}  // namespace

// What one thread needs for a block, allocated once per thread and layer.
struct DeformableEncoder::Workspace {
  at::ArrayRef<Size> levels;
  at::Tensor positions;
  at::Tensor query, raw, mixed, projected, hidden;

  Workspace(const DeformableEncoder& encoder, at::ArrayRef<Size> sizes, const at::Tensor& tokens,
            const at::Tensor& all_positions)
      : levels(sizes), positions(all_positions) {
    const auto rows = [&](int64_t width) {
      return at::empty({kBlockRows, width}, tokens.options());
    };
    query = rows(encoder.config_.conv_dim);
    raw = rows(encoder.sampling_.front().weight.size(0));
    mixed = rows(encoder.config_.conv_dim);
    projected = rows(encoder.config_.conv_dim);
    hidden = rows(encoder.config_.ffn_dim);
  }
};

bool DeformableEncoder::can_fuse(at::ArrayRef<Size> levels) const {
  return sampling_.size() == layers_.size() && ops::deform_tokens_supported(levels, config_.points);
}

// Rows of `tokens` from `begin`, at most kBlockRows, through one layer.
void DeformableEncoder::fused_rows(size_t layer, const at::Tensor& tokens, const at::Tensor& value,
                                   int64_t begin, const Workspace& work) const {
  const DeformableLayer& weights = layers_[layer];
  const int64_t count = std::min(kBlockRows, tokens.size(0) - begin);
  const auto first = [&](const at::Tensor& block) { return block.narrow(0, 0, count); };
  const at::Tensor x = tokens.narrow(0, begin, count);
  at::Tensor query = first(work.query), raw = first(work.raw);
  at::add_out(query, x, work.positions.narrow(0, begin, count));
  at::addmm_out(raw, sampling_[layer].bias, query, sampling_[layer].weight.t());
  const at::Tensor mixed = first(work.mixed), projected = first(work.projected);
  ops::deform_attention_tokens({work.levels, config_.heads, config_.points}, value, raw, begin,
                               mixed);
  linear_into(weights.output_proj, mixed, projected);
  ops::add_norm(x, projected, weights_of(weights.norm1), x);
  at::Tensor hidden = first(work.hidden);
  linear_into(weights.linear1, x, hidden);
  hidden.relu_();
  linear_into(weights.linear2, hidden, projected);
  ops::add_norm(x, projected, weights_of(weights.norm2), x);
}

void DeformableEncoder::forward_fused(const at::Tensor& tokens, const at::Tensor& positions,
                                      at::ArrayRef<Size> levels) const {
  if (layers_.empty()) return;
  const int64_t rows = tokens.size(0);
  at::Tensor value = at::empty_like(tokens), next_value = at::empty_like(tokens);
  const auto project = [&](size_t layer, int64_t block, const at::Tensor& out) {
    const int64_t begin = block * kBlockRows, count = std::min(kBlockRows, rows - begin);
    linear_into(layers_[layer].value_proj, tokens.narrow(0, begin, count),
                out.narrow(0, begin, count));
  };
  for_blocks(rows, [&](int64_t begin, int64_t end) {
    for (int64_t block = begin; block < end; ++block) project(0, block, value);
  });
  for (size_t layer = 0; layer < layers_.size(); ++layer) {
    for_blocks(rows, [&](int64_t begin, int64_t end) {
      const Workspace work(*this, levels, tokens, positions);
      for (int64_t block = begin; block < end; ++block) {
        fused_rows(layer, tokens, value, block * kBlockRows, work);
        if (layer + 1 < layers_.size()) project(layer + 1, block, next_value);
      }
    });
    std::swap(value, next_value);
  }
}

}  // namespace fcclip::head
