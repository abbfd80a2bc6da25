#include "fcclip/pretrain/world_evaluation.h"

#include "fcclip/core/random.h"
#include "fcclip/pretrain/world_pairs.h"

namespace fcclip::pretrain {

WorldEvaluation::WorldEvaluation(const std::shared_ptr<const scenes::World>& world,
                                 const PretrainOptions& options)
    : options_(options) {
  words_.vocabulary = world->vocabulary();
  words_.subjects = subjects_of(*world);
  for (const scenes::Concept& entry : world->concepts()) words_.is_seen.push_back(entry.is_seen);
  scenes::SceneOptions scene;
  scene.size = {options.evaluation.scene_side, options.evaluation.scene_side};
  scene.concepts = scenes::Concepts::all;
  scene.seed = seed_of_text("zero-shot");  // no training scene comes again
  known_ = scenes_of(world, scene);
  scene.pictures = scenes::Pictures::held_out;
  held_out_ = scenes_of(world, scene);
}

engine::Numbers WorldEvaluation::operator()(const model::Clip& clip, bool is_last) const {
  std::vector<std::string> templates = options_.scenes.captions.templates;
  const auto wanted = static_cast<size_t>(std::max<int64_t>(1, options_.evaluation.templates));
  if (!is_last && templates.size() > wanted) templates.resize(wanted);
  const classify::TextClassifier rows = encode_words(clip, words_, templates);
  ZeroShotOptions asked;
  asked.scenes = options_.evaluation.scenes * (is_last ? 4 : 1);
  engine::Numbers numbers;
  for (const auto& [name, value] : zero_shot(clip, words_, rows, known_, asked)) {
    numbers["known_" + name] = value;
  }
  for (const auto& [name, value] : zero_shot(clip, words_, rows, held_out_, asked)) {
    numbers["held_out_" + name] = value;
  }
  return numbers;
}

}  // namespace fcclip::pretrain
