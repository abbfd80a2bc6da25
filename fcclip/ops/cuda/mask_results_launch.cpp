#include "fcclip/ops/cuda/mask_results_launch.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include <ATen/ATen.h>

#include "fcclip/core/round_up.h"
#include "fcclip/core/shared_progress.h"
#include "fcclip/ops/composed_taps.h"
#include "fcclip/ops/cuda/kernels/mask_results_job.h"
#include "fcclip/ops/host.h"
#include "fcclip/ops/kept_tensors.h"

namespace fcclip::ops::cuda {
namespace {

struct TapsKey {
  int64_t cells, padded, resized, original;
  StreamPlace place;
  bool operator==(const TapsKey&) const = default;
};

// [original] taps as bytes, on a device; made once for a size.
at::Tensor taps_on(at::Device device, int64_t cells, int64_t padded, int64_t resized,
                   int64_t original) {
  constexpr int64_t kMostBytes = 4 << 20;  // 50 kB for a photograph of 640×853
  // Never destroyed: at the end of a process a GPU is gone before its tensors.
  static auto& kept = *new KeptTensors<TapsKey, at::Tensor>(kMostBytes);
  const auto make = [&] {
    const std::vector<MaskTaps> taps = composed_taps(cells, padded, resized, original);
    const auto bytes = static_cast<int64_t>(taps.size() * sizeof(MaskTaps));
    const at::Tensor host = at::empty({bytes}, at::kByte);
    std::memcpy(host.data_ptr(), taps.data(), static_cast<size_t>(bytes));
    return on_device(host, device);
  };
  return kept.get({cells, padded, resized, original, stream_place(device)}, make,
                  [](const at::Tensor& taps) { return static_cast<int64_t>(taps.nbytes()); });
}

// What the kernels of one picture share, and the tensors that it points into.
struct PlacedMasks {
  at::Tensor logits, rows, columns;
  MaskGrid grid;
};

PlacedMasks place_masks(const MaskSource& masks) {
  const at::Tensor logits = masks.mask_logits.to(at::kFloat).contiguous();
  const at::Device device = logits.device();
  PlacedMasks placed = {logits,
                        taps_on(device, logits.size(1), masks.padded.height, masks.resized.height,
                                masks.original.height),
                        taps_on(device, logits.size(2), masks.padded.width, masks.resized.width,
                                masks.original.width),
                        {}};
  MaskGrid& grid = placed.grid;
  grid.logits = logits.const_data_ptr<float>();
  grid.rows = static_cast<const MaskTaps*>(placed.rows.const_data_ptr());
  grid.columns = static_cast<const MaskTaps*>(placed.columns.const_data_ptr());
  grid.mask_height = static_cast<int32_t>(logits.size(1));
  grid.mask_width = static_cast<int32_t>(logits.size(2));
  grid.height = static_cast<int32_t>(masks.original.height);
  grid.width = static_cast<int32_t>(masks.original.width);
  return placed;
}

at::Tensor indices_on(at::Device device, const std::vector<int64_t>& queries) {
  return on_device(at::tensor(queries, at::kLong).to(at::kInt), device);
}

unsigned tiles(int64_t extent, int64_t tile) {
  return static_cast<unsigned>(divide_up(extent, tile));
}

// Calls launch_rows(first row, rows) for bands of a picture; between them it may be told to stop.
template <typename LaunchRows>
void in_bands(const MaskSource& masks, const LaunchRows& launch_rows) {
  constexpr int64_t kPixels = 4 << 20,
                    kMostRows = 65528;  // whole tiles within a grid's second axis
  const auto [height, width] = masks.original;
  const int64_t band = std::clamp<int64_t>(kPixels / width / kMaskTileHeight * kMaskTileHeight,
                                           kMaskTileHeight, kMostRows);
  SharedProgress done(masks.progress, divide_up(height, band), "parts");
  for (int64_t y = 0; y < height; y += band) {
    launch_rows(static_cast<int32_t>(y), std::min(band, height - y));
    if (!done.go_on()) break;
  }
  done.check();
}

// [Q, K] -> [groups, Q, kMaskClasses], zeros behind the last class.
at::Tensor weights_in_groups(const at::Tensor& weights) {
  const int64_t queries = weights.size(0), classes = weights.size(1);
  const int64_t groups = divide_up(classes, kMaskClasses);
  const at::Tensor padded = at::zeros({queries, groups * kMaskClasses}, weights.options());
  padded.narrow(1, 0, classes).copy_(weights);
  return padded.view({queries, groups, kMaskClasses}).transpose(0, 1).contiguous();
}

// A mask's runs, from where they end.
MaskRuns runs_between(const int32_t* begin, const int32_t* end, int64_t pixels, double sum) {
  MaskRuns runs;
  runs.sigmoid_sum = sum;
  runs.counts.reserve(static_cast<size_t>(end - begin) + 1);
  int64_t from = 0;
  for (const int32_t* at = begin; at != end; from = *at++) {
    runs.counts.push_back(static_cast<uint32_t>(*at - from));
  }
  runs.counts.push_back(static_cast<uint32_t>(pixels - from));
  return runs;
}

void append_runs(const PlacedMasks& masks, const std::vector<int64_t>& queries,
                 const LaunchPlace& place, std::vector<MaskRuns>& runs) {
  const auto n = static_cast<int64_t>(queries.size());
  const MaskGrid& grid = masks.grid;
  const at::TensorOptions options = masks.logits.options();
  const at::Tensor of = indices_on(masks.logits.device(), queries);
  RunsJob job;
  job.grid = grid;
  job.queries = of.const_data_ptr<int32_t>();
  job.segments = static_cast<int32_t>(tiles(grid.height, kMaskRunRows));
  job.tiles_x = static_cast<int32_t>(tiles(grid.width, kMaskTileWidth));
  const at::Tensor changes = at::empty({n, grid.width, job.segments}, options.dtype(at::kInt));
  const at::Tensor sums = at::empty(changes.sizes(), options);
  job.changes = changes.data_ptr<int32_t>();
  job.sums = sums.data_ptr<float>();
  const LaunchShape shape = {
      static_cast<unsigned>(job.tiles_x) * tiles(job.segments, kMaskTileHeight),
      static_cast<unsigned>(n), kMaskTileWidth, kMaskTileHeight};
  launch(mask_results_source(), "mask_runs_count", shape, place, &job);
  const at::Tensor ends = changes.flatten().cumsum(0, at::kLong);
  job.ends = ends.const_data_ptr<int64_t>();
  // How many changes there are decides how much memory they need: one wait here, one for them.
  const std::vector<at::Tensor> counted = together_on_host(
      {ends.view({n, -1}).select(1, -1), sums.view({n, -1}).sum(1, false, at::kDouble)});
  const at::Tensor &last = counted[0], &totals = counted[1];
  const int64_t* end_of = last.const_data_ptr<int64_t>();
  const at::Tensor positions = at::empty({end_of[n - 1]}, changes.options());
  job.positions = positions.data_ptr<int32_t>();
  if (positions.numel() > 0) {
    launch(mask_results_source(), "mask_runs_write", shape, place, &job);
  }
  const at::Tensor found = briefly_on_host(positions);
  const int32_t* at = found.const_data_ptr<int32_t>();
  const int64_t pixels = static_cast<int64_t>(grid.height) * grid.width;
  for (int64_t i = 0; i < n; ++i) {
    runs.push_back(runs_between(at + (i == 0 ? 0 : end_of[i - 1]), at + end_of[i], pixels,
                                totals.const_data_ptr<double>()[i]));
  }
}

}  // namespace

bool fits_mask_kernels(const MaskSource& masks) {
  constexpr int64_t kMost = std::numeric_limits<int32_t>::max();
  const auto [height, width] = masks.original;
  const at::Tensor& logits = masks.mask_logits;
  return height <= kMost / width && logits.size(1) <= kMost / logits.size(2);
}

MaskWinners launch_mask_winners(const MaskSource& masks, const at::Tensor& scores,
                                const LaunchPlace& place) {
  const PlacedMasks placed = place_masks(masks);
  const at::Device device = placed.logits.device();
  const at::TensorOptions numbers = at::TensorOptions(at::kInt).device(device);
  const int64_t n = scores.size(0);
  const at::Tensor weights = on_device(scores, device).contiguous();
  const at::Tensor codes = at::empty({masks.original.height, masks.original.width}, numbers);
  const at::Tensor of_code = at::zeros({2 * n}, numbers), inside = at::zeros({n}, numbers);
  WinnersJob job;
  job.grid = placed.grid;
  job.scores = weights.const_data_ptr<float>();
  job.codes = codes.data_ptr<int32_t>();
  job.pixels_of_code = of_code.data_ptr<int32_t>();
  job.pixels_inside = inside.data_ptr<int32_t>();
  job.queries = static_cast<int32_t>(n);
  in_bands(masks, [&](int32_t first, int64_t rows) {
    job.first_row = first;
    const LaunchShape shape = {tiles(masks.original.width, kMaskTileWidth),
                               tiles(rows, kMaskTileHeight), kMaskTileWidth, kMaskTileHeight};
    launch(mask_results_source(), "mask_winners", shape, place, &job);
  });
  return {codes, of_code.to(at::kLong), inside.to(at::kLong)};
}

at::Tensor launch_best_classes(const MaskSource& masks, const at::Tensor& weights,
                               const LaunchPlace& place) {
  const PlacedMasks placed = place_masks(masks);
  const at::Tensor grouped = on_device(weights_in_groups(weights), placed.logits.device());
  const at::Tensor labels = at::empty({masks.original.height, masks.original.width},
                                      placed.logits.options().dtype(at::kInt));
  ClassesJob job;
  job.grid = placed.grid;
  job.weights = grouped.const_data_ptr<float>();
  job.labels = labels.data_ptr<int32_t>();
  job.groups = static_cast<int32_t>(grouped.size(0));
  job.queries = static_cast<int32_t>(grouped.size(1));
  in_bands(masks, [&](int32_t first, int64_t rows) {
    job.first_row = first;
    const LaunchShape shape = {tiles(masks.original.width, kMaskTileWidth),
                               static_cast<unsigned>(rows), kMaskTileWidth, kMaskTileHeight};
    launch(mask_results_source(), "mask_classes", shape, place, &job);
  });
  return labels;
}

std::vector<MaskRuns> launch_mask_runs(const MaskSource& masks, const std::vector<int64_t>& queries,
                                       const LaunchPlace& place) {
  const PlacedMasks placed = place_masks(masks);
  // Tables of 16 bytes a segment; a run itself takes four.
  constexpr int64_t kTableBytes = 64 << 20, kMostQueries = 65535;
  const auto [height, width] = masks.original;
  const int64_t of_query = width * tiles(height, kMaskRunRows) * 16;
  const int64_t most = std::clamp<int64_t>(kTableBytes / of_query, 1, kMostQueries);
  const auto count = static_cast<int64_t>(queries.size());
  SharedProgress done(masks.progress, divide_up(count, most), "parts");
  std::vector<MaskRuns> runs;
  for (int64_t first = 0; first < count; first += most) {
    const auto begin = queries.begin() + first;
    append_runs(placed, {begin, begin + std::min(most, count - first)}, place, runs);
    if (!done.go_on()) break;
  }
  done.check();
  return runs;
}

}  // namespace fcclip::ops::cuda
