#include "fcclip/eval/video_quality.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <utility>

#include "fcclip/core/error.h"

namespace fcclip::eval {
namespace {

using ById = std::unordered_map<int64_t, MapSegment>;

ById segments_by_id(const std::vector<MapSegment>& segments) {
  ById by_id;
  for (const MapSegment& segment : segments) by_id.emplace(segment.id, segment);
  return by_id;
}

// The frames' segments as those of one picture: areas add up, the first category stays.
// `places`: of each id in the list.
void join_segments(std::vector<MapSegment>& all, std::unordered_map<int64_t, size_t>& places,
                   const std::vector<MapSegment>& frame) {
  for (const MapSegment& segment : frame) {
    const auto [place, is_new] = places.try_emplace(segment.id, all.size());
    if (is_new) {
      all.push_back(segment);
    } else {
      all[place->second].area_px += segment.area_px;
    }
  }
}

PairedSegments stretch_of(const std::vector<PairedSegments>& frames, size_t first, size_t count) {
  PairedSegments joined;
  std::unordered_map<int64_t, size_t> truths, predictions;
  for (size_t t = first; t < first + count; ++t) {
    join_segments(joined.truth, truths, frames[t].truth);
    join_segments(joined.prediction, predictions, frames[t].prediction);
    for (const auto& [key, pixels] : frames[t].pairs) joined.pairs[key] += pixels;
  }
  return joined;
}

bool is_listed_thing(const ById& segments, int64_t id, const std::vector<bool>& is_thing) {
  const auto found = segments.find(id);
  return found != segments.end() && is_thing[found->second.class_index];
}

bool is_crowd(const ById& segments, int64_t id) {
  const auto found = segments.find(id);
  return found != segments.end() && found->second.is_crowd;
}

/// Pixels of things, over some frames, where the truth is neither void nor crowd.
struct ThingPixels {
  std::unordered_map<int64_t, int64_t> truths, predictions;
  PairCounts pairs;

