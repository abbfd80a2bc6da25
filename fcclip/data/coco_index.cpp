#include "fcclip/data/coco_index.h"

#include <algorithm>
#include <optional>

#include <nlohmann/json.hpp>

#include "fcclip/core/error.h"
#include "fcclip/data/coco_entries.h"
#include "fcclip/data/file_form.h"
#include "fcclip/data/read_json.h"

namespace fcclip::data {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

// A number that a vocabulary takes as an id.
bool is_small_number(const std::string& text) {
  return !text.empty() && text.size() <= 15 &&
         text.find_first_not_of("0123456789") == std::string::npos;
}

// What both kinds of file begin with.
struct CocoDocument {
  CocoDocument(const fs::path& path, JsonForm form) : path(path), document(read_json(path)) {
    need_form(document, path, form);
    categories = read_categories(document, path, remarks);
    const auto& entries = categories.entries;
    const bool plain = std::all_of(entries.begin(), entries.end(), [](const CategoryEntry& entry) {
      return is_small_number(id_text(entry.id));
    });
    for (size_t i = 0; i < entries.size(); ++i) {
      const auto position = static_cast<int64_t>(i) + 1;
      vocabulary_ids.push_back(plain ? std::stoll(id_text(entries[i].id)) : position);
    }
  }

  // The id by which the vocabulary knows a category; nothing, and a remark, where the file does
  // not.
  std::optional<int64_t> category_id(const JsonFields& entry, const std::string& place) {
    const auto position = categories.ids.find(entry.id("category_id"));
    if (position) return vocabulary_ids[*position];
    if (categories.entries.empty()) return entry.whole("category_id");
    remarks.add("a category_id that \"categories\" lacks, left out", place);
    return std::nullopt;
  }

  classify::Vocabulary vocabulary() const {
    if (categories.entries.empty()) return {};
    json rows = json::array();
    for (size_t i = 0; i < categories.entries.size(); ++i) {
      const CategoryEntry& entry = categories.entries[i];
      json row = {{"name", entry.name}, {"id", vocabulary_ids[i]}, {"color", entry.colour}};
      if (entry.is_thing) row["isthing"] = *entry.is_thing ? 1 : 0;
      rows.push_back(std::move(row));
    }
    try {
      classify::Vocabulary vocabulary =
          classify::parse_vocabulary_json(json{{"categories", rows}}.dump());
      vocabulary.name = path.stem().string();
      return vocabulary;
    } catch (const Error& error) {
      fail(error.code(), path.string(), ": categories: ", error.what());
    }
  }

  const fs::path path;
  const json document;
  Categories categories;
  Remarks remarks;
  std::vector<int64_t> vocabulary_ids;  // its number, or where one is none, its place from 1
};

CocoPicture picture_of(const ImageEntry& image) {
  CocoPicture picture;
  picture.id_json = image.id;
  picture.id_text = id_text(image.id);
  picture.file_name = image.file_name;
  picture.size = image.size;
  return picture;
}

std::vector<int64_t> whole_numbers(const JsonFields& fields, std::string_view key) {
  std::vector<int64_t> numbers;
  if (fields.find(key) == nullptr) return numbers;
  for (const json& item : fields.list(key)) {
    const json wrapped = {{"id", item}};
    numbers.push_back(JsonFields(wrapped).whole("id"));
  }
  return numbers;
}

// LVIS says which classes it looked for in a picture.
void read_federated(const json& source, CocoPicture& picture) {
  const JsonFields fields(source);
  picture.is_federated = fields.find("neg_category_ids") != nullptr;
  if (!picture.is_federated) return;
  picture.negative_categories = whole_numbers(fields, "neg_category_ids");
  picture.incomplete_categories = whole_numbers(fields, "not_exhaustive_category_ids");
}

void read_segments(const JsonFields& annotation, CocoDocument& file, const std::string& place,
                   CocoPicture& picture) {
  for (const json& info : annotation.list("segments_info")) {
    const JsonFields fields(info);
    const std::optional<int64_t> category = file.category_id(fields, place);
    if (!category) continue;
    picture.segments.push_back({fields.whole("id"), *category,
                                static_cast<int64_t>(fields.number("area", 0)),
                                fields.flag("iscrowd")});
  }
}

// Nothing when it has no mask, or one of an unknown category.
std::optional<InstanceEntry> read_instance(const JsonFields& annotation, CocoDocument& file,
                                           Size size, const std::string& place) {
  InstanceEntry entry;
  json mended;
  const json& segmentation =
      mend_segmentation(annotation.find("segmentation"), size, mended,
                        [&](const std::string& what) { file.remarks.add(what, place); });
  if (segmentation.is_null()) {
    file.remarks.add("an annotation without a mask, left out", place);
    return std::nullopt;
  }
  entry.segmentation = segmentation.dump();
  const std::optional<int64_t> category = file.category_id(annotation, place);
  if (!category) return std::nullopt;
  entry.category_id = *category;
  entry.is_crowd = annotation.flag("iscrowd");
  entry.has_area = annotation.find("area") != nullptr;
  if (entry.has_area) entry.area_px = annotation.number("area");
  const std::optional<std::array<double, 4>> box = read_box(annotation);
  entry.has_box = box.has_value();
  if (box) entry.box_xywh_px = *box;
  return entry;
}

CocoIndex index_of(const CocoDocument& file, std::vector<CocoPicture> pictures) {
  return {std::move(pictures), file.vocabulary(), file.remarks.lines(file.path.string())};
}

}  // namespace

CocoIndex read_panoptic_index(const fs::path& path) {
  CocoDocument file(path, JsonForm::panoptic);
  const ImageList images = read_images(file.document, path, file.remarks);
  std::vector<CocoPicture> pictures;
  each_panoptic_annotation(file.document, path, file.remarks,
                           [&](const JsonFields& annotation, const std::string& place) {
                             const std::string id = annotation.id("image_id");
                             CocoPicture picture;
                             if (const auto image = images.ids.find(id))
                               picture = picture_of(images.entries[*image]);
                             picture.id_json = id;
                             picture.id_text = id_text(id);
                             picture.png = annotation.text("file_name");
                             read_segments(annotation, file, place, picture);
                             pictures.push_back(std::move(picture));
                           });
  return index_of(file, std::move(pictures));
}

CocoIndex read_instance_index(const fs::path& path) {
  CocoDocument file(path, JsonForm::instances);
  const ImageList images = read_images(file.document, path, file.remarks);
  std::vector<CocoPicture> pictures;
  for (const ImageEntry& image : images.entries) {
    pictures.push_back(picture_of(image));
    try {
      read_federated(*image.source, pictures.back());
    } catch (const Error& error) {
      fail(error.code(), path.string(), ": image ", image.id, ": ", error.what());
    }
  }
  int64_t instances = 0;
  const json& annotations = list_in(file.document, "annotations", path);
  each_instance_annotation(
      annotations, path, images.ids, file.remarks,
      [&](const JsonFields& annotation, const std::string& place, size_t image) {
        CocoPicture& picture = pictures[image];
        const auto entry = read_instance(annotation, file, picture.size, place);
        if (!entry) return;
        picture.instances.push_back(*entry);
        ++instances;
      });
  if (instances == 0 && !annotations.empty()) {
    fail(ErrorCode::bad_format, path.string(),
         ": no annotation in it has a \"segmentation\"; masks are needed, boxes are not enough");
  }
  return index_of(file, std::move(pictures));
}

}  // namespace fcclip::data
