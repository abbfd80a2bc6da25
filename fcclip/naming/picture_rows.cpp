#include "fcclip/naming/picture_rows.h"

#include <ATen/ATen.h>

#include "fcclip/core/check.h"
#include "fcclip/head/position_encoding.h"
#include "fcclip/ops/masked_attention.h"

namespace fcclip::naming {
namespace {

// x through one of the three stacked weights: 0 query, 1 key, 2 value.
at::Tensor project(const nn::MultiheadAttention& attention, const at::Tensor& x, int64_t part) {
  return at::linear(x, attention.in_weight.narrow(0, part * attention.width, attention.width),
                    attention.in_bias.narrow(0, part * attention.width, attention.width));
}

}  // namespace

at::Tensor scrambled_embedding(const at::Tensor& dense, const clip::VisualHead& head) {
  check_shape("scrambled_embedding: dense", dense, {kAny, kAny, kAny});
  const int64_t height = dense.size(0), width = dense.size(1), channels = dense.size(2);
  const at::Tensor planes = dense.permute({2, 0, 1}).contiguous();
  return head(planes.view({height * width, channels})).unflatten(0, {height, width});
}

PictureRows::PictureRows(const RowsConfig& config, int64_t embed_dim)
    : config_(config),
      attention_{embed_dim, config.heads, {}, {}, {}},
      mlp_{embed_dim, embed_dim},
      norm_{embed_dim, 1e-5} {}

void PictureRows::declare(nn::WeightTable& table, const std::string& prefix) {
  attention_.declare(table, prefix + ".multihead_attn");
  norm_.declare(table, prefix + ".norm");
  mlp_.declare(table, prefix + ".MLP");
}

SeenPicture PictureRows::look(const at::Tensor& embedding, const Trace& trace) const {
  check_shape("picture_rows: embedding", embedding, {kAny, kAny, attention_.width});
  const at::Tensor positions = head::sine_positions({embedding.size(0), embedding.size(1)},
                                                    attention_.width, embedding.device());
  if (trace) {
    trace("cdt.img_embed", reference_layout(embedding.unsqueeze(0)));
    trace("cdt.pos", reference_layout(positions.unsqueeze(0)));
  }
  return {project(attention_, (embedding + positions).flatten(0, 1), 1),
          project(attention_, embedding.flatten(0, 1), 2)};
}

at::Tensor PictureRows::operator()(const at::Tensor& rows, const SeenPicture& picture,
                                   const Trace& trace) const {
  const at::Tensor attended = attention_.out_proj(
      ops::masked_attention(project(attention_, rows, 0).unsqueeze(0), picture.keys.unsqueeze(0),
                            picture.values.unsqueeze(0), attention_.heads)[0]);
  const at::Tensor moved = mlp_(attended);
  const at::Tensor normed = norm_(config_.residual_inside_norm ? rows + moved : moved);
  const at::Tensor result = config_.residual_inside_norm ? normed : rows + normed;
  if (trace) {
    trace("cdt.text_in", rows);
    trace("cdt.attn", attended.unsqueeze(1));
    trace("cdt.mlp", moved.unsqueeze(1));
    trace("cdt.norm", normed.unsqueeze(1));
    trace("cdt.text_out", result.unsqueeze(0));
  }
  return result;
}

}  // namespace fcclip::naming
