#include "fcclip/segmenter/at_place.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <ATen/ATen.h>

#include "fcclip/core/error.h"
#include "fcclip/ops/host.h"
#include "fcclip/ops/upsampled_masks.h"
#include "fcclip/results/class_probs.h"
#include "fcclip/results/rle.h"
#include "fcclip/segmenter/describe.h"

namespace fcclip::segmenter {
namespace {

// Above, two masks are one to a person's eye.
constexpr double kSameMask = 0.85;
// Below, a mask is not what the box was drawn around.
constexpr double kLeastOverlap = 0.25;
// Masks at full size are made of a few promising queries only.
constexpr int64_t kMostCandidates = 32;

struct Candidate {
  int64_t query = 0;
  double rank = 0;  ///< for choosing candidates
};

void check_place(const Place& place, Size size) {
  if (place.points_xy_px.empty() == !place.box_xywh_px) {
    fail(ErrorCode::invalid_argument, "a place is either points or a box");
  }
  for (const auto& [x, y] : place.points_xy_px) {
    if (x >= 0 && y >= 0 && x < static_cast<double>(size.width) &&
        y < static_cast<double>(size.height))
      continue;
    fail(ErrorCode::invalid_argument, "the point ", x, ", ", y, " is not in the picture of ",
         size.width, " x ", size.height, " pixels");
  }
  if (!place.box_xywh_px) return;
  const auto [x, y, width, height] = *place.box_xywh_px;
  const bool fits = x >= 0 && y >= 0 && width > 0 && height > 0 &&
                    x + width <= static_cast<double>(size.width) &&
                    y + height <= static_cast<double>(size.height);
  if (!fits) {
    fail(ErrorCode::invalid_argument, "the box ", x, ", ", y, ", ", width, ", ", height,
         " (x, y, width, height) is not in the picture of ", size.width, " x ", size.height,
         " pixels");
  }
}

// The least logit of each mask over the points, [Q], read where they are at full size.
at::Tensor least_logits(const EncodedImage& image, const Place& place) {
  const ops::MaskReader read = ops::read_masks(mask_source(image));
  std::vector<int64_t> all(static_cast<size_t>(image.mask_logits.size(0)));
  std::iota(all.begin(), all.end(), 0);
  at::Tensor least;
  for (const auto& [x, y] : place.points_xy_px) {
    const ops::Region pixel{static_cast<int64_t>(y), 1, static_cast<int64_t>(x), 1};
    const at::Tensor logits = read(all, pixel, ops::MaskValue::logit).flatten();
    least = least.defined() ? at::minimum(least, logits) : logits.clone();
  }
  return least;
}

// The overlap of each mask's box with the one given, [Q], on the masks' own grid.
at::Tensor box_overlaps(const EncodedImage& image, const Place& place) {
  const at::Tensor inside = ops::on_host(image.mask_logits).gt(0);
  const double scale_x = static_cast<double>(inside.size(2)) *
                         static_cast<double>(image.resized.width) /
                         static_cast<double>(image.padded.width * image.original.width);
  const double scale_y = static_cast<double>(inside.size(1)) *
                         static_cast<double>(image.resized.height) /
                         static_cast<double>(image.padded.height * image.original.height);
  const auto [x, y, width, height] = *place.box_xywh_px;
  const std::array<double, 4> wanted = {x * scale_x, y * scale_y, width * scale_x,
                                        height * scale_y};
  at::Tensor overlaps = at::zeros({inside.size(0)});
  float* out = overlaps.data_ptr<float>();
  for (int64_t q = 0; q < inside.size(0); ++q) {
    const at::Tensor columns = inside[q].any(0).nonzero(), rows = inside[q].any(1).nonzero();
    if (columns.numel() == 0) continue;
    const double left = columns[0].item<double>(), top = rows[0].item<double>();
    out[q] = static_cast<float>(results::box_iou(
        {left, top, columns[-1].item<double>() + 1 - left, rows[-1].item<double>() + 1 - top},
        wanted, false));
  }
  return overlaps;
}

// How well each mask fits the place, [Q], and above what it does.
struct Fits {
  at::Tensor values;
  double least = 0;
};

Fits fits_of(const EncodedImage& image, const Place& place) {
  if (place.box_xywh_px) return {box_overlaps(image, place), kLeastOverlap};
  return {least_logits(image, place), 0};
}

// Queries at the place, the most promising first.
std::vector<Candidate> candidates(const EncodedImage& image, const Place& place,
                                  const at::Tensor& best_probs) {
  const bool by_box = place.box_xywh_px.has_value();
  const auto [fits, least] = fits_of(image, place);
  std::vector<Candidate> found;
  for (int64_t q = 0; q < fits.size(0); ++q) {
    const double fit = fits[q].item<double>();
    if (!(fit > least)) continue;
    found.push_back({q, best_probs[q].item<double>() * (by_box ? fit : 1)});
  }
  std::ranges::stable_sort(found, std::greater{}, &Candidate::rank);
  if (std::ssize(found) > kMostCandidates) found.resize(kMostCandidates);
  return found;
}

results::Segment segment_of(const EncodedImage& image, ops::MaskRuns& runs, const Place& place,
                            double probability) {
  results::Rle mask = {image.original, std::move(runs.counts)};
  results::Segment segment;
  segment.area_px = results::area(mask);
  segment.box_xywh_px = results::box_xywh(mask);
  segment.score = probability * runs.sigmoid_sum / (static_cast<double>(segment.area_px) + 1e-6);
  if (place.box_xywh_px) {
    std::array<double, 4> box;
    std::ranges::copy(segment.box_xywh_px, box.begin());
    segment.score *= results::box_iou(box, *place.box_xywh_px, false);
  }
  segment.rle_counts = std::move(mask.counts);
  return segment;
}

// Of masks that are nearly one the best stays. Segments come best first.
void leave_out_doubles(std::vector<results::Segment>& segments, Size size, int64_t at_most) {
  std::vector<results::Segment> kept;
  for (results::Segment& segment : segments) {
    if (std::ssize(kept) >= at_most) break;
    const results::Rle mask{size, segment.rle_counts};
    const bool is_double = std::ranges::any_of(kept, [&](const results::Segment& better) {
      return results::iou(mask, {size, better.rle_counts}, false) > kSameMask;
    });
    if (!is_double) kept.push_back(std::move(segment));
  }
  segments = std::move(kept);
}

}  // namespace

std::vector<bool> queries_at(const EncodedImage& image, const Place& place) {
  check_place(place, image.original);
  const auto [fits, least] = fits_of(image, place);
  std::vector<bool> here;
  for (int64_t q = 0; q < fits.size(0); ++q) here.push_back(fits[q].item<double>() > least);
  return here;
}

results::Segmentation masks_at(const EncodedImage& image, const PreparedVocabulary& vocabulary,
                               const classify::Classification& classes, const Place& place,
                               const AskOptions& options) {
  check_place(place, image.original);
  const results::MaskSource masks = mask_source(image);
  const at::Tensor probs = results::class_probs(masks, classes.log_probs[0]);
  const auto [best_probs, best_classes] = probs.slice(1, 0, probs.size(1) - 1).max(1);
  const std::vector<Candidate> found = candidates(image, place, best_probs);
  std::vector<int64_t> queries;
  for (const Candidate& one : found) queries.push_back(one.query);
  std::vector<ops::MaskRuns> runs;
  if (!queries.empty()) runs = ops::mask_runs(masks, queries);

  std::vector<results::Segment> segments;
  for (size_t i = 0; i < queries.size(); ++i) {
    results::Segment segment =
        segment_of(image, runs[i], place, best_probs[queries[i]].item<double>());
    segment.query = queries[i];
    segment.class_index = best_classes[queries[i]].item<int64_t>();
    segment.is_thing = vocabulary.vocabulary.classes[segment.class_index].is_thing;
    if (segment.area_px > 0 && segment.score >= options.min_score)
      segments.push_back(std::move(segment));
  }
  std::ranges::stable_sort(segments, std::greater{}, &results::Segment::score);
  leave_out_doubles(segments, image.original, options.instances.top_k);
  for (size_t i = 0; i < segments.size(); ++i) segments[i].id = static_cast<int64_t>(i) + 1;
  name_segments(segments, image, vocabulary, classes, options.next_best);
  return {image.original, results::InstanceSegmentation{std::move(segments)}, options.min_score};
}

}  // namespace fcclip::segmenter
