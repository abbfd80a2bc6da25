#include "fcclip/outputs/output_kinds.h"

#include <algorithm>
#include <cctype>
#include <sstream>

#include "fcclip/core/error.h"
#include "fcclip/core/listed.h"
#include "fcclip/core/nearest_name.h"

namespace fcclip::outputs {
namespace {

namespace fs = std::filesystem;
using results::Task;

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
  for (const KindFacts& one : output_kinds()) known.push_back(one.name);
  fail(ErrorCode::invalid_argument, "--write: unknown kind '", name, "'", did_you_mean(name, known),
       "; there are ", output_kind_names(), ", jsonl, csv, all and none");
}

}  // namespace

const std::vector<KindFacts>& output_kinds() {
  static const std::vector<KindFacts> kFacts = {
      {OutputKind::overlay, "overlay", {".overlay.png"}, {}},
      {OutputKind::panoptic, "panoptic", {".panoptic.png", ".panoptic.json"}, Task::panoptic},
      {OutputKind::instance, "instance", {".instances.json"}, Task::instance},
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
      {OutputKind::ade20k, "ade20k", {".ade20k.png"}, Task::semantic},
      {OutputKind::crops, "crops", {".crops.json"}, {}},
      {OutputKind::cutouts, "cutouts", {".cutouts.json"}, {}},
      {OutputKind::masks, "masks", {".masks.json"}, {}},
      {OutputKind::gallery, "gallery", {}, {}}};
  return kFacts;
}

const KindFacts& facts_of(OutputKind kind) {
  return output_kinds().at(static_cast<size_t>(kind));
}

WantedOutputs parse_output_kinds(const std::string& text) {
  WantedOutputs wanted;
  for (std::string part : listed_parts(text)) {
    if (part == "instances") part = "instance";  // as the file is called
    wanted.lines |= part == "jsonl" || part == "all";
    wanted.table |= part == "csv" || part == "all";
    bool known = part == "none" || part == "jsonl" || part == "csv";
    for (const KindFacts& one : output_kinds()) {
      if (part != "all" && part != one.name) continue;
      wanted.kinds.insert(one.kind);
      known = true;
    }
    if (!known) refuse_kind(part);
  }
  if (wanted.kinds.contains(OutputKind::gallery)) {
    wanted.kinds.insert({OutputKind::overlay, OutputKind::segments});
  }
  if (wanted.lines || wanted.table) wanted.kinds.insert(OutputKind::segments);
  return wanted;
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
  if (named("all") && !named(facts_of(OutputKind::cityscapes_instances).name) &&
      std::any_of(vocabulary.classes.begin(), vocabulary.classes.end(), unfit)) {
    kinds.erase(OutputKind::cityscapes_instances);
  }
}

std::string output_kind_names() {
  return listed(output_kinds(), &KindFacts::name);
}

std::set<OutputKind> default_output_kinds(Task task) {
  const OutputKind own = task == Task::panoptic   ? OutputKind::panoptic
                         : task == Task::instance ? OutputKind::instance
                                                  : OutputKind::semantic;
  return {OutputKind::overlay, OutputKind::segments, own};
}

Task task_of(OutputKind kind, Task asked) {
  return facts_of(kind).task.value_or(asked);
}

std::vector<fs::path> output_paths(const fs::path& stem, const std::set<OutputKind>& kinds,
                                   const std::string& overlay_ending) {
  std::vector<fs::path> paths;
  for (const OutputKind kind : kinds) {
    if (kind == OutputKind::overlay) {
      paths.push_back(fs::path(stem) += overlay_ending);
      continue;
    }
    for (const std::string& ending : facts_of(kind).endings) {
      paths.push_back(fs::path(stem) += ending);
    }
  }
  return paths;
}

}  // namespace fcclip::outputs
