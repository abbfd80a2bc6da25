#pragma once
// The JSON of record files. Internal to the folder.

#include <filesystem>
#include <functional>
#include <vector>

#include <nlohmann/json.hpp>

#include "fcclip/eval/record_file.h"

namespace fcclip::eval {

nlohmann::json to_json(const RunHeader& header);

/// {"index", "name", "image_id", "file_name", "size", "scores": {classifier: {"pq", "agnostic",
/// "masks", "boxes", "confusion", "boundary", and of Cityscapes "cityscapes"}}, "predictions": {classifier: {"panoptic": a COCO
/// annotation, "instances": COCO results}}}. Doubles survive the way to text and back exactly.
nlohmann::json to_json(const PictureRecord& record, const classify::Vocabulary& vocabulary);
/// Throws Error{bad_format} without the file's name.
StoredPicture stored_picture(const nlohmann::json& record);

/// Throws Error{bad_format} naming the file.
int64_t record_index(const nlohmann::json& record, const std::filesystem::path& file);

/// The whole lines of one record file, checked against the header.
class RecordLines {
 public:
  /// Throws Error{not_found, bad_format, invalid_argument} naming the file.
  RecordLines(std::filesystem::path path, const nlohmann::json& header);
  /// false at the end; a last line without its end does not count. Throws Error{bad_format}.
  bool next(nlohmann::json& record);
  /// The file has not even a whole header.
  bool empty() const { return end_ == 0; }
  int64_t end() const { return end_; }  ///< of the last line read, in bytes
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  std::ifstream in_;
  int64_t number_ = 0, end_ = 0;
};

/// As read_records.
void read_record_lines(const std::vector<std::filesystem::path>& files,
                       const nlohmann::json& header,
                       const std::function<void(const std::filesystem::path& file,
                                                const nlohmann::json& record)>& each);

}  // namespace fcclip::eval
