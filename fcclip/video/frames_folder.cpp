// A folder of pictures as a film.

#include <algorithm>
#include <vector>

#include "fcclip/core/error.h"
#include "fcclip/image/image_file.h"
#include "fcclip/runs/natural_order.h"
#include "fcclip/video/frame_source.h"
#include "fcclip/video/range_filter.h"

namespace fcclip::video {
namespace {

namespace fs = std::filesystem;

class FramesFolder final : public FrameSource {
 public:
  FramesFolder(std::vector<fs::path> pictures, const FrameRange& range, double rate,
               const image::ReadOptions& reading)
      : filter_(range), rate_(rate), reading_(reading) {
    for (size_t i = 0; i < pictures.size(); ++i) {
      const double seconds = static_cast<double>(i) / rate_;
      const auto verdict = filter_.judge(seconds, 1 / rate_);
      if (verdict == RangeFilter::Verdict::end) break;
      if (verdict == RangeFilter::Verdict::take) {
        chosen_.push_back({pictures[i], filter_.number(), seconds});
      }
    }
    facts_ = {rate_ / static_cast<double>(range.every), std::ssize(chosen_)};
  }

  const FilmFacts& facts() const override { return facts_; }

  std::optional<Frame> next() override {
    if (next_ >= chosen_.size()) return std::nullopt;
    const Chosen& one = chosen_[next_++];
    Frame frame{image::read_rgb(one.path, reading_), one.number, one.seconds,
                one.path.stem().string()};
    check_frame_size(frame.rgb, size_, one.path.string());
    return frame;
  }

 private:
  struct Chosen {
    fs::path path;
    int64_t number;
    double seconds;
  };
  RangeFilter filter_;
  double rate_;
  image::ReadOptions reading_;
  std::vector<Chosen> chosen_;
  FilmFacts facts_;
  size_t next_ = 0;
  std::optional<Size> size_;
};

}  // namespace

std::vector<fs::path> frames_in(const fs::path& folder) {
  if (!fs::is_directory(folder)) {
    fail(ErrorCode::not_found, "can't open ", folder.string(), ": no such folder");
  }
  std::vector<fs::path> pictures;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    const bool hidden = entry.path().filename().string().starts_with('.');
    if (!hidden && entry.is_regular_file() && image::has_image_extension(entry.path())) {
      pictures.push_back(entry.path());
    }
  }
  if (pictures.empty()) fail(ErrorCode::not_found, folder.string(), ": no pictures in it");
  std::sort(pictures.begin(), pictures.end(), [](const fs::path& a, const fs::path& b) {
    return runs::natural_less(a.filename().string(), b.filename().string());
  });
  return pictures;
}

std::unique_ptr<FrameSource> open_frames_folder(const fs::path& folder, const FrameRange& range,
                                                double frames_per_second,
                                                const image::ReadOptions& reading) {
  check_range(range);
  return std::make_unique<FramesFolder>(frames_in(folder), range, frames_per_second, reading);
}

}  // namespace fcclip::video
