#pragma once
// A page over all pictures of a run.

#include <filesystem>
#include <string>
#include <vector>

#include "fcclip/outputs/summaries.h"

namespace fcclip::outputs {

/// HTML to stand in `folder`: every answered picture's overlay (by relative links, so that the
/// folder can be moved), names and scores, of all questions; pictures without overlay or
/// <stem>.segments.json are left out. Throws Error{bad_format} naming a damaged file.
std::string gallery_page(const std::filesystem::path& folder,
                         const std::vector<AnsweredQuestion>& questions);

}  // namespace fcclip::outputs
