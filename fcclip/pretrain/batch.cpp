#include "fcclip/pretrain/batch.h"

#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>

#include "fcclip/core/check.h"

namespace fcclip::pretrain {
namespace {

constexpr int64_t kStride = 32;
constexpr double kCovered = 0.5;

at::Tensor pad_rows(const std::vector<std::vector<int64_t>>& rows, int64_t length, int64_t fill) {
  at::Tensor out = at::full({std::ssize(rows), length}, fill, at::kLong);
  for (size_t i = 0; i < rows.size(); ++i) {
    const int64_t count = std::min<int64_t>(std::ssize(rows[i]), length);
    std::copy_n(rows[i].begin(), count, out.mutable_data_ptr<int64_t>() + i * length);
  }
  return out;
}

// Equal weights for the cells that the subject covers.
at::Tensor subject_cells(const at::Tensor& subject) {
  const at::Tensor covered =
      at::avg_pool2d(subject.unsqueeze(0).unsqueeze(0), {kStride, kStride}).flatten();
  const double threshold = std::min(kCovered, covered.max().item<double>());
  const at::Tensor inside = covered.ge(threshold).to(at::kFloat);
  return inside / inside.sum();
}

}  // namespace

Batch collate(const std::vector<Pair>& pairs, const clip::Tokenizer& tokenizer,
              double region_share) {
  if (pairs.empty()) fail(ErrorCode::invalid_argument, "a batch of no pairs");
  std::vector<at::Tensor> pictures, cells;
  std::vector<std::vector<int64_t>> tokens, present, named;
  size_t longest = 1;
  const int64_t cell_count = (pairs[0].rgb.size(0) / kStride) * (pairs[0].rgb.size(1) / kStride);
  for (size_t i = 0; i < pairs.size(); ++i) {
    const Pair& pair = pairs[i];
    pictures.push_back(pair.rgb);
    tokens.push_back(tokenizer.encode(pair.caption));
    longest = std::max(longest, tokens.back().size());
    present.push_back(pair.present);
    named.push_back(pair.named);
    if (region_share <= 0) continue;
    // Spread evenly over the batch: picture i is one when the count passes a whole number there.
    const bool chosen = std::floor((i + 1) * region_share) > std::floor(i * region_share);
    cells.push_back(chosen && pair.subject.defined()
                        ? subject_cells(pair.subject)
                        : at::full({cell_count}, 1.0 / static_cast<double>(cell_count)));
  }
  Batch batch;
  batch.rgb = at::stack(pictures);
  batch.tokens = pad_rows(tokens, static_cast<int64_t>(longest), 0);
  batch.present = pad_rows(present, kMostNames, -1);
  batch.named = pad_rows(named, kMostNames, -1);
  if (!cells.empty()) batch.cells = at::stack(cells);
  return batch;
}

at::Tensor normalise(const at::Tensor& rgb, const PixelConfig& pixels) {
  check_shape("rgb", rgb, {kAny, kAny, kAny, 3});
  const at::Tensor mean = at::tensor(at::ArrayRef<double>(pixels.mean), at::kFloat);
  const at::Tensor scale = at::tensor(at::ArrayRef<double>(pixels.std), at::kFloat).reciprocal();
  return (rgb.to(at::kFloat) - mean) * scale;
}

}  // namespace fcclip::pretrain
