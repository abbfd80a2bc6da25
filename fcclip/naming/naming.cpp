#include "fcclip/naming/naming.h"

#include <ATen/ATen.h>

#include "fcclip/ops/own_memory.h"

namespace fcclip::naming {

int64_t PictureNaming::bytes() const {
  int64_t bytes = adapted ? adapted->bytes() : 0;
  if (seen) bytes += static_cast<int64_t>(seen->keys.nbytes() + seen->values.nbytes());
  return bytes;
}

PictureNaming in_own_memory(const PictureNaming& naming) {
  PictureNaming copy;
  if (naming.adapted) {
    const AdaptedPicture& from = *naming.adapted;
    auto to = std::make_shared<AdaptedPicture>();
    const std::lock_guard<std::mutex> lock(from.filling);
    const std::vector<at::Tensor> moved =
        ops::in_own_memory({from.dense, from.fused, from.embedding, from.rows});
    to->dense = moved[0];
    to->fused = moved[1];
    to->embedding = moved[2];
    to->rows = moved[3];
    to->made = from.made;
    copy.adapted = std::move(to);
  }
  if (naming.seen) {
    const std::vector<at::Tensor> moved =
        ops::in_own_memory({naming.seen->keys, naming.seen->values});
    copy.seen = SeenPicture{moved[0], moved[1]};
  }
  return copy;
}

Naming::Naming(const NamingConfig& config, const clip::ClipConfig& clip) {
  validate(config, clip);
  if (config.adapter) {
    adapter_.emplace(*config.adapter, clip.embed_dim);
    adapter_->declare(table_, "mask_adapter");
  }
  if (config.rows) {
    rows_.emplace(*config.rows, clip.embed_dim);
    rows_->declare(table_, "cdt.cross_atten");
  }
}

void Naming::prepare(const ops::Packing& packing) {
  if (adapter_) adapter_->prepare(packing);
}

PictureNaming Naming::look(const at::Tensor& dense, int64_t queries, const clip::VisualHead& head,
                           const Trace& trace) const {
  // An adapter on MAFT+ sees the map as MAFT+ does.
  const at::Tensor embedding = rows_ ? scrambled_embedding(dense, head) : head(dense);
  PictureNaming picture;
  if (rows_) picture.seen = rows_->look(embedding, trace);
  if (adapter_) picture.adapted = adapter_->look(dense, embedding, queries, trace);
  return picture;
}

at::Tensor Naming::text_rows(const at::Tensor& rows, const PictureNaming& picture,
                             const Trace& trace) const {
  return picture.seen ? (*rows_)(rows, *picture.seen, trace) : rows;
}

}  // namespace fcclip::naming
