#include "fcclip/ops/cuda/mask_rows_launch.h"

#include <limits>

#include <ATen/ATen.h>

#include "fcclip/core/error.h"
#include "fcclip/ops/cuda/kernels/mask_rows_job.h"
#include "fcclip/ops/mask_pool.h"

namespace fcclip::ops::cuda {
namespace {

void launch_rows(const at::Tensor& logits, const char* kernel, MaskRowsJob job,
                 const LaunchPlace& place) {
  if (logits.numel() == 0) return;
  constexpr int64_t kMost = std::numeric_limits<int32_t>::max();
  const int64_t places = logits.size(-1), rows = logits.numel() / places;
  // A thread's index goes one step behind the row's end.
  if (places > kMost - kMaskRowThreads || rows > kMost) {
    fail(ErrorCode::too_large, "masks on CUDA: ", rows, " rows of ", places,
         " places; expected less than 2^31 of each");
  }
  job.logits = logits.const_data_ptr<float>();
  job.places = static_cast<int32_t>(places);
  launch(mask_rows_source(), kernel, {static_cast<unsigned>(rows), 1, kMaskRowThreads, 1}, place,
         &job);
}

}  // namespace

at::Tensor launch_mask_shares(const at::Tensor& logits, const LaunchPlace& place) {
  const at::Tensor in = logits.to(at::kFloat).contiguous(), shares = at::empty_like(in);
  MaskRowsJob job;
  job.shares = shares.data_ptr<float>();
  job.epsilon = static_cast<float>(kMaskCountEpsilon);
  launch_rows(in, "mask_shares", job, place);
  return shares;
}

at::Tensor launch_mask_blocked(const at::Tensor& logits, const LaunchPlace& place) {
  const at::Tensor in = logits.to(at::kFloat).contiguous();
  const at::Tensor blocked = at::empty(in.sizes(), in.options().dtype(at::kBool));
  MaskRowsJob job;
  job.blocked = reinterpret_cast<uint8_t*>(blocked.data_ptr<bool>());
  launch_rows(in, "mask_blocked", job, place);
  return blocked;
}

}  // namespace fcclip::ops::cuda
