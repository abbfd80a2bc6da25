#include "fcclip/video/frame_source.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "fcclip/core/error.h"
#include "fcclip/video/range_filter.h"

namespace fcclip::video {

bool is_film_name(const std::filesystem::path& path) {
  constexpr std::array<std::string_view, 22> kEndings = {
      ".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts",  ".m2ts", ".mts",
      ".wmv", ".flv", ".3gp", ".3g2", ".ogv",  ".asf", ".vob", ".mxf",  ".y4m", ".h264", ".mjpeg"};
  if (path.string().starts_with("/dev/video")) return true;
  std::string ending = path.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return std::find(kEndings.begin(), kEndings.end(), ending) != kEndings.end();
}

void check_range(const FrameRange& range) {
  if (range.start < 0) {
    fail(ErrorCode::invalid_argument, "a film starts at 0 s, not at ", range.start, " s");
  }
  if (range.end && *range.end <= range.start) {
    fail(ErrorCode::invalid_argument, "no frames between ", range.start, " s and ", *range.end,
         " s: the end must be after the start");
  }
  if (range.every < 1) {
    fail(ErrorCode::invalid_argument, "every ", range.every, "th frame: expected 1 or more");
  }
}

void check_frame_size(const at::Tensor& rgb, std::optional<Size>& first, const std::string& what) {
  const Size size{rgb.size(0), rgb.size(1)};
  if (!first) first = size;
  if (size == *first) return;
  fail(ErrorCode::bad_format, what, " has ", size.width, "x", size.height,
       " pixels, the frames before it ", first->width, "x", first->height,
       "; a film of one size is needed");
}

}  // namespace fcclip::video
