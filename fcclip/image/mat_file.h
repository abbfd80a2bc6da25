#pragma once
// Numeric matrices of MATLAB files, as data sets store label maps in.

#include <filesystem>
#include <string>
#include <string_view>

#include <ATen/core/Tensor.h>

namespace fcclip::image {

/// Files of 7.3 are read by HDF5, whose own reading of damaged ones is not safe from malice: read
/// those of people you trust.
///
/// The matrix called `variable` of a MAT-file (MATLAB 5 to 7.3, compressed or not, of either byte
/// order): any real numeric class that holds whole numbers -> [rows, columns] int32.
/// Throws Error{not_found} for a missing file, or naming the variables that are there;
/// Error{unsupported} for sparse, complex, non-numeric or many-dimensional variables;
/// Error{bad_format} for truncated or damaged files and for values that aren't whole numbers of 32
/// bits. One thread at a time is served.
at::Tensor read_mat_labels(const std::filesystem::path& path, std::string_view variable);
at::Tensor decode_mat_labels(std::string_view bytes, std::string_view variable,
                             const std::string& name_for_errors);

}  // namespace fcclip::image
