#include "fcclip/ops/mask_pool.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "fcclip/ops/cpu/ops.h"

namespace fcclip::ops::cpu {
namespace {

// Pixels a block: 250 queries × 2048 floats of logits and as many of 0/1 stay in a 4 MB cache.
constexpr int64_t kPooledPixels = 2048;

struct PooledSums {
  at::Tensor features;  // [Q, C]
  at::Tensor counts;    // [Q, 1]
};

PooledSums zero_sums(int64_t queries, const at::Tensor& features) {
  return {at::zeros({queries, features.size(-1)}, features.options()),
          at::zeros({queries, 1}, features.options())};
}

// rows [N, C] of the features, logits [Q, N] of the same pixels. Predicted masks are compact: most
// queries have nothing in most blocks, and their rows are left out of the product.
void add_block(PooledSums& sums, const at::Tensor& rows, const at::Tensor& logits) {
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

at::Tensor mean_of(const PooledSums& sums) {
  return sums.features / (sums.counts + kMaskCountEpsilon);
}

at::Tensor pool_in_blocks(const at::Tensor& rows, const at::Tensor& logits) {
  PooledSums sums = zero_sums(logits.size(0), rows);
  for (int64_t begin = 0; begin < rows.size(0); begin += kPooledPixels) {
    const int64_t length = std::min(kPooledPixels, rows.size(0) - begin);
    add_block(sums, rows.narrow(0, begin, length), logits.narrow(1, begin, length));
  }
  return mean_of(sums);
}

}  // namespace

at::Tensor mask_pool(const at::Tensor& features, const at::Tensor& mask_logits) {
  const at::Tensor rows = features.flatten(1, 2), logits = mask_logits.flatten(2);
  std::vector<at::Tensor> pooled;
  for (int64_t b = 0; b < rows.size(0); ++b) pooled.push_back(pool_in_blocks(rows[b], logits[b]));
  return pooled.empty() ? at::zeros({0, logits.size(1), rows.size(2)}, rows.options())
                        : at::stack(pooled);
}

PooledMasks predict_and_pool_masks(const at::Tensor& embeddings, const at::Tensor& features) {
  const int64_t batch = features.size(0), queries = embeddings.size(1);
  const at::Tensor rows = features.flatten(1, 2);
  at::Tensor logits = at::empty({batch, queries, rows.size(1)}, rows.options());
  at::Tensor pooled = at::empty({batch, queries, rows.size(2)}, rows.options());
  for (int64_t b = 0; b < batch; ++b) {
    PooledSums sums = zero_sums(queries, rows);
    for (int64_t begin = 0; begin < rows.size(1); begin += kPooledPixels) {
      const int64_t length = std::min(kPooledPixels, rows.size(1) - begin);
      const at::Tensor block = rows[b].narrow(0, begin, length);
      at::Tensor out = logits[b].narrow(1, begin, length);
      at::mm_out(out, embeddings[b], block.t());
      add_block(sums, block, out);
    }
    pooled[b].copy_(mean_of(sums));
  }
  return {logits.view({batch, queries, features.size(1), features.size(2)}), pooled};
}

}  // namespace fcclip::ops::cpu
