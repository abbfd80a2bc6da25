#include "fcclip/image/geo_keys.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <initializer_list>

namespace fcclip::image {
namespace {

constexpr uint16_t kDirectoryPlace = 0, kRealsPlace = 34736, kTextPlace = 34737;
constexpr int kModelKind = 1024, kGeographicModel = 2;
constexpr int kGeodeticCode = 2048, kDatumCode = 2050, kEllipsoidCode = 2056;
constexpr int kSemiMajor = 2057, kSemiMinor = 2058, kInverseFlattening = 2059;
constexpr int kProjection = 3074, kMethod = 3075, kUnits = 3076, kUnitSize = 3077;
constexpr int kParallel1 = 3078, kParallel2 = 3079;
constexpr int kOriginLongitude = 3080, kOriginLatitude = 3081;
constexpr int kOriginScale = 3092, kCentreScale = 3093, kPoleLongitude = 3095;

std::string parameter(const char* name, double value) {
  std::array<char, 64> text;
  std::snprintf(text.data(), text.size(), " +%s=%.15g", name, value);
  return text.data();
}

// The same parameter has other keys with other methods: natural origin, false origin, centre.
double first_of(const GeoKeys& keys, std::initializer_list<int> candidates, double otherwise) {
  for (const int key : candidates) {
    if (const std::optional<double> value = keys.real(key)) return *value;
  }
  return otherwise;
}

struct GeoMethod {
  int code;
  const char* name;
  bool parallels = false;       ///< +lat_1, +lat_2
  bool true_scale = false;      ///< +lat_ts from the first parallel
  bool scale = false;           ///< +k_0
  bool origin_latitude = true;  ///< +lat_0
};

constexpr std::array<GeoMethod, 18> kMethods = {{{1, "tmerc", false, false, true},
                                                 {7, "merc", false, true, true, false},
                                                 {8, "lcc", true},
                                                 {9, "lcc", false, false, true},
                                                 {10, "laea"},
                                                 {11, "aea", true},
                                                 {12, "aeqd"},
                                                 {14, "stere", false, false, true},
                                                 {16, "sterea", false, false, true},
                                                 {17, "eqc", false, true},
                                                 {18, "cass"},
                                                 {19, "gnom"},
                                                 {20, "mill", false, false, false, false},
                                                 {21, "ortho"},
                                                 {22, "poly"},
                                                 {23, "robin", false, false, false, false},
                                                 {24, "sinu", false, false, false, false},
                                                 {28, "cea", false, true, false, false}}};

std::string ellipsoid(const GeoKeys& keys) {
  struct Known {
    int geodetic, datum;
    const char* definition;
  };
  constexpr std::array<Known, 4> kDatums = {{{4326, 6326, " +datum=WGS84"},
                                             {4269, 6269, " +datum=NAD83"},
                                             {4267, 6267, " +datum=NAD27"},
                                             {4258, 6258, " +ellps=GRS80"}}};
  for (const Known& known : kDatums) {
    if (keys.number(kGeodeticCode) == known.geodetic || keys.number(kDatumCode) == known.datum)
      return known.definition;
  }
  if (const std::optional<double> major = keys.real(kSemiMajor)) {
    if (const auto flattening = keys.real(kInverseFlattening)) {
      return parameter("a", *major) + parameter("rf", *flattening);
    }
    return parameter("a", *major) + parameter("b", keys.real(kSemiMinor).value_or(*major));
  }
  constexpr std::array<std::pair<int, const char*>, 4> kEllipsoids = {{{7030, " +ellps=WGS84"},
                                                                       {7019, " +ellps=GRS80"},
                                                                       {7008, " +ellps=clrk66"},
                                                                       {7004, " +ellps=bessel"}}};
  for (const auto& [code, definition] : kEllipsoids) {
    if (keys.number(kEllipsoidCode) == code) return definition;
  }
  return "";
}

std::string units(const GeoKeys& keys) {
  switch (keys.number(kUnits)) {
    case 0:
    case 9001:
      return " +units=m";
    case 9002:
      return " +units=ft";
    case 9003:
      return " +units=us-ft";
    case 9036:
      return " +units=km";
    default:
      break;
  }
  const std::optional<double> size = keys.real(kUnitSize);
  return size ? parameter("to_meter", *size) : "";
}

std::string polar_stereographic(const GeoKeys& keys) {
  const double latitude = first_of(keys, {kOriginLatitude, kParallel1}, 90);
  return "+proj=stere" + parameter("lat_0", latitude < 0 ? -90 : 90) +
         parameter("lat_ts", latitude) +
         parameter("lon_0", first_of(keys, {kPoleLongitude, kOriginLongitude}, 0)) +
         parameter("k_0", first_of(keys, {kOriginScale, kCentreScale}, 1));
}

std::string named_method(const GeoKeys& keys, const GeoMethod& method) {
  std::string text = std::string("+proj=") + method.name;
  const double latitude = first_of(keys, {kOriginLatitude, 3085, 3089}, 0);
  const bool tangent = std::string_view(method.name) == "lcc" && !method.parallels;
  if (method.origin_latitude) text += parameter("lat_0", latitude);
  if (tangent) text += parameter("lat_1", latitude);
  text += parameter("lon_0", first_of(keys, {kOriginLongitude, 3084, 3088, kPoleLongitude}, 0));
  if (method.parallels) {
    const double first = first_of(keys, {kParallel1}, latitude);
    text += parameter("lat_1", first) + parameter("lat_2", first_of(keys, {kParallel2}, first));
  }
  if (method.true_scale && keys.real(kParallel1))
    text += parameter("lat_ts", *keys.real(kParallel1));
  if (method.scale) text += parameter("k_0", first_of(keys, {kOriginScale, kCentreScale}, 1));
  return text;
}

std::string projection(const GeoKeys& keys) {
  const int known = keys.number(kProjection);
  if (known > 16000 && known <= 16060) return "+proj=utm +zone=" + std::to_string(known - 16000);
  if (known > 16100 && known <= 16160)
    return "+proj=utm +zone=" + std::to_string(known - 16100) + " +south";
  const int code = keys.number(kMethod);
  std::string text;
  if (code == 15) {
    text = polar_stereographic(keys);
  } else {
    const auto method = std::find_if(kMethods.begin(), kMethods.end(),
                                     [code](const GeoMethod& one) { return one.code == code; });
    if (method == kMethods.end()) return "";
    text = named_method(keys, *method);
  }
  return text + parameter("x_0", first_of(keys, {3082, 3086, 3090}, 0)) +
         parameter("y_0", first_of(keys, {3083, 3087, 3091}, 0));
}

}  // namespace

std::optional<std::pair<size_t, size_t>> GeoKeys::find(int key, int place) const {
  // A header of four numbers, the last of them the count, then four a key: key, place, count,
  // value.
  if (directory_.size() < 4) return std::nullopt;
  for (size_t i = 4; i + 3 < directory_.size() && i < 4 + 4 * size_t{directory_[3]}; i += 4) {
    if (directory_[i] == key && directory_[i + 1] == place)
      return std::pair<size_t, size_t>{directory_[i + 3], directory_[i + 2]};
  }
  return std::nullopt;
}

int GeoKeys::number(int key) const {
  const auto found = find(key, kDirectoryPlace);
  return found ? static_cast<int>(found->first) : 0;
}

std::optional<double> GeoKeys::real(int key) const {
  const auto found = find(key, kRealsPlace);
  if (!found || found->first >= reals_.size() || !std::isfinite(reals_[found->first]))
    return std::nullopt;
  return reals_[found->first];
}

std::string GeoKeys::text(int key) const {
  const auto found = find(key, kTextPlace);
  if (!found || found->first >= text_.size()) return "";
  std::string value = text_.substr(found->first, found->second);
  value.erase(
      std::find_if(value.begin(), value.end(), [](char c) { return c == '|' || c == '\0'; }),
      value.end());
  return value;
}

std::string proj_definition(const GeoKeys& keys) {
  const std::string body = ellipsoid(keys);
  if (body.empty()) return "";
  if (keys.number(kModelKind) == kGeographicModel) return "+proj=longlat" + body + " +no_defs";
  const std::string text = projection(keys);
  return text.empty() ? "" : text + body + units(keys) + " +no_defs";
}

}  // namespace fcclip::image
