#include "fcclip/draw/segment_map.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <unordered_map>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "fcclip/core/check.h"
#include "fcclip/ops/resize_u8.h"

namespace fcclip::draw {
namespace {

int64_t mask_area(const std::vector<uint32_t>& counts) {
  int64_t area = 0;
  for (size_t i = 1; i < counts.size(); i += 2) area += counts[i];
  return area;
}

/// COCO's run lengths go down the columns and begin with zeros.
void paint(const std::vector<uint32_t>& counts, int32_t value, Size size, int32_t* map) {
  int64_t position = 0;
  for (size_t i = 0; i < counts.size(); ++i) {
    const int64_t end = position + counts[i];
    if (end > size.height * size.width) {
      fail(ErrorCode::invalid_argument, "run lengths of a mask cover more than the picture's ",
           size.height, " x ", size.width, " pixels (height x width)");
    }
    for (; i % 2 != 0 && position < end; ++position) {
      map[position % size.height * size.width + position / size.height] = value;
    }
    position = end;
  }
}

at::Tensor from_instances(const std::vector<results::Segment>& segments, Size size) {
  std::vector<size_t> order(segments.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::vector<int64_t> areas;
  std::vector<double> scores;
  for (const results::Segment& segment : segments) {
    areas.push_back(mask_area(segment.rle_counts));
    scores.push_back(std::isnan(segment.score) ? -1 : segment.score);
  }
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    if (scores[a] != scores[b]) return scores[a] < scores[b];
    return areas[a] > areas[b];
  });
  at::Tensor map = at::full({size.height, size.width}, -1, at::kInt);
  for (const size_t i : order) {
    paint(segments[i].rle_counts, static_cast<int32_t>(i), size, map.data_ptr<int32_t>());
  }
  return map;
}

/// Position of the segment whose value each pixel has, −1 where none has it.
at::Tensor from_map(const at::Tensor& values, const std::vector<results::Segment>& segments,
                    int64_t results::Segment::*value, Size size) {
  check_shape("id map of an overlay", values, {size.height, size.width});
  check_dtype("id map of an overlay", values, at::kInt);
  std::unordered_map<int64_t, int32_t> position;
  for (size_t i = 0; i < segments.size(); ++i) {
    position.emplace(segments[i].*value, static_cast<int32_t>(i));
  }
  const at::Tensor from = values.contiguous();
  at::Tensor map = at::empty_like(from);
  const int32_t* in = from.data_ptr<int32_t>();
  int32_t* out = map.data_ptr<int32_t>();
  for (int64_t i = 0; i < from.numel(); ++i) {
    if (i > 0 && in[i] == in[i - 1]) {
      out[i] = out[i - 1];
      continue;
    }
    const auto found = position.find(in[i]);
    out[i] = found == position.end() ? -1 : found->second;
  }
  return map;
}

}  // namespace

at::Tensor segment_positions(const results::Segmentation& segmentation, Size size) {
  const std::vector<results::Segment>& segments = segmentation.segments();
  switch (segmentation.task()) {
    case results::Task::panoptic:
      return from_map(segmentation.panoptic().ids, segments, &results::Segment::id, size);
    case results::Task::semantic:
      return from_map(segmentation.semantic().labels, segments, &results::Segment::class_index,
                      size);
    case results::Task::instance:
      break;
  }
  return from_instances(segments, size);
}

namespace {

struct Axis {
  std::vector<int64_t> low, high;
  std::vector<float> weight;  ///< of the higher neighbour
};

Axis make_axis(int64_t in, int64_t out) {
  Axis axis;
  const double scale = static_cast<double>(in) / static_cast<double>(out);
  for (int64_t i = 0; i < out; ++i) {
    const double at =
        std::clamp((static_cast<double>(i) + 0.5) * scale - 0.5, 0.0, static_cast<double>(in - 1));
    const auto low = static_cast<int64_t>(at);
    axis.low.push_back(low);
    axis.high.push_back(std::min(low + 1, in - 1));
    axis.weight.push_back(static_cast<float>(at - static_cast<double>(low)));
  }
  return axis;
}

int32_t heaviest(const int32_t (&values)[4], const float (&weights)[4]) {
  if (values[0] == values[1] && values[0] == values[2] && values[0] == values[3]) return values[0];
  int32_t best = values[0];
  float best_weight = -1;
  for (int i = 0; i < 4; ++i) {
    float weight = 0;
    for (int j = 0; j < 4; ++j) weight += values[j] == values[i] ? weights[j] : 0;
    if (weight > best_weight) {
      best = values[i];
      best_weight = weight;
    }
  }
  return best;
}

}  // namespace

at::Tensor resize_positions(const at::Tensor& positions, Size size) {
  const int64_t height = positions.size(0), width = positions.size(1);
  if (size == Size{height, width}) return positions;
  if (size.height < height) return ops::resize_nearest(positions, size);
  const at::Tensor in = positions.contiguous();
  at::Tensor out = at::empty({size.height, size.width}, at::kInt);
  const Axis ys = make_axis(height, size.height), xs = make_axis(width, size.width);
  const int32_t* source = in.data_ptr<int32_t>();
  int32_t* target = out.data_ptr<int32_t>();
  at::parallel_for(0, size.height, 64, [&](int64_t begin, int64_t end) {
    for (int64_t y = begin; y < end; ++y) {
      const int32_t* above = source + ys.low[y] * width;
      const int32_t* below = source + ys.high[y] * width;
      const float v = ys.weight[y];
      for (int64_t x = 0; x < size.width; ++x) {
        const float u = xs.weight[x];
        const int64_t left = xs.low[x], right = xs.high[x];
        target[y * size.width + x] =
            heaviest({above[left], above[right], below[left], below[right]},
                     {(1 - u) * (1 - v), u * (1 - v), (1 - u) * v, u * v});
      }
    }
  });
  return out;
}

}  // namespace fcclip::draw
