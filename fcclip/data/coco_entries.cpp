#include "fcclip/data/coco_entries.h"

#include <array>
#include <cmath>
#include <map>

namespace fcclip::data {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr int64_t kMostPixels = int64_t{1} << 32;

json colour_or_null(const json* value) {
  if (value == nullptr || !value->is_array() || value->size() != 3) return nullptr;
  for (const json& part : *value) {
    if (!part.is_number_integer() || part < 0 || part > 255) return nullptr;
  }
  return *value;
}

CategoryEntry read_category(const JsonFields& fields) {
  CategoryEntry entry;
  entry.id = fields.id("id");
  const json* name = fields.find("name");
  entry.name = name != nullptr && name->is_string() ? name->get<std::string>() : "";
  if (entry.name.find_first_not_of(" \t\r\n") == std::string::npos) {
    entry.name = "category " + id_text(entry.id);
  }
  if (fields.find("isthing") != nullptr) entry.is_thing = fields.flag("isthing");
  entry.colour = colour_or_null(fields.find("color"));
  return entry;
}

// LVIS has the picture's address instead of its file's name.
std::string file_of_image(const JsonFields& image) {
  if (image.find("file_name") != nullptr) return image.text("file_name");
  const std::string address = image.text("coco_url", "");
  return address.substr(address.rfind('/') + 1);
}

ImageEntry read_image_entry(const JsonFields& fields) {
  ImageEntry entry;
  entry.id = fields.id("id");
  entry.file_name = file_of_image(fields);
  entry.size = {fields.whole("height", 0), fields.whole("width", 0)};
  const auto& [height, width] = entry.size;
  if (height < 0 || width < 0 || (height == 0) != (width == 0) ||
      (height > 0 && width >= kMostPixels / height)) {
    fail(ErrorCode::bad_format, "a picture of ", width, "x", height, " pixels");
  }
  return entry;
}

using Remark = std::function<void(const std::string&)>;

// All numbers below a list, however deep; false when something else is among them.
bool flatten(const json& list, std::vector<double>& numbers) {
  for (const json& item : list) {
    if (item.is_array()) {
      if (!flatten(item, numbers)) return false;
      continue;
    }
    const std::optional<double> number = as_number(item);
    if (!number) return false;
    numbers.push_back(*number);
  }
  return true;
}

bool are_all_lists_of(const json& list, size_t count) {
  for (const json& item : list) {
    if (!item.is_array() || item.size() != count) return false;
  }
  return true;
}

bool is_plain_polygon(const json& piece, double farthest) {
  if (!piece.is_array() || piece.size() < 6 || piece.size() % 2 != 0) return false;
  for (const json& item : piece) {
    if (!item.is_number() || !(std::abs(item.get<double>()) <= farthest)) return false;
  }
  return true;
}

// Adds a piece to `kept`, or remarks why not.
void mend_piece(const json& piece, double farthest, json& kept, const Remark& remark) {
  std::vector<double> numbers;
  if (!piece.is_array() || !flatten(piece, numbers)) {
    return remark("a polygon with a coordinate that is no number, left out");
  }
  if (numbers.size() < 6) return remark("a polygon of fewer than 3 points, left out");
  if (numbers.size() % 2 != 0) {
    remark("a polygon with an odd number of coordinates, the last left out");
    numbers.pop_back();
  }
  for (const double number : numbers) {
    if (std::abs(number) <= farthest) continue;
    remark("a polygon with a coordinate far outside its picture, cut at the edge");
    break;
  }
  kept.push_back(numbers);
}

// Polygons as one list of numbers a piece.
void mend_polygons(const json& value, double farthest, json& kept, const Remark& remark) {
  kept = json::array();
  const bool is_flat = !value.empty() && value.front().is_primitive();
  const bool is_points = value.size() >= 3 && are_all_lists_of(value, 2);
  if (is_flat || is_points) {
    remark("a segmentation that is one list, taken as one polygon");
    mend_piece(value, farthest, kept, remark);
  } else {
    for (const json& piece : value) mend_piece(piece, farthest, kept, remark);
  }
  if (kept.empty()) remark("a mask without any polygon: it has no pixel");
}

// "b'Y`f0'" is what Python's str makes of bytes; backslashes are doubled in it.
std::string mend_counts(const std::string& text, const Remark& remark) {
  const bool is_repr = text.size() >= 3 && text[0] == 'b' && (text[1] == '\'' || text[1] == '"') &&
                       text.back() == text[1];
  if (!is_repr) return text;
  remark("run lengths saved as Python writes bytes (b'…'), read as they were meant");
  std::string counts;
  for (size_t i = 2; i + 1 < text.size(); ++i) {
    if (text[i] == '\\' && i + 2 < text.size()) ++i;
    counts += text[i];
  }
  return counts;
}

json mend_run_lengths(const JsonFields& fields, Size size, const Remark& remark) {
  const json& counts = fields.at("counts");
  json mended = {{"size", {size.height, size.width}}};
  if (fields.find("size") != nullptr) {
    std::vector<double> hw;
    if (!fields.at("size").is_array() || !flatten(fields.at("size"), hw) || hw.size() != 2) {
      fail(ErrorCode::bad_format, "the \"size\" of its run lengths is not [height, width]");
    }
    mended["size"] = {static_cast<int64_t>(hw[0]), static_cast<int64_t>(hw[1])};
  }
  if (counts.is_string()) {
    mended["counts"] = mend_counts(counts.get_ref<const std::string&>(), remark);
    return mended;
  }
  if (!counts.is_array()) {
    fail(ErrorCode::bad_format, "\"counts\" is ", describe_value(counts),
         ", expected run lengths or their text");
  }
  mended["counts"] = json::array();
  for (const json& count : counts) {
    const std::optional<double> number = as_number(count);
    if (!number || *number < 0 || *number != std::floor(*number) ||
        *number >= static_cast<double>(kMostPixels)) {
      fail(ErrorCode::bad_format, "a run length that is ", describe_value(count));
    }
    mended["counts"].push_back(static_cast<uint32_t>(*number));
  }
  return mended;
}

}  // namespace

