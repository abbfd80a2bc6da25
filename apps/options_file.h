#pragma once
// Options of a command from a TOML file.

#include <string>

#include "fcclip/cli/options_file.h"
#include "fcclip/words/decode_text.h"

namespace fcclip::apps {

/// cli::apply_options_text of a text file of any editor; an empty name does nothing. Throws also
/// Error{not_found, bad_format} naming the file.
inline void read_options_file(CLI::App& command, const std::string& file) {
  if (!file.empty()) cli::apply_options_text(command, words::read_text_file(file), file);
}

}  // namespace fcclip::apps
