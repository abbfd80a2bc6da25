#pragma once
// Formats made of outlines: labelme, YOLO segmentation, GeoJSON. Pure functions on outlines.

#include <array>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "fcclip/classify/vocabulary.h"
#include "fcclip/outputs/coco_json.h"
#include "fcclip/outputs/polygon.h"
#include "fcclip/results/segmentation.h"

namespace fcclip::outputs {

/// A segment and its outline, in pieces.
struct Outline {
  const results::Segment* segment;  ///< must outlive this
  std::vector<Polygon> polygons;
};

/// The outlines of all segments, in the picture's pixels; tolerance as for mask_polygons.
std::vector<Outline> outlines(const results::Segmentation& segmentation, double tolerance_px);

/// labelme's file: a shape a piece, pieces of one segment with one group_id; holes joined to their
/// outline. imageData is null: labelme opens imagePath beside the file. Throws
/// Error{invalid_argument} for a class that is not in the vocabulary.
nlohmann::json labelme_json(const ImageInfo& image, const std::vector<Outline>& outlines,
                            const classify::Vocabulary& vocabulary);

/// YOLO's segmentation labels: a line a segment, "class x y x y …" in parts of width and height;
/// the class is the position in the vocabulary. Segments without outline are left out. Throws
/// Error{invalid_argument} for an empty image or a class below 0.
std::string yolo_text(Size size, const std::vector<Outline>& outlines);
/// Where a YOLO data set's pictures are.
struct YoloPictures {
  std::string root;        ///< absolute
  std::string train, val;  ///< below root; may be the same folder
  std::string comment;     ///< a line for the reader, without '#'; empty: none
};
/// The data.yaml that ultralytics takes: path, train, val, and under "names:" a line a class.
std::string yolo_data_yaml(const classify::Vocabulary& vocabulary, const YoloPictures& pictures);

/// Pixel to map coordinates, in GDAL's order: X = t0 + t1·x + t2·y, Y = t3 + t4·x + t5·y.
using MapTransform = std::array<double, 6>;

/// Where the picture lies, and how coarse outlines may be.
struct GeoJsonOptions {
  std::optional<MapTransform> transform;  ///< pixel coordinates, y down, when there is none
  std::string crs;                        ///< "EPSG:32633"; empty: no "crs" member
};

/// Its transform, or pixels as they are. Throws Error{invalid_argument} when it is not finite or
/// flattens the plane.
MapTransform map_transform(const GeoJsonOptions& options);
/// A polygon's rings in map coordinates as GeoJSON has them: the outer one first, counterclockwise
/// there, holes the other way, each closed by its first point.
std::vector<Ring> mapped_rings(const Polygon& polygon, const MapTransform& transform);
/// What a feature says of its segment. Throws as labelme_json.
nlohmann::json geojson_properties(const std::string& image, const results::Segment& segment,
                                  const classify::Vocabulary& vocabulary);

/// A FeatureCollection: a Polygon or MultiPolygon a segment, outer rings counterclockwise in the
/// coordinates written, rings closed; properties id, class_id, name, isthing, score, area_px,
/// image. Throws as labelme_json; Error{invalid_argument} when the transform is not finite or
/// flattens the plane.
nlohmann::json geojson(const ImageInfo& image, const std::vector<Outline>& outlines,
                       const classify::Vocabulary& vocabulary, const GeoJsonOptions& options = {});

/// A COCO data set of one image as annotation tools import it (CVAT, Label Studio, supervision):
/// {"info", "licenses", "images", "annotations" with polygons, area, bbox, iscrowd 0 and score,
/// "categories"}; a ring a piece, holes joined to their outline. Categories have the displayed name
/// alone, which is what the tools' labels are matched by; their ids are the vocabulary's, all one
/// higher where those begin at 0, which CVAT refuses. Segments without outline are left out. Throws
/// as labelme_json.
nlohmann::json coco_outline_document(const ImageInfo& image, const std::vector<Outline>& outlines,
                                     const classify::Vocabulary& vocabulary);
/// Several such documents of one vocabulary as one: images and annotations numbered anew from 1.
/// Throws Error{bad_format} when a part is missing or annotations name an image that is not theirs.
nlohmann::json join_coco_documents(const std::vector<nlohmann::json>& documents);

}  // namespace fcclip::outputs
