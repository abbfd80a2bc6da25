#pragma once
// A file of words, whatever tool wrote it.

#include <string>
#include <string_view>

#include "fcclip/classify/vocabulary.h"
#include "fcclip/core/log.h"

namespace fcclip::words {

/// text: of read_text_file. Understood are the text form (classify::parse_vocabulary_text), JSON
/// (classify::parse_vocabulary_json), YAML with `names:` and its like, Python's lists and dicts,
/// numbered lines, tables with columns, label_map.pbtxt, CVAT's label map, labelme's labels.txt.
/// What is none of these is refused: Error{bad_format} says what it seems to be. log is told
/// (warning) what was left out.
classify::Vocabulary parse_word_file(std::string_view text, const LogCallback& log = {});

}  // namespace fcclip::words
