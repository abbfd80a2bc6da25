#include "apps/outputs.h"

#include <algorithm>
#include <optional>
#include <sstream>

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include "apps/json_text.h"
#include "apps/outline_outputs.h"
#include "fcclip/core/error.h"
#include "fcclip/core/nearest_name.h"
#include "fcclip/image/image_file.h"
#include "fcclip/image/overlay.h"
#include "fcclip/io/atomic_file.h"
#include "fcclip/results/coco_json.h"
#include "fcclip/results/label_maps.h"
#include "fcclip/results/outline_writers.h"

namespace fcclip::apps {
namespace {

namespace fs = std::filesystem;

// Task: nothing where the kind shows whatever was asked for.
struct KindFacts {
  OutputKind kind;
  const char* name;
  std::vector<std::string> endings;
  std::optional<Task> task;
};

const std::vector<KindFacts>& facts() {
  static const std::vector<KindFacts> kFacts = {
      {OutputKind::overlay, "overlay", {".overlay.png"}, {}},
      {OutputKind::panoptic, "panoptic", {".panoptic.png", ".panoptic.json"}, Task::panoptic},
      {OutputKind::instances, "instances", {".instances.json"}, Task::instance},
      {OutputKind::semantic, "semantic", {".semantic.png"}, Task::semantic},
      {OutputKind::segments, "segments", {".segments.json"}, {}},
      {OutputKind::labelme, "labelme", {".json"}, {}},
      {OutputKind::yolo, "yolo", {".txt"}, {}},
      {OutputKind::geojson, "geojson", {".geojson"}, {}},
      {OutputKind::coco, "coco", {".coco.json"}, {}},
      {OutputKind::cityscapes, "cityscapes", {".labelIds.png"}, Task::semantic},
      {OutputKind::cityscapes_instances,
       "cityscapes-instances",
       {".instanceIds.png"},
       Task::panoptic},
      {OutputKind::ade20k, "ade20k", {".ade20k.png"}, Task::semantic}};
  return kFacts;
}

const KindFacts& facts_of(OutputKind kind) {
  return *std::find_if(facts().begin(), facts().end(),
                       [kind](const KindFacts& one) { return one.kind == kind; });
}

fs::path with_ending(fs::path stem, const std::string& ending) {
  return stem += ending;
}

results::ImageInfo image_info(const Answer& answer, const Segmentation& result) {
  return {1, answer.image_name, result.size};
}

image::OverlaySegment overlay_segment(const Segment& segment, const image::Colour& colour) {
  image::OverlaySegment out;
  out.id = segment.id;
  out.label = segment.name;
  out.score = segment.score;
  out.colour = colour;
  out.is_thing = segment.is_thing;
  out.box_xywh_px = segment.box_xywh_px;
  out.rle_counts = segment.rle_counts;
  return out;
}

std::string overlay_file(const Answer& answer, const Segmentation& result) {
  const OverlayStyle& style = answer.overlay;
  image::OverlayInput input{result.ids, {}};
  image::OverlayOptions options = style.options;
  const std::vector<image::Colour> colours = styled_colours(answer.vocabulary, style);
  for (const Segment& segment : result.segments) {
    input.segments.push_back(overlay_segment(segment, colours[segment.class_index]));
    // A semantic map holds class positions, not segment ids.
    if (result.task == Task::semantic) input.segments.back().id = segment.class_index;
  }
  options.scores = style.scores && result.task != Task::semantic;
  options.legend = options.labels && result.task == Task::semantic;
  options.boxes = style.boxes && result.task == Task::instance;
  options.log = answer.log;
  const at::Tensor drawn = image::draw_overlay(answer.rgb, input, options);
  return style.jpeg ? image::encode_jpeg(drawn) : image::encode_png(drawn);
}

std::vector<results::PanopticSegment> panoptic_segments(const Segmentation& result) {
  std::vector<results::PanopticSegment> segments;
  for (const Segment& segment : result.segments) {
    segments.push_back({segment.id, segment.class_index, segment.is_thing, segment.query,
                        segment.score, segment.area_px, segment.box_xywh_px});
  }
  return segments;
}

std::vector<OutputFile> panoptic_files(const fs::path& stem, const Answer& answer,
                                       const Segmentation& result) {
  const std::vector<results::PanopticSegment> segments = panoptic_segments(result);
  const results::ImageInfo image = image_info(answer, result);
  const fs::path png = with_ending(stem, ".panoptic.png");
  const nlohmann::json document = results::coco_panoptic_document(
      {image},
      {results::coco_panoptic_annotation(image, png.filename(), segments, answer.vocabulary)},
      answer.vocabulary);
  return {{png, image::encode_png(results::rgb_of_ids(result.ids))},
          {with_ending(stem, ".panoptic.json"), json_text(document)}};
}

nlohmann::json instances_json(const Answer& answer, const Segmentation& result) {
  std::vector<results::Instance> instances;
  for (const Segment& segment : result.segments) {
    instances.push_back({segment.class_index, segment.query, segment.score, segment.area_px,
                         segment.box_xywh_px, segment.rle_counts});
  }
  return results::coco_instance_results(image_info(answer, result), instances, answer.vocabulary);
}

// 8 bits while 255 is free to mean "none", else 16.
std::string semantic_png(const Answer& answer, const Segmentation& result) {
  const bool wide = answer.vocabulary.classes.size() > 254;
  const at::Tensor labels = result.ids.masked_fill(result.ids < 0, wide ? 65535 : 255);
  return image::encode_png(wide ? labels : labels.to(at::kByte));
}

nlohmann::json segments_json(const Answer& answer, const Segmentation& result) {
  nlohmann::json json = to_json(result);
  json["image"] = answer.image_name;
  return json;
}

// Label maps in the ids of a data set.
at::Tensor label_map(OutputKind kind, const Answer& answer, const Segmentation& result) {
  if (kind == OutputKind::cityscapes) return results::dataset_id_map(result.ids, answer.vocabulary);
  if (kind == OutputKind::ade20k) {
    return results::ade20k_label_map(result.ids, std::ssize(answer.vocabulary.classes));
  }
  return results::cityscapes_instance_map(result.ids, panoptic_segments(result), answer.vocabulary);
}

// Kinds of one file.
std::string file_bytes(OutputKind kind, const fs::path& path, const Answer& answer,
                       const Segmentation& result) {
  switch (kind) {
    case OutputKind::overlay:
      return overlay_file(answer, result);
    case OutputKind::instances:
      return json_text(instances_json(answer, result));
    case OutputKind::semantic:
      return semantic_png(answer, result);
    case OutputKind::segments:
      return json_text(segments_json(answer, result));
    case OutputKind::labelme:
      return labelme_file(path, answer, result);
    case OutputKind::yolo:
      return yolo_file(answer, result);
    case OutputKind::geojson:
      return geojson_file(answer, result);
    case OutputKind::coco:
      return coco_file(answer, result);
    case OutputKind::cityscapes:
    case OutputKind::cityscapes_instances:
    case OutputKind::ade20k:
      return image::encode_png(label_map(kind, answer, result));
    case OutputKind::panoptic:
      break;
  }
  fail(ErrorCode::internal, "a kind of several files");
}

}  // namespace

std::set<OutputKind> parse_output_kinds(const std::string& text) {
  std::set<OutputKind> kinds;
  std::istringstream parts(text);
  std::vector<std::string> names = {"all", "none"};
  for (const KindFacts& one : facts()) names.push_back(one.name);
  for (std::string part; std::getline(parts, part, ',');) {
    part.erase(0, std::min(part.find_first_not_of(' '), part.size()));
    part.erase(part.find_last_not_of(' ') + 1);
    if (part == "none" || part.empty()) continue;
    bool known = part == "all";
    for (const KindFacts& one : facts()) {
      if (part != "all" && part != one.name) continue;
      kinds.insert(one.kind);
      known = true;
    }
    if (known) continue;
    fail(ErrorCode::invalid_argument, "--write: unknown kind '", part, "'",
         did_you_mean(part, names), "; there are ", output_kind_names(), ", all and none");
  }
  return kinds;
}

std::set<OutputKind> default_output_kinds(Task task) {
  const OutputKind own = task == Task::panoptic   ? OutputKind::panoptic
                         : task == Task::instance ? OutputKind::instances
                                                  : OutputKind::semantic;
  return {OutputKind::overlay, OutputKind::segments, own};
}

std::string output_kind_names() {
  std::string names;
  for (const KindFacts& one : facts()) names += (names.empty() ? "" : ", ") + std::string(one.name);
  return names;
}

Task task_of(OutputKind kind, Task asked) {
  return facts_of(kind).task.value_or(asked);
}

std::vector<fs::path> output_paths(const fs::path& stem, const std::set<OutputKind>& kinds,
                                   const std::string& overlay_ending) {
  std::vector<fs::path> paths;
  for (const OutputKind kind : kinds) {
    if (kind == OutputKind::overlay) {
      paths.push_back(with_ending(stem, overlay_ending));
      continue;
    }
    for (const std::string& ending : facts_of(kind).endings) {
      paths.push_back(with_ending(stem, ending));
    }
  }
  return paths;
}

std::vector<OutputFile> render_output(OutputKind kind, const fs::path& stem, const Answer& answer,
                                      const Segmentation& result) {
  if (kind == OutputKind::panoptic) return panoptic_files(stem, answer, result);
  const bool overlay = kind == OutputKind::overlay;
  const fs::path path =
      with_ending(stem, overlay ? answer.overlay.ending() : facts_of(kind).endings.front());
  return {{path, file_bytes(kind, path, answer, result)}};
}

std::vector<OutputFile> render_summaries(const std::set<OutputKind>& kinds, const fs::path& folder,
                                         const std::string& suffix,
                                         const classify::Vocabulary& vocabulary,
                                         const std::vector<fs::path>& stems) {
  std::vector<OutputFile> files;
  if (kinds.contains(OutputKind::yolo)) {
    files.push_back({folder / ("data" + suffix + ".yaml"), results::yolo_names_yaml(vocabulary)});
  }
  if (!kinds.contains(OutputKind::coco)) return files;
  std::vector<nlohmann::json> documents;
  for (const fs::path& stem : stems) {
    const fs::path path = with_ending(stem, facts_of(OutputKind::coco).endings.front());
    if (!fs::exists(path)) continue;  // a picture that failed
    try {
      documents.push_back(nlohmann::json::parse(io::read_file(path)));
    } catch (const nlohmann::json::exception& error) {
      fail(ErrorCode::bad_format, path.string(), ": ", error.what());
    }
  }
  files.push_back({folder / ("coco-instances" + suffix + ".json"),
                   json_text(results::join_coco_documents(documents))});
  return files;
}

}  // namespace fcclip::apps
