#include "fcclip/pretrain/scene_group.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <ATen/ATen.h>

#include "fcclip/ops/resize_u8.h"
#include "fcclip/pretrain/augment.h"

namespace fcclip::pretrain {
namespace {

constexpr int64_t kStride = 32;         // of the map that a window's subjects are pooled from
constexpr double kPresentShare = 0.03;  // of a crop: what covers more is shown, so no negative
constexpr double kSecondShare = 0.2;    // of a crop: what covers more may be named beside
constexpr double kLeastVisible = 0.5;   // of what a subject of the crop's size would show
constexpr double kLeastCell = 0.35;     // of its best cell in a window, by a subject
constexpr double kMostZoom = 0.6;       // octaves around window_zoom, in either direction

at::Tensor cut(const at::Tensor& map, const Square& square) {
  return map.narrow(0, square.y, square.side).narrow(1, square.x, square.side);
}

// The share of every cell of a window of `side` pixels that segment `id` covers.
at::Tensor cell_cover(const at::Tensor& ids, int64_t id, const Square& square, int64_t side,
                      bool flip) {
  const at::Tensor mask = cut(ids, square).eq(id).to(at::kByte).mul(255).unsqueeze(2);
  const at::Tensor resized =
      ops::resize_bilinear_u8(mask.contiguous(), {side, side}).squeeze(2).to(at::kFloat).div(255);
  const at::Tensor shown = flip ? resized.flip(1) : resized;
  return at::avg_pool2d(shown.unsqueeze(0).unsqueeze(0), {kStride, kStride}).flatten();
}

}  // namespace

double ramp(double progress, double length) {
  return length <= 0 ? 1.0 : std::min(1.0, progress / length);
}

struct SceneGroup::View {
  const CaptionedScene& scene;
  at::Tensor ids;
  std::vector<Extent> extents;
};

SceneGroup::SceneGroup(const ScenePairOptions& options, const SceneWords& words,
                       const PairRequest& request, Random& random)
    : options_(options),
      words_(words),
      request_(request),
      random_(random),
      strength_(ramp(request.progress, options.ramp)) {
  crop_.side = request.side;
  crop_.most_context = 1.2 + (options.most_context - 1.2) * strength_;
}

void SceneGroup::add_scene(const CaptionedScene& scene, bool repeat) {
  const int64_t most = std::ssize(scene.sample.segments);
  View view{scene, scene.sample.ids.contiguous(), {}};
  view.extents = measure_segments(view.ids, most);
  std::vector<int64_t> order(most);
  std::iota(order.begin(), order.end(), 0);
  for (int64_t i = most - 1; i > 0; --i) std::swap(order[i], order[random_.below(i + 1)]);
  if (request_.windows) return add_window(view, order, repeat);
  const int64_t before = std::ssize(pairs_);
  for (const int64_t i : order) {
    if (full() || std::ssize(pairs_) - before >= options_.crops_per_scene) return;
    const data::TruthSegment& segment = scene.sample.segments[i];
    if (segment.id >= std::ssize(view.extents)) continue;
    if (wanted(segment, view.extents[segment.id].area, repeat)) add_crop(view, i);
  }
}

bool SceneGroup::wanted(const data::TruthSegment& segment, int64_t visible_px, bool repeat) const {
  if (segment.is_crowd || visible_px < options_.min_area_px) return false;
  if (!repeat && used_.contains(segment.class_index)) return false;
  // Things would be the rule without this: there are more of them.
  return words_.is_thing[segment.class_index] ||
         regions_ < options_.stuff_share * static_cast<double>(options_.group);
}

void SceneGroup::add_crop(const View& view, int64_t index) {
  const data::TruthSegment& segment = view.scene.sample.segments[index];
  const Extent& extent = view.extents[segment.id];
  const std::optional<Square> square =
      words_.is_thing[segment.class_index]
          ? draw_thing_square(view.ids, extent, crop_, random_)
          : draw_region_square(view.ids, segment.id, crop_, random_);
  if (!square) return;
  const std::vector<int64_t> counts = count_inside(view.ids, *square, std::ssize(view.extents) - 1);
  const double area = static_cast<double>(square->side * square->side);
  const double best = std::min(static_cast<double>(extent.area), area);
  const auto shown = static_cast<double>(counts[segment.id]);
  if (shown < options_.least_cover * area || shown < kLeastVisible * best) return;
  if (largest_other_thing(view.scene, segment.id, counts) > options_.most_clutter * shown) return;
  Pair pair;
  pair.present = words_.table.true_names(segment.class_index);
  const int64_t second = add_present(pair, view.scene, counts, area);
  describe(pair, view.scene, index, second);
  const bool flip = random_.chance(0.5);
  pair.rgb = draw_pixels(view.scene.sample.rgb, *square, flip);
  keep(std::move(pair));
}

void SceneGroup::add_window(const View& view, const std::vector<int64_t>& order, bool repeat) {
  const at::Tensor& ids = view.ids;
  const double zoom = std::exp2(random_.uniform(-kMostZoom, kMostZoom) - options_.window_zoom);
  Square square;
  square.side = std::min<int64_t>(std::lround(static_cast<double>(request_.side) * zoom),
                                  std::min(ids.size(0), ids.size(1)));
  square.x = random_.below(ids.size(1) - square.side + 1);
  square.y = random_.below(ids.size(0) - square.side + 1);
  const std::vector<int64_t> counts = count_inside(ids, square, std::ssize(view.extents) - 1);
  const bool flip = random_.chance(0.5);
  at::Tensor pixels;
  const int64_t before = std::ssize(pairs_);
  for (const int64_t i : order) {
    if (full() || std::ssize(pairs_) - before >= options_.crops_per_scene) return;
    const data::TruthSegment& segment = view.scene.sample.segments[i];
    if (segment.id >= std::ssize(counts) || !wanted(segment, counts[segment.id], repeat)) continue;
    Pair pair;
    pair.cells = cell_cover(ids, segment.id, square, request_.side, flip);
    if (pair.cells.max().item<double>() < kLeastCell) continue;
    if (!pixels.defined()) pixels = draw_pixels(view.scene.sample.rgb, square, flip);
    pair.rgb = pixels;  // shared: one picture, several pairs
    pair.present = words_.table.true_names(segment.class_index);
    describe(pair, view.scene, i, -1);
    keep(std::move(pair));
  }
}

double SceneGroup::largest_other_thing(const CaptionedScene& scene, int64_t subject,
                                       const std::vector<int64_t>& counts) const {
  int64_t largest = 0;
  for (const data::TruthSegment& other : scene.sample.segments) {
    if (other.id == subject || other.id >= std::ssize(counts)) continue;
    if (words_.is_thing[other.class_index]) largest = std::max(largest, counts[other.id]);
  }
  return static_cast<double>(largest);
}

// What else a crop shows; returns the class that may be named beside the subject, or −1.
int64_t SceneGroup::add_present(Pair& pair, const CaptionedScene& scene,
                                const std::vector<int64_t>& counts, double area) const {
  const int64_t subject = pair.present.front();
  int64_t second = -1;
  for (const data::TruthSegment& other : scene.sample.segments) {
    if (other.class_index == subject || other.id >= std::ssize(counts)) continue;
    const double share = static_cast<double>(counts[other.id]) / area;
    if (share < kPresentShare) continue;
    const std::vector<int64_t>& also = words_.table.true_names(other.class_index);
    pair.present.insert(pair.present.end(), also.begin(), also.end());
    if (share >= kSecondShare) second = other.class_index;
  }
  return second;
}

void SceneGroup::describe(Pair& pair, const CaptionedScene& scene, int64_t index, int64_t second) {
  const int64_t subject = pair.present.front();
  pair.named = {subject};
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

at::Tensor SceneGroup::draw_pixels(const at::Tensor& rgb, const Square& square, bool flip) {
  const at::Tensor pixels =
      ops::resize_bilinear_u8(cut(rgb, square).contiguous(), {request_.side, request_.side});
  return augment_colours(flip ? pixels.flip(1) : pixels, strength_, random_);
}

void SceneGroup::keep(Pair pair) {
  const int64_t subject = pair.present.front();
  used_.insert(subject);
  regions_ += words_.is_thing[subject] ? 0 : 1;
  pairs_.push_back(std::move(pair));
}

}  // namespace fcclip::pretrain
