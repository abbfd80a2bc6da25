#include "fcclip/train/source.h"

#include <filesystem>
#include <numeric>

#include "fcclip/classify/builtin_vocabularies.h"
#include "fcclip/core/error.h"
#include "fcclip/core/random.h"
#include "fcclip/data/dataset_split.h"
#include "fcclip/scenes/scenes.h"
#include "fcclip/words/load_vocabulary.h"

namespace fcclip::train {
namespace {

namespace fs = std::filesystem;

// Evaluation scenes never repeat training ones.
constexpr uint64_t kEvaluationSeed = 0x6576616c;

Source open_world(const DataSettings& settings, Purpose purpose, int64_t seed) {
  const auto world = scenes::World::open(settings.world, {settings.min_pictures});
  scenes::SceneOptions options;
  options.size = {settings.scene_size, settings.scene_size};
  const bool training = purpose == Purpose::training;
  options.concepts = training ? scenes::Concepts::seen : scenes::Concepts::all;
  options.seed = static_cast<uint64_t>(seed) ^ (training ? 0 : kEvaluationSeed);
  Source source;
  source.dataset = std::make_shared<scenes::SceneDataset>(world, options);
  source.vocabulary.name = training ? "world, seen" : "world";
  for (size_t i = 0; i < world->concepts().size(); ++i) {
    const bool known = !training || world->concepts()[i].is_seen;
    source.class_map.push_back(known ? std::ssize(source.vocabulary.classes) : -1);
    if (!known) continue;
    classify::VocabularyClass entry = world->vocabulary().classes[i];
    entry.id = std::ssize(source.vocabulary.classes) + 1;
    source.vocabulary.classes.push_back(std::move(entry));
  }
  return source;
}

// Spelt either way.
bool is_instance(const std::string& kind) {
  return kind == "instance" || kind == "instances";
}

// For somebody who has neither named data nor put COCO where it is looked for.
std::string coco_advice(const DataSettings& settings) {
  if (!settings.images.starts_with("datasets/coco/")) return "";
  const bool instances = is_instance(settings.kind);
  return std::string("; name your own data with data.images and ") +
         (instances ? "data.instances_json" : "data.panoptic_json and data.panoptic_pngs") +
         " (fcclip train --print-config), or download " +
         fs::path(settings.images).filename().string() + ".zip and " +
         (instances ? "" : "panoptic_") +
         "annotations_trainval2017.zip from cocodataset.org into datasets/coco";
}

Source open_files(const DataSettings& settings) {
  data::SplitFiles files;
  files.pictures = {settings.images};
  files.ignore_label = settings.ignore_label;
  files.advice = coco_advice(settings);
  files.may_lack_pictures = true;  // a long run goes on without a few; check_data() tells them all
  if (settings.kind == "panoptic") {
    files.panoptic_json = settings.panoptic_json;
    files.panoptic_pngs = settings.panoptic_pngs;
  } else if (is_instance(settings.kind)) {
    files.instances_json = settings.instances_json;
  } else if (settings.kind == "semantic") {
    files.labels = settings.labels;
  } else {
    fail(ErrorCode::invalid_argument, "data.kind is \"", settings.kind,
         "\"; expected panoptic, instance, semantic or world");
  }
  classify::Vocabulary vocabulary;
  if (!settings.vocabulary.empty()) vocabulary = words::load_vocabulary(settings.vocabulary);
  Source source;
  source.dataset = std::make_shared<data::DatasetSplit>(std::move(files), std::move(vocabulary));
  source.vocabulary = source.dataset->vocabulary();
  source.class_map.resize(source.vocabulary.classes.size());
  std::iota(source.class_map.begin(), source.class_map.end(), 0);
  return source;
}

}  // namespace

Source open_source(const DataSettings& settings, Purpose purpose, int64_t seed) {
  return settings.kind == "world" ? open_world(settings, purpose, seed) : open_files(settings);
}

data::Sample Source::get(int64_t index) const {
  data::Sample sample = dataset->get(index % dataset->size());
  std::erase_if(sample.segments, [&](data::TruthSegment& segment) {
    segment.class_index = class_map.at(segment.class_index);
    return segment.class_index < 0;
  });
  return sample;
}

}  // namespace fcclip::train