std::optional<size_t> IdTable::find(const std::string& key) const {
  auto found = positions_.find(key);
  if (found == positions_.end()) found = positions_.find(id_key_alike(key));
  if (found == positions_.end()) return std::nullopt;
  return found->second;
}

Categories read_categories(const json& document, const fs::path& path, Remarks& remarks) {
  Categories categories;
  if (!document.is_object() || !document.contains("categories")) return categories;
  try {
    const json& list = JsonFields(document).list("categories");
    for (size_t i = 0; i < list.size(); ++i) {
      CategoryEntry entry = read_category(JsonFields(list[i]));
      if (categories.ids.add(entry.id, categories.entries.size())) {
        categories.entries.push_back(std::move(entry));
        continue;
      }
      const CategoryEntry& first = categories.entries[*categories.ids.find(entry.id)];
      if (first.name != entry.name) {
        fail(ErrorCode::bad_format, "\"", first.name, "\" and \"", entry.name,
             "\" have the same id ", entry.id);
      }
      remarks.add("a category listed twice, taken once", "id " + entry.id);
    }
  } catch (const Error& error) {
    fail(error.code(), path.string(), ": categories: ", error.what());
  }
  return categories;
}

ImageList read_images(const json& document, const fs::path& path, Remarks& remarks) {
  ImageList images;
  const json& list = list_in(document, "images", path);
  each_entry(path, list, "image", [&](const JsonFields& fields, const std::string&) {
    ImageEntry entry = read_image_entry(fields);
    entry.source = &fields.object();
    if (images.ids.add(entry.id, images.entries.size())) {
      images.entries.push_back(std::move(entry));
      return;
    }
    const ImageEntry& first = images.entries[*images.ids.find(entry.id)];
    if (first.file_name != entry.file_name || !(first.size == entry.size)) {
      fail(ErrorCode::bad_format, "it (", entry.file_name, ") has the same id ", entry.id, " as ",
           first.file_name, "; every picture needs an id of its own");
    }
    remarks.add("a picture listed twice, taken once", "id " + entry.id);
  });
  return images;
}

