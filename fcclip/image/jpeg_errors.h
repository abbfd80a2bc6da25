#pragma once
// libjpeg reports errors by a call that must not return. Here it jumps back into the method that
// called the library; such methods hold plain values only, so nothing is left undestroyed, and
// everything with a destructor lives outside them. Internal to the folder.

#include <csetjmp>
#include <cstddef>
#include <cstdio>  // jpeglib.h needs FILE
#include <jpeglib.h>

namespace fcclip::image {

/// Methods begin with `if (setjmp(errors.jump) != 0) return false;`.
struct JpegErrors {
  jpeg_error_mgr base;  ///< first, so that libjpeg's pointer is also ours
  jmp_buf jump;
  bool input_ended = false;   ///< the library asked for bytes after the last
  bool data_missing = false;  ///< and needed them for pixels
  const char* message = "its data cannot be decoded";  ///< our words
};

/// Makes `errors` the error handler of a compressor or decompressor: info.err = trap(errors).
jpeg_error_mgr* trap(JpegErrors& errors);

}  // namespace fcclip::image
