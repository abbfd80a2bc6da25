#include "fcclip/ops/group_best.h"

#include <algorithm>
#include <numeric>

#include <ATen/ATen.h>

#include "fcclip/core/check.h"
#include "fcclip/ops/dispatch.h"
#include "fcclip/ops/host.h"

namespace fcclip::ops {
namespace {

void check_groups(const at::Tensor& scores, at::IntArrayRef sizes) {
  if (!scores.defined() || scores.dim() < 1) {
    fail(ErrorCode::shape_mismatch, "best_of_groups: scores have no columns");
  }
  if (sizes.empty() || *std::min_element(sizes.begin(), sizes.end()) < 1 ||
      std::accumulate(sizes.begin(), sizes.end(), int64_t{0}) != scores.size(-1)) {
    fail(ErrorCode::invalid_argument, "best_of_groups: ", scores.size(-1),
         " columns can't be split into groups of ", shape_string(sizes));
  }
}

// [K, S]: the columns of each group, its first one again where it has fewer than the largest group.
at::Tensor padded_columns(at::IntArrayRef sizes, const at::Tensor& like) {
  const int64_t most = *std::max_element(sizes.begin(), sizes.end());
  std::vector<int64_t> columns;
  int64_t first = 0;
  for (const int64_t size : sizes) {
    for (int64_t s = 0; s < most; ++s) columns.push_back(first + (s < size ? s : 0));
    first += size;
  }
  return on_device(at::tensor(columns, at::kLong).view({std::ssize(sizes), most}), like.device());
}

GroupBest plain_best_of_groups(const at::Tensor& scores, at::IntArrayRef sizes) {
  const at::Tensor columns = padded_columns(sizes, scores);
  const at::Tensor groups =
      scores.index_select(-1, columns.flatten()).unflatten(-1, columns.sizes());
  const auto [best, any] = groups.max(-1);
  // max() may name any of equal ones, one behind a short group's end too.
  const at::Tensor position = groups.eq(best.unsqueeze(-1)).to(at::kByte).argmax(-1);
  return {best, position};
}

}  // namespace

GroupBest best_of_groups(const at::Tensor& scores, at::IntArrayRef sizes) {
  check_groups(scores, sizes);
  const auto run = own_float_inference(&Implementation::best_of_groups, {scores});
  return (run ? run : plain_best_of_groups)(scores, sizes);
}

}  // namespace fcclip::ops
