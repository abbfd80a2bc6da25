#include "fcclip/image/jpeg_errors.h"

#include <jerror.h>

namespace fcclip::image {
namespace {

JpegErrors& errors_of(j_common_ptr info) {
  return *reinterpret_cast<JpegErrors*>(info->err);
}

const char* jpeg_reason(int code) {
  switch (code) {
    case JERR_BAD_PRECISION:
      return "samples of more than 8 bits, which are not read in a JPEG (save it as PNG)";
    case JERR_SOF_UNSUPPORTED:
      return "a lossless or hierarchical JPEG, which is not read (save it as PNG)";
    case JERR_ARITH_NOTIMPL:
      return "arithmetic coding, which is not read (save it as PNG)";
    case JERR_OUT_OF_MEMORY:
      return "not enough memory";
    case JERR_NO_SOI:
    case JERR_SOS_NO_SOF:
      return "it holds no picture";
    case JERR_EMPTY_IMAGE:
    case JERR_IMAGE_TOO_BIG:
      return "a size that no JPEG has";
    default:
      return "its data cannot be decoded";
  }
}

[[noreturn]] void on_error(j_common_ptr info) {
  JpegErrors& errors = errors_of(info);
  errors.message = jpeg_reason(info->err->msg_code);
  longjmp(errors.jump, 1);
}

void on_message(j_common_ptr info, int level) {
  if (level >= 0) return;
  JpegErrors& errors = errors_of(info);
  if (info->err->msg_code == JWRN_JPEG_EOF) errors.input_ended = true;
  if (info->err->msg_code == JWRN_HIT_MARKER && errors.input_ended) errors.data_missing = true;
}

void on_output(j_common_ptr) {}

}  // namespace

jpeg_error_mgr* trap(JpegErrors& errors) {
  jpeg_std_error(&errors.base);
  errors.base.error_exit = on_error;
  errors.base.emit_message = on_message;
  errors.base.output_message = on_output;
  return &errors.base;
}

}  // namespace fcclip::image
