#include "fcclip/data/file_form.h"

#include <algorithm>
#include <initializer_list>

#include <nlohmann/json.hpp>

#include "fcclip/core/error.h"
#include "fcclip/data/json_fields.h"
#include "fcclip/data/read_json.h"

namespace fcclip::data {
namespace {

using nlohmann::json;

bool has_all(const json& value, std::initializer_list<const char*> keys) {
  for (const char* key : keys) {
    if (!value.is_object() || !value.contains(key)) return false;
  }
  return true;
}

// The first object of a list, or null.
const json& first_object(const json& list) {
  static const json kNothing;
  for (const json& entry : list) {
    if (entry.is_object()) return entry;
  }
  return kNothing;
}

// A kind by the keys that its documents, or the entries of their list, have.
struct KnownForm {
  std::initializer_list<const char*> keys;
  const char* name;
};

std::string name_of_first(const json& value, std::initializer_list<KnownForm> forms) {
  for (const KnownForm& form : forms) {
    if (has_all(value, form.keys)) return form.name;
  }
  return "";
}

std::string describe_list(const json& list) {
  const std::string name = name_of_first(
      first_object(list), {{{"segments_info"}, "a list of COCO panoptic annotations"},
                           {{"image_id", "caption"}, "a COCO captions results file"},
                           {{"image_id", "keypoints"}, "a COCO keypoints results file"},
                           {{"file_name", "annotations"}, "a list of detectron2 records"},
                           {{"image", "annotations"}, "a CreateML file"},
                           {{"annotations", "data"}, "a Label Studio export"},
                           {{"id", "name"}, "a list of classes"}});
  if (!name.empty()) return name;
  return list.empty() ? "an empty list" : "a list, but not one of detections";
}

std::string describe_object(const json& document) {
  const std::string name = name_of_first(
      document, {{{"shapes", "imagePath"}, "a labelme file, which has one picture"},
                 {{"imgHeight", "objects"}, "a Cityscapes polygon file, which has one picture"},
                 {{"_via_img_metadata"}, "a VIA project"},
                 {{"type", "features"}, "a GeoJSON file"},
                 {{"items", "categories"}, "a Datumaro file"},
                 {{"task", "segments"}, "the segments.json of one picture"},
                 {{"dataset", "images"}, "the scores of an evaluation"}});
  if (!name.empty()) return name;
  if (document.contains("annotations") && document["annotations"].is_array()) {
    const std::string kind =
        name_of_first(first_object(document["annotations"]),
                      {{{"caption"}, "a COCO captions file"},
                       {{"keypoints"}, "a COCO keypoints file without boxes and masks"},
                       {{"question_id"}, "a file of questions and answers"}});
    if (!kind.empty()) return kind;
    return "a file with \"annotations\", but not those of COCO";
  }
  if (document.contains("images")) return "a COCO file of pictures without annotations";
  for (const auto& [key, value] : document.items()) {
    if (has_all(value, {"filename", "regions"})) return "a VIA annotation file";
    break;
  }
  return document.empty() ? "an empty object {}" : "no COCO file";
}

std::string taken_by(JsonForm form) {
  switch (form) {
    case JsonForm::panoptic:
      return "; `fcclip score panoptic` and --panoptic-json take it";
    case JsonForm::instances:
      return "; `fcclip score instances` and --instances-json take it";
    case JsonForm::results:
      return "; `fcclip score instances TRUTH RESULTS` takes it as the second file";
    default:
      return "";
  }
}

const char* name_of(JsonForm form) {
  switch (form) {
    case JsonForm::panoptic:
      return "a COCO panoptic file";
    case JsonForm::instances:
      return "a COCO instances file";
    case JsonForm::results:
      return "a COCO results file (a list of detections)";
    default:
      return "a COCO file";
  }
}

}  // namespace

JsonForm form_of(const json& document) {
  if (document.is_array()) {
    const json& first = first_object(document);
    const bool other = has_all(first, {"keypoints"}) || has_all(first, {"caption"});
    const bool detections = has_all(first, {"image_id", "segmentation"}) ||
                            has_all(first, {"image_id", "bbox"}) ||
                            (has_all(first, {"image_id", "category_id"}) && !other);
    return detections ? JsonForm::results : JsonForm::other;
  }
  if (!document.is_object() || !document.contains("annotations")) return JsonForm::other;
  const json& annotations = document["annotations"];
  if (annotations.is_null() || annotations.empty()) return JsonForm::unmarked;
  if (!annotations.is_array()) return JsonForm::other;
  const json& first = first_object(annotations);
  if (has_all(first, {"segmentation"})) return JsonForm::instances;
  // One entry may lack its list: the reader says which.
  const auto is_map = [](const json& entry) {
    return has_all(entry, {"segments_info"}) || has_all(entry, {"image_id", "file_name"});
  };
  if (std::any_of(annotations.begin(), annotations.end(), is_map)) return JsonForm::panoptic;
  return has_all(first, {"bbox"}) ? JsonForm::instances : JsonForm::other;
}

std::string describe_form(const json& document) {
  const JsonForm form = form_of(document);
  if (form == JsonForm::unmarked) return "a COCO file without annotations";
  if (form != JsonForm::other) return name_of(form);
  if (document.is_array()) return describe_list(document);
  if (document.is_object()) return describe_object(document);
  return describe_value(document);
}

void need_form(const json& document, const std::filesystem::path& path, JsonForm wanted) {
  const JsonForm form = form_of(document);
  if (form == wanted) return;
  if (wanted == JsonForm::results && document.is_array() && document.empty()) return;
  if (wanted != JsonForm::results && form == JsonForm::unmarked) return;
  fail(ErrorCode::bad_format, path.string(), ": this is ", describe_form(document), ", expected ",
       name_of(wanted), taken_by(form));
}

bool is_instances_file(const std::filesystem::path& path) {
  const json document = read_json(path);
  const JsonForm form = form_of(document);
  if (form == JsonForm::panoptic) return false;
  if (form == JsonForm::instances) return true;
  fail(ErrorCode::bad_format, path.string(), ": this is ", describe_form(document),
       ", expected a COCO panoptic or instances file", taken_by(form));
}

}  // namespace fcclip::data
