#include "fcclip/draw/label_placement.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numbers>
#include <optional>

#include <ATen/ATen.h>

namespace fcclip::draw {
namespace {

struct Spot {
  double depth, x, y;
};

/// Where a segment's label could go: the deepest pixel of each cell of a grid, deepest first.
struct SegmentSpots {
  int64_t area = 0;
  std::vector<Spot> spots;
};

constexpr double kMostHidden = 0.6, kLastResort = 0.3;

class Placer {
 public:
  Placer(const at::Tensor& ids, const at::Tensor& distance, const PlacementOptions& options,
         const MeasureText& measure)
      : ids_(ids.contiguous()),
        height_(ids.size(0)),
        width_(ids.size(1)),
        options_(options),
        measure_(measure) {
    find_spots(distance.contiguous());
  }

  double depth(int32_t id) const {
    const auto found = segments_.find(id);
    return found == segments_.end() ? 0 : found->second.spots.front().depth;
  }

  bool worth_a_label(int32_t id) const {
    const auto found = segments_.find(id);
    return found != segments_.end() &&
           static_cast<double>(found->second.area) >=
               options_.min_area_fraction * static_cast<double>(height_ * width_);
  }

  /// Inside its segment, at least `coverage` of the box on it.
  std::optional<PlacedLabel> inside(const LabelRequest& request, double font, bool detail,
                                    double coverage) const {
    PlacedLabel label = sized(request, font, detail);
    if (!is_drawable(label.box)) return std::nullopt;
    const SegmentSpots& segment = segments_.at(request.id);
    for (const Spot& spot : segment.spots) {
      if (spot.depth < 0.3 * label.box.height) break;
      label.box.x = std::clamp(spot.x - label.box.width / 2, 0.0, width_ - label.box.width);
      label.box.y = std::clamp(spot.y - label.box.height / 2, 0.0, height_ - label.box.height);
      if (!fits_picture(label.box) || !free(label.box)) continue;
      const double on_segment = covered(label.box, request.id);
      // A label that hides most of what it names is better put beside it.
      const bool hides = on_segment * label.box.width * label.box.height >
                         kMostHidden * static_cast<double>(segment.area);
      if (on_segment >= coverage && (!hides || coverage < kLastResort)) return label;
    }
    return std::nullopt;
  }

  /// Beside its segment, the nearer the better.
  std::optional<PlacedLabel> beside(const LabelRequest& request, double font, bool detail) const {
    PlacedLabel label = sized(request, font, detail);
    if (!is_drawable(label.box)) return std::nullopt;
    const Spot& anchor = segments_.at(request.id).spots.front();
    label.outside = true;
    label.anchor_x = anchor.x;
    label.anchor_y = anchor.y;
    constexpr int kAngles = 16;
    for (double reach = anchor.depth + 0.6 * font; reach < anchor.depth + 7 * font;
         reach += 0.5 * font) {
      for (int i = 0; i < kAngles; ++i) {
        // Above first, then alternately right and left.
        const int turn = i % 2 != 0 ? (i + 1) / 2 : -i / 2;
        const double angle = -std::numbers::pi / 2 + turn * 2 * std::numbers::pi / kAngles;
        const double dx = std::cos(angle), dy = std::sin(angle);
        label.box.x = anchor.x + dx * (reach + label.box.width / 2) - label.box.width / 2;
        label.box.y = anchor.y + dy * (reach + label.box.height / 2) - label.box.height / 2;
        if (fits_picture(label.box) && free(label.box)) return label;
      }
    }
    return std::nullopt;
  }

  void keep(const PlacedLabel& label) { taken_.push_back(label.box); }

 private:
  void find_spots(const at::Tensor& distance) {
    const int32_t* id = ids_.data_ptr<int32_t>();
    const float* deep = distance.data_ptr<float>();
    const int64_t cell = std::max<int64_t>(4, std::max(height_, width_) / 64);
    std::map<std::array<int64_t, 3>, Spot> best;
    for (int64_t y = 0; y < height_; ++y) {
      // Runs of one id are looked up once.
      for (int64_t x = 0; x < width_;) {
        const int32_t here = id[y * width_ + x];
        const int64_t end_of_cell = std::min(width_, (x / cell + 1) * cell);
        int64_t end = x;
        Spot run{-1, 0, 0};
        for (; end < end_of_cell && id[y * width_ + end] == here; ++end) {
          const double edge =
              static_cast<double>(std::min({end + 1, y + 1, width_ - end, height_ - y}));
          const double depth = std::min<double>(deep[y * width_ + end], edge);
          if (depth > run.depth) run = {depth, end + 0.5, y + 0.5};
        }
        segments_[here].area += end - x;
        Spot& spot = best.try_emplace({here, y / cell, x / cell}, run).first->second;
        if (run.depth > spot.depth) spot = run;
        x = end;
      }
    }
    for (const auto& [key, spot] : best)
      segments_[static_cast<int32_t>(key[0])].spots.push_back(spot);
    for (auto& [id_of, segment] : segments_) {
      std::stable_sort(segment.spots.begin(), segment.spots.end(),
                       [](const Spot& a, const Spot& b) { return a.depth > b.depth; });
      if (segment.spots.size() > 200) segment.spots.resize(200);
    }
  }

