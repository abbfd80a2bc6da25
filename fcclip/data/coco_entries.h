#pragma once
// What all readers of COCO's files share: categories, pictures, ids and masks, with the slips of
// annotation tools mended and remembered.

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "fcclip/core/error.h"
#include "fcclip/core/size.h"
#include "fcclip/data/id_table.h"
#include "fcclip/data/json_fields.h"
#include "fcclip/data/remarks.h"

namespace fcclip::data {

/// One entry of "categories".
struct CategoryEntry {
  std::string id;  ///< as id_key gives it
  std::string name;
  std::optional<bool> is_thing;  ///< where the file says it
  nlohmann::json colour;         ///< three numbers, or null
};

/// All of them, and where an id is.
struct Categories {
  std::vector<CategoryEntry> entries;  ///< in the file's order, each id once
  IdTable ids;
};

/// None when the file has no categories. A repeated entry is taken once. Throws Error{bad_format}
/// naming the file: two different categories with one id.
Categories read_categories(const nlohmann::json& document, const std::filesystem::path& path,
                           Remarks& remarks);

/// One entry of "images".
struct ImageEntry {
  std::string id;         ///< as id_key gives it
  std::string file_name;  ///< empty when the file does not say
  Size size;              ///< 0×0 when the file does not say
  const nlohmann::json* source = nullptr;
};

/// All of them, and where an id is.
struct ImageList {
  std::vector<ImageEntry> entries;  ///< in the file's order, each id once
  IdTable ids;
};

/// A picture that is listed twice is taken once. Throws Error{bad_format} naming the file: two
/// different pictures with one id, a size that is none.
ImageList read_images(const nlohmann::json& document, const std::filesystem::path& path,
                      Remarks& remarks);

/// The list `key` of a document; null is an empty one. Throws Error{bad_format} naming the file.
const nlohmann::json& list_in(const nlohmann::json& document, std::string_view key,
                              const std::filesystem::path& path);

/// "annotation 3", or by its id: "annotation id 17".
std::string place_of(std::string_view what, size_t index, const nlohmann::json& entry);

/// Calls read(fields, place) for every entry of a list; what it throws names the file and the
/// place.
template <typename Read>
void each_entry(const std::filesystem::path& path, const nlohmann::json& list,
                std::string_view what, const Read& read) {
  for (size_t i = 0; i < list.size(); ++i) {
    const std::string place = place_of(what, i, list[i]);
    try {
      read(JsonFields(list[i]), place);
    } catch (const Error& error) {
      fail(error.code(), path.string(), ": ", place, ": ", error.what());
    }
  }
}

/// Calls read(fields, place) for the annotation of every picture of a panoptic document. One that is
/// there twice is taken once. Throws Error{bad_format} naming file and place: two that differ.
void each_panoptic_annotation(
    const nlohmann::json& document, const std::filesystem::path& path, Remarks& remarks,
    const std::function<void(const JsonFields& fields, const std::string& place)>& read);

/// Calls read(fields, place, position of its picture in `images`) for every annotation of an
/// instances document; those of other pictures are left out, and remarked.
void each_instance_annotation(
    const nlohmann::json& annotations, const std::filesystem::path& path, const IdTable& images,
    Remarks& remarks,
    const std::function<void(const JsonFields& fields, const std::string& place, size_t image)>&
        read);

/// A "segmentation" in a form that outputs::mask_of_segmentation takes: null where it is missing;
/// polygons without the pieces that have no area; run lengths whose text was saved as Python's
/// b'…'. `value` itself where there is nothing to mend, else `mended`; each mending is remarked.
/// Throws Error{bad_format}.
const nlohmann::json& mend_segmentation(const nlohmann::json* value, Size size,
                                        nlohmann::json& mended,
                                        const std::function<void(const std::string&)>& remark);

/// x, y, width, height; nothing when it is missing, null or empty. Throws Error{bad_format}.
std::optional<std::array<double, 4>> read_box(const JsonFields& annotation);

}  // namespace fcclip::data
