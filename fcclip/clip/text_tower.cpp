#include "fcclip/clip/text_tower.h"

#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "fcclip/clip/prefix_tree.h"
#include "fcclip/core/check.h"
#include "fcclip/ops/activation.h"
#include "fcclip/ops/host.h"
#include "fcclip/ops/prefix_attention.h"

namespace fcclip::clip {
namespace {

// Rows of one tree: enough for the matrix products to run at full speed; with W = 768 the largest
// intermediate (queries, keys and values) is 19 MB.
constexpr int64_t kMaxNodes = 2048;
// Rows of one pass through the hidden layer: 512 x 4W floats are 6 MB.
constexpr int64_t kHiddenRows = 512;

int64_t end_position(const TokenRow& row) {
  return std::max_element(row.begin(), row.end()) - row.begin();
}

ops::Activation activation(const TextConfig& config) {
  return config.quick_gelu ? ops::Activation::quick_gelu : ops::Activation::gelu;
}

at::Tensor feed_forward(const TextBlock& block, ops::Activation activation, const at::Tensor& x) {
  return block.c_proj(ops::activate(activation, block.c_fc(block.ln_2(x))));
}

// Of the three parts of the input projection: queries, keys, values.
ops::LinearWeights parts_of(const nn::MultiheadAttention& attn, int64_t first, int64_t parts) {
  return {attn.in_weight.narrow(0, first * attn.width, parts * attn.width),
          attn.in_bias.narrow(0, first * attn.width, parts * attn.width)};
}

at::Tensor project(const nn::MultiheadAttention& attn, const at::Tensor& x, int64_t first,
                   int64_t parts) {
  const ops::LinearWeights own = parts_of(attn, first, parts);
  return at::linear(x, own.weight, own.bias);
}

void check_rows(const std::vector<TokenRow>& rows, const TextConfig& config) {
  for (size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].empty() || std::ssize(rows[i]) > config.context_length) {
      fail(ErrorCode::invalid_argument, "text ", i, " has ", rows[i].size(),
           " tokens; expected 1 to ", config.context_length);
    }
    for (const int64_t id : rows[i]) {
      if (id < 0 || id >= config.vocab_size) {
        fail(ErrorCode::invalid_argument, "text ", i, " has token id ", id,
             "; the vocabulary ends at ", config.vocab_size - 1,
             ", so the tokenizer is not this model's");
      }
    }
  }
}

}  // namespace

TextTower::TextTower(const ClipConfig& config) : config_(config) {
  validate_text_tower(config);
  const TextConfig& text = config.text;
  const int64_t width = text.width;
  blocks_.resize(text.layers);
  for (TextBlock& block : blocks_) {
    block.ln_1.channels = block.ln_2.channels = width;
    block.attn.width = width;
    block.attn.heads = text.heads;
    block.c_fc = {width, 4 * width};
    block.c_proj = {4 * width, width};
  }
  ln_final_.channels = width;
}

void TextTower::declare(nn::WeightTable& table, const std::string& prefix) {
  const TextConfig& text = config_.text;
  table.add(prefix + ".token_embedding.weight", token_embedding_, {text.vocab_size, text.width},
            nn::WeightRole::embedding);
  table.add(prefix + ".positional_embedding", positional_embedding_,
            {text.context_length, text.width});
  for (size_t i = 0; i < blocks_.size(); ++i) {
    const std::string name = prefix + ".transformer.resblocks." + std::to_string(i);
    blocks_[i].ln_1.declare(table, name + ".ln_1");
    blocks_[i].attn.declare(table, name + ".attn");
    blocks_[i].ln_2.declare(table, name + ".ln_2");
    blocks_[i].c_fc.declare(table, name + ".mlp.c_fc");
    blocks_[i].c_proj.declare(table, name + ".mlp.c_proj");
  }
  ln_final_.declare(table, prefix + ".ln_final");
  table.add(prefix + ".text_projection", text_projection_, {text.width, config_.embed_dim});
  table.add(prefix + ".logit_scale", logit_scale_, {});
}

// Of float32 the matrix products take the weights as they lie in the file: nothing is copied.
void TextTower::prepare(const ops::Packing& packing) {
  const ops::Products products = packing.of("text").products;
  rounded_.clear();
  products_ = ops::Products::float32;
  if (ops::linear_dtype(products, text_projection_) == at::kFloat) return;
  products_ = products;
  for (const TextBlock& block : blocks_) {
    const auto packed = [products](const ops::LinearWeights& weights) {
      return ops::PackedLinear(weights, products);
    };
    rounded_.push_back({packed(parts_of(block.attn, 0, 1)), packed(parts_of(block.attn, 1, 2)),
                        packed(block.attn.out_proj.tensors()), packed(block.c_fc.tensors()),
                        packed(block.c_proj.tensors())});
  }
}

at::Tensor TextTower::queries(size_t block, const at::Tensor& x) const {
  return rounded_.empty() ? project(blocks_[block].attn, x, 0, 1) : rounded_[block].queries(x);
}

at::Tensor TextTower::keys_values(size_t block, const at::Tensor& x) const {
  return rounded_.empty() ? project(blocks_[block].attn, x, 1, 2) : rounded_[block].keys_values(x);
}

at::Tensor TextTower::attended(size_t block, const at::Tensor& mixed) const {
  return rounded_.empty() ? blocks_[block].attn.out_proj(mixed) : rounded_[block].out_proj(mixed);
}

