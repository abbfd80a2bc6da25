#include "fcclip/image/jpeg_errors.h"

#include <jerror.h>

namespace fcclip::image {
namespace {

JpegErrors& errors_of(j_common_ptr info) {
  return *reinterpret_cast<JpegErrors*>(info->err);
}

[[noreturn]] void on_error(j_common_ptr info) {
  JpegErrors& errors = errors_of(info);
  info->err->format_message(info, errors.message);
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
