#pragma once
// How well films were segmented: VPQ, STQ, and how often an object changed its id.

#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "fcclip/eval/panoptic_quality.h"

namespace fcclip::eval {

/// Video panoptic quality (Kim, Woo, Lee, Kweon, CVPR 2020): panoptic quality of tubes. A tube is
/// all pixels of an id in `window` successive frames; every such stretch of a film counts like a
/// picture, a film that is shorter does not count. A predicted id that changes its category within
/// a stretch counts under its first one.
class VideoPanopticQuality {
 public:
  explicit VideoPanopticQuality(std::vector<int64_t> windows);

  /// A whole film's frames, in order; `film`: for messages. Throws as PanopticQuality::add.
  void add(const std::vector<PairedSegments>& frames, std::string_view film);
  void merge(const VideoPanopticQuality& other);

  const std::vector<int64_t>& windows() const { return windows_; }
  /// In the order of the windows.
  const std::vector<PanopticQuality>& quality() const { return quality_; }
  /// VPQ: the mean over the windows of the mean over `categories`.
  MeanQuality mean(const std::vector<int64_t>& categories) const;

 private:
  std::vector<int64_t> windows_;
  std::vector<PanopticQuality> quality_;
};

/// Segmentation and tracking quality (Weber et al., STEP, 2021): STQ = √(AQ · SQ). SQ is the mean
/// IoU of the categories that occur. AQ is the mean over true things g of
/// 1/|g| · Σ_p TPA(p, g) · IoU(p, g) over predicted things p, whatever their categories; p and g
/// are all pixels of an id in the film. Pixels that are void in the truth count in neither, pixels
/// of a crowd not in AQ.
class TrackingQuality {
 public:
  /// By category.
  explicit TrackingQuality(std::vector<bool> is_thing);

  void add(const std::vector<PairedSegments>& frames);
  void merge(const TrackingQuality& other);

  double sq() const;
  double aq() const;  ///< 0 where there are no true things
  double stq() const;
  /// True things, and of them the share whose pixels were found under one id: AQ is its mean.
  int64_t tubes() const { return tubes_; }

 private:
  struct Pixels {
    int64_t truth = 0, prediction = 0, both = 0;
  };
  void add_classes(const PairedSegments& frame);
  void add_tubes(const std::vector<PairedSegments>& frames);

  std::vector<bool> is_thing_;
  std::vector<Pixels> classes_;
  double association_ = 0;
  int64_t tubes_ = 0;
};

/// True things that are matched in a frame (IoU above 0.5 of its pixels, whatever the categories).
struct IdSwitches {
  int64_t matched = 0;   ///< things in frames
  int64_t switches = 0;  ///< under another id than when it was matched last
  int64_t objects = 0;   ///< things that were matched at all
};
/// Of one film; `is_thing` by category.
IdSwitches count_id_switches(const std::vector<PairedSegments>& frames,
                             const std::vector<bool>& is_thing);

}  // namespace fcclip::eval
