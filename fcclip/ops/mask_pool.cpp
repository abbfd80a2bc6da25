#include "fcclip/ops/mask_pool.h"

#include <algorithm>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "fcclip/core/check.h"

namespace fcclip::ops {
namespace {

// Added to the counts, as in the reference; in float32 it only keeps 0 / 0 from being NaN.
constexpr double kCountEpsilon = 1e-8;

// Pixels a block: 250 queries × 2048 floats of logits and as many of 0/1 stay in a 4 MB cache.
constexpr int64_t kBlock = 2048;

struct Sums {
  at::Tensor features;  // [Q, C]
  at::Tensor counts;    // [Q, 1]
};

Sums zero_sums(int64_t queries, const at::Tensor& features) {
  return {at::zeros({queries, features.size(-1)}, features.options()),
          at::zeros({queries, 1}, features.options())};
}

// rows [N, C] of the features, logits [Q, N] of the same pixels. Predicted masks are compact: most
// queries have nothing in most blocks, and their rows are left out of the product.
void add_block(Sums& sums, const at::Tensor& rows, const at::Tensor& logits) {
  const at::Tensor inside = logits.gt(0).to(rows.scalar_type());
  const at::Tensor counts = inside.sum(1, /*keepdim=*/true);
  const at::Tensor occupied = counts.flatten().nonzero().flatten();
  if (occupied.numel() == 0) return;
  if (2 * occupied.numel() > logits.size(0)) {
    sums.features.addmm_(inside, rows);
  } else {
    sums.features.index_add_(0, occupied, inside.index_select(0, occupied).mm(rows));
  }
  sums.counts.add_(counts);
}

at::Tensor mean(const Sums& sums) {
  return sums.features / (sums.counts + kCountEpsilon);
}

at::Tensor pool_in_blocks(const at::Tensor& rows, const at::Tensor& logits) {
  Sums sums = zero_sums(logits.size(0), rows);
  for (int64_t begin = 0; begin < rows.size(0); begin += kBlock) {
    const int64_t length = std::min(kBlock, rows.size(0) - begin);
    add_block(sums, rows.narrow(0, begin, length), logits.narrow(1, begin, length));
  }
  return mean(sums);
}

bool in_blocks(const at::Tensor& features, bool requires_grad) {
  return features.is_cpu() && features.scalar_type() == at::kFloat &&
         !(c10::GradMode::is_enabled() && requires_grad);
}

}  // namespace

at::Tensor mask_pool(const at::Tensor& features, const at::Tensor& mask_logits) {
  check_shape("mask_pool: features", features, {kAny, kAny, kAny, kAny});
  check_shape("mask_pool: mask logits", mask_logits,
              {features.size(0), kAny, features.size(1), features.size(2)});
  const at::Tensor rows = features.flatten(1, 2);
  const at::Tensor logits = mask_logits.detach().flatten(2);
  if (in_blocks(features, features.requires_grad())) {
    std::vector<at::Tensor> pooled;
    for (int64_t b = 0; b < rows.size(0); ++b) pooled.push_back(pool_in_blocks(rows[b], logits[b]));
    return pooled.empty() ? at::zeros({0, logits.size(1), rows.size(2)}, rows.options())
                          : at::stack(pooled);
  }
  const at::Tensor inside = logits.gt(0).to(rows.scalar_type());
  const at::Tensor counts = inside.sum(-1, /*keepdim=*/true, at::kFloat) + kCountEpsilon;
  return at::bmm(inside, rows) / counts.to(rows.scalar_type());
}

PooledMasks predict_and_pool_masks(const at::Tensor& embeddings, const at::Tensor& features) {
  check_shape("predict_and_pool_masks: features", features, {kAny, kAny, kAny, kAny});
  check_shape("predict_and_pool_masks: embeddings", embeddings,
              {features.size(0), kAny, features.size(3)});
  const int64_t batch = features.size(0), queries = embeddings.size(1);
  const at::Tensor rows = features.flatten(1, 2);
  if (!in_blocks(features, features.requires_grad() || embeddings.requires_grad())) {
    const at::Tensor logits = at::bmm(embeddings, rows.transpose(1, 2))
                                  .view({batch, queries, features.size(1), features.size(2)});
    return {logits, mask_pool(features, logits)};
  }
  at::Tensor logits = at::empty({batch, queries, rows.size(1)}, rows.options());
  at::Tensor pooled = at::empty({batch, queries, rows.size(2)}, rows.options());
  for (int64_t b = 0; b < batch; ++b) {
    Sums sums = zero_sums(queries, rows);
    for (int64_t begin = 0; begin < rows.size(1); begin += kBlock) {
      const int64_t length = std::min(kBlock, rows.size(1) - begin);
      const at::Tensor block = rows[b].narrow(0, begin, length);
      at::Tensor out = logits[b].narrow(1, begin, length);
      at::mm_out(out, embeddings[b], block.t());
      add_block(sums, block, out);
    }
    pooled[b].copy_(mean(sums));
  }
  return {logits.view({batch, queries, features.size(1), features.size(2)}), pooled};
}

}  // namespace fcclip::ops
