#include "fcclip/naming/mask_adapter.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "fcclip/core/check.h"
#include "fcclip/ops/host.h"
#include "fcclip/ops/resize.h"

namespace fcclip::naming {
namespace {

constexpr double kBlockEps = 1e-6, kFinalEps = 1e-5;
// Masks that go through the blocks together: enough to keep all cores busy, few enough that their
// maps stay near them.
constexpr int64_t kMasksAtOnce = 8;

clip::ConvNextBlock block_of(const AdapterConfig& config) {
  return {config.channels, kBlockEps};
}

// The published code's names for the same layers as in CLIP's trunk.
void declare_block(nn::WeightTable& table, const std::string& prefix, clip::ConvNextBlock& block) {
  const int64_t channels = block.channels;
  table.add(prefix + ".gamma", block.gamma, {channels});
  table.add(prefix + ".dwconv.weight", block.depthwise_weight, {channels, 1, 7, 7});
  table.add(prefix + ".dwconv.bias", block.depthwise_bias, {channels});
  block.norm.declare(table, prefix + ".norm");
  block.fc1.declare(table, prefix + ".pwconv1");
  block.fc2.declare(table, prefix + ".pwconv2");
}

std::vector<int64_t> missing(const AdaptedPicture& picture, const std::vector<bool>& needed) {
  std::vector<int64_t> queries;
  for (size_t q = 0; q < needed.size(); ++q) {
    if (needed[q] && !picture.made[q]) queries.push_back(static_cast<int64_t>(q));
  }
  return queries;
}

}  // namespace

int64_t AdaptedPicture::bytes() const {
  int64_t bytes = 0;
  for (const at::Tensor& tensor : {dense, fused, embedding, rows}) {
    if (tensor.defined()) bytes += static_cast<int64_t>(tensor.nbytes());
  }
  return bytes;
}

MaskAdapter::MaskAdapter(const AdapterConfig& config, int64_t embed_dim)
    : config_(config),
      conv0_{1, config.mask_channels / 4, 3, 2, 1},
      conv3_{config.mask_channels / 4, config.mask_channels, 3, 2, 1},
      norm1_{config.mask_channels / 4, kBlockEps},
      norm4_{config.mask_channels, kBlockEps},
      conv6_{config.mask_channels, embed_dim},
      fuse_{embed_dim, config.channels},
      blocks_{block_of(config), block_of(config), block_of(config)},
      norm_{config.channels, kFinalEps},
      final_{config.channels, config.maps} {}

void MaskAdapter::declare(nn::WeightTable& table, const std::string& prefix) {
  fuse_.declare(table, prefix + ".fuse");
  for (size_t i = 0; i < blocks_.size(); ++i) {
    declare_block(table, prefix + ".cnext" + std::to_string(i + 1), blocks_[i]);
  }
  norm_.declare(table, prefix + ".norm");
  final_.declare(table, prefix + ".final");
  const std::string masks = prefix + ".mask_downscaling.";
  conv0_.declare(table, masks + "0");
  norm1_.declare(table, masks + "1");
  conv3_.declare(table, masks + "3");
  norm4_.declare(table, masks + "4");
  conv6_.declare(table, masks + "6");
}

void MaskAdapter::prepare(const ops::Packing& packing) {
  ops::Packing own = packing;  // what 8 bits do to masks is measured of towers alone
  if (packing.products == ops::Products::int8) own.products = ops::Products::float32;
  for (clip::ConvNextBlock& block : blocks_) block.prepare(own);
  const at::Tensor fuse = fuse_.weight.flatten(1);
  mask_weight_ = fuse.matmul(conv6_.weight.flatten(1));
  fuse_bias_ = fuse_.bias + fuse.matmul(conv6_.bias);
}

std::shared_ptr<AdaptedPicture> MaskAdapter::look(const at::Tensor& dense,
                                                  const at::Tensor& embedding, int64_t queries,
                                                  const Trace& trace) const {
  auto picture = std::make_shared<AdaptedPicture>();
  picture->dense = dense;
  picture->fused = at::linear(embedding, fuse_.weight.flatten(1), fuse_bias_);
  picture->rows = at::zeros({queries, embedding.size(-1)}, embedding.options());
  picture->made.assign(static_cast<size_t>(queries), false);
  if (trace) {
    picture->embedding = embedding;
    trace("adapter.in_embed", reference_layout(embedding.unsqueeze(0)));
  }
  return picture;
}

// Masks as the network takes them: of 0 and 1, then at four times the size of CLIP's map.
at::Tensor MaskAdapter::resized_masks(const at::Tensor& mask_logits, const Trace& trace) const {
  const at::Tensor masks = at::sigmoid(mask_logits).gt(config_.mask_threshold);
  if (trace) trace("adapter.in_masks", masks.to(at::kByte).unsqueeze(0));
  const Size size{mask_logits.size(1) / 2, mask_logits.size(2) / 2};
  return ops::resize_planes(masks.to(at::kFloat).unsqueeze(0), size)[0].unsqueeze(-1);
}

// [N, 4h, 4w, 1] -> [N, h, w, I].
at::Tensor MaskAdapter::mask_features(const at::Tensor& masks) const {
  return at::gelu(norm4_(conv3_(at::gelu(norm1_(conv0_(masks))))));
}

// [N, h, w, M] -> [N · M, C].
at::Tensor MaskAdapter::pool(const AdaptedPicture& picture, const at::Tensor& maps_logits) const {
  const at::Tensor maps = at::softmax(
      at::log_sigmoid(maps_logits).permute({0, 3, 1, 2}).contiguous().flatten(2).flatten(0, 1), -1);
  return maps.matmul(picture.dense.flatten(0, 1));
}

at::Tensor MaskAdapter::embed_batch(const AdaptedPicture& picture, const at::Tensor& mask_logits,
                                    const clip::VisualHead& head) const {
  const at::Tensor features = mask_features(resized_masks(mask_logits, {}));
  at::Tensor x = at::linear(features, mask_weight_).add_(picture.fused), y = at::empty_like(x);
  for (const clip::ConvNextBlock& block : blocks_) {
    block.packed.run(x, y);
    std::swap(x, y);
  }
  const at::Tensor pooled = pool(picture, final_(norm_(x)));
  return head(pooled).unflatten(0, {mask_logits.size(0), config_.maps}).mean(1);
}

at::Tensor MaskAdapter::embed(const AdaptedPicture& picture, const at::Tensor& mask_logits,
                              const std::vector<bool>& needed, const clip::VisualHead& head) const {
  check_shape("mask_adapter: mask logits", mask_logits,
              {picture.rows.size(0), 8 * picture.dense.size(0), 8 * picture.dense.size(1)});
  const std::lock_guard<std::mutex> lock(picture.filling);
  const std::vector<int64_t> queries = missing(picture, needed);
  for (int64_t begin = 0; begin < std::ssize(queries); begin += kMasksAtOnce) {
    const int64_t end = std::min<int64_t>(begin + kMasksAtOnce, std::ssize(queries));
    const at::Tensor index = ops::on_device(
        at::tensor(std::vector<int64_t>(queries.begin() + begin, queries.begin() + end), at::kLong),
        mask_logits.device());
    picture.rows.index_copy_(0, index,
                             embed_batch(picture, mask_logits.index_select(0, index), head));
    for (int64_t i = begin; i < end; ++i) picture.made[queries[static_cast<size_t>(i)]] = true;
  }
  return picture.rows.clone();  // other threads may fill in more
}

}  // namespace fcclip::naming
