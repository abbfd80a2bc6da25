#pragma once
// The pairs of one group in the making, scene by scene.

#include <set>

#include "fcclip/pretrain/crop.h"
#include "fcclip/pretrain/scene_pairs.h"

namespace fcclip::pretrain {

/// What the words of a world are.
struct SceneWords {
  const std::vector<Subject>& subjects;
  const std::vector<bool>& is_thing;
  const NameTable& table;
};

/// Progress of a run in which a ramp of this length (share of the run) has come to its end: 1.
double ramp(double progress, double length);

/// Pairs of scenes of one kind, gathered until a group is full.
class SceneGroup {
 public:
  /// Everything is referred to, not copied.
  SceneGroup(const ScenePairOptions& options, const SceneWords& words, const PairRequest& request,
             Random& random);

  /// Whether take() may be called.
  bool full() const { return std::ssize(pairs_) >= options_.group; }
  /// The group; the next one begins.
  std::vector<Pair> take() { return std::move(pairs_); }
  /// Adds what the request is for: crops, or what one window shows. Names may come twice once
  /// `repeat` is set.
  void add_scene(const CaptionedScene& scene, bool repeat);

 private:
  struct View;
  void add_crop(const View& view, int64_t index);
  void add_window(const View& view, const std::vector<int64_t>& order, bool repeat);
  bool wanted(const data::TruthSegment& segment, int64_t visible_px, bool repeat) const;
  double largest_other_thing(const CaptionedScene& scene, int64_t subject,
                             const std::vector<int64_t>& counts) const;
  int64_t add_present(Pair& pair, const CaptionedScene& scene, const std::vector<int64_t>& counts,
                      double area) const;
  void describe(Pair& pair, const CaptionedScene& scene, int64_t index, int64_t second);
  at::Tensor draw_pixels(const at::Tensor& rgb, const Square& square, bool flip);
  void keep(Pair pair);

  const ScenePairOptions& options_;
  const SceneWords& words_;
  const PairRequest& request_;
  Random& random_;
  double strength_;
  CropOptions crop_;
  std::vector<Pair> pairs_;
  std::set<int64_t> used_;
  int64_t regions_ = 0;
};

}  // namespace fcclip::pretrain
