// The encoder at inference. Everything but the sampling works on rows alone, so a layer is one pass
// over blocks of rows: sampling from the complete `value`, then projection, norms and FFN while the
// block is in the cache, then the block's rows of the next layer's `value`.

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include "fcclip/core/round_up.h"
#include "fcclip/ops/cpu/add_norm.h"
#include "fcclip/ops/cpu/deform_tokens.h"
#include "fcclip/ops/cpu/ops.h"
#include "fcclip/ops/cpu/packed_matrix.h"

namespace fcclip::ops::cpu {
namespace {

// Long enough for the products' full speed; a multiple of the rows that a micro-kernel takes (6, 14
// with AVX-512). The hidden activation of a block, 84 · 1024 floats, stays in the second-level
// cache.
constexpr int64_t kBlockRows = 84;

// A linear layer in the kernel's order.
struct Product {
  PackedMatrix matrix;
  at::Tensor bias;
  Activation activation = Activation::none;

  explicit Product(const LinearWeights& linear, Products products = Products::float32,
                   Activation act = Activation::none)
      : matrix(linear.weight, {}, chosen_isa(), products),
        bias(linear.bias.detach().contiguous()),
        activation(act) {}

  void run(const at::Tensor& x, int64_t rows, const at::Tensor& out) const {
    GemmJob job = matrix.job();
    job.bias = bias.const_data_ptr<float>();
    job.activation = activation;
    job.a = x.const_data_ptr<float>();
    job.lda = matrix.k();
    job.c = out.data_ptr<float>();
    job.ldc = matrix.n();
    job.rows = rows;
    matrix.multiply(job);
  }
};

struct PackedDeformLayer {
  Product sampling;  // offsets and attention weights in the sampling kernel's row order
  Product value, output, linear1, linear2;
  LayerNormWeights norm1, norm2;
};

template <typename Run>
void for_blocks(int64_t rows, const Run& run) {
  at::parallel_for(0, divide_up(rows, kBlockRows), 1, [&](int64_t begin, int64_t end) {
    const c10::InferenceMode guard;  // thread-local: the workers do not inherit the caller's
    run(begin, end);
  });
}

// What one thread needs for a block, allocated once per thread and layer.
struct BlockRows {
  at::Tensor query, raw, mixed, projected, hidden;

  explicit BlockRows(const PackedDeformLayer& layer, const at::TensorOptions& options) {
    const auto rows = [&](const Product& product) {
      return at::empty({kBlockRows, product.matrix.n()}, options);
    };
    query = rows(layer.value);
    raw = rows(layer.sampling);
    mixed = rows(layer.value);
    projected = rows(layer.output);
    hidden = rows(layer.linear1);
  }
};

class Encoder {
 public:
  Encoder(const DeformEncoderShape& shape, const std::vector<DeformLayerWeights>& layers)
      : shape_(shape) {
    const at::Tensor order = deform_row_order(shape.heads, shape.levels, shape.points);
    const auto stack = [&](const at::Tensor& offsets, const at::Tensor& logits) {
      return at::cat({offsets.detach(), logits.detach()}).index_select(0, order);
    };
    for (const DeformLayerWeights& layer : layers) {
      const LinearWeights sampling = {
          stack(layer.sampling_offsets.weight, layer.attention_weights.weight),
          stack(layer.sampling_offsets.bias, layer.attention_weights.bias)};
      const auto product = [&](const LinearWeights& linear, Activation act = Activation::none) {
        return Product(linear, shape.products, act);
      };
      layers_.push_back({Product(sampling), product(layer.value), product(layer.output),
                         product(layer.linear1, Activation::relu), product(layer.linear2),
                         layer.norm1, layer.norm2});
    }
  }

  void operator()(const at::Tensor& tokens, const at::Tensor& positions,
                  at::ArrayRef<Size> levels) const;

 private:
  struct Block {  // at most kBlockRows rows of the tokens, from row `begin`
    at::Tensor rows;
    int64_t begin = 0;
  };
  struct Image {  // what all blocks of a layer read
    at::Tensor value, positions;
    DeformTokensShape around;
  };
  static void run_block(const PackedDeformLayer& layer, const Block& block, const Image& image,
                        const BlockRows& work);

  DeformEncoderShape shape_;
  std::vector<PackedDeformLayer> layers_;
};

void Encoder::run_block(const PackedDeformLayer& layer, const Block& block, const Image& image,
                        const BlockRows& work) {
  const at::Tensor& x = block.rows;
  const int64_t count = x.size(0);
  const auto first = [&](const at::Tensor& rows) { return rows.narrow(0, 0, count); };
  at::Tensor query = first(work.query);
  at::add_out(query, x, image.positions.narrow(0, block.begin, count));
  layer.sampling.run(query, count, work.raw);
  const at::Tensor mixed = first(work.mixed), projected = first(work.projected);
  deform_attention_tokens(image.around, image.value, first(work.raw), block.begin, mixed);
  layer.output.run(mixed, count, projected);
  add_norm(x, projected, layer.norm1, x);
  layer.linear1.run(x, count, work.hidden);
  layer.linear2.run(work.hidden, count, projected);
  add_norm(x, projected, layer.norm2, x);
}

void Encoder::operator()(const at::Tensor& tokens, const at::Tensor& positions,
                         at::ArrayRef<Size> levels) const {
  const int64_t rows = tokens.size(0);
  at::Tensor value = at::empty_like(tokens), next_value = at::empty_like(tokens);
  const auto block_of = [&](const at::Tensor& all, int64_t block) {
    const int64_t begin = block * kBlockRows;
    return all.narrow(0, begin, std::min(kBlockRows, rows - begin));
  };
  const auto project = [&](size_t layer, int64_t block, const at::Tensor& out) {
    const at::Tensor x = block_of(tokens, block);
    layers_[layer].value.run(x, x.size(0), block_of(out, block));
  };
  for_blocks(rows, [&](int64_t begin, int64_t end) {
    for (int64_t block = begin; block < end; ++block) project(0, block, value);
  });
  for (size_t layer = 0; layer < layers_.size(); ++layer) {
    const Image image = {value, positions, {levels, shape_.heads, shape_.points}};
    for_blocks(rows, [&](int64_t begin, int64_t end) {
      const BlockRows work(layers_[layer], tokens.options());
      for (int64_t block = begin; block < end; ++block) {
        run_block(layers_[layer], {block_of(tokens, block), block * kBlockRows}, image, work);
        if (layer + 1 < layers_.size()) project(layer + 1, block, next_value);
      }
    });
    std::swap(value, next_value);
  }
}

}  // namespace

RunDeformEncoder pack_deform_encoder(const DeformEncoderShape& shape,
                                     const std::vector<DeformLayerWeights>& layers) {
  return [encoder = Encoder(shape, layers), plain = plain_deform_encoder(shape, layers),
          points = shape.points](const at::Tensor& tokens, const at::Tensor& positions,
                                 at::ArrayRef<Size> levels) {
    if (deform_tokens_supported(levels, points)) return encoder(tokens, positions, levels);
    plain(tokens, positions, levels);
  };
}

}  // namespace fcclip::ops::cpu
