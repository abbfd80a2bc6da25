#include "apps/outputs.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <sstream>

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include "apps/gallery.h"
#include "apps/json_text.h"
#include "apps/outline_outputs.h"
#include "apps/segment_pictures.h"
#include "apps/yolo_data.h"
#include "fcclip/core/error.h"
#include "fcclip/core/nearest_name.h"
#include "fcclip/draw/overlay.h"
#include "fcclip/image/id_colours.h"
#include "fcclip/image/image_file.h"
#include "fcclip/image/label_file.h"
#include "fcclip/io/atomic_file.h"
#include "fcclip/outputs/coco_json.h"
#include "fcclip/outputs/label_maps.h"
#include "fcclip/outputs/outline_writers.h"

namespace fcclip::apps {
namespace {

namespace fs = std::filesystem;

// Task: nothing where the kind shows whatever was asked for.
struct KindFacts {
  OutputKind kind;
  const char* name;
  std::vector<std::string> endings;
  std::optional<results::Task> task;
};

const std::vector<KindFacts>& facts() {
  static const std::vector<KindFacts> kFacts = {
      {OutputKind::overlay, "overlay", {".overlay.png"}, {}},
      {OutputKind::panoptic,
       "panoptic",
       {".panoptic.png", ".panoptic.json"},
       results::Task::panoptic},
      {OutputKind::instances, "instances", {".instances.json"}, results::Task::instance},
      {OutputKind::semantic, "semantic", {".semantic.png"}, results::Task::semantic},
      {OutputKind::segments, "segments", {".segments.json"}, {}},
      {OutputKind::labelme, "labelme", {".json"}, {}},
      {OutputKind::yolo, "yolo", {".txt"}, {}},
      {OutputKind::geojson, "geojson", {".geojson"}, {}},
      {OutputKind::coco, "coco", {".coco.json"}, {}},
      {OutputKind::cityscapes, "cityscapes", {".labelIds.png"}, results::Task::semantic},
      {OutputKind::cityscapes_instances,
       "cityscapes-instances",
       {".instanceIds.png"},
       results::Task::panoptic},
      {OutputKind::ade20k, "ade20k", {".ade20k.png"}, results::Task::semantic},
      {OutputKind::crops, "crops", {".crops.json"}, {}},
      {OutputKind::cutouts, "cutouts", {".cutouts.json"}, {}},
      {OutputKind::masks, "masks", {".masks.json"}, {}},
      {OutputKind::gallery, "gallery", {}, {}}};
  return kFacts;
}

const KindFacts& facts_of(OutputKind kind) {
  return *std::find_if(facts().begin(), facts().end(),
                       [kind](const KindFacts& one) { return one.kind == kind; });
}

fs::path with_ending(fs::path stem, const std::string& ending) {
  return stem += ending;
}

outputs::ImageInfo image_info(const Answer& answer, const results::Segmentation& result) {
  return {1, answer.image_name, result.size};
}

std::string overlay_file(const Answer& answer, const results::Segmentation& result) {
  const OverlayStyle& style = answer.overlay;
  const results::Task task = result.task();
  draw::OverlayOptions options = style.options;
  options.class_colours = styled_colours(answer.vocabulary, style);
  options.scores = style.scores && task != results::Task::semantic;
  options.legend = options.labels && task == results::Task::semantic;
  options.boxes = style.boxes && task == results::Task::instance;
  options.log = answer.log;
  const at::Tensor drawn = draw::draw_overlay(answer.rgb, result, options);
  return style.jpeg ? image::encode_jpeg(drawn) : image::encode_png(drawn);
}

std::vector<OutputFile> panoptic_files(const fs::path& stem, const Answer& answer,
                                       const results::Segmentation& result) {
  const results::PanopticSegmentation& found = result.panoptic();
  const outputs::ImageInfo image = image_info(answer, result);
  const fs::path png = with_ending(stem, ".panoptic.png");
  const nlohmann::json document = outputs::coco_panoptic_document(
      {image},
      {outputs::coco_panoptic_annotation(image, png.filename(), found.segments, answer.vocabulary)},
      answer.vocabulary);
  return {{png, image::encode_png(image::rgb_of_ids(found.ids))},
          {with_ending(stem, ".panoptic.json"), json_text(document)}};
}

// 8 bits while 255 is free to mean "none", else 16.
std::string semantic_png(const Answer& answer, const results::Segmentation& result) {
  const bool wide = answer.vocabulary.classes.size() > 254;
  const at::Tensor& labels = result.semantic().labels;
  const at::Tensor marked = labels.masked_fill(labels < 0, wide ? 65535 : 255);
  return image::encode_png(wide ? marked : marked.to(at::kByte));
}

nlohmann::json segments_json(const Answer& answer, const results::Segmentation& result) {
  nlohmann::json json = to_json(result);
  json["image"] = answer.image_name;
  return json;
}

// Label maps in the ids of a data set.
at::Tensor label_map(OutputKind kind, const Answer& answer, const results::Segmentation& result) {
  if (kind == OutputKind::cityscapes_instances) {
    const results::PanopticSegmentation& found = result.panoptic();
    return outputs::cityscapes_instance_map(found.ids, found.segments, answer.vocabulary);
  }
  const at::Tensor& labels = result.semantic().labels;
  if (kind == OutputKind::cityscapes) return outputs::dataset_id_map(labels, answer.vocabulary);
  return outputs::ade20k_label_map(labels, std::ssize(answer.vocabulary.classes));
}

// Kinds of one file.
std::string file_bytes(OutputKind kind, const fs::path& path, const Answer& answer,
                       const results::Segmentation& result) {
  switch (kind) {
    case OutputKind::overlay:
      return overlay_file(answer, result);
    case OutputKind::instances:
      return json_text(outputs::coco_instance_results(
          image_info(answer, result), result.instances().segments, answer.vocabulary));
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
    case OutputKind::crops:
    case OutputKind::cutouts:
    case OutputKind::masks:
    case OutputKind::gallery:
      break;
  }
  fail(ErrorCode::internal, "not a kind of one file");
}

// "a, b ,,c" -> a, b, c
std::vector<std::string> listed_parts(const std::string& text) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  const auto blank = [](unsigned char c) { return std::isspace(c) != 0; };
  for (std::string part; std::getline(in, part, ',');) {
    part.erase(part.begin(), std::find_if_not(part.begin(), part.end(), blank));
    part.erase(std::find_if_not(part.rbegin(), part.rend(), blank).base(), part.end());
    if (!part.empty()) parts.push_back(part);
  }
  return parts;
}

[[noreturn]] void refuse_kind(const std::string& name) {
  std::vector<std::string> known = {"jsonl", "csv", "all", "none"};
  for (const KindFacts& one : facts()) known.emplace_back(one.name);
  fail(ErrorCode::invalid_argument, "--write: unknown kind '", name, "'", did_you_mean(name, known),
       "; there are ", output_kind_names(), ", jsonl, csv, all and none");
}

OutputFile joined_coco_file(const fs::path& folder, const AnsweredQuestion& question) {
  std::vector<nlohmann::json> documents;
  for (const AnsweredPicture& picture : question.pictures) {
    const fs::path path = with_ending(picture.stem, facts_of(OutputKind::coco).endings.front());
    if (!fs::exists(path)) continue;  // a picture that failed
    nlohmann::json document = nlohmann::json::parse(io::read_file(path), nullptr, false);
    if (document.is_discarded()) {
      fail(ErrorCode::bad_format, path.string(),
           ": damaged or cut short; delete it and run again with --resume");
    }
    documents.push_back(std::move(document));
  }
  return {folder / ("coco-instances" + question.suffix + ".json"),
          json_text(outputs::join_coco_documents(documents))};
}

}  // namespace

