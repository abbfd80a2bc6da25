#pragma once
// All pictures of a run in one file, for scripts and spreadsheets.

#include <string>
#include <vector>

#include "fcclip/outputs/summaries.h"

namespace fcclip::outputs {

/// One line a picture, in their order: what <stem>.segments.json holds, with "image" as the picture was named.
/// Pictures without that file are left out. Throws Error{bad_format} naming a damaged file.
std::string results_lines(const std::vector<AnsweredPicture>& pictures);

/// One row a segment under a row of column names, as RFC 4180 has it: image, id, name, synonym,
/// kind, score, in_vocabulary_score, out_of_vocabulary_score, area_px, x_px, y_px, width_px,
/// height_px, image_width_px, image_height_px. Pictures without segments have no row. Errors as
/// above.
std::string segments_table(const std::vector<AnsweredPicture>& pictures);

}  // namespace fcclip::outputs
