#include "fcclip/image/geo_tiff.h"

#include <cmath>
#include <fstream>
#include <vector>

#include "fcclip/image/codec.h"
#include "fcclip/image/geo_keys.h"
#include "fcclip/image/tiff_file.h"
#include "fcclip/io/atomic_file.h"

namespace fcclip::image {
namespace {

constexpr uint32_t kModelPixelScale = 33550, kModelTiepoint = 33922, kModelTransformation = 34264;
constexpr uint32_t kGeoKeyDirectory = 34735, kGeoRealParameters = 34736, kGeoTextParameters = 34737;
constexpr int kModelType = 1024, kProjectedModel = 1, kRasterType = 1025, kGeodeticCrs = 2048,
              kProjectedCrs = 3072;
constexpr int kCitation = 1026, kProjectedCitation = 3073;
constexpr int kPixelIsPoint = 2, kUserDefined = 32767;

// libtiff registers tags it does not know while it reads a directory, as lists of whatever type
// the file gives them.
template <typename T>
std::vector<T> values(const TiffFile& file, uint32_t tag, TIFFDataType type,
                      std::string_view name) {
  const TIFFField* field = TIFFFindField(file.handle(), tag, TIFF_ANY);
  if (field == nullptr) return {};
  uint32_t count = 0;
  T* data = nullptr;
  if (TIFFFieldDataType(field) != type || TIFFFieldPassCount(field) == 0 ||
      TIFFFieldReadCount(field) != TIFF_VARIABLE2) {
    refuse(name, "damaged GeoTIFF: tag ", tag, " has an unexpected type");
  }
  if (TIFFGetField(file.handle(), tag, &count, &data) != 1 || data == nullptr) return {};
  return {data, data + count};
}

GeoKeys read_geo_keys(const TiffFile& file, std::string_view name) {
  return {values<uint16_t>(file, kGeoKeyDirectory, TIFF_SHORT, name),
          values<double>(file, kGeoRealParameters, TIFF_DOUBLE, name),
          file.text(kGeoTextParameters)};
}

bool read_transform(const TiffFile& file, std::string_view name, std::array<double, 6>& t) {
  const auto scale = values<double>(file, kModelPixelScale, TIFF_DOUBLE, name);
  const auto tie = values<double>(file, kModelTiepoint, TIFF_DOUBLE, name);
  const auto matrix = values<double>(file, kModelTransformation, TIFF_DOUBLE, name);
  if (scale.size() >= 2 && tie.size() >= 6) {
    // A tie point: pixel x, y, z, then map X, Y, Z. Rows go south.
    t = {tie[3] - tie[0] * scale[0], scale[0], 0, tie[4] + tie[1] * scale[1], 0, -scale[1]};
    return true;
  }
  if (matrix.empty()) return false;
  if (matrix.size() < 16)
    refuse(name, "damaged GeoTIFF: a transformation of ", matrix.size(), " numbers, expected 16");
  t = {matrix[3], matrix[0], matrix[1], matrix[7], matrix[4], matrix[5]};
  return true;
}

void read_coordinate_system(const GeoKeys& keys, GeoReference& found) {
  const int projected = keys.number(kProjectedCrs), geodetic = keys.number(kGeodeticCrs);
  // A projection without a code says nothing by the code of the ellipsoid beneath it.
  const bool on_the_plane = projected != 0 || keys.number(kModelType) == kProjectedModel;
  found.epsg = on_the_plane ? projected : geodetic;
  if (found.epsg != kUserDefined && found.epsg != 0) return;
  found.epsg = 0;
  found.proj = proj_definition(keys);
  for (const int key : {kProjectedCitation, kCitation}) {
    if (found.called.empty() || found.called == "unknown") found.called = keys.text(key);
  }
  if (found.called == "unknown") found.called.clear();
}

bool begins_as_tiff(std::string_view bytes) {
  using namespace std::string_view_literals;
  const std::string_view start = bytes.substr(0, 4);
  return start == "II*\0"sv || start == "MM\0*"sv || start == "II+\0"sv || start == "MM\0+"sv;
}

}  // namespace

std::string GeoReference::crs() const {
  return epsg != 0 ? crs_name(epsg) : proj;
}

std::string GeoReference::caution() const {
  if (epsg != 0) return "";
  if (called.empty() && proj.empty()) {
    return "it names no coordinate system; its map coordinates are written without one, and "
           "readers "
           "will take them for degrees";
  }
  std::string text = "its map coordinates are of a projection without an EPSG code";
  if (!called.empty()) text += " (called \"" + called + "\")";
  if (proj.empty()) {
    return text + " and are written without one; readers will take them for degrees";
  }
  return text + "; readers that expect degrees put them elsewhere: ogr2ogr -s_srs \"" + proj +
         "\" -t_srs EPSG:4326 OUT.geojson IN.geojson converts them";
}

std::optional<GeoReference> decode_geo_reference(std::string_view bytes, std::string_view name) {
  if (!begins_as_tiff(bytes)) return std::nullopt;
  const TiffFile file(bytes);
  if (file.handle() == nullptr) refuse(name, "damaged or truncated TIFF: it has no directory");
  GeoReference found;
  if (!read_transform(file, name, found.transform)) return std::nullopt;
  const GeoKeys keys = read_geo_keys(file, name);
  std::array<double, 6>& t = found.transform;
  if (keys.number(kRasterType) == kPixelIsPoint) {
    t[0] -= (t[1] + t[2]) / 2;
    t[3] -= (t[4] + t[5]) / 2;
  }
  const double determinant = t[1] * t[5] - t[2] * t[4];
  if (!std::isfinite(determinant + t[0] + t[3]) || determinant == 0) {
    refuse(name, "damaged GeoTIFF: its map coordinates are not finite or flatten the picture");
  }
  if (file.field<uint16_t>(TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT) != ORIENTATION_TOPLEFT) {
    refuse(name, "a GeoTIFF that is stored turned has no map coordinates here; store it upright");
  }
  read_coordinate_system(keys, found);
  return found;
}

GeoTags decode_geo_tags(std::string_view bytes, std::string_view name) {
  if (!begins_as_tiff(bytes)) return {};
  const TiffFile file(bytes);
  if (file.handle() == nullptr) refuse(name, "damaged or truncated TIFF: it has no directory");
  GeoTags tags;
  tags.scale = values<double>(file, kModelPixelScale, TIFF_DOUBLE, name);
  tags.tie_points = values<double>(file, kModelTiepoint, TIFF_DOUBLE, name);
  tags.transformation = values<double>(file, kModelTransformation, TIFF_DOUBLE, name);
  tags.keys = values<uint16_t>(file, kGeoKeyDirectory, TIFF_SHORT, name);
  tags.reals = values<double>(file, kGeoRealParameters, TIFF_DOUBLE, name);
  tags.text = file.text(kGeoTextParameters);
  return tags;
}

std::optional<GeoReference> read_geo_reference(const std::filesystem::path& path) {
  char start[4] = {};
  std::ifstream(path, std::ios::binary).read(start, sizeof start);
  // Other pictures are not read a second time.
  if (std::string_view(start, 2) != "II" && std::string_view(start, 2) != "MM") return std::nullopt;
  return decode_geo_reference(io::read_file(path), path.string());
}

std::string crs_name(int epsg) {
  if (epsg == 0) return "";
  if (epsg == 4326) return "urn:ogc:def:crs:OGC:1.3:CRS84";
  return "urn:ogc:def:crs:EPSG::" + std::to_string(epsg);
}

}  // namespace fcclip::image
