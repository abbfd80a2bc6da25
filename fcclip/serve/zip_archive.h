#pragma once
// Several files as one answer.

#include <string>
#include <vector>

#include "fcclip/fcclip.h"

namespace fcclip::serve {

/// A zip archive; pictures are stored as they are, since they are compressed already. Throws
/// Error{internal} when the archive cannot be written.
std::string zip_archive(const std::vector<OutputFile>& files);

}  // namespace fcclip::serve