  PlacedLabel sized(const LabelRequest& request, double font, bool detail) const {
    PlacedLabel label;
    label.text = {request.name, detail ? request.detail : "", font};
    const TextSize size = measure_(label.text);
    if (!(size.width > 0 && size.height > 0)) return label;
    label.box.width = size.width + 2 * kPadX * font;
    label.box.height = size.height + 2 * kPadY * font;
    return label;
  }

  /// Without a font, sizes are zero or chance values: then a label has no place.
  bool is_drawable(const Box& box) const {
    return std::isfinite(box.width) && std::isfinite(box.height) && box.width > 0 &&
           box.height > 0 && box.width <= static_cast<double>(width_) &&
           box.height <= static_cast<double>(height_);
  }

  bool fits_picture(const Box& box) const {
    return box.x >= 0 && box.y >= 0 && box.x + box.width <= static_cast<double>(width_) &&
           box.y + box.height <= static_cast<double>(height_);
  }

  bool free(const Box& box) const {
    constexpr double kGap = 3;
    return std::none_of(taken_.begin(), taken_.end(), [&](const Box& other) {
      return box.x < other.x + other.width + kGap && other.x < box.x + box.width + kGap &&
             box.y < other.y + other.height + kGap && other.y < box.y + box.height + kGap;
    });
  }

  double covered(const Box& box, int32_t id) const {
    constexpr int kColumns = 12, kRows = 4;
    int hits = 0;
    for (int j = 0; j < kRows; ++j) {
      for (int i = 0; i < kColumns; ++i) {
        const auto x = static_cast<int64_t>(box.x + (i + 0.5) * box.width / kColumns);
        const auto y = static_cast<int64_t>(box.y + (j + 0.5) * box.height / kRows);
        hits += ids_.data_ptr<int32_t>()[y * width_ + x] == id ? 1 : 0;
      }
    }
    return static_cast<double>(hits) / (kColumns * kRows);
  }

  at::Tensor ids_;
  int64_t height_, width_;
  const PlacementOptions& options_;
  const MeasureText& measure_;
  std::map<int32_t, SegmentSpots> segments_;
  std::vector<Box> taken_;
};

struct Attempt {
  double font_scale;
  bool detail;
  double coverage;  ///< 0: beside the segment
};

// The first pass takes labels that disturb nobody, the second what is left. Letters shrink before
// the score is dropped, and the score is dropped before a label leaves its segment.
constexpr std::array<Attempt, 6> kUndisturbing = {{{1, true, 0.92},
                                                   {0.85, true, 0.92},
                                                   {0.72, true, 0.92},
                                                   {0.6, true, 0.92},
                                                   {0.72, false, 0.92},
                                                   {0.6, false, 0.92}}};
constexpr std::array<Attempt, 6> kRest = {{{0.72, true, 0.7},
                                           {0.72, false, 0.6},
                                           {0.6, false, 0.45},
                                           {0.65, true, 0},
                                           {0.6, false, 0},
                                           {0.6, false, 0.2}}};

template <size_t kCount>
std::optional<PlacedLabel> try_in_order(const Placer& placer, const LabelRequest& request,
                                        const std::array<Attempt, kCount>& attempts,
                                        const PlacementOptions& options) {
  for (const Attempt& attempt : attempts) {
    const double font = std::max(options.min_font_px, options.font_px * attempt.font_scale);
    std::optional<PlacedLabel> label =
        attempt.coverage > 0 ? placer.inside(request, font, attempt.detail, attempt.coverage)
                             : placer.beside(request, font, attempt.detail);
    if (label) return label;
  }
  return std::nullopt;
}

}  // namespace

std::vector<PlacedLabel> place_labels(const at::Tensor& ids, const at::Tensor& distance,
                                      const std::vector<LabelRequest>& requests,
                                      const PlacementOptions& options, const MeasureText& measure) {
  Placer placer(ids, distance, options, measure);
  std::vector<size_t> waiting;
  for (size_t i = 0; i < requests.size(); ++i) {
    if (!requests[i].name.empty() && placer.worth_a_label(requests[i].id)) waiting.push_back(i);
  }
  std::stable_sort(waiting.begin(), waiting.end(), [&](size_t a, size_t b) {
    return placer.depth(requests[a].id) > placer.depth(requests[b].id);
  });
  std::vector<PlacedLabel> placed;
  std::vector<size_t> left;
  const auto place = [&](size_t index, const auto& attempts) {
    std::optional<PlacedLabel> label = try_in_order(placer, requests[index], attempts, options);
    if (!label) return false;
    label->request = index;
    placer.keep(*label);
    placed.push_back(*std::move(label));
    return true;
  };
  for (const size_t index : waiting) {
    if (!place(index, kUndisturbing)) left.push_back(index);
  }
  for (const size_t index : left) place(index, kRest);
  return placed;
}

}  // namespace fcclip::draw
