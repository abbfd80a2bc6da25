#pragma once
// TIFFs of given pixels in strips or tiles, as GDAL would lay them out.

#include <algorithm>
#include <string>
#include <vector>

#include <ATen/ATen.h>

#include "tests/support/tiny_tiff.h"

namespace fcclip::test {

struct TiffForm {
  int64_t tile = 0;  ///< side; 0: strips
  int64_t rows_per_strip = 16;
  int alpha = 0;  ///< 2: the last band says how opaque a pixel is
};

/// values [H, W, C] uint8, uint16 or float32; `more` in rising order of tags, all above 339.
inline std::string made_tiff(const at::Tensor& values, const TiffForm& form = {},
                             const std::vector<TiffTag>& more = {}) {
  const int64_t height = values.size(0), width = values.size(1), bands = values.size(2);
  const auto size = static_cast<int64_t>(values.element_size());
  const int64_t block_height = form.tile > 0 ? form.tile : form.rows_per_strip;
  const int64_t block_width = form.tile > 0 ? form.tile : width;
  const at::Tensor bytes =
      values.contiguous().view(at::kByte).reshape({height, width * bands * size});
  std::string pixels;
  std::vector<uint32_t> offsets, counts;
  for (int64_t y = 0; y < height; y += block_height) {
    for (int64_t x = 0; x < width; x += block_width) {
      const int64_t rows = form.tile > 0 ? block_height : std::min(block_height, height - y);
      at::Tensor block = at::zeros({rows, block_width * bands * size}, at::kByte);
      const int64_t h = std::min(rows, height - y);
      const int64_t w = std::min(block_width, width - x) * bands * size;
      block.slice(0, 0, h).slice(1, 0, w).copy_(
          bytes.slice(0, y, y + h).slice(1, x * bands * size, x * bands * size + w));
      offsets.push_back(static_cast<uint32_t>(8 + pixels.size()));
      counts.push_back(static_cast<uint32_t>(block.numel()));
      pixels.append(reinterpret_cast<const char*>(block.const_data_ptr()),
                    static_cast<size_t>(block.numel()));
    }
  }
  const auto repeated = [bands](uint16_t value) {
    return std::vector<uint16_t>(static_cast<size_t>(bands), value);
  };
  const auto extra = static_cast<int64_t>(bands - (bands >= 3 ? 3 : 1));
  std::vector<TiffTag> tags = {tiff_tag<uint32_t>(256, 4, {static_cast<uint32_t>(width)}),
                               tiff_tag<uint32_t>(257, 4, {static_cast<uint32_t>(height)}),
                               tiff_shorts(258, repeated(static_cast<uint16_t>(8 * size))),
                               tiff_shorts(259, {1}),
                               tiff_shorts(262, {static_cast<uint16_t>(bands >= 3 ? 2 : 1)})};
  if (form.tile == 0) tags.push_back(tiff_tag(273, 4, offsets));
  tags.push_back(tiff_shorts(277, {static_cast<uint16_t>(bands)}));
  if (form.tile == 0) {
    tags.push_back(tiff_tag<uint32_t>(278, 4, {static_cast<uint32_t>(block_height)}));
    tags.push_back(tiff_tag(279, 4, counts));
  }
  tags.push_back(tiff_shorts(284, {1}));
  if (form.tile > 0) {
    const auto side = static_cast<uint16_t>(form.tile);
    tags.insert(tags.end(), {tiff_shorts(322, {side}), tiff_shorts(323, {side}),
                             tiff_tag(324, 4, offsets), tiff_tag(325, 4, counts)});
  }
  if (extra > 0) {
    std::vector<uint16_t> kinds(static_cast<size_t>(extra), 0);
    kinds.back() = static_cast<uint16_t>(form.alpha);
    tags.push_back(tiff_shorts(338, kinds));
  }
  const uint16_t format = values.scalar_type() == at::kFloat ? 3 : 1;
  tags.push_back(tiff_shorts(339, repeated(format)));
  tags.insert(tags.end(), more.begin(), more.end());
  return joined_tiff(std::move(pixels), tags);
}

}  // namespace fcclip::test
