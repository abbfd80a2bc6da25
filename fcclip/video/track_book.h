#pragma once
// What is remembered of a film after its frames are gone, and the files that are made of it.

#include <array>
#include <cstdint>
#include <map>
#include <ostream>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "fcclip/classify/vocabulary.h"
#include "fcclip/results/segmentation.h"

namespace fcclip::video {

/// A segment of a frame, without its pixels.
struct TrackedSegment {
  int64_t id = 0, area_px = 0;
  int32_t class_index = 0;
  float score = 0;
  std::array<int32_t, 4> box_xywh_px = {};
  bool is_thing = true;
};

/// A frame, without its pixels.
struct TrackedFrame {
  int64_t number = 0;  ///< Frame::number
  double seconds = 0;
  std::string name;
  Size size;
  std::vector<TrackedSegment> segments;
};

/// A film's frames; about 60 bytes a segment.
class TrackBook {
 public:
  /// one_name: a thing keeps one name in all frames, the one with the largest sum of scores. Else
  /// each frame has its own, as where ids do not go on.
  TrackBook(std::string film, double frames_per_second, bool one_name)
      : film_(std::move(film)), rate_(frames_per_second), one_name_(one_name) {}

  void add(TrackedFrame frame);
  const std::string& film() const { return film_; }
  const std::vector<TrackedFrame>& frames() const { return frames_; }
  /// How many things were told apart.
  int64_t things() const;

  /// {"video", "frames_per_second", "frames", "tracks": [{"id", "name", "thing", "first_frame",
  /// "last_frame", "frames", "score", "boxes": [[frame, x, y, width, height, score], …]}]}; frames
  /// by their numbers.
  nlohmann::json tracks_json(const classify::Vocabulary& vocabulary) const;
  /// Things as MOTChallenge has them, a line each: frame, id, left, top, width, height, score, -1,
  /// -1, -1; frames and pixels are counted from 1.
  std::string mot_text() const;
  /// Class of a segment after all frames are known.
  int64_t class_of(const TrackedSegment& segment) const;

 private:
  std::string film_;
  double rate_;
  bool one_name_;
  std::vector<TrackedFrame> frames_;
  std::map<int64_t, std::map<int64_t, double>> votes_;  ///< of things: scores by id and class
};

/// Of a frame's answer, whose ids are final.
TrackedFrame tracked_frame(const results::Segmentation& answer);

/// Films in VIPSeg's form: {"videos": [{"video_id", "images": [{"id", "file_name", "height",
/// "width"}]}], "annotations": [{"video_id", "annotations": [{"image_id", "file_name",
/// "segments_info"}]}], "categories"}; the PNG of a frame is panoptic/<video_id>/<file_name>.
void write_video_panoptic(std::ostream& out, const std::vector<TrackBook>& films,
                          const classify::Vocabulary& vocabulary);

}  // namespace fcclip::video
