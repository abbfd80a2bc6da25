#pragma once
// What somebody may have meant: the name nearest to a mistyped one.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fcclip {

/// Fewest insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`
/// (Damerau and Levenshtein, no part changed twice), counted in UTF-8 characters; upper and lower
/// case of ASCII letters, and '-', '_' and ' ', are equal.
int64_t edit_distance(std::string_view a, std::string_view b);

/// The candidate most like `word`: at most a third of the longer one's characters differ, or `word`
/// (three characters or more) begins it. The first of equally near ones; empty where none is near.
std::string nearest_name(std::string_view word, const std::vector<std::string>& candidates);

/// " (did you mean segment?)" to put behind a message, or "" where no candidate is near.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace fcclip
