#include "fcclip/pretrain/batch.h"

#include <algorithm>
#include <map>

#include <ATen/ATen.h>

#include "fcclip/core/check.h"

namespace fcclip::pretrain {
namespace {

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
at::Tensor subject_cells(const at::Tensor& covered) {
  const double threshold = std::min(kCovered, covered.max().item<double>());
  const at::Tensor inside = covered.ge(threshold).to(at::kFloat);
  return inside / inside.sum();
}

// Every picture once; `of` gives each pair the row of its own.
at::Tensor stack_pictures(const std::vector<Pair>& pairs, std::vector<int64_t>& of) {
  std::vector<at::Tensor> pictures;
  std::map<const void*, int64_t> rows;
  for (const Pair& pair : pairs) {
    const auto [found, fresh] = rows.try_emplace(pair.rgb.const_data_ptr(), std::ssize(pictures));
    if (fresh) pictures.push_back(pair.rgb);
    of.push_back(found->second);
  }
  return at::stack(pictures);
}

}  // namespace

Batch collate(const std::vector<Pair>& pairs, const clip::Tokenizer& tokenizer) {
  if (pairs.empty()) fail(ErrorCode::invalid_argument, "a batch of no pairs");
  std::vector<std::vector<int64_t>> tokens, present, named;
  std::vector<at::Tensor> cells;
  size_t longest = 1;
  for (const Pair& pair : pairs) {
    tokens.push_back(tokenizer.encode(pair.caption));
    longest = std::max(longest, tokens.back().size());
    present.push_back(pair.present);
    named.push_back(pair.named);
    if (pair.cells.defined()) cells.push_back(subject_cells(pair.cells));
  }
  Batch batch;
  for (const Pair& pair : pairs) {
    batch.bad.insert(batch.bad.end(), pair.instead_of.begin(), pair.instead_of.end());
  }
  std::vector<int64_t> picture_of;
  batch.rgb = stack_pictures(pairs, picture_of);
  batch.tokens = pad_rows(tokens, static_cast<int64_t>(longest), 0);
  batch.present = pad_rows(present, kMostNames, -1);
  batch.named = pad_rows(named, kMostNames, -1);
  if (!cells.empty()) {
    batch.regions = {at::stack(cells), at::tensor(picture_of)};
    check_shape("cells", batch.regions.cells, {std::ssize(pairs), kAny});
  }
  return batch;
}

Batch on_device(const Batch& batch, at::Device device) {
  Batch moved;
  moved.rgb = batch.rgb.to(device);
  moved.tokens = batch.tokens.to(device);
  moved.present = batch.present.to(device);
  moved.named = batch.named.to(device);
  if (batch.regions.cells.defined()) {
    moved.regions = {batch.regions.cells.to(device), batch.regions.picture.to(device)};
  }
  return moved;
}

}  // namespace fcclip::pretrain
