#include "fcclip/video/films.h"

#include <cmath>
#include <cstdlib>

#include <ATen/ATen.h>

#include "fcclip/core/check.h"
#include "fcclip/core/counted.h"
#include "fcclip/core/error.h"
#include "fcclip/core/shared_library.h"
#include "fcclip/video/ffmpeg/film_library.h"
#include "fcclip/video/frame_source.h"
#include "fcclip/video/range_filter.h"

namespace fcclip::video {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLibrary = "libfcclip_video.so";

// Beside what this code stands in (installed, and the wheel), or from a program in bin.
std::vector<std::string> film_library_places() {
  const char* named = std::getenv("FCCLIP_VIDEO_LIBRARY");
  if (named != nullptr && *named != '\0') return {named};
  const fs::path own = file_of_address(reinterpret_cast<const void*>(&has_film_library));
  return {(own.parent_path() / kLibrary).string(),
          (own.parent_path() / FCCLIP_VIDEO_FOLDER / kLibrary).string()};
}

struct Found {
  const FcclipFilmLibrary* library = nullptr;
  std::string why_not;
};

Found look_for_library() {
  std::string failure;
  for (const std::string& place : film_library_places()) {
    if (!fs::exists(place)) continue;
    const SharedLibrary opened(place);
    failure = opened.failure();
    if (!opened.is_open()) continue;
    auto* ask = opened.function<const FcclipFilmLibrary*(int)>("fcclip_film_library");
    const FcclipFilmLibrary* library = ask == nullptr ? nullptr : ask(FCCLIP_FILM_LIBRARY_VERSION);
    if (library != nullptr) return {library, ""};
    failure = place + " is of another version";
  }
  if (!failure.empty()) return {nullptr, "FFmpeg's libraries can't be used here: " + failure};
  return {nullptr,
          "this build has no FFmpeg (no libfcclip_video.so beside it); build fcclip where "
          "libavformat-dev, libavcodec-dev and libswscale-dev are installed, or give a folder of "
          "frames with --video"};
}

const Found& found_library() {
  static const Found found = look_for_library();
  return found;
}

class Film final : public FrameSource {
 public:
  Film(const fs::path& path, const FrameRange& range)
      : library_(film_library()), path_(path), filter_(range) {
    FcclipFilmMessage message{};
    film_ = library_.open(path.c_str(), range.start, &head_, &message);
    if (film_ == nullptr) fail(ErrorCode::bad_format, path.string(), ": ", message.text);
    length_ = 1 / (head_.frames_per_second > 0 ? head_.frames_per_second : 25);
    facts_.frames_per_second = 1 / (length_ * static_cast<double>(range.every));
    facts_.frames = expected(range);
  }
  ~Film() override { library_.close(film_); }
  Film(const Film&) = delete;
  Film& operator=(const Film&) = delete;

  const FilmFacts& facts() const override { return facts_; }

  std::optional<Frame> next() override {
    while (!ended_) {
      FcclipFilmMessage message{};
      FcclipFilmFrame stored{};
      const int got = library_.next(film_, &stored, &message);
      if (got < 0) fail(ErrorCode::bad_format, path_.string(), ": ", message.text);
      if (got == 0) break;
      last_ = stored.seconds;
      ++decoded_;
      const auto verdict = filter_.judge(stored.seconds, length_);
      if (verdict == RangeFilter::Verdict::end) {
        cut_ = true;
        break;
      }
      if (verdict == RangeFilter::Verdict::take) return frame_of(stored);
    }
    ended_ = true;
    return std::nullopt;
  }

  std::string remark() const override {
    if (!ended_) return "";
    std::string lines;
    if (const int64_t damaged = library_.damaged(film_); damaged > 0) {
      lines = counted(damaged, "damaged part", "damaged parts") + " left out";
    }
    if (!cut_ && decoded_ > 0 && missing()) {
      if (!lines.empty()) lines += "; ";
      char text[120];
      std::snprintf(text, sizeof text, "ends in the middle: %.2f s of the %.2f s that it says",
                    last_ + length_, full_seconds());
      lines += text;
    }
    return lines.empty() ? "" : path_.string() + ": " + lines;
  }

 private:
  double full_seconds() const {
    return head_.frames > 0 ? static_cast<double>(head_.frames) * length_ : head_.seconds;
  }

  // Heads are rounded, and some count a frame that is not shown.
  bool missing() const {
    const double full = full_seconds(), lacking = full - (last_ + length_);
    return full > 0 && lacking > 3 * length_ && lacking > 0.02 * full;
  }

  std::optional<int64_t> expected(const FrameRange& range) const {
    double end = full_seconds();
    if (range.end) end = end > 0 ? std::min(end, *range.end) : *range.end;
    if (end <= range.start) return std::nullopt;
    return std::max<int64_t>(
        1, std::llround((end - range.start) / length_ / static_cast<double>(range.every)));
  }

