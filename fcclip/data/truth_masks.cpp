#include "fcclip/data/truth_masks.h"

#include <algorithm>
#include <numeric>
#include <unordered_map>

#include <ATen/ATen.h>

#include "fcclip/core/error.h"

namespace fcclip::data {
namespace {

// out = map(in), asked once per run of equal values.
template <typename Map>
at::Tensor map_values(const at::Tensor& values, const Map& map) {
  const at::Tensor in = values.contiguous();
  at::Tensor out = at::empty_like(in);
  const int32_t* from = in.const_data_ptr<int32_t>();
  int32_t* to = out.data_ptr<int32_t>();
  const int64_t pixels = in.numel();
  for (int64_t i = 0; i < pixels;) {
    const int32_t value = from[i], mapped = map(value);
    for (; i < pixels && from[i] == value; ++i) to[i] = mapped;
  }
  return out;
}

// The table of a coding: stored value -> position. Others have no meaning or are not labelled.
std::unordered_map<int64_t, int32_t> table_of(LabelCoding coding,
                                              const classify::Vocabulary& vocabulary) {
  std::unordered_map<int64_t, int32_t> table;
  for (int32_t k = 0; k < static_cast<int32_t>(vocabulary.classes.size()); ++k) {
    const int64_t id = vocabulary.classes[k].id;
    switch (coding) {
      case LabelCoding::contiguous:
        table[k] = k;
        break;
      case LabelCoding::from_one:
        table[k + 1] = k;
        break;
      case LabelCoding::dataset_ids:
        table[id] = k;
        break;
      case LabelCoding::dataset_ids_minus_one:
        table[id - 1] = k;
        break;
    }
  }
  return table;
}

bool may_hold_more(LabelCoding coding) {
  return coding == LabelCoding::dataset_ids || coding == LabelCoding::dataset_ids_minus_one;
}

}  // namespace

std::map<int64_t, int64_t> areas_of_ids(const at::Tensor& ids) {
  std::map<int64_t, int64_t> areas;
  const at::Tensor in = ids.contiguous();
  const int32_t* pixel = in.const_data_ptr<int32_t>();
  for (int64_t i = 0; i < in.numel();) {
    const int64_t start = i;
    while (i < in.numel() && pixel[i] == pixel[start]) ++i;
    areas[pixel[start]] += i - start;
  }
  return areas;
}

at::Tensor only_listed(const at::Tensor& ids, const std::vector<TruthSegment>& segments) {
  std::unordered_map<int32_t, bool> listed;
  for (const TruthSegment& segment : segments) listed[static_cast<int32_t>(segment.id)] = true;
  return map_values(ids, [&](int32_t id) { return listed.contains(id) ? id : 0; });
}

at::Tensor labels_of_truth(const at::Tensor& ids, const std::vector<TruthSegment>& segments) {
  std::unordered_map<int32_t, int32_t> label;
  for (const TruthSegment& segment : segments) {
    label[static_cast<int32_t>(segment.id)] = static_cast<int32_t>(segment.class_index);
  }
  return map_values(ids, [&](int32_t id) {
    const auto found = label.find(id);
    return found == label.end() ? -1 : found->second;
  });
}

at::Tensor decode_labels(const at::Tensor& stored, const LabelMeaning& meaning,
                         const classify::Vocabulary& vocabulary, const std::string& file) {
  const auto table = table_of(meaning.coding, vocabulary);
  return map_values(stored, [&](int32_t value) {
    if (value == meaning.ignore_label) return -1;
    const auto found = table.find(value);
    if (found != table.end()) return found->second;
    if (may_hold_more(meaning.coding) || (meaning.coding == LabelCoding::from_one && value == 0)) {
      return -1;
    }
    fail(ErrorCode::bad_format, file, ": label ", value, " is none of the ",
         vocabulary.classes.size(), " classes of ", vocabulary.name, " and not the ignored label ",
         meaning.ignore_label);
  });
}

results::Rle decode_segmentation(const CocoSegmentation& segmentation, Size size,
                                 const std::string& where) {
  try {
    return decode(segmentation, size);
  } catch (const Error& error) {
    fail(error.code(), where, ": ", error.what());
  }
}

std::array<double, 4> box_of_mask(const results::Rle& mask) {
  const auto box = results::box_xywh(mask);
  std::array<double, 4> out{};
  std::copy(box.begin(), box.end(), out.begin());
  return out;
}

void paint_instances(const std::vector<InstanceTruth>& instances, Size size, Sample& sample) {
  std::vector<size_t> order(instances.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return instances[a].area_px > instances[b].area_px; });
  sample.ids = at::zeros({size.height, size.width}, at::kInt);
  for (const size_t i : order) {
    sample.ids.masked_fill_(results::to_mask(instances[i].mask).to(at::kBool),
                            static_cast<int64_t>(i) + 1);
  }
  std::map<int64_t, int64_t> visible = areas_of_ids(sample.ids);
  for (size_t i = 0; i < instances.size(); ++i) {
    const auto id = static_cast<int64_t>(i) + 1;
    const int64_t area = results::area(instances[i].mask);
    if (area == 0) continue;
    sample.segments.push_back({id, instances[i].class_index, instances[i].is_crowd});
    if (visible[id] < area) sample.covered[id] = instances[i].mask;
  }
}

void paint_labels(const at::Tensor& labels, Sample& sample) {
  sample.ids = labels + 1;
  for (const auto& [id, area] : areas_of_ids(sample.ids)) {
    if (id > 0) sample.segments.push_back({id, id - 1, false});
  }
}

}  // namespace fcclip::data
