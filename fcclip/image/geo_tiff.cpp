#include "fcclip/image/geo_tiff.h"

#include <cmath>
#include <fstream>
#include <vector>

#include "fcclip/image/codec.h"
#include "fcclip/image/tiff_file.h"
#include "fcclip/io/atomic_file.h"

namespace fcclip::image {
namespace {

constexpr uint32_t kModelPixelScale = 33550, kModelTiepoint = 33922, kModelTransformation = 34264;
constexpr uint32_t kGeoKeyDirectory = 34735;
constexpr int kRasterType = 1025, kGeodeticCrs = 2048, kProjectedCrs = 3072;
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

// The value of a key that is stored in the directory itself; 0 when it is not there.
int geo_key(const std::vector<uint16_t>& directory, int key) {
  // A header of four numbers, the last of them the count, then four a key: key, place, count,
  // value.
  if (directory.size() < 4) return 0;
  for (size_t i = 4; i + 3 < directory.size() && i < 4 + 4 * size_t{directory[3]}; i += 4) {
    if (directory[i] == key && directory[i + 1] == 0) return directory[i + 3];
  }
  return 0;
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

}  // namespace

std::optional<GeoReference> decode_geo_reference(std::string_view bytes, std::string_view name) {
  const std::string_view start = bytes.substr(0, 4);
  using namespace std::string_view_literals;
  if (start != "II*\0"sv && start != "MM\0*"sv && start != "II+\0"sv && start != "MM\0+"sv) {
    return std::nullopt;
  }
  TiffFile file(bytes);
  if (file.handle() == nullptr) refuse(name, "damaged or truncated TIFF: ", file.message());
  GeoReference found;
  if (!read_transform(file, name, found.transform)) return std::nullopt;
  const auto keys = values<uint16_t>(file, kGeoKeyDirectory, TIFF_SHORT, name);
  std::array<double, 6>& t = found.transform;
  if (geo_key(keys, kRasterType) == kPixelIsPoint) {
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
  const int projected = geo_key(keys, kProjectedCrs), geodetic = geo_key(keys, kGeodeticCrs);
  found.epsg = projected != 0 ? projected : geodetic;
  if (found.epsg == kUserDefined) found.epsg = 0;
  return found;
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