  Frame frame_of(const FcclipFilmFrame& stored) {
    check_extent(stored);
    at::Tensor rgb = at::empty({stored.height, stored.width, 3}, at::kByte);
    FcclipFilmMessage message{};
    if (library_.pixels(film_, rgb.data_ptr<uint8_t>(), &message) < 0) {
      fail(ErrorCode::bad_format, path_.string(), ", frame ", filter_.number(), ": ", message.text);
    }
    if (head_.turn_degrees != 0) {
      rgb = at::rot90(rgb, -head_.turn_degrees / 90, {0, 1}).contiguous();
    }
    const std::string digits = std::to_string(filter_.number());
    check_frame_size(rgb, size_, path_.string() + ": frame " + digits);
    return {rgb, filter_.number(), stored.seconds,
            std::string(digits.size() < 6 ? 6 - digits.size() : 0, '0') + digits};
  }

  void check_extent(const FcclipFilmFrame& stored) const {
    const int64_t pixels = int64_t{stored.width} * stored.height;
    if (pixels >= 1 && pixels <= image::largest_picture()) return;
    fail(ErrorCode::too_large, path_.string(), ": frames of ", stored.width, "x", stored.height,
         " pixels; at most ", image::largest_picture(), " pixels are read");
  }

  const FcclipFilmLibrary& library_;
  fs::path path_;
  RangeFilter filter_;
  FcclipFilmFacts head_{};
  FilmFacts facts_;
  void* film_ = nullptr;
  double length_ = 0, last_ = 0;
  int64_t decoded_ = 0;
  bool ended_ = false, cut_ = false;
  std::optional<Size> size_;
};

}  // namespace

const FcclipFilmLibrary& film_library() {
  const Found& found = found_library();
  if (found.library == nullptr) fail(ErrorCode::unsupported, "no films: ", found.why_not);
  return *found.library;
}

bool has_film_library() {
  return found_library().library != nullptr;
}

std::unique_ptr<FrameSource> open_film(const fs::path& path, const FrameRange& range) {
  check_range(range);
  if (!fs::exists(path)) {
    fail(ErrorCode::not_found, "can't open ", path.string(), ": no such file");
  }
  if (fs::is_directory(path)) {
    fail(ErrorCode::bad_format, path.string(), ": a folder, not a film");
  }
  return std::make_unique<Film>(path, range);
}

FilmWriter::FilmWriter(fs::path path, Size size, double frames_per_second)
    : path_(std::move(path)),
      growing_(path_.parent_path() / ("." + path_.filename().string() + ".part")),
      size_{size.height / 2 * 2, size.width / 2 * 2},
      library_(film_library()) {
  if (size_.height < 2 || size_.width < 2) {
    fail(ErrorCode::unsupported, path_.string(), ": a film of ", size.width, "x", size.height,
         " pixels; 2x2 at least");
  }
  const FcclipFilmShape shape{static_cast<int>(size_.width), static_cast<int>(size_.height),
                              frames_per_second};
  FcclipFilmMessage message{};
  film_ = library_.create(growing_.c_str(), &shape, &message);
  if (film_ == nullptr) {
    std::error_code ignored;
    fs::remove(growing_, ignored);
    fail(ErrorCode::io_failure, path_.string(), ": ", message.text);
  }
}

FilmWriter::~FilmWriter() {
  if (film_ == nullptr) return;
  library_.discard(film_);
  std::error_code ignored;
  fs::remove(growing_, ignored);
}

void FilmWriter::write(const at::Tensor& rgb) {
  check_dtype("a film's frame", rgb, at::kByte);
  check_shape("a film's frame", rgb, {kAny, kAny, 3});
  if (rgb.size(0) / 2 * 2 != size_.height || rgb.size(1) / 2 * 2 != size_.width) {
    fail(ErrorCode::shape_mismatch, path_.string(), ": a frame of ", rgb.size(1), "x", rgb.size(0),
         " pixels in a film of ", size_.width, "x", size_.height);
  }
  const at::Tensor even = rgb.slice(0, 0, size_.height).slice(1, 0, size_.width).contiguous();
  FcclipFilmMessage message{};
  if (library_.write(film_, even.const_data_ptr<uint8_t>(), &message) < 0) {
    fail(ErrorCode::io_failure, path_.string(), ": ", message.text);
  }
}

void FilmWriter::finish() {
  FcclipFilmMessage message{};
  const int done = library_.finish(film_, &message);
  library_.discard(film_);
  film_ = nullptr;
  std::error_code error;
  if (done < 0) {
    fs::remove(growing_, error);
    fail(ErrorCode::io_failure, path_.string(), ": ", message.text);
  }
  fs::rename(growing_, path_, error);
  if (error) fail(ErrorCode::io_failure, path_.string(), ": ", error.message());
}

std::string FilmWriter::encoder() const {
  return library_.encoder(film_);
}

}  // namespace fcclip::video
