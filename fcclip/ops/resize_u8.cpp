#include "fcclip/ops/resize_u8.h"

#include <cmath>
#include <cstring>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "fcclip/core/check.h"
#include "fcclip/ops/cpu/per_isa.h"
#include "fcclip/ops/cpu/resize_kernels.h"

namespace fcclip::ops {

FCCLIP_DECLARE_PER_ISA(fill_resize, ResizeKernels)

namespace {

/// The filter of one axis, in 22-bit fixed point.
struct Filter {
  std::vector<int32_t> starts, counts, taps;
  int64_t stride = 0;

  ResizeTaps view() const { return {starts.data(), counts.data(), taps.data(), stride}; }
};

Filter bilinear_filter(int64_t in, int64_t out) {
  const double scale = static_cast<double>(in) / static_cast<double>(out);
  // The triangle's half width in input pixels: it widens when shrinking, and never narrows.
  const double support = std::max(scale, 1.0);
  Filter filter;
  filter.stride = static_cast<int64_t>(std::ceil(support)) * 2 + 1;
  filter.starts.resize(out);
  filter.counts.resize(out);
  filter.taps.assign(out * filter.stride, 0);
  std::vector<double> weights(filter.stride);
  for (int64_t i = 0; i < out; ++i) {
    const double center = (static_cast<double>(i) + 0.5) * scale;
    const int64_t begin = std::max<int64_t>(0, static_cast<int64_t>(center - support + 0.5));
    const int64_t end = std::min<int64_t>(in, static_cast<int64_t>(center + support + 0.5));
    double sum = 0;
    for (int64_t k = 0; k < end - begin; ++k) {
      const double x = (static_cast<double>(k + begin) - center + 0.5) * (1.0 / support);
      weights[k] = std::max(0.0, 1.0 - std::abs(x));
      sum += weights[k];
    }
    for (int64_t k = 0; k < end - begin; ++k) {
      const double weight = sum != 0 ? weights[k] / sum : weights[k];
      filter.taps[i * filter.stride + k] = static_cast<int32_t>(0.5 + weight * (1 << kResizeBits));
    }
    filter.starts[i] = static_cast<int32_t>(begin);
    filter.counts[i] = static_cast<int32_t>(end - begin);
  }
  return filter;
}

struct Job {
  Filter across, down;
  ResizeKernels kernels;
  const uint8_t* in;
  uint8_t* out;
  int64_t in_width, out_width, channels;
  bool resize_rows, resize_columns;
};

/// The rows of the intermediate picture that are still needed, each at the slot (row mod stride).
class RowRing {
 public:
  explicit RowRing(const Job& job) : job_(job), slots_(job.down.stride) {
    if (job.resize_rows) buffer_.resize(slots_ * job.out_width * job.channels);
  }

  const uint8_t* row(int64_t y) {
    const uint8_t* source = job_.in + y * job_.in_width * job_.channels;
    if (!job_.resize_rows) return source;
    uint8_t* slot = buffer_.data() + (y % slots_) * job_.out_width * job_.channels;
    if (y >= next_) {
      job_.kernels.along_row(source, job_.in_width, slot, job_.out_width, job_.channels,
                             job_.across.view());
      next_ = y + 1;
    }
    return slot;
  }

