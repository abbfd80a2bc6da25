#pragma once
// One picture a segment: crops, cut-outs and masks.

#include <filesystem>

#include "apps/outputs.h"

namespace fcclip::apps {

/// Most segments of one picture that get a file of their own.
inline constexpr int64_t kMostSegmentPictures = 1000;

/// <folder of the stem>/<kind>/<stem>.<id>.<class>.png for each segment:
///   crops    the picture cut at the segment's box
///   cutouts  the same with alpha, transparent (and black) outside the mask
///   masks    as large as the picture, 255 inside the mask and 0 outside
/// and behind them <stem>.<kind>.json, which lists them and replaces those that it listed before
/// and no longer does. Beyond kMostSegmentPictures only the first segments, which
/// answer.log is told.
std::vector<OutputFile> segment_pictures(OutputKind kind, const std::filesystem::path& stem,
                                         const Answer& answer, const results::Segmentation& result);

}  // namespace fcclip::apps
