#include "fcclip/ops/cuda/masked_attention_launch.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <ATen/ATen.h>

#include "fcclip/core/round_up.h"
#include "fcclip/ops/cuda/kernels/masked_attention_job.h"

namespace fcclip::ops::cuda {
namespace {

constexpr int64_t kMostInt = std::numeric_limits<int32_t>::max();
constexpr int64_t kMostGridRows = 65535;  // a grid's second axis
constexpr int64_t kJoinRows = 8;          // of a block of the second kernel, a warp each

int64_t whole_tiles(int64_t count) {
  return divide_up(count, kAttentionTile);
}

// Few queries make few blocks; their keys are shared out until a large GPU has some for every multiprocessor, but not
// so finely that joining the parts costs more.
int64_t splits_of(int64_t blocks, int64_t key_tiles) {
  constexpr int64_t kWantedBlocks = 384, kLeastTiles = 4;  // 132 multiprocessors hold three each
  return std::clamp<int64_t>(kWantedBlocks / blocks, 1,
                             std::max<int64_t>(key_tiles / kLeastTiles, 1));
}

bool is_one_mask(const at::Tensor& blocked) {
  return !blocked.defined() || (blocked.dim() == 4 && blocked.size(1) == 1);
}

// Whether a row is one stretch of memory, of which four numbers can be read at once.
bool are_rows(const at::Tensor& x) {
  constexpr size_t kFour = 4 * sizeof(float);
  return x.stride(2) == 1 && x.stride(1) % 4 == 0 && x.stride(0) % 4 == 0 &&
         x.stride(1) <= kMostInt && reinterpret_cast<size_t>(x.const_data_ptr()) % kFour == 0;
}

// A view that begins elsewhere in its memory is copied, contiguous or not.
at::Tensor as_rows(const at::Tensor& x) {
  return are_rows(x) ? x : x.clone(at::MemoryFormat::Contiguous);
}

bool are_side_by_side(const at::Tensor& x) {
  return x.stride(1) == 1 && x.stride(2) > 1 && x.stride(2) <= kMostInt;
}

AttentionRows strided_rows(const at::Tensor& x) {
  return {x.const_data_ptr<float>(), x.stride(0), static_cast<int32_t>(x.stride(1)),
          static_cast<int32_t>(x.stride(2))};
}

AttentionJob attention_job(const AttentionInputs& in) {
  AttentionJob job;
  job.scale = static_cast<float>(std::log2(std::exp(1.0)) / std::sqrt(double{kAttentionWidth}));
  job.heads = static_cast<int32_t>(in.heads);
  job.queries = static_cast<int32_t>(in.q.size(1));
  job.keys = static_cast<int32_t>(in.k.size(1));
  job.rows = static_cast<int32_t>(in.q.size(0) * in.heads);
  const int64_t key_tiles = whole_tiles(job.keys);
  const int64_t splits = splits_of(whole_tiles(job.queries) * job.rows, key_tiles);
  const int64_t tiles_of_split = divide_up(key_tiles, splits);
  job.keys_of_split = static_cast<int32_t>(tiles_of_split * kAttentionTile);
  job.splits = static_cast<int32_t>(divide_up(key_tiles, tiles_of_split));
  return job;
}

}  // namespace

bool fits_masked_attention(const AttentionInputs& in) {
  const int64_t batch = in.q.size(0), queries = in.q.size(1), keys = in.k.size(1);
  const int64_t rows = batch * in.heads;
  const bool is_float = in.q.scalar_type() == at::kFloat && in.k.scalar_type() == at::kFloat &&
                        in.v.scalar_type() == at::kFloat;
  return is_float && in.q.size(2) == in.heads * kAttentionWidth && is_one_mask(in.blocked) &&
         batch > 0 && queries > 0 && keys > 0 && rows <= kMostGridRows &&
         keys <= kMostInt - 2 * kAttentionTile && queries <= kMostInt / (64 * rows);
}

at::Tensor launch_masked_attention(const AttentionInputs& in, const LaunchPlace& place) {
  const at::Tensor q = as_rows(in.q), v = as_rows(in.v);
  const at::Tensor k = are_side_by_side(in.k) ? in.k : as_rows(in.k);
  const int64_t batch = q.size(0), queries = q.size(1), keys = k.size(1);
  AttentionJob job = attention_job(in);
  job.q = strided_rows(q);
  job.k = strided_rows(k);
  job.v = strided_rows(v);
  at::Tensor blocked;
  if (in.blocked.defined()) {
    blocked = in.blocked.expand({batch, 1, queries, keys}).contiguous();
    job.blocked = reinterpret_cast<const uint8_t*>(blocked.const_data_ptr<bool>());
  }
  const at::Tensor out = at::empty(q.sizes(), q.options());
  at::Tensor part, part_sum, part_max;
  if (job.splits > 1) {
    const int64_t count = int64_t{job.splits} * job.rows * queries;
    part = at::empty({count, kAttentionWidth}, q.options());
    part_sum = at::empty({count}, q.options());
    part_max = at::empty({count}, q.options());
    job.part = part.data_ptr<float>();
    job.part_sum = part_sum.data_ptr<float>();
    job.part_max = part_max.data_ptr<float>();
  }
  job.out = out.data_ptr<float>();
  const auto blocks = static_cast<unsigned>(whole_tiles(queries) * job.splits);
  launch(masked_attention_source(), "attention_part",
         {blocks, static_cast<unsigned>(job.rows), kAttentionThreads, 1}, place, &job);
  if (job.splits == 1) return out;
  const int64_t joined = int64_t{job.rows} * queries;
  launch(masked_attention_source(), "attention_join",
         {static_cast<unsigned>(divide_up(joined, kJoinRows)), 1, kAttentionWidth, kJoinRows},
         place, &job);
  return out;
}

}  // namespace fcclip::ops::cuda
