#include "fcclip/tiles/merged_segments.h"

#include <algorithm>
#include <limits>
#include <set>
#include <tuple>
#include <unordered_map>

#include "fcclip/core/error.h"

namespace fcclip::tiles {
namespace {

/// Two segments where they overlap.
struct Meeting {
  int32_t first, second;
  double overlap;  ///< intersection over union
};

struct CommonPixels {
  std::unordered_map<int32_t, int64_t> first, second;
  std::unordered_map<uint64_t, int64_t> both;
};

CommonPixels common_pixels(const at::Tensor& first, const at::Tensor& second) {
  CommonPixels found;
  const at::Tensor one = first.contiguous(), other = second.contiguous();
  const int32_t *a = one.const_data_ptr<int32_t>(), *b = other.const_data_ptr<int32_t>();
  for (int64_t i = 0; i < one.numel();) {
    int64_t end = i + 1;  // runs of one pair are counted at once
    while (end < one.numel() && a[end] == a[i] && b[end] == b[i]) ++end;
    if (a[i] != 0) found.first[a[i]] += end - i;
    if (b[i] != 0) found.second[b[i]] += end - i;
    if (a[i] != 0 && b[i] != 0) {
      found.both[uint64_t{static_cast<uint32_t>(a[i])} << 32 | static_cast<uint32_t>(b[i])] +=
          end - i;
    }
    i = end;
  }
  return found;
}

}  // namespace

int32_t MergedSegments::root(int32_t id) {
  while (parents_[static_cast<size_t>(id)] != id) {
    int32_t& parent = parents_[static_cast<size_t>(id)];
    parent = parents_[static_cast<size_t>(parent)];  // half as far the next time
    id = parent;
  }
  return id;
}

void MergedSegments::take(Part& into, const Part& other) {
  if (other.largest_px > into.largest_px) {
    into.facts = other.facts;
    into.largest_px = other.largest_px;
  }
  into.weight += other.weight;
  for (size_t i = 0; i < into.weighted_scores.size(); ++i) {
    into.weighted_scores[i] += other.weighted_scores[i];
  }
  into.area_px += other.area_px;
  into.y0 = std::min(into.y0, other.y0);
  into.x0 = std::min(into.x0, other.x0);
  into.y1 = std::max(into.y1, other.y1);
  into.x1 = std::max(into.x1, other.x1);
  if (std::pair(other.first_y, other.first_x) < std::pair(into.first_y, into.first_x)) {
    into.first_y = other.first_y;
    into.first_x = other.first_x;
  }
}

int32_t MergedSegments::add(const results::Segment& segment, int64_t area_px) {
  const auto weight = static_cast<double>(area_px);
  Part part;
  part.facts = segment;
  part.largest_px = area_px;
  part.weight = weight;
  part.weighted_scores = {weight * segment.score, weight * segment.in_vocabulary_score,
                          weight * segment.out_of_vocabulary_score};
  if (!segment.is_thing) {
    const auto known = stuff_.find(segment.class_index);
    if (known != stuff_.end()) {
      take(parts_[static_cast<size_t>(known->second)], part);
      return known->second;
    }
  }
  if (parts_.size() >= static_cast<size_t>(std::numeric_limits<int32_t>::max())) {
    fail(ErrorCode::too_large, "more than 2,147,483,646 segments in one picture");
  }
  const auto id = static_cast<int32_t>(parts_.size());
  parts_.push_back(std::move(part));
  parents_.push_back(id);
  if (!segment.is_thing) stuff_[segment.class_index] = id;
  return id;
}

void MergedSegments::join_across(const at::Tensor& first, const at::Tensor& second) {
  const CommonPixels common = common_pixels(first, second);
  std::vector<Meeting> meetings;
  for (const auto& [pair, pixels] : common.both) {
    const auto a = static_cast<int32_t>(pair >> 32), b = static_cast<int32_t>(pair & 0xffffffffU);
    const results::Segment& one = parts_[static_cast<size_t>(a)].facts;
    const results::Segment& other = parts_[static_cast<size_t>(b)].facts;
    if (a == b || !one.is_thing || !other.is_thing) continue;
    const int64_t all = common.first.at(a) + common.second.at(b) - pixels;
    const double overlap = static_cast<double>(pixels) / static_cast<double>(all);
    const double least = one.class_index == other.class_index ? kLeastOverlap : kSameMask;
    if (overlap >= least) meetings.push_back({a, b, overlap});
  }
  // Ties by ids, so that the result does not depend on how the table lies in memory.
  std::sort(meetings.begin(), meetings.end(), [](const Meeting& one, const Meeting& other) {
    return std::tuple(-one.overlap, one.first, one.second) <
           std::tuple(-other.overlap, other.first, other.second);
  });
  std::set<int32_t> taken_first, taken_second;
  for (const Meeting& meeting : meetings) {
    if (taken_first.contains(meeting.first) || taken_second.contains(meeting.second)) continue;
    taken_first.insert(meeting.first);
    taken_second.insert(meeting.second);
    const int32_t one = root(meeting.first), other = root(meeting.second);
    parents_[static_cast<size_t>(std::max(one, other))] = std::min(one, other);
  }
}

void MergedSegments::count(int32_t id, int64_t y, int64_t x, int64_t length) {
  Part& part = parts_[static_cast<size_t>(id)];
  if (part.area_px == 0) {
    part.first_y = y;
    part.first_x = x;
  }
  part.area_px += length;
  part.y0 = std::min(part.y0, y);
  part.x0 = std::min(part.x0, x);
  part.y1 = std::max(part.y1, y + 1);
  part.x1 = std::max(part.x1, x + length);
}

// The class that has the most of the pixels times their scores gives name and scores.
MergedSegments::Part MergedSegments::joined(const std::vector<size_t>& members) const {
  std::map<int64_t, double> votes;
  for (const size_t i : members) votes[parts_[i].facts.class_index] += parts_[i].weighted_scores[0];
  const auto winner =
      std::max_element(votes.begin(), votes.end(), [](const auto& one, const auto& other) {
        return one.second < other.second;
      })->first;
  Part named, all;
  for (const size_t i : members) {
    take(all, parts_[i]);
    if (parts_[i].facts.class_index == winner) take(named, parts_[i]);
  }
  all.facts = named.facts;
  all.weight = named.weight;
  all.weighted_scores = named.weighted_scores;
  return all;
}

MergedSegments::Result MergedSegments::finish() {
  std::map<int32_t, std::vector<size_t>> members;
  for (size_t id = 1; id < parts_.size(); ++id) {
    members[root(static_cast<int32_t>(id))].push_back(id);
  }
  std::map<int32_t, Part> merged;
  for (const auto& [where, ids] : members) merged[where] = joined(ids);
  std::vector<std::pair<int32_t, const Part*>> seen;
  for (const auto& [where, part] : merged) {
    if (part.area_px > 0) seen.emplace_back(where, &part);
  }
  std::sort(seen.begin(), seen.end(), [](const auto& one, const auto& other) {
    return std::pair(one.second->first_y, one.second->first_x) <
           std::pair(other.second->first_y, other.second->first_x);
  });
  Result result;
  std::unordered_map<int32_t, int32_t> ids;
  for (const auto& [where, part] : seen) {
    results::Segment segment = part->facts;
    segment.id = static_cast<int64_t>(result.segments.size()) + 1;
    segment.score = part->weighted_scores[0] / part->weight;
    segment.in_vocabulary_score = part->weighted_scores[1] / part->weight;
    segment.out_of_vocabulary_score = part->weighted_scores[2] / part->weight;
    segment.area_px = part->area_px;
    segment.box_xywh_px = {part->x0, part->y0, part->x1 - part->x0, part->y1 - part->y0};
    ids[where] = static_cast<int32_t>(segment.id);
    result.segments.push_back(std::move(segment));
  }
  result.final_ids.assign(parts_.size(), 0);
  for (size_t id = 1; id < parts_.size(); ++id) {
    const auto found = ids.find(root(static_cast<int32_t>(id)));
    if (found != ids.end()) result.final_ids[id] = found->second;
  }
  return result;
}

}  // namespace fcclip::tiles
