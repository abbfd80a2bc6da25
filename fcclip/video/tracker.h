#pragma once
// Which segments of successive frames are the same object. Nothing is trained for it: what names a
// mask in one frame also knows it again in the next (MinVIS: Huang, Yu, Anandkumar, NeurIPS 2022).

#include <cstdint>
#include <map>
#include <vector>

#include <ATen/core/Tensor.h>

namespace fcclip::video {

/// A segment of one frame.
struct Observation {
  int64_t class_index = 0;
  bool is_thing = true;
  at::Tensor embedding;  ///< [D] float32 of length 1
  at::Tensor mask;       ///< [h, w] bool, small; of one size in all frames
};

/// What counts, and from where on two segments are one object.
struct TrackerOptions {
  /// Shares of a pair's similarity (0 … 1): how alike the embeddings are (cosines from
  /// `least_cosine` to 1), IoU of the masks, nearness of the expected place.
  double likeness = 0.5, overlap = 0.3, nearness = 0.2;
  double least_cosine = 0.3;
  double least_similarity = 0.25;      ///< of neighbouring frames, whatever their names
  double least_after_gap = 0.4;        ///< likeness, of an object that was out of sight
  double other_name_after_gap = 0.25;  ///< so much more where it had another name
  int64_t longest_gap = 30;            ///< frames that an object may be out of sight
  double memory = 0.9;                 ///< share of the mean embedding that a new frame leaves
};

/// Gives segments ids that stay with their object. Things of neighbouring frames are matched so
/// that the sum of similarities is largest (Hungarian); what is left is compared with objects that
/// went out of sight, by their mean embedding; the rest are new. A class of stuff has one id.
class Tracker {
 public:
  explicit Tracker(const TrackerOptions& options = {}) : options_(options) {}

  /// Ids (from 1, each object's own) of the next frame's segments, in their order. Throws
  /// Error{shape_mismatch} when embeddings or masks are not of the size of those before.
  std::vector<int64_t> next(const std::vector<Observation>& frame);

 private:
  struct Track {
    int64_t id = 0, class_index = 0, last_frame = 0;
    at::Tensor embedding, mask;
    double x = 0, y = 0, area = 0;  ///< of the mask, in its pixels
    double step_x = 0, step_y = 0;  ///< a frame
  };
  struct Seen;

  void check(const std::vector<Observation>& frame);
  std::vector<Seen> things_of(const std::vector<Observation>& frame) const;
  double similarity(const Track& track, const Seen& seen, double iou) const;
  void match_neighbours(std::vector<Seen>& things);
  void match_returned(std::vector<Seen>& things);
  void join(std::vector<size_t> tracks, std::vector<Seen>& things, bool after_gap);
  void update(Track& track, Seen& seen) const;
  void begin(Seen& seen);
  void forget();

  TrackerOptions options_;
  int64_t frame_ = 0, next_id_ = 1;
  std::vector<Track> tracks_;
  std::map<int64_t, int64_t> stuff_;  ///< id by class
  std::vector<int64_t> mask_size_, embedding_size_;
};

}  // namespace fcclip::video
