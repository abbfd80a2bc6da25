#include "fcclip/outputs/label_maps.h"

#include <algorithm>
#include <map>

#include <ATen/ATen.h>

#include "fcclip/core/check.h"
#include "fcclip/outputs/class_names.h"

namespace fcclip::outputs {
namespace {

// values[i + 1] stands for i; values[0] for −1 and below.
at::Tensor look_up(const char* what, const at::Tensor& map, const std::vector<int32_t>& values) {
  check_shape(what, map, {kAny, kAny});
  check_dtype(what, map, at::kInt);
  const at::Tensor from = map.cpu().contiguous();
  at::Tensor out = at::empty(map.sizes(), at::kInt);
  const int32_t* in = from.const_data_ptr<int32_t>();
  int32_t* to = out.data_ptr<int32_t>();
  const int32_t n = static_cast<int32_t>(values.size()) - 1;
  for (int64_t i = 0; i < from.numel(); ++i) {
    if (in[i] >= n) {
      fail(ErrorCode::invalid_argument, what, " has the value ", in[i], ", expected less than ", n);
    }
    to[i] = values[static_cast<size_t>(std::max(in[i], -1) + 1)];
  }
  return out;
}

// Values by segment id, for look_up; absent ids are errors when they occur, so ids must be
// contiguous.
std::vector<int32_t> by_segment_id(const std::vector<results::Segment>& segments, int32_t nothing,
                                   const std::vector<int32_t>& value_of_segment) {
  std::vector<int32_t> values(segments.size() + 2, nothing);
  for (size_t i = 0; i < segments.size(); ++i) {
    const int64_t id = segments[i].id;
    if (id < 1 || id > static_cast<int64_t>(segments.size())) {
      fail(ErrorCode::invalid_argument, "segment id ", id, " of ", segments.size(),
           " segments; ids must be contiguous from 1");
    }
    values[static_cast<size_t>(id + 1)] = value_of_segment[i];
  }
  return values;
}

int32_t png_value(int64_t id) {
  if (id < 0 || id > 65535) {
    fail(ErrorCode::invalid_argument, "id ", id, " does not fit in a label PNG (0 to 65535)");
  }
  return static_cast<int32_t>(id);
}

at::Tensor smallest_type(const at::Tensor& map, const std::vector<int32_t>& values) {
  const bool small = *std::max_element(values.begin(), values.end()) <= 255;
  return small ? map.to(at::kByte) : map;
}

}  // namespace

at::Tensor dataset_id_map(const at::Tensor& labels, const classify::Vocabulary& vocabulary,
                          int64_t void_id) {
  std::vector<int32_t> values = {png_value(void_id)};
  for (const classify::VocabularyClass& c : vocabulary.classes) values.push_back(png_value(c.id));
  return smallest_type(look_up("labels", labels, values), values);
}

at::Tensor ade20k_label_map(const at::Tensor& labels, int64_t classes) {
  std::vector<int32_t> values;
  for (int64_t value = 0; value <= classes; ++value) values.push_back(png_value(value));
  return smallest_type(look_up("labels", labels, values), values);
}

at::Tensor cityscapes_instance_map(const at::Tensor& ids,
                                   const std::vector<results::Segment>& segments,
                                   const classify::Vocabulary& vocabulary, int64_t void_id) {
  std::map<int64_t, int64_t> seen;
  std::vector<int32_t> values;
  for (const results::Segment& segment : segments) {
    const int64_t id = class_at(vocabulary, segment.class_index).id;
    values.push_back(png_value(segment.is_thing ? id * 1000 + seen[id]++ : id));
  }
  return look_up("ids", ids, by_segment_id(segments, png_value(void_id), values));
}

}  // namespace fcclip::outputs
