#pragma once
// Which file an annotation means.

#include <filesystem>
#include <string>
#include <vector>

#include "fcclip/core/size.h"
#include "fcclip/data/coco_index.h"
#include "fcclip/data/file_table.h"

namespace fcclip::data {

/// What is being answered for; shared by all truths of a picture.
struct Picture {
  std::string name;     ///< unique; with its folders where names repeat
  std::string id_json;  ///< for result files: 139 or "ADE_val_00000001"
  std::filesystem::path file;
  Size size;  ///< 0×0 where no annotation says it
};

/// The annotation file whose pictures are looked for.
struct NamedBy {
  std::filesystem::path json;
  std::string panoptic_suffix;  ///< what follows the picture's name in the PNG's
  std::string advice;           ///< ends the message about a missing file
  bool may_lack_pictures = false;
};

/// The picture of an entry: folder + file_name as it stands, or else the one file that is like it,
/// or has its id or the name of its PNG. nullptr when there is none. Throws Error{bad_format} when
/// several may be meant.
const ListedFile* find_picture(const CocoPicture& entry, const FileTable& files,
                               const std::string& panoptic_suffix);

/// A picture an entry, in their order. Throws Error{not_found} naming the first that is missing and
/// how many are, unless some may be (then they get the path at which they should be); a file that
/// is named as it stands is nobody else's. Error{bad_format} for two entries that are only alike
/// and mean the same file.
std::vector<Picture> match_pictures(const std::vector<CocoPicture>& entries, const FileTable& files,
                                    const NamedBy& by);

/// A label map and its picture.
struct LabelPair {
  const ListedFile* picture = nullptr;
  const ListedFile* label = nullptr;
};

/// A pair a label map: the picture of the same name, or of the name before "_mask", "_label", …;
/// both may lie in one folder. Throws Error{not_found} naming a map without picture.
std::vector<LabelPair> pair_labels(const FileTable& labels, const FileTable& pictures,
                                   const std::string& advice);
/// The label map of a picture; nullptr when there is none.
const ListedFile* find_label(const ListedFile& picture, const FileTable& labels);

/// Names that differ: the file's name, with its folders, with its ending, with the id.
std::vector<std::string> unique_names(const std::vector<const ListedFile*>& files,
                                      const std::vector<std::string>& ids);

}  // namespace fcclip::data
