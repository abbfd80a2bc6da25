#include "fcclip/video/tracker.h"

#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>

#include "fcclip/core/assignment.h"
#include "fcclip/core/check.h"
#include "fcclip/core/error.h"
#include "fcclip/nn/unit.h"
#include "fcclip/segmenter/mask_overlaps.h"

namespace fcclip::video {
namespace {

// Pairs that may not be one object: more than any that may.
constexpr double kNever = 10;

double cosine(const at::Tensor& a, const at::Tensor& b) {
  return at::dot(a, b).item<double>();
}

}  // namespace

/// A thing of the frame at hand: where it is, and whose it was found to be.
struct Tracker::Seen {
  const Observation* segment = nullptr;
  size_t position = 0;  ///< in the frame
  double x = 0, y = 0, area = 0;
  int64_t id = 0;  ///< 0: nobody's yet
};

void Tracker::check(const std::vector<Observation>& frame) {
  for (const Observation& one : frame) {
    if (mask_size_.empty()) {
      mask_size_ = one.mask.sizes().vec();
      embedding_size_ = one.embedding.sizes().vec();
    }
    check_dtype("a segment's mask", one.mask, at::kBool);
    check_shape("a segment's mask", one.mask, mask_size_);
    check_shape("a segment's embedding", one.embedding, embedding_size_);
  }
}

std::vector<Tracker::Seen> Tracker::things_of(const std::vector<Observation>& frame) const {
  std::vector<Seen> things;
  for (size_t k = 0; k < frame.size(); ++k) {
    if (!frame[k].is_thing) continue;
    Seen seen{&frame[k], k};
    const at::Tensor where = frame[k].mask.nonzero().to(at::kDouble);
    seen.area = static_cast<double>(where.size(0));
    if (where.size(0) > 0) {
      const at::Tensor middle = where.mean(0);
      seen.y = middle[0].item<double>();
      seen.x = middle[1].item<double>();
    }
    things.push_back(seen);
  }
  return things;
}

// The place is expected a step further for every frame; the further back it was seen, the less it
// says.
double Tracker::similarity(const Track& track, const Seen& seen, double iou) const {
  const auto gap = static_cast<double>(frame_ - track.last_frame);
  const double dx = track.x + gap * track.step_x - seen.x;
  const double dy = track.y + gap * track.step_y - seen.y;
  const double reach = std::max(1.0, 0.5 * (track.area + seen.area)) * gap;
  const double near = std::exp(-(dx * dx + dy * dy) / reach);
  const double like =
      std::max(0.0, (cosine(track.embedding, seen.segment->embedding) - options_.least_cosine) /
                        (1 - options_.least_cosine));
  const bool same_name = track.class_index == seen.segment->class_index;
  if (gap > 1) {
    const double least = options_.least_after_gap + (same_name ? 0 : options_.other_name_after_gap);
    return like >= least ? 0.8 * like + 0.2 * near : 0;
  }
  return options_.likeness * like + options_.overlap * iou + options_.nearness * near;
}

// Of `tracks` and the things that are nobody's yet.
void Tracker::join(std::vector<size_t> tracks, std::vector<Seen>& things, bool after_gap) {
  std::vector<Seen*> free;
  std::vector<at::Tensor> before, now;
  for (Seen& seen : things) {
    if (seen.id == 0) free.push_back(&seen);
  }
  if (tracks.empty() || free.empty()) return;
  for (const size_t track : tracks) before.push_back(tracks_[track].mask);
  for (const Seen* seen : free) now.push_back(seen->segment->mask);
  const at::Tensor overlaps = segmenter::mask_overlaps(at::stack(before), at::stack(now));
  const auto iou = overlaps.accessor<float, 2>();
  CostMatrix costs{std::ssize(tracks), std::ssize(free), {}};
  const double least = after_gap ? 1e-9 : options_.least_similarity;
  for (int64_t t = 0; t < costs.rows; ++t) {
    for (int64_t s = 0; s < costs.columns; ++s) {
      const double found = similarity(tracks_[tracks[t]], *free[s], iou[t][s]);
      costs.costs.push_back(found < least ? kNever : 1 - found);
    }
  }
  const Assignment pairs = assign(costs);
  for (size_t p = 0; p < pairs.rows.size(); ++p) {
    if (costs.at(pairs.rows[p], pairs.columns[p]) == kNever) continue;
    update(tracks_[tracks[pairs.rows[p]]], *free[pairs.columns[p]]);
  }
}

void Tracker::match_neighbours(std::vector<Seen>& things) {
  std::vector<size_t> recent;
  for (size_t t = 0; t < tracks_.size(); ++t) {
    if (tracks_[t].last_frame == frame_ - 1) recent.push_back(t);
  }
  join(std::move(recent), things, false);
}

void Tracker::match_returned(std::vector<Seen>& things) {
  std::vector<size_t> away;
  for (size_t t = 0; t < tracks_.size(); ++t) {
    if (tracks_[t].last_frame < frame_ - 1) away.push_back(t);
  }
  join(std::move(away), things, true);
}

void Tracker::update(Track& track, Seen& seen) const {
  const auto gap = static_cast<double>(frame_ - track.last_frame);
  const double fresh = gap > 1 ? 0 : 0.5;  // a step over a gap says little of the next
  track.step_x = fresh * ((seen.x - track.x) / gap + track.step_x);
  track.step_y = fresh * ((seen.y - track.y) / gap + track.step_y);
  const at::Tensor mean =
      options_.memory * track.embedding + (1 - options_.memory) * seen.segment->embedding;
  track.embedding = nn::unit(mean);
  track.mask = seen.segment->mask;
  track.x = seen.x;
  track.y = seen.y;
  track.area = seen.area;
  track.class_index = seen.segment->class_index;
  track.last_frame = frame_;
  seen.id = track.id;
}

void Tracker::begin(Seen& seen) {
  seen.id = next_id_++;
  tracks_.push_back({seen.id, seen.segment->class_index, frame_, seen.segment->embedding.clone(),
                     seen.segment->mask, seen.x, seen.y, seen.area});
}

void Tracker::forget() {
  std::erase_if(tracks_, [&](const Track& track) {
    return frame_ - track.last_frame > options_.longest_gap;
  });
}

std::vector<int64_t> Tracker::next(const std::vector<Observation>& frame) {
  check(frame);
  ++frame_;
  std::vector<Seen> things = things_of(frame);
  match_neighbours(things);
  match_returned(things);
  std::vector<int64_t> ids(frame.size(), 0);
  for (Seen& seen : things) ids[seen.position] = seen.id;
  for (size_t k = 0; k < frame.size(); ++k) {
    if (frame[k].is_thing) continue;
    const auto [stuff, is_new] = stuff_.try_emplace(frame[k].class_index, next_id_);
    if (is_new) ++next_id_;
    ids[k] = stuff->second;
  }
  for (Seen& seen : things) {
    if (seen.id != 0) continue;
    begin(seen);
    ids[seen.position] = seen.id;
  }
  forget();
  return ids;
}

}  // namespace fcclip::video
