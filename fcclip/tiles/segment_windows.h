#pragma once
// A picture of any size through the network, window after window.

#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "fcclip/core/log.h"
#include "fcclip/image/read_options.h"
#include "fcclip/segmenter/segmenter.h"
#include "fcclip/segmenter/views.h"
#include "fcclip/tiles/tiled_outputs.h"

namespace fcclip::tiles {

/// Above so many pixels pictures are taken in windows without being asked to: 16,384 × 16,384, which
/// no camera reaches. Below, the network sees a picture as a whole.
inline constexpr int64_t kWholeAtMost = int64_t{1} << 28;

/// How a picture is asked.
struct WindowJob {
  std::filesystem::path picture;
  std::string name;  ///< as the files call it
  TileOptions tiles;
  image::ReadOptions reading;
  segmenter::AskOptions ask;
  segmenter::EncodeSize size;
  segmenter::Views views = segmenter::Views::one;
  std::string write;  ///< kinds, as tiled_output_kinds takes them
  outputs::RenderOptions rendering;
  runs::OutputFolder* folder = nullptr;      ///< null: nothing is written
  std::vector<std::filesystem::path> stems;  ///< of each question's files
};

/// What is told of a picture.
struct WindowsDone {
  /// Of each question: size and segments; ids are in the files alone.
  std::vector<results::Segmentation> answers;
  std::vector<std::vector<std::filesystem::path>> files;
  int64_t windows = 0, empty = 0;  ///< of all, those without a valid pixel
  Size overview;
};

/// Every question of every window, put together and written. In memory are a row of windows' pixels
/// and ids, a window, and the list of segments; the maps pass through files without a name in the
/// output folder (else the system's for temporary files). `progress` counts windows, and is asked
/// between the network's parts too. Throws Error{bad_format, not_found, too_large} of the picture;
/// Error{invalid_argument} for tiles, task or kinds that don't fit; Error{io_failure, interrupted}:
/// then no file of the picture is there that was not there before.
WindowsDone segment_windows(const segmenter::Segmenter& segmenter,
                            std::span<const segmenter::PreparedVocabulary> questions,
                            const WindowJob& job, const Progress& progress = {});

}  // namespace fcclip::tiles
