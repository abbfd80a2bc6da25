#include "fcclip/video/track_book.h"

#include <algorithm>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "fcclip/outputs/coco_json.h"
#include "fcclip/outputs/json_text.h"

namespace fcclip::video {
namespace {

using nlohmann::json;

/// What tracks.json says of one id.
struct Summary {
  const TrackedSegment* first = nullptr;
  int64_t first_frame = 0, last_frame = 0, frames = 0;
  double score = 0;
  json boxes = json::array();
};

json box_row(int64_t frame, const TrackedSegment& segment) {
  json row = {frame};
  for (const int32_t value : segment.box_xywh_px) row.push_back(value);
  row.push_back(segment.score);
  return row;
}

std::map<int64_t, Summary> summaries_of(const std::vector<TrackedFrame>& frames) {
  std::map<int64_t, Summary> tracks;
  for (const TrackedFrame& frame : frames) {
    for (const TrackedSegment& segment : frame.segments) {
      Summary& track = tracks[segment.id];
      if (track.frames++ == 0) {
        track.first = &segment;
        track.first_frame = frame.number;
      }
      track.last_frame = frame.number;
      track.score += segment.score;
      track.boxes.push_back(box_row(frame.number, segment));
    }
  }
  return tracks;
}

json image_json(int64_t id, const TrackedFrame& frame) {
  return outputs::coco_image({id, frame.name + ".png", frame.size});
}

json annotation_json(int64_t id, const TrackedFrame& frame, const TrackBook& book,
                     const classify::Vocabulary& vocabulary) {
  std::vector<results::Segment> segments;
  for (const TrackedSegment& one : frame.segments) {
    results::Segment segment;
    segment.id = one.id;
    segment.class_index = book.class_of(one);
    segment.is_thing = one.is_thing;
    segment.score = one.score;
    segment.area_px = one.area_px;
    std::copy(one.box_xywh_px.begin(), one.box_xywh_px.end(), segment.box_xywh_px.begin());
    segments.push_back(std::move(segment));
  }
  return outputs::coco_panoptic_annotation({id, "", frame.size}, frame.name + ".png", segments,
                                           vocabulary);
}

// `films` as a list of {"video_id", key: [entry of each frame]}, a frame a line.
template <typename Entry>
void write_films(std::ostream& out, const std::vector<TrackBook>& films, const char* key,
                 const Entry& entry) {
  int64_t id = 0;
  const char* film_comma = "\n";
  for (const TrackBook& book : films) {
    out << std::exchange(film_comma, ",\n")
        << "{\"video_id\": " << outputs::json_line(json(book.film())) << ", \"" << key << "\": [";
    const char* comma = "\n";
    for (const TrackedFrame& frame : book.frames()) {
      out << std::exchange(comma, ",\n") << outputs::json_line(entry(++id, frame, book));
    }
    out << "]}";
  }
}

}  // namespace

void TrackBook::add(TrackedFrame frame) {
  for (const TrackedSegment& segment : frame.segments) {
    if (segment.is_thing) votes_[segment.id][segment.class_index] += segment.score;
  }
  frames_.push_back(std::move(frame));
}

int64_t TrackBook::things() const {
  return std::ssize(votes_);
}

int64_t TrackBook::class_of(const TrackedSegment& segment) const {
  const auto votes = votes_.find(segment.id);
  if (!one_name_ || !segment.is_thing || votes == votes_.end()) return segment.class_index;
  return std::max_element(votes->second.begin(), votes->second.end(),
                          [](const auto& a, const auto& b) { return a.second < b.second; })
      ->first;
}

json TrackBook::tracks_json(const classify::Vocabulary& vocabulary) const {
  json tracks = json::array();
  for (auto& [id, track] : summaries_of(frames_)) {
    const classify::VocabularyClass& entry = vocabulary.classes[class_of(*track.first)];
    tracks.push_back({{"id", id},
                      {"name", entry.synonyms.front()},
                      {"thing", track.first->is_thing},
                      {"first_frame", track.first_frame},
                      {"last_frame", track.last_frame},
                      {"frames", track.frames},
                      {"score", track.score / static_cast<double>(track.frames)},
                      {"boxes", track.boxes}});
  }
  return {{"video", film_},
          {"frames_per_second", rate_},
          {"frames", frames_.size()},
          {"tracks", std::move(tracks)}};
}

std::string TrackBook::mot_text() const {
  std::string text;
  for (size_t f = 0; f < frames_.size(); ++f) {
    for (const TrackedSegment& one : frames_[f].segments) {
      if (!one.is_thing) continue;
      char line[160];
      const auto& box = one.box_xywh_px;
      std::snprintf(line, sizeof line, "%zu,%lld,%d,%d,%d,%d,%.4f,-1,-1,-1\n", f + 1,
                    static_cast<long long>(one.id), box[0] + 1, box[1] + 1, box[2], box[3],
                    one.score);
      text += line;
    }
  }
  return text;
}

TrackedFrame tracked_frame(const results::Segmentation& answer) {
  TrackedFrame frame;
  frame.size = answer.size;
  for (const results::Segment& segment : answer.segments()) {
    TrackedSegment kept{segment.id, segment.area_px, static_cast<int32_t>(segment.class_index),
                        static_cast<float>(segment.score)};
    std::transform(segment.box_xywh_px.begin(), segment.box_xywh_px.end(), kept.box_xywh_px.begin(),
                   [](int64_t value) { return static_cast<int32_t>(value); });
    kept.is_thing = segment.is_thing;
    frame.segments.push_back(kept);
  }
  return frame;
}

void write_video_panoptic(std::ostream& out, const std::vector<TrackBook>& films,
                          const classify::Vocabulary& vocabulary) {
  out << "{\"videos\": [";
  write_films(out, films, "images", [](int64_t id, const TrackedFrame& frame, const TrackBook&) {
    return image_json(id, frame);
  });
  out << "],\n\"annotations\": [";
  write_films(out, films, "annotations",
              [&](int64_t id, const TrackedFrame& frame, const TrackBook& book) {
                return annotation_json(id, frame, book, vocabulary);
              });
  out << "],\n\"categories\": " << outputs::json_line(outputs::coco_categories(vocabulary))
      << "}\n";
}

}  // namespace fcclip::video
