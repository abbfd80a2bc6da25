#pragma once
// One picture a segment: crops, cut-outs and masks.

#include <set>
#include <string_view>

#include "fcclip/outputs/render.h"

namespace fcclip::outputs {

/// Most segments of one picture that get a file of their own.
inline constexpr int64_t kMostSegmentPictures = 1000;

/// <kind>/<stem>.<id>.<class>.png for each segment:
///   crops    the picture cut at the segment's box
///   cutouts  the same with alpha, transparent (and black) outside the mask
///   masks    as large as the picture, 255 inside the mask and 0 outside
/// and behind them <stem>.<kind>.json, which lists them. Beyond kMostSegmentPictures only the first
/// segments, which `log` is told.
std::vector<OutputFile> segment_pictures(OutputKind kind, const std::string& stem,
                                         const Answer& answer, const LogCallback& log);

/// The files that such a list (its bytes) names, none of them outside the kind's folder, whatever
/// it says. Empty for what is no list.
std::set<std::string> listed_segment_pictures(OutputKind kind, std::string_view list);

}  // namespace fcclip::outputs
