#include <nlohmann/json.hpp>

#include "fcclip/outputs/class_names.h"
#include "fcclip/outputs/outline_writers.h"

namespace fcclip::outputs {

using nlohmann::json;

json labelme_json(const ImageInfo& image, const std::vector<Outline>& outlines,
                  const classify::Vocabulary& vocabulary) {
  json shapes = json::array();
  for (const Outline& outline : outlines) {
    const results::Segment& segment = *outline.segment;
    for (const Polygon& polygon : outline.polygons) {
      json points = json::array();
      for (const Point& p : single_ring({polygon})) points.push_back({p.x, p.y});
      shapes.push_back({{"label", class_name(vocabulary, segment.class_index)},
                        {"points", std::move(points)},
                        {"group_id", segment.id},
                        {"description", "score " + json(segment.score).dump()},
                        {"shape_type", "polygon"},
                        {"flags", json::object()},
                        {"mask", nullptr}});
    }
  }
  return {{"version", "5.4.1"},
          {"flags", json::object()},
          {"shapes", std::move(shapes)},
          {"imagePath", image.file_name},
          {"imageData", nullptr},
          {"imageHeight", image.size.height},
          {"imageWidth", image.size.width}};
}

}  // namespace fcclip::outputs
