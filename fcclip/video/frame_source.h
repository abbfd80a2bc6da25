#pragma once
// Frames one after another, whatever they come from: films, cameras, folders of pictures.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/image/read_options.h"

namespace fcclip::video {

/// One picture of a film.
struct Frame {
  at::Tensor rgb;      ///< [H, W, 3] uint8, upright
  int64_t number = 0;  ///< counted from the first one at or after FrameRange::start
  double seconds = 0;  ///< from the film's beginning
  std::string name;    ///< for files: "000012", or the picture's own name without its ending
};

/// Which frames are taken.
struct FrameRange {
  double start = 0;                ///< seconds; earlier frames are passed over
  std::optional<double> end = {};  ///< seconds; frames from here on are left out
  int64_t every = 1;               ///< every n-th, the first one among them
};

/// What is known before the first frame.
struct FilmFacts {
  double frames_per_second = 25;  ///< of the frames that are given out
  std::optional<int64_t> frames;  ///< how many will come, about
};

/// Not thread-safe, but may be used by one thread after another.
class FrameSource {
 public:
  virtual ~FrameSource() = default;
  virtual const FilmFacts& facts() const = 0;
  /// Nothing at the end. Throws Error{bad_format} naming the film and the frame: of another size
  /// than the first, a picture that can't be read.
  virtual std::optional<Frame> next() = 0;
  /// After the end: what people should know ("ends in the middle: …"); empty: nothing.
  virtual std::string remark() const { return ""; }
};

/// Whether a name is one of a film or a camera: "clip.mp4", "/dev/video0".
bool is_film_name(const std::filesystem::path& path);

/// A film, or a camera. Frames are decoded as they are asked for, and turned as the film says.
/// Throws Error{not_found}; Error{bad_format} where it is none; Error{unsupported} where films are
/// not built in; Error{invalid_argument} for a range without frames.
std::unique_ptr<FrameSource> open_film(const std::filesystem::path& path, const FrameRange& range);

/// The pictures of a folder (not of those below it) in natural order. Throws Error{not_found} when it
/// has none.
std::vector<std::filesystem::path> frames_in(const std::filesystem::path& folder);

/// The same as a film, `frames_per_second` of them a second. Throws as frames_in.
std::unique_ptr<FrameSource> open_frames_folder(const std::filesystem::path& folder,
                                                const FrameRange& range, double frames_per_second,
                                                const image::ReadOptions& reading);

}  // namespace fcclip::video
