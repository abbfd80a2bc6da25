#pragma once
// The keys of a GeoTIFF that say what its coordinates mean (OGC 19-008, section 7). Internal to the
// folder.

#include <optional>
#include <string>
#include <vector>

namespace fcclip::image {

/// The keys of one file.
class GeoKeys {
 public:
  /// The values of tags 34735, 34736 and 34737.
  GeoKeys(std::vector<uint16_t> directory, std::vector<double> reals, std::string text)
      : directory_(std::move(directory)), reals_(std::move(reals)), text_(std::move(text)) {}

  /// A key stored in the directory itself; 0 when it is not there.
  int number(int key) const;
  std::optional<double> real(int key) const;
  /// Without the bar at its end.
  std::string text(int key) const;

 private:
  // Where the key's value lies and how many there are; nothing when `place` is another.
  std::optional<std::pair<size_t, size_t>> find(int key, int place) const;

  std::vector<uint16_t> directory_;
  std::vector<double> reals_;
  std::string text_;
};

/// A coordinate system that the keys spell out, as PROJ and GDAL read it: "+proj=aea +lat_1=29.5
/// …". Empty when the keys don't spell out one, or use a method that is not known here.
std::string proj_definition(const GeoKeys& keys);

}  // namespace fcclip::image
