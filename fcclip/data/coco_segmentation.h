#pragma once
// COCO's "segmentation": polygons or run lengths, read with the slips of annotation tools mended.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "fcclip/core/size.h"
#include "fcclip/results/rle.h"

namespace fcclip::data {

/// Their union is the mask; a piece is x, y, x, y, …; none: a mask without a pixel.
struct CocoPolygons {
  std::vector<std::vector<double>> pieces;
};

/// Run lengths of the columns, or COCO's text of them.
struct CocoRuns {
  std::optional<Size> size;  ///< where the file says it
  std::variant<std::vector<uint32_t>, std::string> counts;
};

/// A mask as a file has it, not decoded.
using CocoSegmentation = std::variant<CocoPolygons, CocoRuns>;

/// Of a picture of size `size` (0×0: not known): polygons without the pieces that have no area; run
/// lengths whose text was saved as Python's b'…' as they were meant; each mending is remarked.
/// Throws Error{bad_format}.
CocoSegmentation read_segmentation(const nlohmann::json& value, Size size,
                                   const std::function<void(const std::string&)>& remark);

/// Its pixels. Throws Error{bad_format}: run lengths of another size, or damaged ones.
results::Rle decode(const CocoSegmentation& segmentation, Size size);

}  // namespace fcclip::data
