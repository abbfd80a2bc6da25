#include "fcclip/pretrain/scene_pairs.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "fcclip/core/check.h"
#include "fcclip/pretrain/scene_group.h"

namespace fcclip::pretrain {
namespace {

constexpr int64_t kScenesPerGroup = 64;  // at most; indices of a group never meet another's

}  // namespace

ScenePairs::ScenePairs(std::vector<Subject> subjects, std::vector<bool> is_thing,
                       SceneSource scenes, SceneSource easy, const ScenePairOptions& options)
    : subjects_(std::move(subjects)),
      is_thing_(std::move(is_thing)),
      scenes_(std::move(scenes)),
      easy_(std::move(easy)),
      options_(options),
      table_(subjects_) {
  if (options_.group < 1 || options_.crops_per_scene < 1 || options_.captions.templates.empty()) {
    fail(ErrorCode::invalid_argument,
         "pairs from scenes: group and crops_per_scene must be at least 1, and templates given");
  }
}

std::vector<Pair> ScenePairs::draw(const PairRequest& request) const {
  if (request.first % options_.group != 0 || request.count % options_.group != 0) {
    fail(ErrorCode::invalid_argument, "pairs ", request.first, " to ",
         request.first + request.count, " of a batch: expected multiples of ", options_.group);
  }
  std::vector<Pair> pairs;
  for (int64_t i = 0; i < request.count; i += options_.group) {
    std::vector<Pair> group = draw_group(request, (request.first + i) / options_.group);
    std::move(group.begin(), group.end(), std::back_inserter(pairs));
  }
  return pairs;
}

std::vector<Pair> ScenePairs::draw_group(const PairRequest& request, int64_t number) const {
  constexpr int64_t kMostGroups = 1 << 12;
  const int64_t stream = request.step * kMostGroups + number;
  Random random(options_.seed, static_cast<uint64_t>(stream));
  const SceneWords words{subjects_, is_thing_, table_};
  SceneGroup group(options_, words, request, random);
  const double hard = ramp(request.progress, options_.ramp);
  const double easy_share =
      options_.easy_share + (options_.easy_share_end - options_.easy_share) * hard;
  for (int64_t i = 0; !group.full(); ++i) {
    if (i == kScenesPerGroup) {
      fail(ErrorCode::bad_format, kScenesPerGroup, " scenes gave fewer than ", options_.group,
           " pairs; are their segments smaller than ", options_.min_area_px, " pixels?");
    }
    const bool easy = easy_ && !request.windows && random.chance(easy_share);
    const SceneSource& source = easy ? easy_ : scenes_;
    group.add_scene(source(stream * kScenesPerGroup + i), i >= kScenesPerGroup / 4);
  }
  return group.take();
}

std::vector<std::string> ScenePairs::texts() const {
  return all_texts(subjects_, options_.captions);
}

}  // namespace fcclip::pretrain
