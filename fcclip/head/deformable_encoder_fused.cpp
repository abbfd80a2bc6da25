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

// Long enough for the products' full speed; a multiple of the rows that a micro-kernel takes (6, 14
// with AVX-512). The hidden activation of a block, 84 · 1024 floats, stays in the second-level
// cache.
constexpr int64_t kBlockRows = 84;

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

void DeformableEncoder::Product::run(const at::Tensor& x, int64_t rows,
                                     const at::Tensor& out) const {
  ops::GemmJob job = matrix.job();
  job.bias = bias.const_data_ptr<float>();
  job.activation = activation;
  job.a = x.const_data_ptr<float>();
  job.lda = matrix.k();
  job.c = out.data_ptr<float>();
  job.ldc = matrix.n();
  job.rows = rows;
  matrix.multiply(job);
}

void DeformableEncoder::prepare() {
  packed_.clear();
  const at::Tensor order = ops::deform_row_order(config_.heads, kLevels, config_.points);
  const auto pack = [](const at::Tensor& weight, const at::Tensor& bias) {
    return Product{ops::PackedMatrix(weight), bias.detach()};
  };
  const auto stack = [&](const at::Tensor& offsets, const at::Tensor& logits) {
    return at::cat({offsets.detach(), logits.detach()}).index_select(0, order);
  };
  for (const DeformableLayer& layer : layers_) {
    if (!layer.value_proj.weight.is_cpu()) return;
    PackedLayer packed;
    packed.sampling = pack(stack(layer.sampling_offsets.weight, layer.attention_weights.weight),
                           stack(layer.sampling_offsets.bias, layer.attention_weights.bias));
    packed.value = pack(layer.value_proj.weight, layer.value_proj.bias);
    packed.output = pack(layer.output_proj.weight, layer.output_proj.bias);
    packed.linear1 = pack(layer.linear1.weight, layer.linear1.bias);
    packed.linear1.activation = ops::Activation::relu;
    packed.linear2 = pack(layer.linear2.weight, layer.linear2.bias);
    packed_.push_back(std::move(packed));
  }
}

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
    raw = rows(encoder.packed_.front().sampling.matrix.n());
    mixed = rows(encoder.config_.conv_dim);
    projected = rows(encoder.config_.conv_dim);
    hidden = rows(encoder.config_.ffn_dim);
  }
};

bool DeformableEncoder::can_fuse(at::ArrayRef<Size> levels) const {
  return packed_.size() == layers_.size() && ops::deform_tokens_supported(levels, config_.points);
}

// x: the rows of the tokens from `begin`, at most kBlockRows, through one layer.
void DeformableEncoder::fused_rows(size_t layer, const at::Tensor& x, const at::Tensor& value,
                                   int64_t begin, const Workspace& work) const {
  const PackedLayer& packed = packed_[layer];
  const int64_t count = x.size(0);
  const auto first = [&](const at::Tensor& block) { return block.narrow(0, 0, count); };
  at::Tensor query = first(work.query);
  at::add_out(query, x, work.positions.narrow(0, begin, count));
  packed.sampling.run(query, count, work.raw);
  const at::Tensor mixed = first(work.mixed), projected = first(work.projected);
  ops::deform_attention_tokens({work.levels, config_.heads, config_.points}, value, first(work.raw),
                               begin, mixed);
  packed.output.run(mixed, count, projected);
  ops::add_norm(x, projected, weights_of(layers_[layer].norm1), x);
  packed.linear1.run(x, count, work.hidden);
  packed.linear2.run(work.hidden, count, projected);
  ops::add_norm(x, projected, weights_of(layers_[layer].norm2), x);
}

void DeformableEncoder::forward_fused(const at::Tensor& tokens, const at::Tensor& positions,
                                      at::ArrayRef<Size> levels) const {
  if (layers_.empty()) return;
  const int64_t rows = tokens.size(0);
  at::Tensor value = at::empty_like(tokens), next_value = at::empty_like(tokens);
  const auto block_of = [&](const at::Tensor& all, int64_t block) {
    const int64_t begin = block * kBlockRows;
    return all.narrow(0, begin, std::min(kBlockRows, rows - begin));
  };
  const auto project = [&](size_t layer, int64_t block, const at::Tensor& out) {
    const at::Tensor x = block_of(tokens, block);
    packed_[layer].value.run(x, x.size(0), block_of(out, block));
  };
  for_blocks(rows, [&](int64_t begin, int64_t end) {
    for (int64_t block = begin; block < end; ++block) project(0, block, value);
  });
  for (size_t layer = 0; layer < layers_.size(); ++layer) {
    for_blocks(rows, [&](int64_t begin, int64_t end) {
      const Workspace work(*this, levels, tokens, positions);
      for (int64_t block = begin; block < end; ++block) {
        fused_rows(layer, block_of(tokens, block), value, block * kBlockRows, work);
        if (layer + 1 < layers_.size()) project(layer + 1, block, next_value);
      }
    });
    std::swap(value, next_value);
  }
}

}  // namespace fcclip::head
