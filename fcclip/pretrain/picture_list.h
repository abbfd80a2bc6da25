#pragma once
// Lists of picture files with captions.

#include <filesystem>
#include <string>
#include <vector>

#include "fcclip/core/log.h"

namespace fcclip::pretrain {

/// One picture of a list.
struct ListedPicture {
  std::filesystem::path path;
  std::vector<std::string> captions;  ///< at least one
  std::vector<std::string> names;     ///< of what it shows, the subject's first; may be empty
};

/// A list of one of these forms, in UTF-8 or UTF-16, with or without a byte order mark:
///   a table with the columns path and caption, or with a first line that names its columns
///   (image, file, …; caption, text, …; others are not read), separated by tabs, commas, semicolons
///   or bars; lines of one path are one picture;
///   JSON lines {"image": path, "captions": [text, …] or "caption": text, "names": [text, …]}, or
///   one JSON list of such objects.
/// Relative paths are relative to the list's folder; backslashes separate folders where no file has
/// them in its name. Blank lines are left out, and so are lines without a caption, of which `log`
/// hears. Throws Error{not_found}, Error{bad_format} naming file and line.
std::vector<ListedPicture> read_picture_list(const std::filesystem::path& list,
                                             const LogCallback& log = {});

}  // namespace fcclip::pretrain
