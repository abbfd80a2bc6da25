#pragma once
// The frozen text side of CLIP: causal transformer over byte-pair tokens.

#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/clip/config.h"
#include "fcclip/core/trace.h"
#include "fcclip/nn/layers.h"
#include "fcclip/nn/weights.h"
#include "fcclip/ops/packed_linear.h"
#include "fcclip/ops/packing.h"

namespace fcclip::clip {

/// x + attention(LayerNorm(x)), then x + MLP(LayerNorm(x)).
struct TextBlock {
  nn::LayerNorm ln_1, ln_2;
  nn::MultiheadAttention attn;
  nn::Linear c_fc, c_proj;
};

struct PrefixTree;

/// One tower; const calls may come from several threads at once.
class TextTower {
 public:
  /// Without weights. Throws Error{invalid_argument} where the sizes do not fit one another.
  explicit TextTower(const ClipConfig& config);
  /// Checkpoint names under `prefix` ("backbone.clip_model"): token_embedding,
  /// positional_embedding, transformer.resblocks.{i}, ln_final, text_projection, logit_scale.
  void declare(nn::WeightTable& table, const std::string& prefix);
  /// Called once after the weights are set. Where the device multiplies in 16 bits (ops::linear_dtype), encode()
  /// does from then on; on a processor the weights stay as they lie in the file.
  void prepare(const ops::Packing& packing = {});
  /// In which precision encode() multiplies.
  ops::Products products() const { return products_; }

  /// Features of already tokenised texts, exact and no longer than they are: only positions up to
  /// the first largest id are run (attention is causal, so nothing behind it can change the
  /// feature), and every distinct prefix is computed once, whatever number of texts begin with it.
  /// Memory is bounded.
  ///   token_ids  one row per text, start and end token included, no padding needed
  ///   returns    [N, D], not normalised, no gradient; no rows give [0, D]
  /// Throws Error{invalid_argument} for an empty row, an id outside the vocabulary, more than the
  /// context.
  at::Tensor encode(const std::vector<std::vector<int64_t>>& token_ids) const;

  /// The plain computation over all positions, as the reference does it; differentiable.
  ///   tokens   [N, L] int64, L at most the context length
  ///   returns  [N, D]
  /// Trace names: "layer{i}.attn", "layer{i}.out", "ln_final", "text_features".
  /// Throws Error{shape_mismatch}, Error{invalid_argument} for an id outside the vocabulary.
  at::Tensor encode_padded(const at::Tensor& tokens, const Trace& trace = {}) const;
  /// Its two halves: what stands at the end tokens behind the last LayerNorm, [N, width], and the
  /// projection of that to [N, D].
  at::Tensor end_states(const at::Tensor& tokens, const Trace& trace = {}) const;
  at::Tensor embed(const at::Tensor& end_states) const;

  /// CLIP's own scale, min(exp(logit_scale), 100): a float64 number where the weights are, which
  /// nobody waits for, and read from there.
  at::Tensor logit_scale_there() const;
  double logit_scale() const;
  /// The same with its gradient: one number.
  at::Tensor scale() const;

  /// D, the length of a feature.
  int64_t embed_dim() const { return config_.embed_dim; }

  /// Every tensor that a feature depends on, in a fixed order: what a cache of features is keyed
  /// by.
  std::vector<at::Tensor> weights() const;

 private:
  /// A block's products, their sides rounded.
  struct Rounded {
    ops::PackedLinear queries, keys_values, out_proj, c_fc, c_proj;
  };

  at::Tensor encode_tree(const PrefixTree& tree) const;
  at::Tensor queries(size_t block, const at::Tensor& x) const;
  at::Tensor keys_values(size_t block, const at::Tensor& x) const;
  at::Tensor attended(size_t block, const at::Tensor& mixed) const;
  void add_feed_forward(size_t block, at::Tensor& x) const;

  ClipConfig config_;
  at::Tensor token_embedding_, positional_embedding_, text_projection_, logit_scale_;
  std::vector<TextBlock> blocks_;
  std::vector<Rounded> rounded_;  ///< empty: encode() is float32
  ops::Products products_ = ops::Products::float32;
  nn::LayerNorm ln_final_;
};

}  // namespace fcclip::clip
