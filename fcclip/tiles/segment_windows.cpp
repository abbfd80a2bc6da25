#include "fcclip/tiles/segment_windows.h"

#include <algorithm>
#include <memory>

#include <ATen/ATen.h>

#include "fcclip/core/error.h"
#include "fcclip/image/picture_rows.h"
#include "fcclip/io/mapped_file.h"

namespace fcclip::tiles {
namespace {

namespace fs = std::filesystem;
using outputs::OutputKind;

constexpr int64_t kMostBandPixels = int64_t{1} << 28;  // 262,144 wide at a tile of 1024

/// The rows of one row of windows; those that the next one sees too are kept.
class Band {
 public:
  explicit Band(image::PictureRows& rows) : rows_(rows) {}

  /// Rows begin … end of the picture; neither falls. What is new goes to the overview.
  void move_to(int64_t begin, int64_t end, Overview& overview) {
    image::PixelRows more = rows_.next(end - end_);
    overview.add_pixels(more.rgb);
    if (!held_.rgb.defined()) {
      held_ = std::move(more);
    } else {
      held_ = {joined(held_.rgb, more.rgb, begin), joined(held_.valid, more.valid, begin)};
    }
    begin_ = begin;
    end_ = end;
  }

  image::PixelRows columns(int64_t begin, int64_t end) const {
    const at::Tensor valid =
        held_.valid.defined() ? held_.valid.slice(1, begin, end) : at::Tensor();
    return {held_.rgb.slice(1, begin, end).contiguous(), valid};
  }

 private:
  at::Tensor joined(const at::Tensor& held, const at::Tensor& more, int64_t begin) const {
    if (!held.defined()) return {};
    return at::cat({held.slice(0, begin - begin_), more});
  }

  image::PictureRows& rows_;
  image::PixelRows held_;
  int64_t begin_ = 0, end_ = 0;
};

void check_job(const WindowJob& job) {
  check_tiles(job.tiles);
  if (job.ask.task != results::Task::instance) return;
  fail(
      ErrorCode::invalid_argument,
      "windows are put together of panoptic or semantic answers; instances, which may overlap, are "
      "those of pictures that the network sees as a whole");
}

// Where the picture lies on the map, from the file's tags.
void read_place(const WindowJob& job, TiledPicture& picture) {
  const auto file = io::MappedFile::open(job.picture);
  const std::string_view bytes(reinterpret_cast<const char*>(file->bytes().data()),
                               file->bytes().size());
  picture.place = image::decode_geo_reference(bytes, job.picture.string());
  if (picture.place) picture.geo_tags = image::decode_geo_tags(bytes, job.picture.string());
}

/// One run over one picture.
class WindowRun {
 public:
  WindowRun(const segmenter::Segmenter& segmenter,
            std::span<const segmenter::PreparedVocabulary> questions, const WindowJob& job,
            const Progress& progress)
      : segmenter_(segmenter), questions_(questions), job_(job), progress_(progress) {
    picture_ = {job.name, job.ask.task, job.tiles, job.ask.min_score, {}, {}};
    read_place(job, picture_);
    kinds_ = job.folder == nullptr ? std::set<OutputKind>()
                                   : tiled_output_kinds(job.write, picture_.place.has_value());
    const std::string caution = picture_.place ? picture_.place->caution() : "";
    if (kinds_.contains(OutputKind::geojson) && !caution.empty() && job.rendering.log) {
      job.rendering.log(LogLevel::warning, job.picture.string() + ": " + caution);
    }
    for (const fs::path& stem : job.stems) check_files(stem);
  }

