#pragma once
// FFmpeg's libraries, where they are: through libfcclip_video.so, which is opened when it is needed.

#include <filesystem>
#include <memory>
#include <string>

#include <ATen/core/Tensor.h>

#include "fcclip/core/size.h"

struct FcclipFilmLibrary;

namespace fcclip::video {

/// The functions of libfcclip_video.so: of the file that $FCCLIP_VIDEO_LIBRARY names, else beside
/// the program's own library. Throws Error{unsupported} saying why films can't be read or written.
const FcclipFilmLibrary& film_library();
/// Whether there is one.
bool has_film_library();

/// An MP4 file that grows frame by frame under another name and appears whole.
class FilmWriter {
 public:
  /// `size`: of all frames; an odd last row or column is left out. Throws Error{io_failure,
  /// unsupported}.
  FilmWriter(std::filesystem::path path, Size size, double frames_per_second);
  /// Without finish() nothing is left.
  ~FilmWriter();
  FilmWriter(const FilmWriter&) = delete;
  FilmWriter& operator=(const FilmWriter&) = delete;

  /// rgb [H, W, 3] uint8. Throws Error{shape_mismatch, io_failure}.
  void write(const at::Tensor& rgb);
  /// Throws Error{io_failure}.
  void finish();
  /// "libx264", "mpeg4"
  std::string encoder() const;

 private:
  std::filesystem::path path_, growing_;
  Size size_;
  const FcclipFilmLibrary& library_;
  void* film_ = nullptr;
};

}  // namespace fcclip::video
