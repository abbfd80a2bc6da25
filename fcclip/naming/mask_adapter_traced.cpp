// The adapter in the published code's own steps: what a comparison needs. Nothing is saved here.

#include <ATen/ATen.h>

#include "fcclip/core/check.h"
#include "fcclip/naming/mask_adapter.h"
#include "fcclip/ops/depthwise.h"

namespace fcclip::naming {
namespace {

// "adapter.down.conv0" of a map [N, H, W, C].
at::Tensor told(const Trace& trace, const std::string& name, const at::Tensor& map) {
  if (trace) trace("adapter." + name, reference_layout(map));
  return map;
}

at::Tensor traced_block(const clip::ConvNextBlock& block, const at::Tensor& x, const Trace& trace,
                        const std::string& name) {
  const at::Tensor convolved = told(
      trace, name + ".dwconv", ops::depthwise7(x, block.depthwise_weight, block.depthwise_bias));
  const at::Tensor wide = block.fc1(block.norm(convolved));
  const at::Tensor narrow = block.fc2(at::gelu(wide));
  if (trace) {
    trace("adapter." + name + ".pwconv1", wide);
    trace("adapter." + name + ".pwconv2", narrow);
  }
  return told(trace, name + ".out", x + block.gamma * narrow);
}

}  // namespace

at::Tensor MaskAdapter::traced_blocks(at::Tensor x, const Trace& trace) const {
  for (size_t i = 0; i < blocks_.size(); ++i) {
    x = traced_block(blocks_[i], x, trace, "cnext" + std::to_string(i + 1));
  }
  return x;
}

at::Tensor MaskAdapter::embed_traced(const AdaptedPicture& picture, const at::Tensor& mask_logits,
                                     const clip::VisualHead& head, const Trace& trace) const {
  const at::Tensor masks = resized_masks(mask_logits, trace);
  told(trace, "mask_resized", masks);
  at::Tensor g = told(trace, "down.norm1", norm1_(told(trace, "down.conv0", conv0_(masks))));
  g = conv3_(told(trace, "down.gelu2", at::gelu(g)));
  g = told(trace, "down.gelu5", at::gelu(norm4_(told(trace, "down.conv3", g))));
  const at::Tensor of_mask = told(trace, "down.conv6", conv6_(g));
  const at::Tensor fused = told(trace, "fuse", fuse_(picture.embedding + of_mask));
  const at::Tensor normed = norm_(traced_blocks(fused, trace));
  const at::Tensor maps_logits = final_(normed);
  const at::Tensor pooled = pool(picture, maps_logits);
  const at::Tensor embeddings = head(pooled);
  if (trace) {
    const at::Tensor planes = reference_layout(maps_logits).flatten(0, 1).unsqueeze(0);
    trace("adapter.norm", normed);
    trace("adapter.maps_logits", planes);
    trace("adapter.maps", at::softmax(at::log_sigmoid(planes.flatten(2)), -1));
    trace("classify.pooled_clip_feature", pooled.unsqueeze(0));
    trace("classify.clip_embedding", embeddings.unsqueeze(0));
  }
  return embeddings.unflatten(0, {mask_logits.size(0), config_.maps}).mean(1);
}

}  // namespace fcclip::naming
