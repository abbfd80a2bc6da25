#pragma once
// What kind of annotation file a JSON document is: people mix them up.

#include <filesystem>
#include <string>

#include <nlohmann/json_fwd.hpp>

namespace fcclip::data {

/// What an annotation file may be.
enum class JsonForm {
  panoptic,   ///< COCO: annotations with segments_info
  instances,  ///< COCO: annotations with segmentation or bbox
  results,    ///< COCO: a list of detections
  unmarked,   ///< COCO with no annotation in it: may be panoptic or instances
  other       ///< anything else; see describe_form
};

/// By the keys of the document and of its first entries.
JsonForm form_of(const nlohmann::json& document);
/// "a COCO captions file", "a labelme file", ….
std::string describe_form(const nlohmann::json& document);

/// Throws Error{bad_format} saying what the file is, what was expected, and what takes such a file.
void need_form(const nlohmann::json& document, const std::filesystem::path& path, JsonForm wanted);

/// Whether a file with annotations is an instances file; else it's a panoptic one. Throws as
/// read_json and need_form.
bool is_instances_file(const std::filesystem::path& path);

}  // namespace fcclip::data