// x += feed_forward(x), a block of rows at a time so that the hidden rows stay in the cache.
void TextTower::add_feed_forward(size_t block, at::Tensor& x) const {
  const ops::Activation function = activation(config_.text);
  for (int64_t begin = 0; begin < x.size(0); begin += kHiddenRows) {
    at::Tensor rows = x.narrow(0, begin, std::min(kHiddenRows, x.size(0) - begin));
    if (rounded_.empty()) {
      rows.add_(feed_forward(blocks_[block], function, rows));
      continue;
    }
    const at::Tensor hidden = rounded_[block].c_fc(blocks_[block].ln_2(rows));
    rows.add_(rounded_[block].c_proj(ops::activate(function, hidden)));
  }
}

at::Tensor TextTower::encode(const std::vector<TokenRow>& token_ids) const {
  check_rows(token_ids, config_.text);
  const at::NoGradGuard no_grad;
  std::vector<TokenRow> rows = token_ids;
  for (TokenRow& row : rows) row.resize(end_position(row) + 1);
  const at::Tensor features =
      at::empty({std::ssize(rows), config_.embed_dim}, text_projection_.options());
  for (const PrefixTree& tree : build_prefix_trees(rows, kMaxNodes)) {
    features.index_copy_(0, ops::on_device(tree.texts, features.device()), encode_tree(tree));
  }
  return features;
}

// One feature per end of `tree`, [N, D].
at::Tensor TextTower::encode_tree(const PrefixTree& tree) const {
  const at::Device device = token_embedding_.device();
  const at::Tensor ends = ops::on_device(tree.ends, device);
  at::Tensor paths = tree.paths;
  at::Tensor x = token_embedding_.index_select(0, ops::on_device(tree.tokens, device));
  x.add_(positional_embedding_.index_select(0, ops::on_device(tree.positions, device)));
  for (size_t i = 0; i < blocks_.size(); ++i) {
    const TextBlock& block = blocks_[i];
    at::Tensor queries = block.ln_1(x);
    const at::Tensor keys_values = this->keys_values(i, queries);
    if (i + 1 == blocks_.size()) {  // behind the last keys and values only the texts' ends matter
      queries = queries.index_select(0, ends);
      x = x.index_select(0, ends);
      paths = paths.index_select(0, tree.ends);
    }
    const at::Tensor mixed = ops::prefix_attention(
        this->queries(i, queries), keys_values.narrow(1, 0, block.attn.width),
        keys_values.narrow(1, block.attn.width, block.attn.width), paths, block.attn.heads);
    x.add_(attended(i, mixed));
    add_feed_forward(i, x);
  }
  return at::mm(ln_final_(x), text_projection_);
}

at::Tensor TextTower::encode_padded(const at::Tensor& tokens, const Trace& trace) const {
  const at::Tensor features = embed(end_states(tokens, trace));
  if (trace) trace("text_features", features);
  return features;
}

at::Tensor TextTower::embed(const at::Tensor& end_states) const {
  return at::mm(end_states, text_projection_);
}

at::Tensor TextTower::end_states(const at::Tensor& tokens, const Trace& trace) const {
  check_dtype("tokens", tokens, at::kLong);
  check_shape("tokens", tokens, {kAny, kAny});
  const int64_t length = tokens.size(1);
  if (length < 1 || length > config_.text.context_length) {
    fail(ErrorCode::shape_mismatch, "tokens: ", length, " positions; expected 1 to ",
         config_.text.context_length);
  }
  if (tokens.numel() > 0 && (tokens.min().item<int64_t>() < 0 ||
                             tokens.max().item<int64_t>() >= config_.text.vocab_size)) {
    fail(ErrorCode::invalid_argument, "tokens: an id is outside [0, ", config_.text.vocab_size,
         ")");
  }
  const at::Tensor later = at::ones({length, length}, tokens.options().dtype(at::kBool)).triu(1);
  at::Tensor x =
      at::embedding(token_embedding_, tokens) + positional_embedding_.narrow(0, 0, length);
  for (size_t i = 0; i < blocks_.size(); ++i) {
    const std::string name = "layer" + std::to_string(i);
    const at::Tensor normed = blocks_[i].ln_1(x);
    const at::Tensor mixed = blocks_[i].attn(normed, normed, normed, later);
    if (trace) trace(name + ".attn", mixed);
    x = x + mixed;
    x = x + feed_forward(blocks_[i], activation(config_.text), x);
    if (trace) trace(name + ".out", x);
  }
  x = ln_final_(x);
  if (trace) trace("ln_final", x);
  const at::Tensor ends = tokens.argmax(1);  // the first of equal ones
  const at::Tensor rows = at::arange(tokens.size(0), ends.options());
  return x.index({rows, ends});
}

at::Tensor TextTower::logit_scale_there() const {
  return logit_scale_.detach().to(at::kDouble).exp().clamp_max(100);
}

double TextTower::logit_scale() const {
  return std::min(std::exp(logit_scale_.item<double>()), 100.0);
}

at::Tensor TextTower::scale() const {
  return logit_scale_.exp().clamp_max(100);
}

std::vector<at::Tensor> TextTower::weights() const {
  std::vector<at::Tensor> all = {token_embedding_, positional_embedding_};
  for (const TextBlock& block : blocks_) {
    for (const nn::LayerNorm* norm : {&block.ln_1, &block.ln_2}) {
      all.insert(all.end(), {norm->weight, norm->bias});
    }
    all.insert(all.end(), {block.attn.in_weight, block.attn.in_bias});
    for (const nn::Linear* linear : {&block.attn.out_proj, &block.c_fc, &block.c_proj}) {
      all.insert(all.end(), {linear->weight, linear->bias});
    }
  }
  all.insert(all.end(), {ln_final_.weight, ln_final_.bias, text_projection_});
  return all;
}

}  // namespace fcclip::clip