  void add(const PairedSegments& frame, const std::vector<bool>& is_thing) {
    const ById truth = segments_by_id(frame.truth), prediction = segments_by_id(frame.prediction);
    for (const auto& [key, pixels] : frame.pairs) {
      const int64_t t = truth_of(key), p = prediction_of(key);
      if (t == 0 || is_crowd(truth, t)) continue;
      const bool true_thing = is_listed_thing(truth, t, is_thing);
      const bool found_thing = is_listed_thing(prediction, p, is_thing);
      if (true_thing) truths[t] += pixels;
      if (found_thing) predictions[p] += pixels;
      if (true_thing && found_thing) pairs[key] += pixels;
    }
  }
  double iou(PairKey key) const {
    const int64_t common = pairs.at(key);
    return static_cast<double>(common) /
           static_cast<double>(truths.at(truth_of(key)) + predictions.at(prediction_of(key)) -
                               common);
  }
  // Sums in a fixed order.
  std::vector<PairKey> keys() const {
    std::vector<PairKey> sorted;
    for (const auto& [key, pixels] : pairs) sorted.push_back(key);
    std::sort(sorted.begin(), sorted.end());
    return sorted;
  }
};

}  // namespace

VideoPanopticQuality::VideoPanopticQuality(std::vector<int64_t> windows)
    : windows_(std::move(windows)), quality_(windows_.size()) {
  for (const int64_t window : windows_) {
    if (window >= 1) continue;
    fail(ErrorCode::invalid_argument, "a window of ", window, " frames: expected 1 or more");
  }
}

void VideoPanopticQuality::add(const std::vector<PairedSegments>& frames, std::string_view film) {
  for (size_t w = 0; w < windows_.size(); ++w) {
    const auto window = static_cast<size_t>(windows_[w]);
    for (size_t first = 0; first + window <= frames.size(); ++first) {
      quality_[w].add(stretch_of(frames, first, window), film);
    }
  }
}

void VideoPanopticQuality::merge(const VideoPanopticQuality& other) {
  for (size_t w = 0; w < windows_.size(); ++w) quality_[w].merge(other.quality_[w]);
}

MeanQuality VideoPanopticQuality::mean(const std::vector<int64_t>& categories) const {
  MeanQuality mean;
  for (const PanopticQuality& one : quality_) {
    const MeanQuality of_window = one.mean(categories);
    mean.count = std::max(mean.count, of_window.count);
    mean.pq += of_window.pq / static_cast<double>(windows_.size());
    mean.sq += of_window.sq / static_cast<double>(windows_.size());
    mean.rq += of_window.rq / static_cast<double>(windows_.size());
  }
  return mean;
}

TrackingQuality::TrackingQuality(std::vector<bool> is_thing)
    : is_thing_(std::move(is_thing)), classes_(is_thing_.size()) {}

void TrackingQuality::add_classes(const PairedSegments& frame) {
  const ById truth = segments_by_id(frame.truth), prediction = segments_by_id(frame.prediction);
  for (const auto& [key, pixels] : frame.pairs) {
    const auto is = truth.find(truth_of(key));
    if (is == truth.end()) continue;  // void
    const auto found = prediction.find(prediction_of(key));
    classes_[is->second.class_index].truth += pixels;
    if (found == prediction.end()) continue;
    classes_[found->second.class_index].prediction += pixels;
    if (found->second.class_index == is->second.class_index) {
      classes_[is->second.class_index].both += pixels;
    }
  }
}

void TrackingQuality::add_tubes(const std::vector<PairedSegments>& frames) {
  ThingPixels film;
  for (const PairedSegments& frame : frames) film.add(frame, is_thing_);
  for (const PairKey key : film.keys()) {
    association_ += static_cast<double>(film.pairs.at(key)) * film.iou(key) /
                    static_cast<double>(film.truths.at(truth_of(key)));
  }
  tubes_ += std::ssize(film.truths);
}

void TrackingQuality::add(const std::vector<PairedSegments>& frames) {
  for (const PairedSegments& frame : frames) add_classes(frame);
  add_tubes(frames);
}

void TrackingQuality::merge(const TrackingQuality& other) {
  for (size_t k = 0; k < classes_.size(); ++k) {
    classes_[k].truth += other.classes_[k].truth;
    classes_[k].prediction += other.classes_[k].prediction;
    classes_[k].both += other.classes_[k].both;
  }
  association_ += other.association_;
  tubes_ += other.tubes_;
}

double TrackingQuality::sq() const {
  double sum = 0;
  int64_t count = 0;
  for (const Pixels& one : classes_) {
    const int64_t united = one.truth + one.prediction - one.both;
    if (united == 0) continue;
    sum += static_cast<double>(one.both) / static_cast<double>(united);
    ++count;
  }
  return count > 0 ? sum / static_cast<double>(count) : 0;
}

double TrackingQuality::aq() const {
  return tubes_ > 0 ? association_ / static_cast<double>(tubes_) : 0;
}

double TrackingQuality::stq() const {
  return std::sqrt(aq() * sq());
}

IdSwitches count_id_switches(const std::vector<PairedSegments>& frames,
                             const std::vector<bool>& is_thing) {
  IdSwitches count;
  std::unordered_map<int64_t, int64_t> last;
  for (const PairedSegments& frame : frames) {
    ThingPixels pixels;
    pixels.add(frame, is_thing);
    for (const PairKey key : pixels.keys()) {
      if (pixels.iou(key) <= 0.5) continue;
      ++count.matched;
      const auto [before, is_first] = last.try_emplace(truth_of(key), prediction_of(key));
      if (is_first) {
        ++count.objects;
      } else if (std::exchange(before->second, prediction_of(key)) != prediction_of(key)) {
        ++count.switches;
      }
    }
  }
  return count;
}

}  // namespace fcclip::eval
