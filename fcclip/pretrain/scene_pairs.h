#pragma once
// Pairs cut from scenes with known truth: a crop around a segment, at any scale and with more or
// less of its surroundings; or a window that shows several, each a pair of its own.

#include <functional>
#include <memory>

#include "fcclip/data/dataset.h"
#include "fcclip/pretrain/captions.h"
#include "fcclip/pretrain/pairs.h"

namespace fcclip::pretrain {

/// A scene and, parallel to its segments, captions of the very pictures it shows (empty: none).
struct CaptionedScene {
  data::Sample sample;
  std::vector<std::string> captions;
};
/// Scene i, a pure function of i. Class indices are positions in `subjects`.
using SceneSource = std::function<CaptionedScene(int64_t index)>;

/// How scenes become pairs.
struct ScenePairOptions {
  uint64_t seed = 0;
  int64_t group = 32;  ///< pairs drawn together, without a name twice where possible
  int64_t crops_per_scene = 8;
  double stuff_share = 0.2;     ///< of the pairs whose subject is a region, not a thing
  double most_context = 2.5;    ///< longest side of a crop, in longest sides of its subject
  double second_share = 0.2;    ///< captions that name two, where a second one fills the crop
  double easy_share = 0.6;      ///< of the groups from easy scenes at the run's start
  double easy_share_end = 0.1;  ///< after the ramp
  double ramp = 0.4;            ///< share of the run in which pictures grow harder
  int64_t min_area_px = 60;     ///< visible pixels of a subject in the scene
  double least_cover = 0.08;    ///< of a crop, by its subject
  double most_clutter = 0.5;    ///< the largest other thing in a crop, in areas of its subject: a
                                ///< caption that names one of many teaches little
  double window_zoom = 0;       ///< octaves by which windows are enlarged, about: that of inference
  CaptionOptions captions;
};

/// Pairs from composed scenes.
class ScenePairs final : public PairSource {
 public:
  /// scenes: as at inference; easy: a single thing each, for the start of a run (may be empty:
  /// none); is_thing and subjects: of every class.
  ScenePairs(std::vector<Subject> subjects, std::vector<bool> is_thing, SceneSource scenes,
             SceneSource easy, const ScenePairOptions& options);
  std::vector<Pair> draw(const PairRequest& request) const override;
  const std::vector<std::string>& names() const override { return table_.names(); }
  int64_t classes() const override { return std::ssize(subjects_); }
  std::vector<std::string> texts() const override;
  int64_t group() const override { return options_.group; }
  bool draws_windows() const override { return true; }

 private:
  std::vector<Pair> draw_group(const PairRequest& request, int64_t number) const;

  std::vector<Subject> subjects_;
  std::vector<bool> is_thing_;
  SceneSource scenes_, easy_;
  ScenePairOptions options_;
  NameTable table_;
};

}  // namespace fcclip::pretrain
