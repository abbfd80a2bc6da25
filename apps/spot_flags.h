#pragma once
// --at and --box: which things of a picture are asked about.

#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "fcclip/segmenter/segmenter.h"

namespace fcclip::apps {

struct SpotFlags {
  std::vector<std::string> points;  ///< "X,Y" each
  std::string box;                  ///< "X,Y,W,H"
};

void add_spot_flags(CLI::App& command, SpotFlags& flags);

/// Nothing where none was given. Throws Error{invalid_argument} for points and a box at once, and
/// for a task other than panoptic (the usual one) and instance: what is at a place are instances.
std::optional<segmenter::Place> spot_of(const SpotFlags& flags, const std::string& task);

}  // namespace fcclip::apps
