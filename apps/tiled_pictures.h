#pragma once
// `segment` of pictures that are taken in windows.

#include "fcclip/runs/segment_run.h"
#include "fcclip/tiles/window_grid.h"

namespace fcclip::apps {

/// How the answers are told.
struct TiledTelling {
  bool json = false, quiet = false;
  /// The same command has a run over pictures that are seen as a whole, whose record is run.json:
  /// the one of windows is then run.windows.json.
  bool beside_whole = false;
};

/// Segments the shard's part of plan.pictures one after another, and records how in the folder.
/// What one of them fails by is told and counted. Throws Error{invalid_argument} for what windows
/// don't have (a place, several sizes, standard input, kinds of output); Error{interrupted}.
runs::RunCount run_tiled(const segmenter::Segmenter& segmenter, const runs::SegmentPlan& plan,
                         const tiles::TileOptions& tiles, const TiledTelling& telling);

}  // namespace fcclip::apps
