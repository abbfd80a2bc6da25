#pragma once
// --top: what is here, in the picture's own best words.

#include <CLI/CLI.hpp>

namespace fcclip::apps {

void add_top_words_flag(CLI::App& command, int64_t& count);

/// Throws Error{invalid_argument} for best words and a place at once: what is at a place has its own
/// list of names.
void check_top_words(int64_t count, bool at_place);

}  // namespace fcclip::apps
