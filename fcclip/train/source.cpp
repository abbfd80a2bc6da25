#include "fcclip/train/source.h"

#include <algorithm>
#include <filesystem>
#include <numeric>

#include "fcclip/classify/builtin_vocabularies.h"
#include "fcclip/core/error.h"
#include "fcclip/core/listed.h"
#include "fcclip/core/random.h"
#include "fcclip/data/dataset_split.h"
#include "fcclip/data/registry.h"
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

data::Split split_for(Purpose purpose) {
  return purpose == Purpose::training ? data::Split::training : data::Split::validation;
}

constexpr std::string_view kOwnFiles =
    "; of your own data name the files (images, panoptic_json and their neighbours)";

// A published data set; of several truths the one that `kind` names.
data::SplitFiles published_files(const DataSettings& settings, Purpose purpose) {
  const data::DatasetSpec spec =
      data::split_of(data::find_dataset(settings.name, kOwnFiles), split_for(purpose));
  data::SplitFiles files = data::files_of(spec, data::datasets_root(settings.root));
  const bool has_labels = !spec.labels.empty();
  std::vector<std::string> kinds;
  if (!files.panoptic_json.empty()) kinds.emplace_back("panoptic");
  if (!files.instances_json.empty()) kinds.emplace_back("instance");
  if (has_labels || !files.panoptic_json.empty()) kinds.emplace_back("semantic");
  const std::string kind = is_instance(settings.kind) ? "instance" : settings.kind;
  if (std::ranges::find(kinds, kind) == kinds.end()) {
    fail(ErrorCode::invalid_argument, "data.kind is \"", settings.kind, "\", but ", spec.name,
         " has ", listed(kinds), " truth");
  }
  if (kind != "panoptic") {
    // Where there are no label files, labels are those that the panoptic truth implies.
    if (kind == "instance" || !files.labels.empty()) files.panoptic_json.clear();
  }
  if (kind != "instance") files.instances_json.clear();
  if (kind != "semantic") files.labels.clear();
  return files;
}

std::string published_words(const DataSettings& settings) {
  const data::DatasetSpec& spec = data::find_dataset(settings.name);
  const bool are_things = is_instance(settings.kind) && !spec.thing_vocabulary.empty();
  return are_things ? spec.thing_vocabulary : spec.vocabulary;
}

data::SplitFiles own_files(const DataSettings& settings) {
  data::SplitFiles files;
  files.pictures = {settings.images};
  files.ignore_label = settings.ignore_label;
  files.advice = coco_advice(settings);
  if (!settings.picture_suffix.empty()) files.picture_suffixes = {settings.picture_suffix};
  if (!settings.label_suffix.empty()) files.label_suffixes = {settings.label_suffix};
  files.panoptic_suffix = settings.panoptic_suffix;
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
  return files;
}

Source open_files(const DataSettings& settings, Purpose purpose) {
  const bool is_published = !settings.name.empty();
  data::SplitFiles files = is_published ? published_files(settings, purpose) : own_files(settings);
  files.may_lack_pictures = true;  // a long run goes on without a few; check_data() tells them all
  const std::string words = is_published ? published_words(settings) : settings.vocabulary;
  classify::Vocabulary vocabulary;
  if (!words.empty()) vocabulary = words::load_vocabulary(words);
  Source source;
  source.dataset = std::make_shared<data::DatasetSplit>(std::move(files), std::move(vocabulary));
  source.vocabulary = source.dataset->vocabulary();
  source.class_map.resize(source.vocabulary.classes.size());
  std::iota(source.class_map.begin(), source.class_map.end(), 0);
  return source;
}

}  // namespace

Source open_source(const DataSettings& settings, Purpose purpose, int64_t seed) {
  return settings.kind == "world" ? open_world(settings, purpose, seed)
                                  : open_files(settings, purpose);
}

std::vector<int64_t> Source::classes_of(int64_t index) const {
  std::vector<int64_t> classes = dataset->classes_of(index);
  for (int64_t& k : classes) k = class_map.at(k);
  std::erase_if(classes, [](int64_t k) { return k < 0; });
  return classes;
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
