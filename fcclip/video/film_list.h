#pragma once
// panoptic.json of several films, made of the lists of each.

#include <filesystem>
#include <ostream>
#include <vector>

#include "fcclip/classify/vocabulary.h"

namespace fcclip::video {

/// What write_video_panoptic says of all films together: `lists` are files with what it says of one
/// each. One of them is in memory at a time. Throws Error{not_found, io_failure, bad_format}.
void join_video_panoptic(std::ostream& out, const std::vector<std::filesystem::path>& lists,
                         const classify::Vocabulary& vocabulary);

}  // namespace fcclip::video
