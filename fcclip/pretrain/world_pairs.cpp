#include "fcclip/pretrain/world_pairs.h"

#include <ATen/ATen.h>

namespace fcclip::pretrain {
namespace {

// Class indices are found again by name: a world's concepts and its vocabulary share their order.
constexpr int64_t kEasySide = 128;

class WorldPairs final : public PairSource {
 public:
  WorldPairs(std::shared_ptr<const scenes::World> world, int64_t scene_side,
             const ScenePairOptions& options)
      : world_(world),
        pairs_(subjects_of(*world), things_of(*world), hard(world, scene_side, options),
               easy(world, options), options) {}
  std::vector<Pair> draw(const PairRequest& request) const override { return pairs_.draw(request); }
  const std::vector<std::string>& names() const override { return pairs_.names(); }
  int64_t classes() const override { return pairs_.classes(); }
  int64_t group() const override { return pairs_.group(); }
  bool draws_windows() const override { return true; }
  std::vector<std::string> texts() const override {
    std::vector<std::string> texts = pairs_.texts();
    for (const scenes::Concept& entry : world_->concepts()) {
      for (const scenes::Picture& picture : entry.pictures) {
        if (!picture.held_out) texts.push_back(picture.caption);
      }
    }
    return texts;
  }

 private:
  static SceneSource hard(const std::shared_ptr<const scenes::World>& world, int64_t side,
                          const ScenePairOptions& options) {
    scenes::SceneOptions scene;
    scene.size = {side, side};
    scene.concepts = scenes::Concepts::all;
    scene.seed = mix_bits(options.seed + 1);
    return scenes_of(world, scene);
  }
  static SceneSource easy(const std::shared_ptr<const scenes::World>& world,
                          const ScenePairOptions& options) {
    scenes::SceneOptions scene;
    scene.size = {kEasySide, kEasySide};
    scene.concepts = scenes::Concepts::all;
    scene.min_things = scene.max_things = 1;
    scene.seed = mix_bits(options.seed + 2);
    return scenes_of(world, scene);
  }

  std::shared_ptr<const scenes::World> world_;
  ScenePairs pairs_;
};

}  // namespace

std::vector<Subject> subjects_of(const scenes::World& world) {
  std::vector<Subject> subjects;
  for (const scenes::Concept& entry : world.concepts()) {
    subjects.push_back({entry.name, entry.synonyms, entry.broader});
  }
  return subjects;
}

std::vector<bool> things_of(const scenes::World& world) {
  std::vector<bool> things;
  for (const scenes::Concept& entry : world.concepts()) things.push_back(entry.is_thing);
  return things;
}

SceneSource scenes_of(std::shared_ptr<const scenes::World> world,
                      const scenes::SceneOptions& options) {
  const auto scenes = std::make_shared<scenes::SceneDataset>(std::move(world), options);
  return [scenes](int64_t index) {
    scenes::SceneDataset::Placed placed = scenes->compose(index);
    CaptionedScene scene{std::move(placed.sample), {}};
    for (const scenes::Picture* picture : placed.pictures) {
      scene.captions.push_back(picture ? picture->caption : std::string());
    }
    return scene;
  };
}

std::shared_ptr<const PairSource> make_world_pairs(std::shared_ptr<const scenes::World> world,
                                                   int64_t scene_side,
                                                   const ScenePairOptions& options) {
  return std::make_shared<WorldPairs>(std::move(world), scene_side, options);
}

}  // namespace fcclip::pretrain
