#include "fcclip/outputs/render.h"

#include <array>

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include "fcclip/core/error.h"
#include "fcclip/draw/overlay.h"
#include "fcclip/image/id_colours.h"
#include "fcclip/image/image_file.h"
#include "fcclip/image/label_file.h"
#include "fcclip/outputs/coco_json.h"
#include "fcclip/outputs/json_text.h"
#include "fcclip/outputs/label_maps.h"
#include "fcclip/outputs/outline_writers.h"
#include "fcclip/outputs/segment_pictures.h"
#include "fcclip/outputs/segments_json.h"

namespace fcclip::outputs {
namespace {

using Files = std::vector<OutputFile>;

struct Job {
  const std::string& stem;
  const Answer& answer;
  const RenderOptions& options;

  const results::Segmentation& found() const { return answer.segmentation; }
  ImageInfo image(const std::string& name) const { return {1, name, found().size}; }
  ImageInfo image() const { return image(answer.picture.name); }
  std::vector<Outline> outline() const { return outlines(found(), options.tolerance_px); }
  Files file(OutputKind kind, std::string bytes) const {
    return {{stem + facts_of(kind).endings.front(), std::move(bytes)}};
  }
};

const std::string& or_name(const std::string& other, const Picture& picture) {
  return other.empty() ? picture.name : other;
}

Files render_overlay(const Job& job) {
  const at::Tensor drawn = overlay_picture(job.answer, job.options);
  const OverlayStyle& style = job.options.overlay;
  return {{job.stem + style.ending(),
           style.jpeg ? image::encode_jpeg(drawn) : image::encode_png(drawn)}};
}

Files render_panoptic(const Job& job) {
  const results::PanopticSegmentation& found = job.found().panoptic();
  const std::string png = job.stem + ".panoptic.png";
  const nlohmann::json document = coco_panoptic_document(
      {job.image()},
      {coco_panoptic_annotation(job.image(), png, found.segments, job.answer.vocabulary)},
      job.answer.vocabulary);
  return {{png, image::encode_png(image::rgb_of_ids(found.ids))},
          {job.stem + ".panoptic.json", json_text(document)}};
}

Files render_instances(const Job& job) {
  return job.file(OutputKind::instance,
                  json_text(coco_instance_results(job.image(), job.found().instances().segments,
                                                  job.answer.vocabulary)));
}

// 8 bits while 255 is free to mean "none", else 16.
Files render_semantic(const Job& job) {
  const bool wide = job.answer.vocabulary.classes.size() > 254;
  const at::Tensor& labels = job.found().semantic().labels;
  const at::Tensor marked = labels.masked_fill(labels < 0, wide ? 65535 : 255);
  return job.file(OutputKind::semantic, image::encode_png(wide ? marked : marked.to(at::kByte)));
}

Files render_segments(const Job& job) {
  nlohmann::json json = to_json(job.found());
  json["image"] = job.answer.picture.name;
  return job.file(OutputKind::segments, json_text(json));
}

Files render_labelme(const Job& job) {
  const ImageInfo image = job.image(or_name(job.answer.picture.link, job.answer.picture));
  return job.file(OutputKind::labelme,
                  json_text(labelme_json(image, job.outline(), job.answer.vocabulary)));
}

Files render_yolo(const Job& job) {
  return job.file(OutputKind::yolo, yolo_text(job.found().size, job.outline()));
}

Files render_geojson(const Job& job) {
  GeoJsonOptions options;
  if (const auto& place = job.answer.picture.place) options = {place->transform, place->crs()};
  return job.file(OutputKind::geojson,
                  json_text(geojson(job.image(), job.outline(), job.answer.vocabulary, options)));
}

Files render_coco(const Job& job) {
  const ImageInfo image = job.image(or_name(job.answer.picture.name_in_set, job.answer.picture));
  return job.file(OutputKind::coco,
                  json_text(coco_outline_document(image, job.outline(), job.answer.vocabulary)));
}

Files render_cityscapes(const Job& job) {
  return job.file(
      OutputKind::cityscapes,
      image::encode_png(dataset_id_map(job.found().semantic().labels, job.answer.vocabulary)));
}

Files render_cityscapes_instances(const Job& job) {
  const results::PanopticSegmentation& found = job.found().panoptic();
  return job.file(
      OutputKind::cityscapes_instances,
      image::encode_png(cityscapes_instance_map(found.ids, found.segments, job.answer.vocabulary)));
}

Files render_ade20k(const Job& job) {
  return job.file(OutputKind::ade20k,
                  image::encode_png(ade20k_label_map(job.found().semantic().labels,
                                                     std::ssize(job.answer.vocabulary.classes))));
}

template <OutputKind kind>
Files render_segment_pictures(const Job& job) {
  return segment_pictures(kind, job.stem, job.answer, job.options.log);
}

Files render_nothing(const Job&) {
  return {};
}

// In the order of the kinds.
constexpr std::array<Files (*)(const Job&), 16> kRenderers = {
    render_overlay,
    render_panoptic,
    render_instances,
    render_semantic,
    render_segments,
    render_labelme,
    render_yolo,
    render_geojson,
    render_coco,
    render_cityscapes,
    render_cityscapes_instances,
    render_ade20k,
    render_segment_pictures<OutputKind::crops>,
    render_segment_pictures<OutputKind::cutouts>,
    render_segment_pictures<OutputKind::masks>,
    render_nothing};
static_assert(kRenderers.size() == static_cast<size_t>(OutputKind::gallery) + 1);

bool needs_pixels(OutputKind kind) {
  return kind == OutputKind::overlay || kind == OutputKind::crops || kind == OutputKind::cutouts;
}

}  // namespace

at::Tensor overlay_picture(const Answer& answer, const RenderOptions& options) {
  const OverlayStyle& style = options.overlay;
  const results::Task task = answer.segmentation.task();
  draw::OverlayOptions look = style.options;
  look.class_colours = styled_colours(answer.vocabulary, style);
  look.scores = style.scores && task != results::Task::semantic;
  look.legend = look.labels && task == results::Task::semantic;
  look.boxes = style.boxes && task == results::Task::instance;
  look.log = options.log;
  return draw::draw_overlay(answer.picture.rgb, answer.segmentation, look);
}

std::vector<OutputFile> render(OutputKind kind, const std::string& stem, const Answer& answer,
                               const RenderOptions& options) {
  if (needs_pixels(kind) && !answer.picture.rgb.defined()) {
    fail(ErrorCode::invalid_argument, facts_of(kind).name, " of ", answer.picture.name,
         " needs the picture's pixels");
  }
  return kRenderers[static_cast<size_t>(kind)]({stem, answer, options});
}

}  // namespace fcclip::outputs
