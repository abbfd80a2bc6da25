#pragma once
// Byte-pair merges learned from texts, in CLIP's own form.

#include <cstdint>
#include <string>
#include <vector>

namespace fcclip::pretrain {

/// The text of a merge file that clip::Tokenizer takes: a version line, then "left right" per line.
/// The most frequent pair of neighbouring pieces is merged first; of equally frequent ones the pair
/// with the smallest ids, so the same texts give the same file in whatever order they come. Words
/// are those of the tokenizer (cleaned, lower case). Fewer than `count` merges when no pair is
/// left that occurs `min_frequency` times.
std::string train_merges(const std::vector<std::string>& texts, int64_t count,
                         int64_t min_frequency = 2);

/// Merges in a text of train_merges.
int64_t count_merges(const std::string& merges);

}  // namespace fcclip::pretrain
