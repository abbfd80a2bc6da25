#include "fcclip/data/coco_files.h"

#include <algorithm>
#include <set>

#include <nlohmann/json.hpp>

#include "fcclip/core/error.h"
#include "fcclip/data/coco_entries.h"
#include "fcclip/data/file_form.h"
#include "fcclip/data/read_json.h"
#include "fcclip/outputs/coco_json.h"
#include "fcclip/results/rle_polygon.h"

namespace fcclip::data {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

json read_coco_file(const fs::path& path, JsonForm wanted) {
  json document = read_json(path);
  need_form(document, path, wanted);
  return document;
}

CategoryTable category_table(Categories categories) {
  CategoryTable table;
  for (const CategoryEntry& entry : categories.entries) {
    table.categories.push_back({id_text(entry.id), entry.name, entry.is_thing.value_or(true)});
  }
  table.ids = std::move(categories.ids);
  return table;
}

// A file without categories: those that its annotations name.
CategoryTable table_of_annotations(const json& annotations) {
  CategoryTable table;
  for (const json& annotation : annotations) {
    if (!annotation.is_object() || !annotation.contains("category_id")) continue;
    const std::string id = JsonFields(annotation).id("category_id");
    if (table.ids.find(id)) continue;
    table.ids.add(id, table.categories.size());
    table.categories.push_back({id_text(id), "category " + id_text(id), true});
  }
  return table;
}

MapSegment read_segment(const JsonFields& info, const CategoryTable& table) {
  const std::string category = info.id("category_id");
  const auto position = table.ids.find(category);
  if (!position) {
    fail(ErrorCode::bad_format, "segment ", info.whole("id"), " has the unknown category_id ",
         category);
  }
  return {info.whole("id"), static_cast<int64_t>(*position),
          static_cast<int64_t>(info.number("area", 0)), info.flag("iscrowd")};
}

PanopticEntry read_panoptic_entry(const JsonFields& annotation, const CategoryTable& table) {
  PanopticEntry entry{annotation.id("image_id"), annotation.text("file_name"), {}};
  std::set<int64_t> ids;
  for (const json& info : annotation.list("segments_info")) {
    entry.segments.push_back(read_segment(JsonFields(info), table));
    if (!ids.insert(entry.segments.back().id).second) {
      fail(ErrorCode::bad_format, "segment id ", entry.segments.back().id, " is listed twice");
    }
  }
  return entry;
}

// Numbers before texts, each in their order, as the official sums run.
bool comes_before(const std::string& a, const std::string& b) {
  const bool a_is_text = a.starts_with('"'), b_is_text = b.starts_with('"');
  if (a_is_text && b_is_text) return id_text(a) < id_text(b);
  if (a_is_text || b_is_text) return b_is_text;
  return std::stold(a) < std::stold(b);
}

std::vector<InstanceImage> sorted_images(const ImageList& list) {
  std::vector<InstanceImage> images;
  for (const ImageEntry& entry : list.entries) images.push_back({entry.id, entry.size, {}});
  std::sort(images.begin(), images.end(), [](const InstanceImage& a, const InstanceImage& b) {
    return comes_before(a.id, b.id);
  });
  return images;
}

// The size that run lengths carry, for a picture whose file does not say it.
void complete_size(Size& size, const JsonFields& entry) {
  if (size.height > 0) return;
  const json* segmentation = entry.find("segmentation");
  if (segmentation != nullptr && segmentation->is_object() &&
      JsonFields(*segmentation).find("size") != nullptr) {
    const json& hw = JsonFields(*segmentation).at("size");
    if (hw.is_array() && hw.size() == 2 && as_number(hw[0]) && as_number(hw[1])) {
      size = {static_cast<int64_t>(*as_number(hw[0])), static_cast<int64_t>(*as_number(hw[1]))};
    }
  }
  if (size.height < 1 || size.width < 1) {
    fail(ErrorCode::bad_format,
         "the height and width of its picture are needed, but \"images\" does not say them");
  }
}

std::array<double, 4> box_of(const results::Rle& mask) {
  const auto box = results::box_xywh(mask);
  std::array<double, 4> out{};
  std::copy(box.begin(), box.end(), out.begin());
  return out;
}

// Mask and box of an annotation or a detection; one may be missing and is made of the other.
struct Shape {
  std::optional<results::Rle> mask;
  std::optional<std::array<double, 4>> box;
};

Shape read_shape(const JsonFields& entry, Size& size, const std::string& place, Remarks& remarks) {
  Shape shape;
  shape.box = read_box(entry);
  json mended;
  const json& segmentation =
      mend_segmentation(entry.find("segmentation"), size, mended,
                        [&](const std::string& what) { remarks.add(what, place); });
  if (!segmentation.is_null()) {
    complete_size(size, entry);
    shape.mask = outputs::mask_of_segmentation(segmentation, size);
  }
  if (!shape.mask && !shape.box) {
    fail(ErrorCode::bad_format, "neither \"segmentation\" nor \"bbox\" in it");
  }
  return shape;
}

results::Rle mask_of_box(const std::array<double, 4>& box, Size size) {
  return size.height > 0 ? results::from_box(box, size) : results::Rle{{0, 0}, {0}};
}

InstanceTruth read_truth(const JsonFields& annotation, const Shape& shape, Size size) {
  InstanceTruth truth;
  truth.is_crowd = annotation.flag("iscrowd");
  truth.box_xywh_px = shape.box ? *shape.box : box_of(*shape.mask);
  truth.mask = shape.mask ? *shape.mask : mask_of_box(*shape.box, size);
  const double area = shape.mask ? static_cast<double>(results::area(*shape.mask))
                                 : truth.box_xywh_px[2] * truth.box_xywh_px[3];
  truth.area_px = annotation.number("area", area);
  return truth;
}

Detection read_detection(const JsonFields& entry, const Shape& shape, Size size) {
  Detection detection;
  detection.score = entry.number("score");
  detection.box_is_of_mask = !shape.box;
  detection.box_xywh_px = shape.box ? *shape.box : box_of(*shape.mask);
  detection.mask = shape.mask ? *shape.mask : mask_of_box(*shape.box, size);
  detection.area_px = shape.mask ? static_cast<double>(results::area(detection.mask))
                                 : detection.box_xywh_px[2] * detection.box_xywh_px[3];
  return detection;
}

// The annotations of an instances file, each into its picture.
class TruthReader {
 public:
  TruthReader(const fs::path& path, InstanceFile& file, Remarks& remarks)
      : path_(path), file_(file), remarks_(remarks) {}

