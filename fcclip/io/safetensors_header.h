#pragma once
// The JSON header of a safetensors file, checked before anything is believed.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/io/safetensors.h"

namespace fcclip::io {

/// One tensor of the header.
struct HeaderEntry {
  std::string name;
  at::ScalarType dtype;
  std::vector<int64_t> shape;
  uint64_t begin = 0, end = 0;  ///< bytes from the start of the data
};

/// What a header says, checked.
struct SafetensorsHeader {
  Metadata metadata;
  std::vector<HeaderEntry> entries;  ///< by rising offset
};

/// Parses the JSON and checks every rule of the format against `data_size`, the bytes after the
/// header: known dtypes, byte counts that equal the shapes', no holes, no overlaps, no duplicates,
/// strings as metadata. Throws Error{bad_format}; `file` names the file in messages.
SafetensorsHeader parse_safetensors_header(std::string_view json, uint64_t data_size,
                                           const std::string& file);

/// "F32" for at::kFloat …; empty where the format has no name for it.
std::string_view safetensors_dtype(at::ScalarType dtype);

}  // namespace fcclip::io
