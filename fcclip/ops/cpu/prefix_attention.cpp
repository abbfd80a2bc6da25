#include "fcclip/ops/prefix_attention.h"

#include <cmath>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "fcclip/ops/cpu/kernel_table.h"
#include "fcclip/ops/cpu/ops.h"
#include "fcclip/ops/cpu/unit_stride.h"

namespace fcclip::ops::cpu {

at::Tensor prefix_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                            const at::Tensor& paths, int64_t heads) {
  const at::Tensor out = at::empty({q.size(0), q.size(1)}, q.options());
  const at::Tensor queries = with_unit_stride(q), keys = with_unit_stride(k),
                   values = with_unit_stride(v);
  const at::Tensor nodes = paths.contiguous();
  PrefixAttention job;
  job.q = queries.const_data_ptr<float>();
  job.k = keys.const_data_ptr<float>();
  job.v = values.const_data_ptr<float>();
  job.paths = nodes.const_data_ptr<int32_t>();
  job.out = out.data_ptr<float>();
  job.q_stride = queries.stride(0);
  job.k_stride = keys.stride(0);
  job.v_stride = values.stride(0);
  job.heads = heads;
  job.head_width = q.size(1) / heads;
  job.longest = paths.size(1);
  job.scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(job.head_width)));
  const auto kernel = kernels().prefix_attention;
  at::parallel_for(0, q.size(0), 16, [&](int64_t begin, int64_t end) {
    std::vector<float> scores(job.longest);
    kernel(job, scores.data(), begin, end);
  });
  return out;
}

}  // namespace fcclip::ops::cpu
