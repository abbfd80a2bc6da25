#pragma once
// What is written of a picture that was segmented in windows.

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "fcclip/classify/vocabulary.h"
#include "fcclip/core/progress.h"
#include "fcclip/image/geo_tiff.h"
#include "fcclip/outputs/render.h"
#include "fcclip/runs/output_folder.h"
#include "fcclip/tiles/mosaic.h"
#include "fcclip/tiles/overview.h"

namespace fcclip::tiles {

/// Kinds that a picture of any size has: overlay (of the overview), panoptic (<stem>.panoptic.tif,
/// segment ids), semantic (<stem>.semantic.tif, class positions), segments, geojson.
/// Of those that `text` asks for as outputs::parse_output_kinds reads it; of "all" what there is;
/// empty: all five, but geojson of pictures that lie on the map alone. Throws
/// Error{invalid_argument} for another kind.
std::set<outputs::OutputKind> tiled_output_kinds(const std::string& text, bool on_the_map);

/// The file of a kind.
std::filesystem::path tiled_output_path(const std::filesystem::path& stem, outputs::OutputKind kind,
                                        const outputs::OverlayStyle& style);

/// What the files say beside the segments.
struct TiledPicture {
  std::string name;  ///< as in COCO's file_name
  results::Task task = results::Task::panoptic;
  TileOptions tiles;
  double min_score = 0;
  image::GeoTags geo_tags;
  std::optional<image::GeoReference> place;
};

/// What becomes of an answer.
struct TiledOutput {
  std::set<outputs::OutputKind> kinds;   ///< of tiled_output_kinds
  std::filesystem::path stem;            ///< of the files, without the kinds' endings
  outputs::RenderOptions rendering;      ///< tolerance of outlines, looks of the overview
  runs::OutputFolder* folder = nullptr;  ///< there when there are kinds
};

/// One question's answer.
struct TiledAnswer {
  Mosaic& mosaic;      ///< finished, at its first row
  Overview& overview;  ///< with pixels
  const std::vector<results::Segment>& segments;
  const classify::Vocabulary& vocabulary;
};

/// Goes over the map once and writes every kind; the files appear together at the end. `progress`
/// counts rows. Returns the files. Throws Error{io_failure, interrupted}, and then no file is there.
std::vector<std::filesystem::path> write_tiled(const TiledAnswer& answer,
                                               const TiledPicture& picture,
                                               const TiledOutput& output,
                                               const Progress& progress = {});

}  // namespace fcclip::tiles
