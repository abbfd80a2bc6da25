#pragma once
// A vocabulary by what the user calls it.

#include <string>

#include "fcclip/classify/vocabulary.h"
#include "fcclip/core/log.h"

namespace fcclip::words {

/// spec: a built-in name ("coco"), a file (see parse_word_file and load_row_file; told apart by its
/// content), or
/// several joined by '+' ("coco+mine.txt"), merged from the left. Built-in names go before files:
/// write ./coco for a file of that name. A file whose own name holds a '+' is found as it is. A
/// file's vocabulary without a name of its own is called after the file. Classes keep their
/// positions, repeated ones too: label maps count them. log: told (warning) what a file's reader
/// left out. Throws Error{not_found} for a path that is not there, Error{invalid_argument} for
/// another unknown name, saying what was probably meant; of the parsers, with the file's name.
classify::Vocabulary load_vocabulary(const std::string& spec, const LogCallback& log = {});

/// The same for asking: repeated words of files and of joined vocabularies count once
/// (classify::unite_repeated_words), told to `log` in one line; built-in tables stay as published.
classify::Vocabulary load_question(const std::string& spec, const LogCallback& log);

}  // namespace fcclip::words
