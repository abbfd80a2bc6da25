// Bands of output rows by threads; the kernels of a row are compiled per instruction set.

#include <algorithm>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "fcclip/ops/bilinear_filter.h"
#include "fcclip/ops/cpu/ops.h"
#include "fcclip/ops/cpu/per_isa.h"
#include "fcclip/ops/cpu/resize_kernels.h"

namespace fcclip::ops {

FCCLIP_DECLARE_PER_ISA(fill_resize, ResizeKernels)

namespace cpu {
namespace {

struct BandJob {
  BilinearFilter across, down;
  ResizeKernels kernels;
  const uint8_t* in;
  uint8_t* out;
  int64_t in_width, out_width, channels;
  bool resize_rows, resize_columns;
};

/// The rows of the intermediate picture that are still needed, each at the slot (row mod stride).
class RowRing {
 public:
  explicit RowRing(const BandJob& job) : job_(job), slots_(job.down.stride) {
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
  const BandJob& job_;
  int64_t slots_, next_ = 0;
  std::vector<uint8_t> buffer_;
};

void resize_band(const BandJob& job, int64_t begin, int64_t end) {
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

}  // namespace

at::Tensor resize_bilinear_u8(const at::Tensor& pixels, Size size) {
  const int64_t height = pixels.size(0), width = pixels.size(1), channels = pixels.size(2);
  const at::Tensor in = pixels.contiguous();
  at::Tensor out = at::empty({size.height, size.width, channels}, at::kByte);
  const BandJob job{bilinear_filter(width, size.width),
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

}  // namespace cpu
}  // namespace fcclip::ops
