#include "fcclip/train/short_edge.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <ATen/ATen.h>

#include "fcclip/data/truth_masks.h"
#include "fcclip/segmenter/preprocess.h"
#include "fcclip/train/colour_jitter.h"

namespace fcclip::train {
namespace {

constexpr int kTries = 10;

// Halves rounded up, as the reference writes it.
int64_t rounded(double value) {
  return static_cast<int64_t>(value + 0.5);
}

int64_t between(int64_t least, int64_t most, Random& random) {
  return least + random.below(most - least + 1);
}

// Whether more than one class is there, and none has more than its share.
bool is_mixed(const at::Tensor& ids, const std::map<int64_t, int64_t>& class_of_id,
              double most_share) {
  std::map<int64_t, int64_t> pixels;
  int64_t all = 0, most = 0;
  for (const auto& [id, area] : data::areas_of_ids(ids)) {
    const auto found = class_of_id.find(id);
    if (found == class_of_id.end()) continue;
    int64_t& own = pixels[found->second];
    own += area;
    all += area;
    most = std::max(most, own);
  }
  return pixels.size() > 1 && static_cast<double>(most) < static_cast<double>(all) * most_share;
}

}  // namespace

int64_t draw_short_side(const ShortEdgeOptions& options, Random& random) {
  const std::vector<int64_t>& sides = options.sides;
  if (options.sampling == SideSampling::range) {
    return between(sides.front(), sides.back(), random);
  }
  return sides[random.below(std::ssize(sides))];
}

Size draw_crop_size(const ShortEdgeOptions& options, Size picture, Random& random) {
  const double first = options.crop_size[0], second = options.crop_size[1];
  const auto height = static_cast<double>(picture.height),
             width = static_cast<double>(picture.width);
  const auto least = static_cast<int64_t>(first), most = static_cast<int64_t>(second);
  switch (options.crop) {
    case CropKind::absolute:
      return {std::min(least, picture.height), std::min(most, picture.width)};
    case CropKind::absolute_range: {
      const auto side = [&](int64_t length) {
        return between(std::min(length, least), std::min(length, most), random);
      };
      const int64_t drawn = side(picture.height);  // height first
      return {drawn, side(picture.width)};
    }
    case CropKind::relative:
      return {rounded(height * first), rounded(width * second)};
    case CropKind::relative_range: {
      const double tall = random.uniform(first, 1), wide = random.uniform(second, 1);
      return {rounded(height * tall), rounded(width * wide)};
    }
    case CropKind::none:
      break;
  }
  return picture;
}

CropBox draw_crop(const data::Sample& sample, const ShortEdgeOptions& options, Random& random) {
  const Size picture{sample.ids.size(0), sample.ids.size(1)};
  std::map<int64_t, int64_t> class_of_id;
  for (const data::TruthSegment& segment : sample.segments) {
    class_of_id[segment.id] = segment.class_index;
  }
  CropBox box;
  for (int tried = 0; tried < kTries; ++tried) {
    box.size = draw_crop_size(options, picture, random);
    box.size.height = std::max<int64_t>(box.size.height, 1);
    box.size.width = std::max<int64_t>(box.size.width, 1);
    box.top = random.below(picture.height - box.size.height + 1);
    box.left = random.below(picture.width - box.size.width + 1);
    if (options.crop_max_share >= 1) break;
    const at::Tensor ids =
        sample.ids.narrow(0, box.top, box.size.height).narrow(1, box.left, box.size.width);
    if (is_mixed(ids, class_of_id, options.crop_max_share)) break;
  }
  return box;
}

data::Sample short_edge_view(const data::Sample& sample, const AugmentOptions& options,
                             Random& random) {
  const ShortEdgeOptions& own = options.short_edge;
  const Size size = segmenter::resized_size({sample.rgb.size(0), sample.rgb.size(1)},
                                            draw_short_side(own, random), own.max_side);
  data::Sample out = resized(
      sample, size, own.labels_from_corners ? Nearest::from_corners : Nearest::from_centres);
  if (own.crop != CropKind::none) out = cropped(out, draw_crop(out, own, random));
  if (own.colours) out.rgb = shift_colours(out.rgb, draw_colours(random));
  if (options.flip && random.chance(0.5)) out = flipped(out);
  return own.pad_to > 0 ? padded(out, own.pad_to) : out;
}

}  // namespace fcclip::train
