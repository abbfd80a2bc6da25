#include "apps/outputs.h"

#include <map>
#include <sstream>

#include <ATen/ATen.h>

#include "fcclip/core/error.h"
#include "fcclip/image/image_file.h"
#include "fcclip/image/overlay.h"
#include "fcclip/io/atomic_file.h"
#include "fcclip/results/coco_json.h"

namespace fcclip::apps {
namespace {

namespace fs = std::filesystem;

const std::map<std::string, OutputKind> kNames = {{"overlay", OutputKind::overlay},
                                                  {"panoptic", OutputKind::panoptic},
                                                  {"instances", OutputKind::instances},
                                                  {"semantic", OutputKind::semantic},
                                                  {"segments", OutputKind::segments}};

fs::path with_ending(fs::path stem, const std::string& ending) {
  return stem += ending;
}

results::ImageInfo image_info(const Answer& answer, const Segmentation& result) {
  return {1, answer.image_name, result.size};
}

void write_json(const fs::path& path, const nlohmann::json& json) {
  io::write_atomically(path,
                       json.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

image::OverlaySegment overlay_segment(const Segment& segment, const classify::Vocabulary& words) {
  image::OverlaySegment out;
  out.id = segment.id;
  out.label = segment.name;
  out.score = segment.score;
  out.colour = words.classes[segment.class_index].colour_rgb;
  out.is_thing = segment.is_thing;
  out.box_xywh_px = segment.box_xywh_px;
  out.rle_counts = segment.rle_counts;
  return out;
}

void write_overlay(const fs::path& path, const Answer& answer, const Segmentation& result) {
  image::OverlayInput input{result.ids, {}};
  image::OverlayOptions options;
  for (const Segment& segment : result.segments) {
    input.segments.push_back(overlay_segment(segment, answer.vocabulary));
    // A semantic map holds class positions, not segment ids.
    if (result.task == Task::semantic) input.segments.back().id = segment.class_index;
  }
  options.scores = result.task != Task::semantic;
  options.legend = result.task == Task::semantic;
  options.boxes = result.task == Task::instance;
  image::write_png(path, image::draw_overlay(answer.rgb, input, options));
}

void write_panoptic(const fs::path& stem, const Answer& answer, const Segmentation& result) {
  std::vector<results::PanopticSegment> segments;
  for (const Segment& segment : result.segments) {
    segments.push_back({segment.id, segment.class_index, segment.is_thing, segment.query,
                        segment.score, segment.area_px, segment.box_xywh_px});
  }
  const results::ImageInfo image = image_info(answer, result);
  const fs::path png = with_ending(stem, ".panoptic.png");
  image::write_png(png, results::rgb_of_ids(result.ids));
  write_json(
      with_ending(stem, ".panoptic.json"),
      results::coco_panoptic_document(
          {image},
          {results::coco_panoptic_annotation(image, png.filename(), segments, answer.vocabulary)},
          answer.vocabulary));
}

void write_instances(const fs::path& path, const Answer& answer, const Segmentation& result) {
  std::vector<results::Instance> instances;
  for (const Segment& segment : result.segments) {
    instances.push_back({segment.class_index, segment.query, segment.score, segment.area_px,
                         segment.box_xywh_px, segment.rle_counts});
  }
  write_json(path, results::coco_instance_results(image_info(answer, result), instances,
                                                  answer.vocabulary));
}

// 8 bits while 255 is free to mean "none", else 16.
void write_semantic(const fs::path& path, const Answer& answer, const Segmentation& result) {
  const bool wide = answer.vocabulary.classes.size() > 254;
  const at::Tensor labels = result.ids.masked_fill(result.ids < 0, wide ? 65535 : 255);
  image::write_png(path, wide ? labels : labels.to(at::kByte));
}

}  // namespace

std::set<OutputKind> parse_output_kinds(const std::string& text) {
  std::set<OutputKind> kinds;
  std::istringstream parts(text);
  for (std::string part; std::getline(parts, part, ',');) {
    if (part == "none" || part.empty()) continue;
    const auto found = kNames.find(part);
    if (found == kNames.end()) {
      fail(ErrorCode::invalid_argument, "--write: unknown kind '", part,
           "'; there are overlay, panoptic, instances, semantic, segments and none");
    }
    kinds.insert(found->second);
  }
  return kinds;
}

std::set<OutputKind> default_output_kinds(Task task) {
  const OutputKind own = task == Task::panoptic   ? OutputKind::panoptic
                         : task == Task::instance ? OutputKind::instances
                                                  : OutputKind::semantic;
  return {OutputKind::overlay, OutputKind::segments, own};
}

Task task_of(OutputKind kind, Task asked) {
  switch (kind) {
    case OutputKind::panoptic:
      return Task::panoptic;
    case OutputKind::instances:
      return Task::instance;
    case OutputKind::semantic:
      return Task::semantic;
    case OutputKind::overlay:
    case OutputKind::segments:
      break;
  }
  return asked;
}

std::vector<fs::path> output_paths(const fs::path& stem, const std::set<OutputKind>& kinds) {
  static const std::map<OutputKind, std::vector<std::string>> kEndings = {
      {OutputKind::overlay, {".overlay.png"}},
      {OutputKind::panoptic, {".panoptic.png", ".panoptic.json"}},
      {OutputKind::instances, {".instances.json"}},
      {OutputKind::semantic, {".semantic.png"}},
      {OutputKind::segments, {".segments.json"}}};
  std::vector<fs::path> paths;
  for (const OutputKind kind : kinds) {
    for (const std::string& ending : kEndings.at(kind)) paths.push_back(with_ending(stem, ending));
  }
  return paths;
}

void write_output(OutputKind kind, const fs::path& stem, const Answer& answer,
                  const Segmentation& result) {
  switch (kind) {
    case OutputKind::overlay:
      return write_overlay(with_ending(stem, ".overlay.png"), answer, result);
    case OutputKind::panoptic:
      return write_panoptic(stem, answer, result);
    case OutputKind::instances:
      return write_instances(with_ending(stem, ".instances.json"), answer, result);
    case OutputKind::semantic:
      return write_semantic(with_ending(stem, ".semantic.png"), answer, result);
    case OutputKind::segments: {
      nlohmann::json json = to_json(result);
      json["image"] = answer.image_name;
      return write_json(with_ending(stem, ".segments.json"), json);
    }
  }
}

}  // namespace fcclip::apps
