#include "fcclip/tiles/overview.h"

#include <algorithm>
#include <map>

#include <ATen/ATen.h>

#include "fcclip/core/round_up.h"

namespace fcclip::tiles {

Overview::Overview(Size picture) : picture_(picture) {
  const int64_t longer = std::max(picture.height, picture.width);
  factor_ = std::max<int64_t>(1, divide_up(longer, kOverviewSide));
  // What is left over at the right and at the bottom is not shown, but for pictures thinner than a
  // pixel of the overview.
  size_ = {std::max<int64_t>(1, picture.height / factor_),
           std::max<int64_t>(1, picture.width / factor_)};
  rgb_ = at::zeros({size_.height, size_.width, 3}, at::kByte);
  ids_ = at::zeros({size_.height, size_.width}, at::kInt);
  sums_ = at::zeros({size_.width, 3}, at::kLong);
}

void Overview::add_pixels(const at::Tensor& rows) {
  const at::Tensor all = rows.contiguous();
  const int64_t width = std::min(size_.width * factor_, all.size(1));
  const int64_t across = std::min(factor_, all.size(1));
  for (int64_t y = 0; y < all.size(0); ++y, ++pixel_row_) {
    const int64_t row = pixel_row_ / factor_;
    if (row >= size_.height) continue;
    const uint8_t* in = all.const_data_ptr<uint8_t>() + y * all.stride(0);
    int64_t* sums = sums_.data_ptr<int64_t>();
    for (int64_t x = 0; x < width; ++x) {
      for (int64_t c = 0; c < 3; ++c) sums[x / factor_ * 3 + c] += in[3 * x + c];
    }
    const int64_t summed = pixel_row_ % factor_ + 1;
    if (summed < factor_ && pixel_row_ + 1 < picture_.height) continue;
    rgb_[row].copy_(sums_.div(across * summed, "floor"));
    sums_.zero_();
  }
}

void Overview::add_ids(const at::Tensor& rows) {
  const at::Tensor all = rows.contiguous();
  for (int64_t y = 0; y < all.size(0); ++y, ++id_row_) {
    const int64_t row = id_row_ / factor_;
    const int64_t middle = std::min(row * factor_ + factor_ / 2, picture_.height - 1);
    if (row >= size_.height || id_row_ != middle) continue;
    const int32_t* in = all.const_data_ptr<int32_t>() + y * all.stride(0);
    int32_t* out = ids_.data_ptr<int32_t>() + row * size_.width;
    for (int64_t x = 0; x < size_.width; ++x) {
      out[x] = in[std::min(x * factor_ + factor_ / 2, all.size(1) - 1)];
    }
  }
}

results::Segmentation Overview::segmentation(const std::vector<results::Segment>& segments) const {
  std::map<int32_t, results::Segment> seen;
  at::Tensor ids = ids_.clone();
  int32_t* values = ids.data_ptr<int32_t>();
  for (int64_t y = 0, i = 0; y < size_.height; ++y) {
    for (int64_t x = 0; x < size_.width; ++x, ++i) {
      if (values[i] == 0) continue;
      const auto [place, is_new] = seen.try_emplace(values[i]);
      results::Segment& segment = place->second;
      if (is_new) {
        segment = segments[static_cast<size_t>(values[i] - 1)];
        segment.area_px = 0;
        segment.box_xywh_px = {x, y, x, y};  // corners, until all are seen
      }
      auto& box = segment.box_xywh_px;
      box = {std::min(box[0], x), std::min(box[1], y), std::max(box[2], x), std::max(box[3], y)};
      ++segment.area_px;
    }
  }
  results::PanopticSegmentation found;
  std::map<int32_t, int32_t> renumbered;
  for (auto& [id, segment] : seen) {
    auto& box = segment.box_xywh_px;
    box = {box[0], box[1], box[2] - box[0] + 1, box[3] - box[1] + 1};
    segment.id = static_cast<int64_t>(found.segments.size()) + 1;
    renumbered[id] = static_cast<int32_t>(segment.id);
    found.segments.push_back(segment);
  }
  for (int64_t i = 0; i < ids.numel(); ++i) {
    if (values[i] != 0) values[i] = renumbered[values[i]];
  }
  found.ids = ids;
  return {size_, std::move(found)};
}

}  // namespace fcclip::tiles
