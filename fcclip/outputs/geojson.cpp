#include <cmath>

#include <nlohmann/json.hpp>

#include "fcclip/core/error.h"
#include "fcclip/outputs/class_names.h"
#include "fcclip/outputs/outline_writers.h"

namespace fcclip::outputs {

using nlohmann::json;

namespace {

class RingWriter {
 public:
  explicit RingWriter(const GeoJsonOptions& options)
      : transform_(options.transform.value_or(MapTransform{0, 1, 0, 0, 0, 1})) {
    const double determinant = transform_[1] * transform_[5] - transform_[2] * transform_[4];
    if (!std::isfinite(determinant + transform_[0] + transform_[3]) || determinant == 0) {
      fail(ErrorCode::invalid_argument, "map transform must be finite and invertible");
    }
  }

  json polygon(const Polygon& polygon) const {
    json rings = json::array({ring(polygon.outer, true)});
    for (const Ring& hole : polygon.holes) rings.push_back(ring(hole, false));
    return rings;
  }

 private:
  // Positive area in the coordinates written is counterclockwise there.
  json ring(const Ring& pixels, bool counterclockwise) const {
    Ring mapped;
    const MapTransform& t = transform_;
    for (const Point& p : pixels) {
      mapped.push_back({t[0] + t[1] * p.x + t[2] * p.y, t[3] + t[4] * p.x + t[5] * p.y});
    }
    if ((signed_area(mapped) > 0) != counterclockwise)
      mapped = Ring(mapped.rbegin(), mapped.rend());
    if (!mapped.empty()) mapped.push_back(mapped.front());
    json points = json::array();
    for (const Point& p : mapped) points.push_back({p.x, p.y});
    return points;
  }

  MapTransform transform_;
};

}  // namespace

json geojson(const ImageInfo& image, const std::vector<Outline>& outlines,
             const classify::Vocabulary& vocabulary, const GeoJsonOptions& options) {
  const RingWriter writer(options);
  json features = json::array();
  for (const Outline& outline : outlines) {
    const results::Segment& segment = *outline.segment;
    json geometry = nullptr;  // RFC 7946: unlocated
    if (outline.polygons.size() == 1) {
      geometry = {{"type", "Polygon"}, {"coordinates", writer.polygon(outline.polygons[0])}};
    } else if (outline.polygons.size() > 1) {
      json parts = json::array();
      for (const Polygon& polygon : outline.polygons) parts.push_back(writer.polygon(polygon));
      geometry = {{"type", "MultiPolygon"}, {"coordinates", std::move(parts)}};
    }
    features.push_back({{"type", "Feature"},
                        {"geometry", std::move(geometry)},
                        {"properties",
                         {{"id", segment.id},
                          {"class_id", class_at(vocabulary, segment.class_index).id},
                          {"name", class_name(vocabulary, segment.class_index)},
                          {"isthing", segment.is_thing},
                          {"score", segment.score},
                          {"area_px", segment.area_px},
                          {"image", image.file_name}}}});
  }
  json collection = {{"type", "FeatureCollection"}, {"features", std::move(features)}};
  if (!options.crs.empty()) {
    collection["crs"] = {{"type", "name"}, {"properties", {{"name", options.crs}}}};
  }
  return collection;
}

}  // namespace fcclip::outputs
