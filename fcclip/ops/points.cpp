#include "fcclip/ops/points.h"

#include <ATen/ATen.h>

#include "fcclip/core/check.h"
#include "fcclip/core/random.h"
#include "fcclip/ops/dispatch.h"
#include "fcclip/ops/host.h"

namespace fcclip::ops {
namespace {

at::Tensor shifted_right(const at::Tensor& x, int64_t bits) {
  return x.bitwise_right_shift(bits).bitwise_and((int64_t{1} << (64 - bits)) - 1);
}

int64_t as_signed(uint64_t x) {
  return static_cast<int64_t>(x);
}

// mix_bits of every element: signed products and sums wrap to the same bits.
at::Tensor mixed(at::Tensor x) {
  x = x.bitwise_xor(shifted_right(x, 30)).mul(as_signed(kMixFirst));
  x = x.bitwise_xor(shifted_right(x, 27)).mul(as_signed(kMixSecond));
  return x.bitwise_xor(shifted_right(x, 31));
}

at::Tensor plain_uniform_points(const std::vector<uint64_t>& states, int64_t count,
                                at::Device device) {
  const std::vector<int64_t> as_int64(states.begin(), states.end());
  const at::Tensor places = at::arange(1, count + 1, at::TensorOptions(device).dtype(at::kLong));
  const at::Tensor first = on_device(at::tensor(as_int64, at::kLong), device).unsqueeze(1);
  const at::Tensor bits = mixed(first + places.mul(as_signed(kGolden)));
  const at::Tensor x = shifted_right(bits, 40), y = shifted_right(bits, 16).bitwise_and(0xffffff);
  return at::stack({x, y}, -1).to(at::kFloat).mul_(0x1p-24);
}

at::Tensor plain_smallest_points(const at::Tensor& values, const at::Tensor& points,
                                 int64_t count) {
  const at::Tensor order = std::get<1>(values.topk(count, 1, /*largest=*/false, /*sorted=*/false));
  return points.gather(1, order.unsqueeze(-1).expand({-1, -1, 2}));
}

}  // namespace

at::Tensor uniform_points(const std::vector<uint64_t>& states, int64_t count, at::Device device) {
  const auto run = implementation(device.type()).uniform_points;
  return run ? run(states, count) : plain_uniform_points(states, count, device);
}

at::Tensor smallest_points(const at::Tensor& values, const at::Tensor& points, int64_t count) {
  check_shape("smallest_points: values", values, {kAny, kAny});
  check_shape("smallest_points: points", points, {values.size(0), values.size(1), 2});
  if (count < 0 || count > values.size(1)) {
    fail(ErrorCode::invalid_argument, "smallest_points: ", count, " of ", values.size(1));
  }
  const auto run =
      own_float_inference(&Implementation::smallest_points, {values.detach(), points.detach()});
  return (run ? run : plain_smallest_points)(values, points, count);
}

}  // namespace fcclip::ops
