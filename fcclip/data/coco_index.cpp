#include "fcclip/data/coco_index.h"

#include <nlohmann/json.hpp>

#include "fcclip/core/error.h"
#include "fcclip/io/atomic_file.h"

namespace fcclip::data {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

json parse_coco(const fs::path& path, std::string_view kind) {
  const std::string text = io::read_file(path, size_t{1} << 34);
  json file;
  try {
    file = json::parse(text);
  } catch (const json::exception& error) {
    fail(ErrorCode::bad_format, path.string(), ": not valid JSON (truncated?): ", error.what());
  }
  for (const char* key : {"images", "annotations"}) {
    if (file.is_object() && file.contains(key) && file[key].is_array()) continue;
    fail(ErrorCode::bad_format, path.string(), ": no list \"", key, "\": not a COCO ", kind,
         " file");
  }
  return file;
}

// Runs `read` for each entry of a list; messages name the file and the entry.
template <typename Read>
void each(const fs::path& path, const json& list, std::string_view what, const Read& read) {
  for (size_t i = 0; i < list.size(); ++i) {
    try {
      read(list[i]);
    } catch (const json::exception& error) {
      fail(ErrorCode::bad_format, path.string(), ": ", what, " ", i, ": ", error.what());
    } catch (const Error& error) {
      fail(error.code(), path.string(), ": ", what, " ", i, ": ", error.what());
    }
  }
}

std::string text_of(const json& id) {
  return id.is_string() ? id.get<std::string>() : id.dump();
}

classify::Vocabulary read_categories(const json& file, const fs::path& path) {
  if (!file.contains("categories") || file["categories"].empty()) return {};
  try {
    classify::Vocabulary vocabulary =
        classify::parse_vocabulary_json(json{{"categories", file["categories"]}}.dump());
    vocabulary.name = path.stem().string();
    return vocabulary;
  } catch (const Error& error) {
    fail(error.code(), path.string(), ": categories: ", error.what());
  }
}

// LVIS has the picture's address instead of its file's name.
std::string file_of(const json& image) {
  if (image.contains("file_name")) return image["file_name"];
  const std::string address = image.value("coco_url", "");
  return address.substr(address.rfind('/') + 1);
}

CocoPicture read_image(const json& image) {
  CocoPicture picture;
  picture.id_json = image.at("id").dump();
  picture.id_text = text_of(image.at("id"));
  picture.file_name = file_of(image);
  picture.size = {image.value("height", int64_t{0}), image.value("width", int64_t{0})};
  if (image.contains("neg_category_ids")) {
    picture.is_federated = true;
    image.at("neg_category_ids").get_to(picture.negative_categories);
    image.at("not_exhaustive_category_ids").get_to(picture.incomplete_categories);
  }
  return picture;
}

InstanceEntry read_instance(const json& annotation) {
  InstanceEntry entry;
  entry.category_id = annotation.at("category_id");
  entry.area_px = annotation.at("area");
  annotation.at("bbox").get_to(entry.box_xywh_px);
  entry.is_crowd = annotation.value("iscrowd", 0) != 0;
  entry.segmentation = annotation.at("segmentation").dump();
  return entry;
}

}  // namespace

CocoIndex read_panoptic_index(const fs::path& path) {
  const json file = parse_coco(path, "panoptic");
  CocoIndex index{{}, read_categories(file, path)};
  std::unordered_map<std::string, CocoPicture> images;
  each(path, file["images"], "image", [&](const json& image) {
    CocoPicture picture = read_image(image);
    images[picture.id_json] = std::move(picture);
  });
  each(path, file["annotations"], "annotation", [&](const json& annotation) {
    const json& id = annotation.at("image_id");
    const auto found = images.find(id.dump());
    CocoPicture picture;
    if (found != images.end()) picture = found->second;
    picture.id_json = id.dump();
    picture.id_text = text_of(id);
    picture.png = annotation.at("file_name");
    for (const json& info : annotation.at("segments_info")) {
      picture.segments.push_back({info.at("id"), info.at("category_id"),
                                  static_cast<int64_t>(info.value("area", 0.0)),
                                  info.value("iscrowd", 0) != 0});
    }
    index.pictures.push_back(std::move(picture));
  });
  return index;
}

CocoIndex read_instance_index(const fs::path& path) {
  const json file = parse_coco(path, "instances");
  CocoIndex index{{}, read_categories(file, path)};
  std::unordered_map<std::string, size_t> positions;
  each(path, file["images"], "image", [&](const json& image) {
    index.pictures.push_back(read_image(image));
    positions[index.pictures.back().id_json] = index.pictures.size() - 1;
  });
  each(path, file["annotations"], "annotation", [&](const json& annotation) {
    const auto found = positions.find(annotation.at("image_id").dump());
    if (found == positions.end()) {
      fail(ErrorCode::bad_format, "its image_id ", annotation.at("image_id").dump(),
           " is not among the images");
    }
    index.pictures[found->second].instances.push_back(read_instance(annotation));
  });
  return index;
}

}  // namespace fcclip::data
