#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "fcclip/core/error.h"
#include "fcclip/outputs/class_names.h"
#include "fcclip/outputs/outline_writers.h"

namespace fcclip::outputs {

using nlohmann::json;

namespace {

json polygon_rings(const Polygon& polygon, const MapTransform& transform) {
  json rings = json::array();
  for (const Ring& ring : mapped_rings(polygon, transform)) {
    json points = json::array();
    for (const Point& p : ring) points.push_back({p.x, p.y});
    rings.push_back(std::move(points));
  }
  return rings;
}

// Positive area in the coordinates written is counterclockwise there.
Ring mapped_ring(const Ring& pixels, const MapTransform& t, bool counterclockwise) {
  Ring mapped;
  mapped.reserve(pixels.size() + 1);
  for (const Point& p : pixels) {
    mapped.push_back({t[0] + t[1] * p.x + t[2] * p.y, t[3] + t[4] * p.x + t[5] * p.y});
  }
  if ((signed_area(mapped) > 0) != counterclockwise) std::reverse(mapped.begin(), mapped.end());
  if (!mapped.empty()) mapped.push_back(mapped.front());
  return mapped;
}

}  // namespace

MapTransform map_transform(const GeoJsonOptions& options) {
  const MapTransform t = options.transform.value_or(MapTransform{0, 1, 0, 0, 0, 1});
  const double determinant = t[1] * t[5] - t[2] * t[4];
  if (!std::isfinite(determinant + t[0] + t[3]) || determinant == 0) {
    fail(ErrorCode::invalid_argument, "map transform must be finite and invertible");
  }
  return t;
}

std::vector<Ring> mapped_rings(const Polygon& polygon, const MapTransform& transform) {
  std::vector<Ring> rings = {mapped_ring(polygon.outer, transform, true)};
  for (const Ring& hole : polygon.holes) rings.push_back(mapped_ring(hole, transform, false));
  return rings;
}

json geojson_properties(const std::string& image, const results::Segment& segment,
                        const classify::Vocabulary& vocabulary) {
  return {{"id", segment.id},
          {"class_id", class_at(vocabulary, segment.class_index).id},
          {"name", class_name(vocabulary, segment.class_index)},
          {"isthing", segment.is_thing},
          {"score", segment.score},
          {"area_px", segment.area_px},
          {"image", image}};
}

json geojson(const ImageInfo& image, const std::vector<Outline>& outlines,
             const classify::Vocabulary& vocabulary, const GeoJsonOptions& options) {
  const MapTransform transform = map_transform(options);
  json features = json::array();
  for (const Outline& outline : outlines) {
    const results::Segment& segment = *outline.segment;
    json geometry = nullptr;  // RFC 7946: unlocated
    if (outline.polygons.size() == 1) {
      geometry = {{"type", "Polygon"},
                  {"coordinates", polygon_rings(outline.polygons[0], transform)}};
    } else if (outline.polygons.size() > 1) {
      json parts = json::array();
      for (const Polygon& polygon : outline.polygons) {
        parts.push_back(polygon_rings(polygon, transform));
      }
      geometry = {{"type", "MultiPolygon"}, {"coordinates", std::move(parts)}};
    }
    features.push_back({{"type", "Feature"},
                        {"geometry", std::move(geometry)},
                        {"properties", geojson_properties(image.file_name, segment, vocabulary)}});
  }
  json collection = {{"type", "FeatureCollection"}, {"features", std::move(features)}};
  if (!options.crs.empty()) {
    collection["crs"] = {{"type", "name"}, {"properties", {{"name", options.crs}}}};
  }
  return collection;
}

}  // namespace fcclip::outputs
