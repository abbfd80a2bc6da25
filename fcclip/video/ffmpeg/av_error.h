#pragma once
// FFmpeg's errors as exceptions. Internal to the folder.

#include <cstdio>
#include <stdexcept>
#include <string>

#include "fcclip/video/ffmpeg/film_library.h"

extern "C" {
#include <libavutil/error.h>
}

namespace fcclip::video::ffmpeg {

inline std::string av_text(int code) {
  char text[AV_ERROR_MAX_STRING_SIZE] = {};
  av_strerror(code, text, sizeof text);
  return text;
}

/// Throws "<what>: <FFmpeg's words>" for a negative code; returns the code.
inline int check_av(int code, const char* what) {
  if (code < 0) throw std::runtime_error(std::string(what) + ": " + av_text(code));
  return code;
}

/// What `work` gives, or `otherwise` with the message when it throws.
template <typename Result, typename Work>
Result guarded(FcclipFilmMessage* message, Result otherwise, const Work& work) {
  try {
    return work();
  } catch (const std::exception& error) {
    std::snprintf(message->text, sizeof message->text, "%s", error.what());
    return otherwise;
  }
}

}  // namespace fcclip::video::ffmpeg
