#include "fcclip/tiles/tiled_outputs.h"

#include <algorithm>
#include <array>
#include <memory>

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include "fcclip/core/error.h"
#include "fcclip/core/listed.h"
#include "fcclip/image/image_file.h"
#include "fcclip/image/label_tiff.h"
#include "fcclip/io/temporary_file.h"
#include "fcclip/outputs/json_text.h"
#include "fcclip/outputs/segments_json.h"
#include "fcclip/tiles/outline_file.h"
#include "fcclip/tiles/outline_tracer.h"

namespace fcclip::tiles {
namespace {

namespace fs = std::filesystem;
using outputs::OutputKind;

constexpr int64_t kRowsAtOnce = 256;
constexpr std::array<OutputKind, 5> kTiledKinds = {OutputKind::overlay, OutputKind::panoptic,
                                                   OutputKind::semantic, OutputKind::segments,
                                                   OutputKind::geojson};

bool is_tiled_kind(OutputKind kind) {
  return std::find(kTiledKinds.begin(), kTiledKinds.end(), kind) != kTiledKinds.end();
}

/// A label map that is being written.
struct LabelFile {
  fs::path path;
  io::TemporaryFile file;
  image::LabelTiff tiff;
  std::vector<int32_t> values;  ///< by segment id

  LabelFile(const fs::path& target, const image::LabelTiffOptions& options,
            std::vector<int32_t> by_id)
      : path(target),
        file(target),
        tiff(file.descriptor(), target, options),
        values(std::move(by_id)) {}

  void add(const at::Tensor& ids) {
    at::Tensor labels = at::empty_like(ids);
    const int32_t* in = ids.const_data_ptr<int32_t>();
    int32_t* out = labels.data_ptr<int32_t>();
    for (int64_t i = 0; i < ids.numel(); ++i) out[i] = values[static_cast<size_t>(in[i])];
    tiff.add(labels);
  }
};

std::unique_ptr<LabelFile> label_file(OutputKind kind, const TiledAnswer& answer,
                                      const TiledPicture& picture, const TiledOutput& output) {
  const bool wide = answer.vocabulary.classes.size() > 254;
  const auto count = static_cast<int64_t>(answer.segments.size());
  image::LabelTiffOptions options{answer.mosaic.size(), count, 0, picture.geo_tags};
  std::vector<int32_t> values = {0};
  if (kind == OutputKind::semantic) {
    options.largest = options.no_data = wide ? 65535 : 255;
    values = {static_cast<int32_t>(options.no_data)};
  }
  for (const results::Segment& segment : answer.segments) {
    values.push_back(
        static_cast<int32_t>(kind == OutputKind::semantic ? segment.class_index : segment.id));
  }
  return std::make_unique<LabelFile>(tiled_output_path(output.stem, kind, output.rendering.overlay),
                                     options, std::move(values));
}

std::string segments_text(const TiledAnswer& answer, const TiledPicture& picture) {
  results::Segmentation all{answer.mosaic.size(),
                            results::PanopticSegmentation{{}, answer.segments}};
  all.min_score = picture.min_score;
  all.below_min_score = answer.mosaic.below_min_score();
  nlohmann::json json = outputs::to_json(all);
  json["task"] = results::task_name(picture.task);
  json["image"] = picture.name;
  json["tile"] = picture.tiles.tile;
  json["overlap"] = picture.tiles.overlap;
  return outputs::json_text(json);
}

std::string overview_bytes(const TiledAnswer& answer, const TiledPicture& picture,
                           const outputs::RenderOptions& rendering) {
  const results::Segmentation reduced = answer.overview.segmentation(answer.segments);
  const outputs::Picture shown{picture.name, answer.overview.rgb()};
  const at::Tensor drawn = outputs::overlay_picture({shown, reduced, answer.vocabulary}, rendering);
  return rendering.overlay.jpeg ? image::encode_jpeg(drawn) : image::encode_png(drawn);
}

/// All that is made of the map while it is read once.
class MapPass {
 public:
  MapPass(const TiledAnswer& answer, const TiledPicture& picture, const TiledOutput& output)
      : answer_(answer), picture_(picture), output_(output) {
    for (const OutputKind kind : {OutputKind::panoptic, OutputKind::semantic}) {
      if (output.kinds.contains(kind)) maps_.push_back(label_file(kind, answer, picture, output));
    }
    if (!output.kinds.contains(OutputKind::geojson)) return;
    outputs::GeoJsonOptions options;
    if (picture.place) options = {picture.place->transform, picture.place->crs()};
    outlines_ = std::make_unique<OutlineFile>(output.folder->path(), options);
    tracer_ = std::make_unique<OutlineTracer>(
        answer.mosaic.size().width, output.rendering.tolerance_px,
        [this](int32_t id, const std::vector<outputs::Polygon>& polygons) {
          for (const outputs::Polygon& polygon : polygons) outlines_->add(id, polygon);
        });
  }

