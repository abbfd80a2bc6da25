#pragma once
// Which frames of a row are in a range. Internal to the folder.

#include "fcclip/video/frame_source.h"

namespace fcclip::video {

/// Says of each frame in turn what becomes of it.
class RangeFilter {
 public:
  enum class Verdict { take, pass, end };
  explicit RangeFilter(const FrameRange& range) : range_(range) {}

  /// `seconds` of a frame that lasts `length` seconds; counts the frames from the start on.
  Verdict judge(double seconds, double length) {
    // Half a frame: times are rounded to the film's own clock.
    if (seconds + 0.5 * length < range_.start) return Verdict::pass;
    if (range_.end && seconds + 0.5 * length >= *range_.end) return Verdict::end;
    return next_++ % range_.every == 0 ? Verdict::take : Verdict::pass;
  }
  /// Of the frame judged last.
  int64_t number() const { return next_ - 1; }
  bool all_from_begin() const { return range_.start <= 0 && !range_.end; }

 private:
  FrameRange range_;
  int64_t next_ = 0;
};

/// Throws Error{invalid_argument} unless 0 <= start < end and every >= 1.
void check_range(const FrameRange& range);

/// Throws Error{bad_format} when a frame has another size than the first one, which is kept in
/// `first`. `what`: of the frame, for the message.
void check_frame_size(const at::Tensor& rgb, std::optional<Size>& first, const std::string& what);

}  // namespace fcclip::video
