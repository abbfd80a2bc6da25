#pragma once
// GeoJSON of segments whose pieces come one by one and in any order.

#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

#include "fcclip/classify/vocabulary.h"
#include "fcclip/outputs/outline_writers.h"
#include "fcclip/results/segmentation.h"
#include "fcclip/tiles/scratch_file.h"

namespace fcclip::tiles {

/// Keeps pieces in a file without a name until all are there; in memory is where each stands.
class OutlineFile {
 public:
  /// `scratch`: a folder. Throws Error{io_failure}; Error{invalid_argument} for a transform that
  /// flattens the plane.
  OutlineFile(const std::filesystem::path& scratch, const outputs::GeoJsonOptions& options);

  /// A piece of segment `id`. Throws Error{io_failure}: a full disk.
  void add(int32_t id, const outputs::Polygon& polygon);

  /// outputs::geojson's FeatureCollection, a feature a line, to a new file at `path`. Throws
  /// Error{io_failure} naming `shown`.
  void write(const std::filesystem::path& path, const std::filesystem::path& shown,
             const std::string& image, const std::vector<results::Segment>& segments,
             const classify::Vocabulary& vocabulary);

 private:
  struct Piece {
    int32_t id;
    uint32_t bytes;
    int64_t begin;
  };
  void copy_pieces(const std::vector<Piece>::const_iterator& begin,
                   const std::vector<Piece>::const_iterator& end, std::ostream& out) const;

  std::filesystem::path folder_;
  std::string crs_;
  outputs::MapTransform transform_;
  ScratchFile file_;
  std::vector<Piece> pieces_;
  int64_t position_ = 0;
};

}  // namespace fcclip::tiles