  void add(const at::Tensor& ids) {
    for (const auto& map : maps_) map->add(ids);
    if (output_.kinds.contains(OutputKind::overlay)) answer_.overview.add_ids(ids);
    if (!tracer_) return;
    for (int64_t y = 0; y < ids.size(0); ++y) {
      tracer_->add_row(ids.const_data_ptr<int32_t>() + y * ids.size(1));
    }
  }

  // Everything that can fail for want of space comes before the first name.
  std::vector<fs::path> finish() {
    for (const auto& map : maps_) map->tiff.finish();
    const fs::path outline_path = path_of(OutputKind::geojson);
    std::unique_ptr<io::TemporaryFile> outline_text;
    if (tracer_) {
      tracer_->finish();
      outline_text = std::make_unique<io::TemporaryFile>(outline_path);
      outlines_->write(outline_text->path(), outline_path, picture_.name, answer_.segments,
                       answer_.vocabulary);
    }
    std::vector<fs::path> files;
    for (const auto& map : maps_) take(map->file, map->path, files);
    if (outline_text) take(*outline_text, outline_path, files);
    if (output_.kinds.contains(OutputKind::overlay)) {
      write(OutputKind::overlay, overview_bytes(answer_, picture_, output_.rendering), files);
    }
    if (output_.kinds.contains(OutputKind::segments)) {
      write(OutputKind::segments, segments_text(answer_, picture_), files);
    }
    return files;
  }

 private:
  fs::path path_of(OutputKind kind) const {
    return tiled_output_path(output_.stem, kind, output_.rendering.overlay);
  }
  void take(io::TemporaryFile& file, const fs::path& path, std::vector<fs::path>& files) const {
    if (output_.folder->take(file, path)) files.push_back(path);
  }
  void write(OutputKind kind, std::string bytes, std::vector<fs::path>& files) const {
    const fs::path path = path_of(kind);
    if (output_.folder->write({path, std::move(bytes)})) files.push_back(path);
  }

  const TiledAnswer& answer_;
  const TiledPicture& picture_;
  const TiledOutput& output_;
  std::vector<std::unique_ptr<LabelFile>> maps_;
  std::unique_ptr<OutlineFile> outlines_;
  std::unique_ptr<OutlineTracer> tracer_;
};

}  // namespace

std::set<OutputKind> tiled_output_kinds(const std::string& text, bool on_the_map) {
  std::set<OutputKind> kinds(kTiledKinds.begin(), kTiledKinds.end());
  if (text.empty()) {
    if (!on_the_map) kinds.erase(OutputKind::geojson);
    return kinds;
  }
  const outputs::WantedOutputs wanted = outputs::parse_output_kinds(text);
  const bool all = wanted == outputs::parse_output_kinds("all");
  std::set<OutputKind> chosen;
  for (const OutputKind kind : wanted.kinds) {
    if (is_tiled_kind(kind)) {
      chosen.insert(kind);
    } else if (!all) {
      fail(ErrorCode::invalid_argument, "'", outputs::facts_of(kind).name,
           "' is not written of pictures in windows, which have ",
           listed(kTiledKinds, [](OutputKind one) { return outputs::facts_of(one).name; }));
    }
  }
  return chosen;
}

fs::path tiled_output_path(const fs::path& stem, OutputKind kind,
                           const outputs::OverlayStyle& style) {
  const char* maps[] = {".panoptic.tif", ".semantic.tif"};
  std::string ending = kind == OutputKind::overlay    ? style.ending()
                       : kind == OutputKind::panoptic ? maps[0]
                       : kind == OutputKind::semantic ? maps[1]
                                                      : outputs::facts_of(kind).endings.front();
  return fs::path(stem) += ending;
}

std::vector<fs::path> write_tiled(const TiledAnswer& answer, const TiledPicture& picture,
                                  const TiledOutput& output, const Progress& progress) {
  if (output.kinds.empty()) return {};
  answer.overview.restart_ids();
  MapPass pass(answer, picture, output);
  const int64_t height = answer.mosaic.size().height;
  for (int64_t y = 0; y < height;) {
    const int64_t count = std::min(kRowsAtOnce, height - y);
    pass.add(answer.mosaic.read_rows(count));
    y += count;
    report_progress(progress, y, height, "rows");
  }
  return pass.finish();
}

}  // namespace fcclip::tiles
