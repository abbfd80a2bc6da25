#include "fcclip/ops/group_norm.h"

#include <ATen/ATen.h>

#include "fcclip/core/check.h"
#include "fcclip/ops/dispatch.h"
#include "fcclip/ops/resize.h"

namespace fcclip::ops {
namespace {

void check_map(std::string_view what, const at::Tensor& map, int64_t channels) {
  if (map.dim() < 2 || map.size(-1) != channels) {
    fail(ErrorCode::shape_mismatch, what, ": expected [..., ", channels, "], got ",
         shape_string(map.sizes()));
  }
  check_dense(what, map, map.device());
}

void plain_group_norm(const at::Tensor& x, const GroupNormWeights& norm,
                      const AfterGroupNorm& after, const at::Tensor& out) {
  const at::Tensor planes = x.flatten(0, -2).t().unsqueeze(0);  // [1, C, H·W]
  at::Tensor y =
      at::group_norm(planes, norm.groups, norm.weight.detach(), norm.bias.detach(), norm.eps)[0]
          .t()
          .view_as(x);
  if (after.relu) y = at::relu(y);
  if (after.coarse.defined()) {
    y = y + resize_map(after.coarse.unsqueeze(0), {x.size(0), x.size(1)})[0];
  }
  out.copy_(y);
}

}  // namespace

void group_norm(const at::Tensor& x, const GroupNormWeights& norm, const at::Tensor& out,
                const AfterGroupNorm& after) {
  const int64_t channels = norm.weight.size(0);
  check_map("GroupNorm: x", x, channels);
  check_map("GroupNorm: out", out, channels);
  check_shape("GroupNorm: out", out, x.sizes());
  check_shape("GroupNorm: bias", norm.bias, {channels});
  if (norm.groups < 1 || channels % norm.groups != 0) {
    fail(ErrorCode::shape_mismatch, "GroupNorm: ", channels, " channels in ", norm.groups,
         " groups");
  }
  if (after.relu && after.coarse.defined()) {
    fail(ErrorCode::invalid_argument, "GroupNorm: a ReLU or a coarse map may follow, not both");
  }
  if (after.coarse.defined()) {
    check_shape("GroupNorm: x", x, {kAny, kAny, channels});
    check_shape("GroupNorm: coarse map", after.coarse, {kAny, kAny, channels});
    check_map("GroupNorm: coarse map", after.coarse, channels);
  }
  if (x.numel() == 0) return;
  const auto run = own(&Implementation::group_norm, x);
  (run ? run : plain_group_norm)(x, norm, after, out);
}

}  // namespace fcclip::ops