  WindowsDone work() {
    const std::unique_ptr<image::PictureRows> rows = image::open_rows(job_.picture, job_.reading);
    check_width(rows->size());
    const WindowGrid grid(rows->size(), job_.tiles);
    Overview overview(rows->size());
    const fs::path scratch =
        job_.folder != nullptr ? job_.folder->path() : fs::temp_directory_path();
    for (size_t q = 0; q < questions_.size(); ++q) {
      mosaics_.push_back(std::make_unique<Mosaic>(grid, scratch));
    }
    done_.windows = grid.count();
    done_.overview = overview.size();
    Band band(*rows);
    int64_t number = 0;
    for (int64_t r = 0; r < grid.rows.count(); ++r) {
      band.move_to(grid.rows.begin(r), grid.rows.end(r), overview);
      for (int64_t c = 0; c < grid.columns.count(); ++c) {
        report_progress(progress_, number++, grid.count(), "windows");
        answer_or_stop(band.columns(grid.columns.begin(c), grid.columns.end(c)), number);
      }
    }
    report_progress(progress_, number, grid.count(), "windows");
    for (size_t q = 0; q < questions_.size(); ++q) finish(q, overview);
    return std::move(done_);
  }

 private:
  void check_width(Size size) const {
    const int64_t height = std::min(size.height, job_.tiles.tile);
    if (size.width <= kMostBandPixels / height) return;
    fail(ErrorCode::too_large, job_.picture.string(), ": a row of windows, ", size.width, " x ",
         height, " pixels, is more than the ", kMostBandPixels,
         " that are held in memory; take smaller windows (--tile)");
  }

  // Better now than after hours of work.
  void check_files(const fs::path& stem) const {
    for (const OutputKind kind : kinds_) {
      const fs::path path = tiled_output_path(stem, kind, job_.rendering.overlay);
      if (job_.folder->may_write(path)) continue;
      fail(ErrorCode::io_failure, path.string(),
           " is there, and fcclip did not write it as it is; --overwrite replaces it");
    }
  }

  // Where it was stopped in the middle, windows are counted, not parts of the network.
  void answer_or_stop(const image::PixelRows& window, int64_t number) {
    try {
      answer(window, number);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::interrupted) {
        report_progress(progress_, number - 1, done_.windows, "windows");
      }
      throw;
    }
  }

  void answer(const image::PixelRows& window, int64_t number) {
    if (window.valid.defined() && !window.valid.any().item<bool>()) {
      ++done_.empty;
      for (const auto& mosaic : mosaics_) mosaic->add_nothing();
      return;
    }
    const Progress go_on = [this, number](int64_t, int64_t) {
      return !progress_ || progress_(number - 1, done_.windows);
    };
    const segmenter::EncodedPicture encoded =
        segmenter::encode_picture(segmenter_, window.rgb, job_.views, job_.size, go_on);
    segmenter::AskOptions options = job_.ask;
    options.progress = go_on;
    for (size_t q = 0; q < questions_.size(); ++q) {
      mosaics_[q]->add(segmenter::ask_picture(segmenter_, encoded, questions_[q], options),
                       window.valid);
    }
  }

  void finish(size_t q, Overview& overview) {
    Mosaic& mosaic = *mosaics_[q];
    const std::vector<results::Segment>& segments = mosaic.finish();
    const Progress go_on = [this](int64_t, int64_t) {
      return !progress_ || progress_(done_.windows, done_.windows);
    };
    std::vector<fs::path> files;
    if (!kinds_.empty()) {
      files = write_tiled({mosaic, overview, segments, questions_[q].vocabulary}, picture_,
                          {kinds_, job_.stems[q], job_.rendering, job_.folder}, go_on);
    }
    results::Segmentation told{mosaic.size(), results::PanopticSegmentation{{}, segments}};
    told.min_score = job_.ask.min_score;
    told.below_min_score = mosaic.below_min_score();
    done_.answers.push_back(std::move(told));
    done_.files.push_back(std::move(files));
    mosaics_[q].reset();
  }

  const segmenter::Segmenter& segmenter_;
  std::span<const segmenter::PreparedVocabulary> questions_;
  const WindowJob& job_;
  const Progress& progress_;
  TiledPicture picture_;
  std::set<OutputKind> kinds_;
  std::vector<std::unique_ptr<Mosaic>> mosaics_;
  WindowsDone done_;
};

}  // namespace

WindowsDone segment_windows(const segmenter::Segmenter& segmenter,
                            std::span<const segmenter::PreparedVocabulary> questions,
                            const WindowJob& job, const Progress& progress) {
  check_job(job);
  return WindowRun(segmenter, questions, job, progress).work();
}

}  // namespace fcclip::tiles