  void read(const json& annotations) {
    const bool has_masks = std::any_of(annotations.begin(), annotations.end(), [](const json& one) {
      return one.is_object() && one.contains("segmentation") && !one["segmentation"].is_null();
    });
    file_.has_masks = has_masks || annotations.empty();
    if (!file_.has_masks) {
      remarks_.add("no masks in it, so only boxes are scored",
                   std::to_string(annotations.size()) + " annotations");
    }
    each_instance_annotation(annotations, path_, file_.positions, remarks_,
                             [&](const JsonFields& fields, const std::string& place, size_t image) {
                               read_one(fields, place, file_.images[image]);
                             });
  }

 private:
  void read_one(const JsonFields& fields, const std::string& place, InstanceImage& picture) {
    if (fields.find("id") != nullptr && !seen_.add(fields.id("id"), 0)) {
      remarks_.add("an annotation id used twice; both annotations count", place);
    }
    const auto category = file_.table.ids.find(fields.id("category_id"));
    if (!category) {
      return remarks_.add("an annotation of a category that \"categories\" lacks, left out", place);
    }
    const Shape shape = read_shape(fields, picture.size, place, remarks_);
    if (!shape.mask && file_.has_masks) {
      complete_size(picture.size, fields);
      remarks_.add("an annotation without a mask, its box taken as one", place);
    }
    picture.truths.push_back(read_truth(fields, shape, picture.size));
    picture.truths.back().class_index = static_cast<int64_t>(*category);
  }

  const fs::path& path_;
  InstanceFile& file_;
  Remarks& remarks_;
  IdTable seen_;
};

}  // namespace

PanopticFile read_panoptic_file(const fs::path& path, CategoryTable& table) {
  const json document = read_coco_file(path, JsonForm::panoptic);
  PanopticFile out;
  Remarks remarks;
  if (table.categories.empty()) {
    table = category_table(read_categories(document, path, remarks));
    if (table.categories.empty() && form_of(document) != JsonForm::unmarked) {
      fail(ErrorCode::bad_format, path.string(), ": no categories in it");
    }
  }
  each_panoptic_annotation(document, path, remarks,
                           [&](const JsonFields& annotation, const std::string&) {
                             out.entries.push_back(read_panoptic_entry(annotation, table));
                           });
  out.remarks = remarks.lines(path.string());
  return out;
}

InstanceFile read_instance_file(const fs::path& path) {
  const json document = read_coco_file(path, JsonForm::instances);
  InstanceFile out;
  Remarks remarks;
  const json& annotations = list_in(document, "annotations", path);
  out.table = category_table(read_categories(document, path, remarks));
  if (out.table.categories.empty()) {
    out.table = table_of_annotations(annotations);
    remarks.add("no categories listed, those of the annotations are taken", "\"categories\"");
  }
  out.images = sorted_images(read_images(document, path, remarks));
  for (size_t i = 0; i < out.images.size(); ++i) out.positions.add(out.images[i].id, i);
  TruthReader(path, out, remarks).read(annotations);
  out.remarks = remarks.lines(path.string());
  return out;
}

ResultsFile read_results_file(const fs::path& path, InstanceFile& truth) {
  const json document = read_coco_file(path, JsonForm::results);
  ResultsFile out;
  out.found.resize(truth.images.size());
  Remarks remarks;
  each_entry(path, document, "detection", [&](const JsonFields& fields, const std::string& place) {
    const std::string image_id = fields.id("image_id");
    const auto image = truth.positions.find(image_id);
    if (!image) fail(ErrorCode::bad_format, "image_id ", image_id, " is not in the truth");
    Size& size = truth.images[*image].size;
    const Shape shape = read_shape(fields, size, place, remarks);
    if (!shape.mask && truth.has_masks) {
      complete_size(size, fields);
      remarks.add("a detection without a mask, its box taken as one as pycocotools does", place);
    }
    Detection detection = read_detection(fields, shape, size);
    const auto category = truth.table.ids.find(fields.id("category_id"));
    if (!category) {
      return remarks.add("a detection of a category that the truth lacks, not counted", place);
    }
    detection.class_index = static_cast<int64_t>(*category);
    out.found[*image].push_back(std::move(detection));
  });
  out.remarks = remarks.lines(path.string());
  return out;
}

}  // namespace fcclip::data