const json& list_in(const json& document, std::string_view key, const fs::path& path) {
  try {
    return JsonFields(document).list(key);
  } catch (const Error& error) {
    fail(error.code(), path.string(), ": ", error.what());
  }
}

std::string place_of(std::string_view what, size_t index, const json& entry) {
  const std::string name(what);
  if (entry.is_object() && entry.contains("id")) {
    const json& id = entry["id"];
    if (id.is_number() || id.is_string()) return name + " id " + id.dump();
  }
  return name + " " + std::to_string(index);
}

void each_panoptic_annotation(
    const json& document, const fs::path& path, Remarks& remarks,
    const std::function<void(const JsonFields& fields, const std::string& place)>& read) {
  std::map<std::string, const json*> seen;
  each_entry(path, list_in(document, "annotations", path), "annotation",
             [&](const JsonFields& annotation, const std::string& place) {
               const std::string id = annotation.id("image_id");
               const auto [first, is_new] = seen.emplace(id, &annotation.object());
               if (is_new) return read(annotation, place);
               if (*first->second != annotation.object()) {
                 fail(ErrorCode::bad_format, "the picture with image_id ", id,
                      " has another annotation before; keep one");
               }
               remarks.add("a picture annotated twice, taken once", place);
             });
}

void each_instance_annotation(
    const json& annotations, const fs::path& path, const IdTable& images, Remarks& remarks,
    const std::function<void(const JsonFields& fields, const std::string& place, size_t image)>&
        read) {
  each_entry(path, annotations, "annotation",
             [&](const JsonFields& annotation, const std::string& place) {
               const auto image = images.find(annotation.id("image_id"));
               if (image) return read(annotation, place, *image);
               remarks.add("an annotation of a picture that \"images\" lacks, left out", place);
             });
}

const json& mend_segmentation(const json* value, Size size, json& mended, const Remark& remark) {
  static const json kNone;
  if (value == nullptr) return kNone;
  // Beyond this a coordinate is a slip of the tool, not a shape that leaves the picture.
  const double side = static_cast<double>(std::max(size.height, size.width));
  const double farthest = side > 0 ? 10 * side + 1000 : 1e6;
  if (value->is_array()) {
    bool is_plain = !value->empty();
    for (const json& piece : *value) is_plain = is_plain && is_plain_polygon(piece, farthest);
    if (is_plain) return *value;
    if (!value->empty() && value->front().is_object()) {
      fail(ErrorCode::bad_format,
           "a \"segmentation\" that is a list of objects {…}, expected "
           "polygons or run lengths");
    }
    mend_polygons(*value, farthest, mended, remark);
    return mended;
  }
  if (!value->is_object()) {
    fail(ErrorCode::bad_format, "\"segmentation\" is ", describe_value(*value),
         ", expected polygons or run lengths");
  }
  mended = mend_run_lengths(JsonFields(*value), size, remark);
  return mended;
}

std::optional<std::array<double, 4>> read_box(const JsonFields& annotation) {
  const json* value = annotation.find("bbox");
  if (value == nullptr || (value->is_array() && value->empty())) return std::nullopt;
  std::vector<double> numbers;
  if (!value->is_array() || !flatten(*value, numbers) || numbers.size() != 4) {
    fail(ErrorCode::bad_format, "\"bbox\" is ", describe_value(*value),
         ", expected four numbers x, y, width, height");
  }
  return std::array<double, 4>{numbers[0], numbers[1], numbers[2], numbers[3]};
}

}  // namespace fcclip::data
