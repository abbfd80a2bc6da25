#include "fcclip/ops/cuda/resize_u8_launch.h"

#include <algorithm>
#include <limits>

#include <ATen/ATen.h>

#include "fcclip/core/error.h"
#include "fcclip/core/round_up.h"
#include "fcclip/ops/bilinear_filter.h"
#include "fcclip/ops/cuda/kernels/resize_u8_job.h"
#include "fcclip/ops/host.h"
#include "fcclip/ops/kept_tensors.h"

namespace fcclip::ops::cuda {
namespace {

struct FilterKey {
  int64_t in, out;
  StreamPlace place;
  bool operator==(const FilterKey&) const = default;
};

// [out, 2 + stride]: starts, counts, then the taps of all outputs.
at::Tensor packed_filter(int64_t in, int64_t out) {
  const BilinearFilter filter = bilinear_filter(in, out);
  const at::Tensor packed = at::empty({out, 2 + filter.stride}, at::kInt);
  int32_t* to = packed.data_ptr<int32_t>();
  for (const std::vector<int32_t>* part : {&filter.starts, &filter.counts, &filter.taps}) {
    to = std::copy(part->begin(), part->end(), to);
  }
  return packed;
}

// Made and sent once for a pair of sizes.
at::Tensor filter_on(at::Device device, int64_t in, int64_t out) {
  constexpr int64_t kMostBytes = 8 << 20;  // 90 kB for a photograph of 12 megapixels
  // Never destroyed: at the end of a process a GPU is gone before its tensors.
  static auto& kept = *new KeptTensors<FilterKey, at::Tensor>(kMostBytes);
  return kept.get(
      {in, out, stream_place(device)}, [&] { return on_device(packed_filter(in, out), device); },
      [](const at::Tensor& filter) { return static_cast<int64_t>(filter.nbytes()); });
}

ResizeTaps taps_in(const at::Tensor& filter) {
  const int64_t out = filter.size(0);
  const int32_t* first = filter.const_data_ptr<int32_t>();
  return {first, first + out, first + 2 * out, filter.size(1) - 2};
}

int64_t chunks_of(int64_t row) {
  return divide_up(row, kResizeThreads);
}

// What blocks and places within a row are counted with.
bool fits(int64_t rows, int64_t row) {
  constexpr int64_t kMost = std::numeric_limits<int32_t>::max();
  return row <= kMost - kResizeThreads && rows <= kMost / std::max<int64_t>(chunks_of(row), 1);
}

void launch_in_rows(const char* kernel, int64_t rows, int64_t row, const void* job,
                    const LaunchPlace& place) {
  launch(resize_u8_source(), kernel,
         {static_cast<unsigned>(rows * chunks_of(row)), 1, kResizeThreads, 1}, place, job);
}

// One axis: 0 is down the columns, 1 along the rows.
at::Tensor resize_axis(const at::Tensor& in, int64_t axis, int64_t length,
                       const LaunchPlace& place) {
  if (in.size(axis) == length) return in;
  std::vector<int64_t> shape = in.sizes().vec();
  shape[static_cast<size_t>(axis)] = length;
  const at::Tensor out = at::empty(shape, in.options());
  const at::Tensor filter = filter_on(in.device(), in.size(axis), length);
  const int64_t row = out.size(1) * out.size(2);
  ResizeJob job;
  job.in = in.const_data_ptr<uint8_t>();
  job.out = out.data_ptr<uint8_t>();
  job.taps = taps_in(filter);
  job.in_row = static_cast<int32_t>(in.size(1) * in.size(2));
  job.out_row = static_cast<int32_t>(row);
  job.channels = static_cast<int32_t>(in.size(2));
  job.chunks = static_cast<int32_t>(chunks_of(row));
  launch_in_rows(axis == 0 ? "resize_columns" : "resize_rows", out.size(0), row, &job, place);
  return out;
}

}  // namespace

bool fits_resize_kernels(const at::Tensor& pixels, Size size) {
  const int64_t channels = pixels.size(2);
  return fits(pixels.size(0), pixels.size(1) * channels) &&
         fits(pixels.size(0), size.width * channels) && fits(size.height, size.width * channels);
}

at::Tensor launch_resize_bilinear_u8(const at::Tensor& pixels, Size size,
                                     const LaunchPlace& place) {
  const at::Tensor across = resize_axis(pixels.contiguous(), 1, size.width, place);
  return resize_axis(across, 0, size.height, place);
}

at::Tensor launch_normalise_and_pad(const at::Tensor& pixels, const PixelNorm& norm, Size padded,
                                    const LaunchPlace& place) {
  const at::Tensor in = pixels.contiguous();
  const at::Tensor out =
      at::empty({in.size(0), padded.height, padded.width, 3}, in.options().dtype(at::kFloat));
  const int64_t rows = in.size(0) * padded.height, row = padded.width * 3;
  if (!fits(rows, row)) {
    fail(ErrorCode::too_large, "pictures on CUDA: ", rows, " rows of ", padded.width,
         " pixels; expected fewer");
  }
  if (out.numel() == 0) return out;
  NormaliseJob job;
  job.in = in.const_data_ptr<uint8_t>();
  job.out = out.data_ptr<float>();
  for (size_t c = 0; c < 3; ++c) {
    job.mean[c] = static_cast<float>(norm.mean[c]);
    job.std[c] = static_cast<float>(norm.std[c]);
  }
  job.height = static_cast<int32_t>(in.size(1));
  job.padded_height = static_cast<int32_t>(padded.height);
  job.in_row = static_cast<int32_t>(in.size(2) * 3);
  job.out_row = static_cast<int32_t>(row);
  job.chunks = static_cast<int32_t>(chunks_of(row));
  launch_in_rows("normalise_and_pad", rows, row, &job, place);
  return out;
}

}  // namespace fcclip::ops::cuda
