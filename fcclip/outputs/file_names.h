#pragma once
// Words as parts of file names.

#include <cstddef>
#include <string>

namespace fcclip::outputs {

/// A class's name as one part of a file name, safe on every file system: letters and digits of any
/// script, '-' and '_' stay; everything else (blanks, dots, slashes, control characters, …) becomes
/// '_', several in a row one. At most `bytes` bytes, never cut inside a character; "_" when nothing
/// is left.
///   name  UTF-8; bytes that are not become '_'
std::string file_name_part(const std::string& name, size_t bytes = 60);

}  // namespace fcclip::outputs