 private:
  const Job& job_;
  int64_t slots_, next_ = 0;
  std::vector<uint8_t> buffer_;
};

void resize_band(const Job& job, int64_t begin, int64_t end) {
  const int64_t row_bytes = job.out_width * job.channels;
  if (!job.resize_columns) {
    for (int64_t y = begin; y < end; ++y) {
      job.kernels.along_row(job.in + y * job.in_width * job.channels, job.in_width,
                            job.out + y * row_bytes, job.out_width, job.channels,
                            job.across.view());
    }
    return;
  }
  RowRing ring(job);
  std::vector<const uint8_t*> rows(job.down.stride);
  for (int64_t y = begin; y < end; ++y) {
    for (int32_t k = 0; k < job.down.counts[y]; ++k) rows[k] = ring.row(job.down.starts[y] + k);
    job.kernels.across_rows(rows.data(), job.down.taps.data() + y * job.down.stride,
                            job.down.counts[y], job.out + y * row_bytes, row_bytes);
  }
}

void check_size(Size size) {
  if (size.height < 1 || size.width < 1) {
    fail(ErrorCode::invalid_argument, "cannot resize a picture to ", size.height, " x ", size.width,
         " pixels (height x width); both must be at least 1");
  }
}

}  // namespace

at::Tensor resize_bilinear_u8(const at::Tensor& pixels, Size size) {
  check_shape("picture to resize", pixels, {kAny, kAny, kAny});
  check_dtype("picture to resize", pixels, at::kByte);
  check_size(size);
  const int64_t height = pixels.size(0), width = pixels.size(1), channels = pixels.size(2);
  if (height < 1 || width < 1 || channels < 1 || channels > 4) {
    fail(ErrorCode::shape_mismatch, "picture to resize is ", shape_string(pixels.sizes()),
         ", expected [H, W, C] with H, W >= 1 and 1 <= C <= 4");
  }
  if (size == Size{height, width}) return pixels;
  const at::Tensor in = pixels.contiguous();
  at::Tensor out = at::empty({size.height, size.width, channels}, at::kByte);
  const Job job{bilinear_filter(width, size.width),
                bilinear_filter(height, size.height),
                table_of<ResizeKernels>(chosen_isa(), FCCLIP_FILLERS(fill_resize)),
                in.data_ptr<uint8_t>(),
                out.data_ptr<uint8_t>(),
                width,
                size.width,
                channels,
                width != size.width,
                height != size.height};
  // A band recomputes the few intermediate rows it shares with the band above: bands are long.
  const int64_t band = std::max<int64_t>(64, size.height / (4 * at::get_num_threads()));
  at::parallel_for(0, size.height, band,
                   [&](int64_t begin, int64_t end) { resize_band(job, begin, end); });
  return out;
}

namespace {

// Pillow walks with a running sum, whose rounding decides on ties.
std::vector<int64_t> nearest_positions(int64_t in, int64_t out) {
  const double step = static_cast<double>(in) / static_cast<double>(out);
  std::vector<int64_t> positions(out);
  double position = step * 0.5;
  for (int64_t i = 0; i < out; ++i, position += step) {
    positions[i] = std::min(static_cast<int64_t>(position), in - 1);
  }
  return positions;
}

}  // namespace

at::Tensor resize_nearest(const at::Tensor& pixels, Size size) {
  if (!pixels.defined() || pixels.dim() < 2 || pixels.dim() > 3 || pixels.numel() == 0) {
    fail(ErrorCode::shape_mismatch, "map to resize is ",
         pixels.defined() ? shape_string(pixels.sizes()) : "undefined",
         ", expected [H, W] or [H, W, C] with at least one pixel");
  }
  check_size(size);
  const std::vector<int64_t> xs = nearest_positions(pixels.size(1), size.width);
  const std::vector<int64_t> ys = nearest_positions(pixels.size(0), size.height);
  const at::Tensor in = pixels.contiguous();
  std::vector<int64_t> shape = pixels.sizes().vec();
  shape[0] = size.height;
  shape[1] = size.width;
  at::Tensor out = at::empty(shape, pixels.options());
  const int64_t bytes = in.element_size() * (in.dim() == 3 ? in.size(2) : 1);
  const auto* source = static_cast<const char*>(in.data_ptr());
  auto* target = static_cast<char*>(out.data_ptr());
  at::parallel_for(0, size.height, 64, [&](int64_t begin, int64_t end) {
    for (int64_t y = begin; y < end; ++y) {
      const char* row = source + ys[y] * in.size(1) * bytes;
      char* write = target + y * size.width * bytes;
      for (int64_t x = 0; x < size.width; ++x)
        memcpy(write + x * bytes, row + xs[x] * bytes, bytes);
    }
  });
  return out;
}

}  // namespace fcclip::ops
