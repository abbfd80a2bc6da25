#pragma once
// All pictures of a run in one file, for scripts and spreadsheets.

#include <filesystem>
#include <string>
#include <vector>

namespace fcclip::apps {

/// Which of them are wanted: "jsonl" and "csv" in --write.
struct FolderTables {
  bool lines = false, table = false;
  bool any() const { return lines || table; }
};

/// Takes "jsonl" and "csv" out of a list as --write has it; "all" stays, and means both.
FolderTables take_folder_tables(std::string& kinds);

/// A picture whose <stem>.segments.json is written.
struct TabledPicture {
  std::string image;           ///< as it is named in the table
  std::filesystem::path stem;  ///< of its files
};

/// One line a picture, in their order: what <stem>.segments.json holds, with "image" as named here.
/// Pictures without that file are left out. Throws Error{bad_format} naming a damaged file.
std::string results_lines(const std::vector<TabledPicture>& pictures);

/// One row a segment under a row of column names, as RFC 4180 has it: image, id, name, synonym,
/// kind, score, in_vocabulary_score, out_of_vocabulary_score, area_px, x_px, y_px, width_px,
/// height_px, image_width_px, image_height_px. Pictures without segments have no row. Errors as
/// above.
std::string segments_table(const std::vector<TabledPicture>& pictures);

}  // namespace fcclip::apps