std::set<OutputKind> parse_output_kinds(const std::string& text) {
  std::set<OutputKind> kinds;
  for (const std::string& part : listed_parts(text)) {
    if (part == "none") continue;
    bool known = false;
    for (const KindFacts& one : facts()) {
      if (part != "all" && part != one.name) continue;
      kinds.insert(one.kind);
      known = true;
    }
    if (!known) refuse_kind(part);
  }
  if (kinds.contains(OutputKind::gallery)) {
    kinds.insert({OutputKind::overlay, OutputKind::segments});
  }
  return kinds;
}

void drop_unfitting_kinds(const std::string& text, const classify::Vocabulary& vocabulary,
                          std::set<OutputKind>& kinds) {
  constexpr int64_t kLargestThing = 65;  // id·1000 + n in 16 bits
  const std::vector<std::string> parts = listed_parts(text);
  const auto named = [&parts](const std::string& part) {
    return std::find(parts.begin(), parts.end(), part) != parts.end();
  };
  const auto unfit = [](const classify::VocabularyClass& c) {
    return c.id < 0 || c.id > (c.is_thing ? kLargestThing : 65535);
  };
  if (named("all") && !named(output_kind_name(OutputKind::cityscapes_instances)) &&
      std::any_of(vocabulary.classes.begin(), vocabulary.classes.end(), unfit)) {
    kinds.erase(OutputKind::cityscapes_instances);
  }
}

std::set<OutputKind> default_output_kinds(results::Task task) {
  const OutputKind own = task == results::Task::panoptic   ? OutputKind::panoptic
                         : task == results::Task::instance ? OutputKind::instances
                                                           : OutputKind::semantic;
  return {OutputKind::overlay, OutputKind::segments, own};
}

std::string output_kind_name(OutputKind kind) {
  return facts_of(kind).name;
}

std::string output_kind_names() {
  std::string names;
  for (const KindFacts& one : facts()) names += (names.empty() ? "" : ", ") + std::string(one.name);
  return names;
}

results::Task task_of(OutputKind kind, results::Task asked) {
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
                                      const results::Segmentation& result) {
  switch (kind) {
    case OutputKind::panoptic:
      return panoptic_files(stem, answer, result);
    case OutputKind::crops:
    case OutputKind::cutouts:
    case OutputKind::masks:
      return segment_pictures(kind, stem, answer, result);
    case OutputKind::gallery:
      return {};  // stands once for all pictures
    default:
      break;
  }
  const bool overlay = kind == OutputKind::overlay;
  const fs::path path =
      with_ending(stem, overlay ? answer.overlay.ending() : facts_of(kind).endings.front());
  return {{path, file_bytes(kind, path, answer, result)}};
}

std::vector<OutputFile> render_summaries(const std::set<OutputKind>& kinds, const fs::path& folder,
                                         const std::vector<AnsweredQuestion>& questions) {
  std::vector<OutputFile> files;
  for (const AnsweredQuestion& question : questions) {
    if (kinds.contains(OutputKind::yolo)) {
      files.push_back(
          {folder / ("data" + question.suffix + ".yaml"), yolo_data_file(folder, question)});
    }
    if (kinds.contains(OutputKind::coco)) files.push_back(joined_coco_file(folder, question));
  }
  if (kinds.contains(OutputKind::gallery)) {
    files.push_back({folder / "index.html", gallery_page(folder, questions)});
  }
  return files;
}

}  // namespace fcclip::apps
