#include "fcclip/ops/prefix_attention.h"

#include <cmath>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "fcclip/core/check.h"
#include "fcclip/ops/dispatch.h"
#include "fcclip/ops/host.h"

namespace fcclip::ops {
namespace {

void check_prefix(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                  const at::Tensor& paths, int64_t heads) {
  check_shape("prefix_attention: q", q, {kAny, kAny});
  check_shape("prefix_attention: k", k, {kAny, q.size(1)});
  check_shape("prefix_attention: v", v, k.sizes());
  check_shape("prefix_attention: paths", paths, {q.size(0), kAny});
  check_dtype("prefix_attention: paths", paths, at::kInt);
  for (const at::Tensor* x : {&q, &k, &v}) check_dtype("prefix_attention", *x, at::kFloat);
  if (heads < 1 || q.size(1) % heads != 0) {
    fail(ErrorCode::invalid_argument, "prefix_attention: width ", q.size(1),
         " can't be split into ", heads, " heads");
  }
  if (paths.numel() > 0 && (paths.max().item<int>() >= k.size(0) || paths.min().item<int>() < -1)) {
    fail(ErrorCode::invalid_argument, "prefix_attention: a path names a node outside [0, ",
         k.size(0), ")");
  }
}

// Gathers every row's keys and values; for devices without a kernel.
at::Tensor gathered(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                    const at::Tensor& paths, int64_t heads) {
  const at::Tensor nodes = on_device(paths.to(at::kLong), q.device());
  const at::Tensor absent = nodes.lt(0);
  const auto gather = [&](const at::Tensor& x) {  // [R, heads, L, W / heads]
    return x.index_select(0, nodes.clamp_min(0).flatten())
        .view({nodes.size(0), nodes.size(1), heads, -1})
        .transpose(1, 2);
  };
  const at::Tensor keys = gather(k), values = gather(v);
  const at::Tensor query = q.view({q.size(0), heads, 1, -1}) / std::sqrt(q.size(1) / double(heads));
  const at::Tensor scores = at::matmul(query, keys.transpose(-1, -2))
                                .masked_fill(absent.view({nodes.size(0), 1, 1, -1}), -INFINITY);
  const at::Tensor weights = at::softmax(scores, -1).nan_to_num(0);
  return at::matmul(weights, values).reshape({q.size(0), q.size(1)});
}

}  // namespace

at::Tensor prefix_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                            const at::Tensor& paths, int64_t heads) {
  check_prefix(q, k, v, paths, heads);
  const at::NoGradGuard no_grad;
  if (q.size(0) == 0 || k.size(0) == 0 || paths.size(1) == 0) {
    return at::zeros({q.size(0), q.size(1)}, q.options());
  }
  const auto run = own(&Implementation::prefix_attention, q);
  return (run ? run : gathered)(q, k, v, paths, heads);
}

}  // namespace fcclip::ops
