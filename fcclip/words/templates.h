#pragma once

#include <string>
#include <vector>

namespace fcclip::words {

/// The sentences that CLIP reads words in, one a line of a file: "a photo of a {}.". An empty name
/// stands for none: the model's own. Throws Error{not_found, io_failure}; Error{invalid_argument} for a line without {} and where there is
/// none.
std::vector<std::string> load_templates(const std::string& file);

}  // namespace fcclip::words
