#pragma once
// Where the pixels of a GeoTIFF lie on the map (OGC 19-008, "GeoTIFF Standard").

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fcclip::image {

/// From pixels to the map.
struct GeoReference {
  /// Pixel corners to map coordinates in GDAL's order: X = t0 + t1·x + t2·y, Y = t3 + t4·x + t5·y.
  std::array<double, 6> transform = {0, 1, 0, 0, 0, 1};
  /// EPSG code of the coordinate system; 0 when the file tells none.
  int epsg = 0;
  /// Without a code: the projection as PROJ and GDAL read it ("+proj=aea …"), "" when that is not
  /// known either; and what the file calls it.
  std::string proj, called;

  /// For GeoJSON's "crs": crs_name(epsg), else `proj`.
  std::string crs() const;
  /// What readers must know of coordinates without a code; "" when there is a code.
  std::string caution() const;
};

/// From ModelPixelScale with the first ModelTiepoint, or from ModelTransformation; with
/// RasterPixelIsPoint moved by half a pixel, so that coordinates are always of pixel corners.
/// Nothing for other pictures, TIFFs without such tags, and those that only have control points
/// (tie points without a scale). Throws Error{not_found, io_failure}; Error{bad_format} for tags of
/// the wrong type or length, values that are not finite or flatten the plane, and for turned
/// pictures (Orientation other than 1).
std::optional<GeoReference> read_geo_reference(const std::filesystem::path& path);
std::optional<GeoReference> decode_geo_reference(std::string_view bytes, std::string_view name);

/// The tags themselves, to be put into another TIFF of the same pixels.
struct GeoTags {
  std::vector<double> scale, tie_points, transformation, reals;
  std::vector<uint16_t> keys;
  std::string text;
  bool empty() const { return scale.empty() && transformation.empty() && tie_points.empty(); }
};

/// Empty for other pictures and TIFFs without such tags. Throws Error{bad_format} for tags of the
/// wrong type.
GeoTags decode_geo_tags(std::string_view bytes, std::string_view name);

/// The name of a coordinate system for GeoJSON's "crs": "urn:ogc:def:crs:EPSG::32633", CRS84 for
/// EPSG:4326 (longitude first, as GeoJSON writes it), "" for 0.
std::string crs_name(int epsg);

}  // namespace fcclip::image
