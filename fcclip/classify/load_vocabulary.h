#pragma once
// A vocabulary by what the user calls it.

#include <string>

#include "fcclip/classify/vocabulary.h"

namespace fcclip::classify {

/// spec: a built-in name ("coco"), a file (text or JSON form, told apart by its content), or
/// several joined by '+'
/// ("coco+mine.txt"), merged from the left. Built-in names go before files: write ./coco for a file
/// of that name. A file whose own name holds a '+' is found as it is. A file's vocabulary without a
/// name of its own is called after the file. Throws Error{not_found} for a path that is not there,
/// Error{invalid_argument} for another unknown name, with the nearest known one; errors of the
/// parsers with the file's name.
Vocabulary load_vocabulary(const std::string& spec);

}  // namespace fcclip::classify
