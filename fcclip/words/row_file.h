#pragma once
// A file of words whose classes bring classifier rows (docs/examples.md).

#include <filesystem>

#include "fcclip/classify/vocabulary.h"

namespace fcclip::words {

/// Whether the file is one: a safetensors file whose metadata say so. False for what is not there.
bool is_row_file(const std::filesystem::path& path);

/// Throws Error{not_found, io_failure, bad_format} naming the file.
classify::Vocabulary load_row_file(const std::filesystem::path& path);

/// Written atomically: names, things, stuff and colours in the metadata, the rows of those classes
/// that have some as "rows.in_vocabulary" and "rows.out_of_vocabulary" [R, D] float32. Throws
/// Error{invalid_argument} where no class has rows or they are of several models,
/// Error{io_failure}.
void save_row_file(const std::filesystem::path& path, const classify::Vocabulary& vocabulary);

}  // namespace fcclip::words
