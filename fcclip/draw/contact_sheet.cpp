#include "fcclip/draw/contact_sheet.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "fcclip/core/check.h"
#include "fcclip/core/round_up.h"
#include "fcclip/draw/canvas.h"
#include "fcclip/draw/lettering.h"

namespace fcclip::draw {

at::Tensor tile_images(const std::vector<at::Tensor>& images, int64_t columns,
                       const TileOptions& options) {
  if (images.empty() || columns < 1 || options.gap_px < 0) {
    fail(ErrorCode::invalid_argument, "cannot tile ", images.size(), " pictures in ", columns,
         " columns with a gap of ", options.gap_px, " pixels; expected at least 1, 1 and 0");
  }
  int64_t cell_height = 0, cell_width = 0;
  for (const at::Tensor& image : images) {
    check_shape("picture to tile", image, {kAny, kAny, 3});
    check_dtype("picture to tile", image, at::kByte);
    cell_height = std::max(cell_height, image.size(0));
    cell_width = std::max(cell_width, image.size(1));
  }
  const auto count = static_cast<int64_t>(images.size());
  columns = std::min(columns, count);
  const int64_t rows = divide_up(count, columns), gap = options.gap_px;
  at::Tensor sheet =
      at::full({rows * (cell_height + gap) + gap, columns * (cell_width + gap) + gap, 3},
               options.background, at::kByte);
  for (int64_t i = 0; i < count; ++i) {
    const int64_t height = images[i].size(0), width = images[i].size(1);
    const int64_t y = gap + i / columns * (cell_height + gap) + (cell_height - height) / 2;
    const int64_t x = gap + i % columns * (cell_width + gap) + (cell_width - width) / 2;
    sheet.narrow(0, y, height).narrow(1, x, width).copy_(images[i]);
  }
  return sheet;
}

at::Tensor with_heading(const at::Tensor& rgb, const std::string& heading) {
  check_shape("picture with a heading", rgb, {kAny, kAny, 3});
  constexpr double kFont = 18;
  constexpr int64_t kStrip = 28;
  const Canvas strip(kStrip, rgb.size(1), {250, 250, 250});
  Lettering({}).draw(strip.cairo(), {drawable(heading), "", kFont}, 6, 2, {24, 24, 28});
  return at::cat({strip.to_rgb(), rgb}, 0);
}

}  // namespace fcclip::draw
