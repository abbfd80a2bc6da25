#include "fcclip/pretrain/scene_pairs.h"

#include <algorithm>
#include <numeric>
#include <set>

#include <ATen/ATen.h>

#include "fcclip/core/check.h"
#include "fcclip/ops/resize_u8.h"
#include "fcclip/pretrain/augment.h"
#include "fcclip/pretrain/crop.h"

namespace fcclip::pretrain {
namespace {

constexpr double kPresentShare = 0.03;   // of a crop: what covers more is shown, so no negative
constexpr double kSecondShare = 0.2;     // of a crop: what covers more may be named beside
constexpr double kLeastCover = 0.08;     // of a crop, by its subject
constexpr double kLeastVisible = 0.5;    // of what a subject of the crop's size would show
constexpr int64_t kScenesPerGroup = 64;  // at most; indices of a group never meet another's

double ramp(double progress, double length) {
  return length <= 0 ? 1.0 : std::min(1.0, progress / length);
}

struct Words {
  const std::vector<Subject>& subjects;
  const std::vector<bool>& is_thing;
  const NameTable& table;
};

// One group of pairs in the making.
class Group {
 public:
  Group(const ScenePairOptions& options, const Words& words, const PairRequest& request,
        world::Random& random)
      : options_(options),
        words_(words),
        request_(request),
        random_(random),
        strength_(ramp(request.progress, options.ramp)) {
    crop_.side = request.side;
    crop_.most_context = 1.2 + (options.most_context - 1.2) * strength_;
  }

  bool full() const { return std::ssize(pairs_) >= options_.group; }
  std::vector<Pair> take() { return std::move(pairs_); }

  /// Names may come twice once `repeat` is set.
  void add_scene(const CaptionedScene& scene, bool repeat) {
    const data::Sample& sample = scene.sample;
    const int64_t most = std::ssize(sample.segments);
    const at::Tensor ids = sample.ids.contiguous();
    const std::vector<Extent> extents = measure_segments(ids, most);
    std::vector<int64_t> order(most);
    std::iota(order.begin(), order.end(), 0);
    for (int64_t i = most - 1; i > 0; --i) std::swap(order[i], order[random_.below(i + 1)]);
    int64_t taken = 0;
    for (const int64_t i : order) {
      if (full() || taken >= options_.crops_per_scene) return;
      if (!wanted(sample.segments[i], extents, repeat)) continue;
      taken += add_pair(scene, ids, i, extents) ? 1 : 0;
    }
  }

 private:
  bool wanted(const data::TruthSegment& segment, const std::vector<Extent>& extents, bool repeat) {
    if (segment.is_crowd || segment.id >= std::ssize(extents)) return false;
    if (extents[segment.id].area < options_.min_area_px) return false;
    if (!repeat && used_.contains(segment.class_index)) return false;
    // Things would be the rule without this: there are more of them.
    return words_.is_thing[segment.class_index] ||
           regions_ < options_.stuff_share * static_cast<double>(options_.group);
  }

  bool add_pair(const CaptionedScene& scene, const at::Tensor& ids, int64_t index,
                const std::vector<Extent>& extents) {
    const data::TruthSegment& segment = scene.sample.segments[index];
    const bool thing = words_.is_thing[segment.class_index];
    std::optional<Square> square = thing
                                       ? draw_thing_square(ids, extents[segment.id], crop_, random_)
                                       : draw_region_square(ids, segment.id, crop_, random_);
    if (!square) return false;
    const std::vector<int64_t> counts = count_inside(ids, *square, std::ssize(extents) - 1);
    const double area = static_cast<double>(square->side * square->side);
    const double best = std::min<double>(static_cast<double>(extents[segment.id].area), area);
    if (counts[segment.id] < kLeastCover * area || counts[segment.id] < kLeastVisible * best) {
      return false;
    }
    Pair pair;
    describe(pair, scene, index, counts, area);
    draw_pixels(pair, scene.sample.rgb, ids, segment.id, *square);
    pairs_.push_back(std::move(pair));
    used_.insert(segment.class_index);
    regions_ += thing ? 0 : 1;
    return true;
  }

