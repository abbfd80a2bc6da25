#include "apps/tile_flags.h"

#include <filesystem>
#include <system_error>

#include "apps/option_checks.h"
#include "fcclip/image/picture_rows.h"
#include "fcclip/tiles/segment_windows.h"

namespace fcclip::apps {
namespace {

namespace fs = std::filesystem;

// Of a folder with a million photographs not every header is read twice: below this size only a TIFF,
// which may leave out what is empty, holds so many pixels.
constexpr uintmax_t kSmallFile = uintmax_t{1} << 20;

bool is_too_large(const fs::path& path) {
  std::error_code error;
  const std::string ending = path.extension().string();
  const bool is_tiff = ending.size() > 1 && (ending[1] == 't' || ending[1] == 'T');
  if (path.empty() || (!is_tiff && fs::file_size(path, error) < kSmallFile) || error) return false;
  const auto size = image::header_size(path);
  return size && size->width > 0 && size->height > tiles::kWholeAtMost / size->width;
}

}  // namespace

void add_tile_flags(CLI::App& command, TileFlags& flags) {
  constexpr int64_t kLargestTile = 16384;
  command.option_defaults()->group("Large pictures");
  command
      .add_option("--tile", flags.tile,
                  "Segment in windows of so many pixels and join what they find; default 1024 for "
                  "pictures above 16384 x 16384 pixels, others as a whole")
      ->type_name("PIXELS")
      ->check(whole_number(tiles::kLeastTile, kLargestTile));
  command
      .add_option("--overlap", flags.overlap,
                  "What neighbouring windows have in common, in pixels; default an eighth of the "
                  "tile")
      ->type_name("PIXELS")
      ->check(whole_number(0, kLargestTile));
}

tiles::TileOptions tile_options(const TileFlags& flags) {
  tiles::TileOptions options;
  options.tile = flags.tile.value_or(options.tile);
  options.overlap = flags.overlap.value_or(options.tile / 8);
  tiles::check_tiles(options);
  return options;
}

std::vector<runs::InputPicture> take_tiled(const TileFlags& flags,
                                           std::vector<runs::InputPicture>& pictures) {
  std::vector<runs::InputPicture> taken;
  if (flags.tile || flags.overlap) {
    taken.swap(pictures);
    return taken;
  }
  std::erase_if(pictures, [&taken](const runs::InputPicture& picture) {
    if (!is_too_large(picture.path)) return false;
    taken.push_back(picture);
    return true;
  });
  return taken;
}

}  // namespace fcclip::apps
