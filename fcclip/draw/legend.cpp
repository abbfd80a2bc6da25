#include "fcclip/draw/legend.h"

#include <algorithm>
#include <cmath>

#include "fcclip/core/round_up.h"
#include "fcclip/draw/canvas.h"

namespace fcclip::draw {
namespace {

constexpr Colour kBackground = {24, 25, 28}, kInk = {240, 240, 240};

}  // namespace

at::Tensor draw_legend(const std::vector<LegendEntry>& entries, int64_t width, double font_px,
                       Lettering& lettering) {
  const double pad = 0.6 * font_px, chip = 0.9 * font_px;
  double widest = 0, line = font_px;
  for (const LegendEntry& entry : entries) {
    const TextSize size = lettering.measure({drawable(entry.name), "", font_px});
    widest = std::max(widest, size.width);
    line = std::max(line, size.height);
  }
  // Columns of equal width are easier to read than a flowing line.
  const double column = std::min(widest + chip + 2.2 * pad, static_cast<double>(width) - pad);
  const auto columns =
      std::max<int64_t>(1, static_cast<int64_t>((static_cast<double>(width) - pad) / column));
  const auto count = static_cast<int64_t>(entries.size());
  const int64_t rows = divide_up(count, columns);
  const double step = 1.3 * line;
  const auto height = static_cast<int64_t>(std::ceil(static_cast<double>(rows) * step + pad));
  const Canvas canvas(std::min<int64_t>(height, 32000), width, kBackground);
  for (int64_t i = 0; i < count; ++i) {
    const double x = pad + static_cast<double>(i / rows) * column;
    const double y = pad / 2 + static_cast<double>(i % rows) * step;
    canvas.rounded_box(x, y + (step - chip) / 2, chip, chip, chip / 4);
    canvas.set_colour(entries[i].colour);
    cairo_fill(canvas.cairo());
    lettering.draw(canvas.cairo(), {drawable(entries[i].name), "", font_px}, x + chip + pad / 2,
                   y + (step - line) / 2, kInk);
  }
  return canvas.to_rgb();
}

}  // namespace fcclip::draw