  void describe(Pair& pair, const CaptionedScene& scene, int64_t index,
                const std::vector<int64_t>& counts, double area) {
    const std::vector<data::TruthSegment>& segments = scene.sample.segments;
    const int64_t subject = segments[index].class_index;
    pair.present = words_.table.true_names(subject);
    pair.named = {subject};
    int64_t second = -1;
    for (const data::TruthSegment& other : segments) {
      if (other.class_index == subject || other.id >= std::ssize(counts)) continue;
      const double share = static_cast<double>(counts[other.id]) / area;
      if (share < kPresentShare) continue;
      const std::vector<int64_t>& also = words_.table.true_names(other.class_index);
      pair.present.insert(pair.present.end(), also.begin(), also.end());
      if (share >= kSecondShare) second = other.class_index;
    }
    const std::string own =
        static_cast<size_t>(index) < scene.captions.size() ? scene.captions[index] : std::string();
    if (!own.empty() && random_.chance(options_.captions.own_share)) {
      pair.caption = own;
      return;
    }
    std::string name = draw_name(words_.subjects[subject], options_.captions, random_);
    if (second >= 0 && random_.chance(options_.second_share)) {
      name += " and " + draw_name(words_.subjects[second], options_.captions, random_);
      pair.named.push_back(second);
    }
    pair.caption = draw_caption(name, options_.captions, random_);
  }

  void draw_pixels(Pair& pair, const at::Tensor& rgb, const at::Tensor& ids, int64_t id,
                   const Square& square) {
    const auto cut = [&](const at::Tensor& map) {
      return map.narrow(0, square.y, square.side).narrow(1, square.x, square.side);
    };
    const bool flip = random_.chance(0.5);
    const Size size{request_.side, request_.side};
    at::Tensor pixels = ops::resize_bilinear_u8(cut(rgb).contiguous(), size);
    if (flip) pixels = pixels.flip(1);
    pair.rgb = augment_colours(pixels, strength_, random_);
    if (!options_.with_masks) return;
    const at::Tensor mask = cut(ids).eq(id).to(at::kByte).mul(255).unsqueeze(2);
    at::Tensor subject = ops::resize_bilinear_u8(mask.contiguous(), size).squeeze(2);
    if (flip) subject = subject.flip(1);
    pair.subject = subject.to(at::kFloat).div(255);
  }

  const ScenePairOptions& options_;
  const Words& words_;
  const PairRequest& request_;
  world::Random& random_;
  double strength_;
  CropOptions crop_;
  std::vector<Pair> pairs_;
  std::set<int64_t> used_;
  int64_t regions_ = 0;
};

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
  world::Random random(options_.seed, static_cast<uint64_t>(stream));
  const Words words{subjects_, is_thing_, table_};
  Group group(options_, words, request, random);
  const double hard = ramp(request.progress, options_.ramp);
  const double easy_share =
      options_.easy_share + (options_.easy_share_end - options_.easy_share) * hard;
  for (int64_t i = 0; !group.full(); ++i) {
    if (i == kScenesPerGroup) {
      fail(ErrorCode::bad_format, kScenesPerGroup, " scenes gave fewer than ", options_.group,
           " pairs; are their segments smaller than ", options_.min_area_px, " pixels?");
    }
    const SceneSource& source = easy_ && random.chance(easy_share) ? easy_ : scenes_;
    group.add_scene(source(stream * kScenesPerGroup + i), i >= kScenesPerGroup / 4);
  }
  return group.take();
}

std::vector<std::string> ScenePairs::texts() const {
  return all_texts(subjects_, options_.captions);
}

}  // namespace fcclip::pretrain
