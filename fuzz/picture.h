#pragma once
// Pictures of one kind: libFuzzer's time goes into one decoder.

#include <ATen/core/Tensor.h>

#include "fcclip/image/image_file.h"
#include "fuzz/expect.h"
#include "fuzz/small_pictures.h"

namespace fcclip::fuzz {

/// Decodes bytes that begin as `magic`; others are kept out of the corpus.
inline int decode_picture(std::string_view bytes, std::string_view magic) {
  if (!bytes.starts_with(magic)) return -1;
  return result_or_error([&] {
    const at::Tensor rgb = image::decode_rgb(bytes, "fuzz");
    if (rgb.dim() != 3 || rgb.size(2) != 3 || rgb.scalar_type() != at::kByte) std::abort();
  });
}

}  // namespace fcclip::fuzz
