#include "fcclip/data/coco_index.h"

#include <algorithm>
#include <optional>

#include <nlohmann/json.hpp>

#include "fcclip/core/error.h"
#include "fcclip/data/coco_file.h"
#include "fcclip/data/json_fields.h"

namespace fcclip::data {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

// A number that a vocabulary takes as an id.
bool is_small_number(const std::string& text) {
  return !text.empty() && text.size() <= 15 &&
         text.find_first_not_of("0123456789") == std::string::npos;
}

// The ids by which the vocabulary knows a file's categories: their numbers or, where one is none,
// their places from 1.
class VocabularyIds {
 public:
  explicit VocabularyIds(const CocoCategories& categories) : categories_(categories) {
    const auto& entries = categories.entries;
    const bool plain = std::all_of(entries.begin(), entries.end(), [](const CocoCategory& entry) {
      return is_small_number(id_text(entry.id));
    });
    for (size_t i = 0; i < entries.size(); ++i) {
      ids_.push_back(plain ? std::stoll(id_text(entries[i].id)) : static_cast<int64_t>(i) + 1);
    }
  }

  int64_t operator[](size_t category) const { return ids_[category]; }
  // A file without categories is told by a vocabulary from elsewhere what its numbers are.
  int64_t of(const std::string& category_id) const {
    const auto category = categories_.ids.find(category_id);
    return category ? ids_[*category] : id_number(category_id, "category_id");
  }

 private:
  const CocoCategories& categories_;
  std::vector<int64_t> ids_;
};

classify::Vocabulary vocabulary_of(const CocoFile& file, const VocabularyIds& ids) {
  const std::vector<CocoCategory>& entries = file.categories().entries;
  if (entries.empty()) return {};
  json rows = json::array();
  for (size_t i = 0; i < entries.size(); ++i) {
    json row = {{"name", entries[i].name}, {"id", ids[i]}, {"color", nullptr}};
    if (entries[i].colour) row["color"] = *entries[i].colour;
    if (entries[i].is_thing) row["isthing"] = *entries[i].is_thing ? 1 : 0;
    rows.push_back(std::move(row));
  }
  try {
    classify::Vocabulary vocabulary =
        classify::parse_vocabulary_json(json{{"categories", rows}}.dump());
    vocabulary.name = file.path().stem().string();
    return vocabulary;
  } catch (const Error& error) {
    fail(error.code(), file.path().string(), ": categories: ", error.what());
  }
}

CocoPicture picture_of(const CocoImage& image) {
  CocoPicture picture;
  picture.id_json = image.id;
  picture.id_text = id_text(image.id);
  picture.file_name = image.file_name;
  picture.size = image.size;
  picture.negative_categories = image.negative_categories;
  picture.incomplete_categories = image.incomplete_categories;
  picture.is_federated = image.is_federated;
  return picture;
}

InstanceEntry instance_of(const CocoObject& object, int64_t category_id) {
  InstanceEntry entry;
  entry.category_id = category_id;
  entry.area_px = object.area_px;
  entry.box_xywh_px = object.box_xywh_px;
  entry.is_crowd = object.is_crowd;
  entry.segmentation = *object.segmentation;
  return entry;
}

}  // namespace

CocoIndex read_panoptic_index(const fs::path& path, const Tick& tick) {
  CocoFile file(path, JsonForm::panoptic, tick);
  const CocoImages images = file.images();
  const VocabularyIds ids(file.categories());
  CocoIndex index;
  file.each_map([&](const CocoMap& map) {
    CocoPicture picture;
    if (const auto image = images.ids.find(map.image_id)) {
      picture = picture_of(images.entries[*image]);
    }
    picture.id_json = map.image_id;
    picture.id_text = id_text(map.image_id);
    picture.png = map.png;
    for (const CocoSegment& segment : map.segments) {
      if (!segment.category && !file.categories().entries.empty()) {
        file.remarks().add("a category_id that \"categories\" lacks, left out", map.place);
        continue;
      }
      picture.segments.push_back(
          {segment.id, ids.of(segment.category_id), segment.area_px, segment.is_crowd});
    }
    index.pictures.push_back(std::move(picture));
  });
  index.categories = vocabulary_of(file, ids);
  index.remarks = file.remark_lines();
  return index;
}

CocoIndex read_instance_index(const fs::path& path, const Tick& tick) {
  CocoFile file(path, JsonForm::instances, tick);
  const CocoImages images = file.images();
  const VocabularyIds ids(file.categories());
  CocoIndex index;
  for (const CocoImage& image : images.entries) index.pictures.push_back(picture_of(image));
  int64_t instances = 0;
  file.each_object(images, [&](const CocoObject& object, size_t image) {
    if (!object.segmentation) {
      return file.remarks().add("an annotation without a mask, left out", object.place);
    }
    index.pictures[image].instances.push_back(instance_of(object, ids.of(object.category_id)));
    ++instances;
  });
  if (instances == 0 && file.count() > 0) {
    fail(ErrorCode::bad_format, path.string(),
         ": no annotation in it has a \"segmentation\"; masks are needed, boxes are not enough");
  }
  index.categories = vocabulary_of(file, ids);
  index.remarks = file.remark_lines();
  return index;
}

}  // namespace fcclip::data
