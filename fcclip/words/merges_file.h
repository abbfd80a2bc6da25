#pragma once
// Where CLIP's byte-pair merges come from: they belong to the open_clip_torch package, not to this
// project.

#include <string>

#include "fcclip/clip/tokenizer.h"

namespace fcclip::words {

/// The text of CLIP's merge file, unpacked when gzipped. Looked for in this order: `user_path` when
/// not empty, $FCCLIP_MERGES, then, in the program's folder and those above it,
/// share/fcclip/bpe_simple_vocab_16e6.txt[.gz] and the open_clip package of a .venv there or of
/// $VIRTUAL_ENV. Throws Error{not_found} saying what to do, Error{bad_format} for a damaged gzip
/// file.
std::string find_merges(const std::string& user_path);

/// The tokenizer of a merge file's text, which says nothing of the vocabulary's size: CLIP's, or all of
/// a shorter file. Throws as Tokenizer.
clip::Tokenizer tokenizer_of_merges(const std::string& text);

}  // namespace fcclip::words
