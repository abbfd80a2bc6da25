#pragma once
// --tile and --overlap: pictures that are segmented in windows.

#include <optional>
#include <vector>

#include <CLI/CLI.hpp>

#include "apps/segment_options.h"
#include "fcclip/runs/segment_run.h"
#include "fcclip/tiles/window_grid.h"

namespace fcclip::apps {

struct TileFlags {
  std::optional<int64_t> tile, overlap;
};

void add_tile_flags(CLI::App& command, TileFlags& flags);

/// What was given, else the usual. Throws Error{invalid_argument} for an overlap of more than half
/// the tile.
tiles::TileOptions tile_options(const TileFlags& flags);

/// Takes out of `pictures` those that are to be segmented in windows: all where a flag was given, else
/// those that are too large to be seen as a whole.
std::vector<runs::InputPicture> take_tiled(const TileFlags& flags,
                                           std::vector<runs::InputPicture>& pictures);

}  // namespace fcclip::apps
