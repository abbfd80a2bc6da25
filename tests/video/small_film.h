#pragma once
// Films of a few coloured frames, made by the test itself.

#include <filesystem>

#include <ATen/ATen.h>

#include "fcclip/video/films.h"

namespace fcclip::test {

/// A white square of 16 pixels on a plain ground, 4 further right in every frame.
inline at::Tensor film_frame(int64_t t, int64_t height = 48, int64_t width = 64) {
  at::Tensor rgb = at::empty({height, width, 3}, at::kByte);
  rgb.select(2, 0).fill_(40);
  rgb.select(2, 1).fill_(80 + 4 * t);
  rgb.select(2, 2).fill_(160);
  rgb.slice(0, 8, 24).slice(1, 4 * t, 4 * t + 16).fill_(255);
  return rgb;
}

inline void write_film(const std::filesystem::path& path, int64_t frames, double rate = 10) {
  video::FilmWriter film(path, {48, 64}, rate);
  for (int64_t t = 0; t < frames; ++t) film.write(film_frame(t));
  film.finish();
}

}  // namespace fcclip::test

#define FCCLIP_NEEDS_FILMS() \
  if (!video::has_film_library()) GTEST_SKIP() << "this build has no FFmpeg"
