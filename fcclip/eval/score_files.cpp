#include "fcclip/eval/score_files.h"

#include <algorithm>
#include <set>

#include "fcclip/core/error.h"
#include "fcclip/data/coco_file.h"
#include "fcclip/data/json_fields.h"
#include "fcclip/data/truth_masks.h"
#include "fcclip/results/rle_polygon.h"

namespace fcclip::eval {
namespace {

namespace fs = std::filesystem;
using data::CocoFile, data::CocoObject, data::JsonForm;

CategoryTable category_table(const data::CocoCategories& categories) {
  CategoryTable table;
  for (const data::CocoCategory& entry : categories.entries) {
    table.categories.push_back(
        {data::id_text(entry.id), entry.name, entry.is_thing.value_or(true)});
  }
  table.ids = categories.ids;
  return table;
}

PanopticEntry entry_of(const data::CocoMap& map, const CategoryTable& table) {
  PanopticEntry entry{map.image_id, map.png, {}};
  std::set<int64_t> ids;
  for (const data::CocoSegment& segment : map.segments) {
    const auto category = table.ids.find(segment.category_id);
    if (!category) {
      fail(ErrorCode::bad_format, "segment ", segment.id, " has the unknown category_id ",
           segment.category_id);
    }
    if (!ids.insert(segment.id).second) {
      fail(ErrorCode::bad_format, "segment id ", segment.id, " is listed twice");
    }
    entry.segments.push_back(
        {segment.id, static_cast<int64_t>(*category), segment.area_px, segment.is_crowd});
  }
  return entry;
}

std::vector<InstanceImage> sorted_images(const data::CocoImages& list) {
  std::vector<InstanceImage> images;
  for (const data::CocoImage& entry : list.entries) images.push_back({entry.id, entry.size, {}});
  std::sort(images.begin(), images.end(), [](const InstanceImage& a, const InstanceImage& b) {
    return id_comes_before(a.id, b.id);
  });
  return images;
}

// The size that run lengths carry, for a picture whose file does not say it.
void complete_size(Size& size, const CocoObject& object) {
  if (size.height > 0) return;
  if (object.segmentation) {
    const auto* runs = std::get_if<data::CocoRuns>(&*object.segmentation);
    if (runs != nullptr && runs->size) size = *runs->size;
  }
  if (size.height < 1 || size.width < 1) {
    fail(ErrorCode::bad_format,
         "the height and width of its picture are needed, but \"images\" does not say them");
  }
}

// Mask and box of an annotation or a detection; one may be missing and is made of the other.
struct Shape {
  results::Rle mask;
  std::array<double, 4> box_xywh_px;
  double area_px;  // of the mask, or of the box where there is no mask
};

// remark(): it has no mask, but needs one.
template <typename Remark>
Shape shape_of(const CocoObject& object, Size& size, bool needs_mask, const Remark& remark) {
  if (object.segmentation) {
    complete_size(size, object);
    const results::Rle mask = data::decode(*object.segmentation, size);
    return {mask, object.box_xywh_px.value_or(data::box_of_mask(mask)),
            static_cast<double>(results::area(mask))};
  }
  if (!object.box_xywh_px) {
    fail(ErrorCode::bad_format, "neither \"segmentation\" nor \"bbox\" in it");
  }
  if (needs_mask) {
    complete_size(size, object);
    remark();
  }
  const std::array<double, 4>& box = *object.box_xywh_px;
  return {size.height > 0 ? results::from_box(box, size) : results::Rle{{0, 0}, {0}}, box,
          box[2] * box[3]};
}

InstanceTruth instance_truth(const CocoObject& object, Shape shape, int64_t category) {
  InstanceTruth truth;
  truth.class_index = category;
  truth.is_crowd = object.is_crowd;
  truth.area_px = object.area_px.value_or(shape.area_px);
  truth.box_xywh_px = shape.box_xywh_px;
  truth.mask = std::move(shape.mask);
  return truth;
}

Detection detection_of(const CocoObject& object, Shape shape, int64_t category) {
  Detection detection;
  detection.class_index = category;
  detection.score = object.score;
  detection.box_is_of_mask = !object.box_xywh_px;
  detection.area_px = shape.area_px;
  detection.box_xywh_px = shape.box_xywh_px;
  detection.mask = std::move(shape.mask);
  return detection;
}

void read_truths(CocoFile& file, const data::CocoImages& images, InstanceFile& out) {
  out.has_masks = file.has_masks() || file.count() == 0;
  if (!out.has_masks) {
    file.remarks().add("no masks in it, so only boxes are scored",
                       std::to_string(file.count()) + " annotations");
  }
  data::IdTable seen;
  file.each_object(images, [&](const CocoObject& object, size_t) {
    if (!object.id.empty() && !seen.add(object.id, 0)) {
      file.remarks().add("an annotation id used twice; both annotations count", object.place);
    }
    InstanceImage& picture = out.images[*out.positions.find(object.image_id)];
    Shape shape = shape_of(object, picture.size, out.has_masks, [&] {
      file.remarks().add("an annotation without a mask, its box taken as one", object.place);
    });
    const auto category = static_cast<int64_t>(*out.table.ids.find(object.category_id));
    picture.truths.push_back(instance_truth(object, std::move(shape), category));
  });
}

}  // namespace

bool id_comes_before(const std::string& a, const std::string& b) {
  const bool a_is_text = a.starts_with('"'), b_is_text = b.starts_with('"');
  if (a_is_text && b_is_text) return data::id_text(a) < data::id_text(b);
  if (a_is_text || b_is_text) return b_is_text;
  return std::stold(a) < std::stold(b);
}

PanopticFile read_panoptic_file(const fs::path& path, CategoryTable& table, const Tick& tick) {
  CocoFile file(path, JsonForm::panoptic, tick);
  PanopticFile out;
  if (table.categories.empty()) {
    table = category_table(file.categories());
    if (table.categories.empty() && file.count() > 0) {
      fail(ErrorCode::bad_format, path.string(), ": no categories in it");
    }
  }
  file.each_map([&](const data::CocoMap& map) { out.entries.push_back(entry_of(map, table)); });
  out.remarks = file.remark_lines();
  return out;
}

InstanceFile read_instance_file(const fs::path& path, const Tick& tick) {
  CocoFile file(path, JsonForm::instances, tick);
  file.take_categories_of_annotations();
  InstanceFile out;
  out.table = category_table(file.categories());
  const data::CocoImages images = file.images();
  out.images = sorted_images(images);
  for (size_t i = 0; i < out.images.size(); ++i) out.positions.add(out.images[i].id, i);
  read_truths(file, images, out);
  out.remarks = file.remark_lines();
  return out;
}

ResultsFile read_results_file(const fs::path& path, InstanceFile& truth, const Tick& tick) {
  CocoFile file(path, JsonForm::results, tick);
  ResultsFile out;
  out.found.resize(truth.images.size());
  const auto position = [&](const std::string& image_id) {
    const auto image = truth.positions.find(image_id);
    if (!image) fail(ErrorCode::bad_format, "image_id ", image_id, " is not in the truth");
    return *image;
  };
  const auto size_of = [&](const std::string& image_id) {
    return truth.images[position(image_id)].size;
  };
  file.each_detection(size_of, [&](const CocoObject& object) {
    const size_t image = position(object.image_id);
    Shape shape = shape_of(object, truth.images[image].size, truth.has_masks, [&] {
      file.remarks().add("a detection without a mask, its box taken as one as pycocotools does",
                         object.place);
    });
    const auto category = truth.table.ids.find(object.category_id);
    if (!category) {
      return file.remarks().add("a detection of a category that the truth lacks, not counted",
                                object.place);
    }
    out.found[image].push_back(
        detection_of(object, std::move(shape), static_cast<int64_t>(*category)));
  });
  out.remarks = file.remark_lines();
  return out;
}

std::vector<int64_t> chosen_categories(const std::vector<Category>& categories, bool things,
                                       bool stuff) {
  std::vector<int64_t> positions;
  for (size_t k = 0; k < categories.size(); ++k) {
    if (categories[k].is_thing ? things : stuff) positions.push_back(static_cast<int64_t>(k));
  }
  return positions;
}

}  // namespace fcclip::eval
