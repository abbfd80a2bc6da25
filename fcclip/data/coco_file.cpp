#include "fcclip/data/coco_file.h"

#include <map>

#include <nlohmann/json.hpp>

#include "fcclip/core/error.h"
#include "fcclip/data/json_fields.h"
#include "fcclip/data/read_json.h"

namespace fcclip::data {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr int64_t kMostPixels = int64_t{1} << 32;

// Calls read(), and says of what it throws which file it is about.
template <typename Read>
auto in_file(const fs::path& path, std::string_view where, const Read& read) {
  try {
    return read();
  } catch (const Error& error) {
    fail(error.code(), path.string(), ": ", where, error.what());
  }
}

// "annotation 3", or by its id: "annotation id 17".
std::string place_of(std::string_view what, size_t index, const json& entry) {
  const std::string name(what);
  if (entry.is_object() && entry.contains("id")) {
    const json& id = entry["id"];
    if (id.is_number() || id.is_string()) return name + " id " + id.dump();
  }
  return name + " " + std::to_string(index);
}

template <typename Read>
void each_entry(const fs::path& path, const json& list, std::string_view what, const Read& read) {
  for (size_t i = 0; i < list.size(); ++i) {
    const std::string place = place_of(what, i, list[i]);
    in_file(path, place + ": ", [&] { read(JsonFields(list[i]), place); });
  }
}

std::optional<std::array<uint8_t, 3>> colour_of(const json* value) {
  if (value == nullptr || !value->is_array() || value->size() != 3) return std::nullopt;
  for (const json& part : *value) {
    if (!part.is_number_integer() || part < 0 || part > 255) return std::nullopt;
  }
  return value->get<std::array<uint8_t, 3>>();
}

CocoCategory read_category(const JsonFields& fields) {
  CocoCategory entry;
  entry.id = fields.id("id");
  const json* name = fields.find("name");
  entry.name = name != nullptr && name->is_string() ? name->get<std::string>() : "";
  if (entry.name.find_first_not_of(" \t\r\n") == std::string::npos) {
    entry.name = "category " + id_text(entry.id);
  }
  if (fields.find("isthing") != nullptr) entry.is_thing = fields.flag("isthing");
  entry.colour = colour_of(fields.find("color"));
  return entry;
}

CocoCategories read_categories(const json& list, Remarks& remarks) {
  CocoCategories categories;
  for (const json& item : list) {
    CocoCategory entry = read_category(JsonFields(item));
    if (categories.ids.add(entry.id, categories.entries.size())) {
      categories.entries.push_back(std::move(entry));
      continue;
    }
    const CocoCategory& first = categories.entries[*categories.ids.find(entry.id)];
    if (first.name != entry.name) {
      fail(ErrorCode::bad_format, "\"", first.name, "\" and \"", entry.name, "\" have the same id ",
           entry.id);
    }
    remarks.add("a category listed twice, taken once", "id " + entry.id);
  }
  return categories;
}

// LVIS has the picture's address instead of its file's name.
std::string file_of_image(const JsonFields& image) {
  if (image.find("file_name") != nullptr) return image.text("file_name");
  const std::string address = image.text("coco_url", "");
  return address.substr(address.rfind('/') + 1);
}

std::vector<int64_t> whole_numbers(const JsonFields& fields, const char* key) {
  std::vector<int64_t> numbers;
  if (fields.find(key) == nullptr) return numbers;
  for (const json& item : fields.list(key)) {
    const json wrapped = {{key, item}};
    numbers.push_back(JsonFields(wrapped).whole(key));
  }
  return numbers;
}

CocoImage read_image(const JsonFields& fields) {
  CocoImage entry;
  entry.id = fields.id("id");
  entry.file_name = file_of_image(fields);
  entry.size = {fields.whole("height", 0), fields.whole("width", 0)};
  const auto& [height, width] = entry.size;
  if (height < 0 || width < 0 || (height == 0) != (width == 0) ||
      (height > 0 && width >= kMostPixels / height)) {
    fail(ErrorCode::bad_format, "a picture of ", width, "x", height, " pixels");
  }
  // LVIS says which classes it looked for in a picture.
  entry.is_federated = fields.find("neg_category_ids") != nullptr;
  if (!entry.is_federated) return entry;
  entry.negative_categories = whole_numbers(fields, "neg_category_ids");
  entry.incomplete_categories = whole_numbers(fields, "not_exhaustive_category_ids");
  return entry;
}

std::vector<CocoSegment> read_segments(const JsonFields& annotation, const IdTable& categories) {
  std::vector<CocoSegment> segments;
  for (const json& info : annotation.list("segments_info")) {
    const JsonFields fields(info);
    CocoSegment segment;
    segment.category_id = fields.id("category_id");
    segment.category = categories.find(segment.category_id);
    segment.id = fields.whole("id");
    segment.area_px = static_cast<int64_t>(fields.number("area", 0));
    segment.is_crowd = fields.flag("iscrowd");
    segments.push_back(std::move(segment));
  }
  return segments;
}

// x, y, width, height; nothing when it is missing, null or empty.
std::optional<std::array<double, 4>> read_box(const JsonFields& fields) {
  const json* value = fields.find("bbox");
  if (value == nullptr || (value->is_array() && value->empty())) return std::nullopt;
  std::vector<double> numbers;
  if (!value->is_array() || !flatten_numbers(*value, numbers) || numbers.size() != 4) {
    fail(ErrorCode::bad_format, "\"bbox\" is ", describe_value(*value),
         ", expected four numbers x, y, width, height");
  }
  return std::array<double, 4>{numbers[0], numbers[1], numbers[2], numbers[3]};
}

void read_shape(const JsonFields& fields, Size size, Remarks& remarks, CocoObject& object) {
  if (const json* value = fields.find("segmentation")) {
    object.segmentation = read_segmentation(
        *value, size, [&](const std::string& what) { remarks.add(what, object.place); });
  }
  object.box_xywh_px = read_box(fields);
}

}  // namespace

struct CocoFile::Document {
  json all;
  const json* entries = nullptr;  // of `all`
};

CocoFile::CocoFile(const fs::path& path, JsonForm form, const Tick& tick)
    : path_(path), document_(std::make_unique<Document>()) {
  json& document = document_->all = read_json(path, tick);
  need_form(document, path, form);
  if (form == JsonForm::results) {
    document_->entries = &document;
    return;
  }
  in_file(path, "", [&] {
    document_->entries = &JsonFields(document).list("annotations");
    if (!document_->entries->is_array() || document["annotations"].is_null()) {
      fail(ErrorCode::bad_format, "\"annotations\" is null, expected a list");
    }
  });
  if (!document.contains("categories")) return;
  in_file(path, "categories: ", [&] {
    categories_ = read_categories(JsonFields(document).list("categories"), remarks_);
  });
}

CocoFile::~CocoFile() = default;
CocoFile::CocoFile(CocoFile&&) noexcept = default;

void CocoFile::take_categories_of_annotations() {
  if (!categories_.entries.empty()) return;
  for (const json& annotation : *document_->entries) {
    if (!annotation.is_object() || !annotation.contains("category_id")) continue;
    const std::string id =
        in_file(path_, "", [&] { return JsonFields(annotation).id("category_id"); });
    if (categories_.ids.find(id)) continue;
    categories_.ids.add(id, categories_.entries.size());
    categories_.entries.push_back({id, "category " + id_text(id), true, {}});
  }
  remarks_.add("no categories listed, those of the annotations are taken", "\"categories\"");
}

CocoImages CocoFile::images() {
  CocoImages images;
  const json& list = in_file(
      path_, "", [&]() -> const json& { return JsonFields(document_->all).list("images"); });
  each_entry(path_, list, "image", [&](const JsonFields& fields, const std::string&) {
    CocoImage entry = read_image(fields);
    if (images.ids.add(entry.id, images.entries.size())) {
      images.entries.push_back(std::move(entry));
      return;
    }
    const CocoImage& first = images.entries[*images.ids.find(entry.id)];
    if (first.file_name != entry.file_name || !(first.size == entry.size)) {
      fail(ErrorCode::bad_format, "it (", entry.file_name, ") has the same id ", entry.id, " as ",
           first.file_name, "; every picture needs an id of its own");
    }
    remarks_.add("a picture listed twice, taken once", "id " + entry.id);
  });
  return images;
}

int64_t CocoFile::count() const {
  return std::ssize(*document_->entries);
}

bool CocoFile::has_masks() const {
  const json& entries = *document_->entries;
  return std::any_of(entries.begin(), entries.end(), [](const json& one) {
    return one.is_object() && one.contains("segmentation") && !one["segmentation"].is_null();
  });
}

void CocoFile::each_map(const std::function<void(const CocoMap&)>& read) {
  std::map<std::string, const json*> seen;
  each_entry(path_, *document_->entries, "annotation",
             [&](const JsonFields& fields, const std::string& place) {
               CocoMap map{place, fields.id("image_id"), {}, {}};
               const auto [first, is_new] = seen.emplace(map.image_id, &fields.object());
               if (is_new) {
                 map.png = fields.text("file_name");
                 map.segments = read_segments(fields, categories_.ids);
                 return read(map);
               }
               if (*first->second != fields.object()) {
                 fail(ErrorCode::bad_format, "the picture with image_id ", map.image_id,
                      " has another annotation before; keep one");
               }
               remarks_.add("a picture annotated twice, taken once", place);
             });
}

void CocoFile::each_object(const CocoImages& images,
                           const std::function<void(const CocoObject&, size_t image)>& read) {
  const bool lists_categories = !categories_.entries.empty();
  each_entry(path_, *document_->entries, "annotation",
             [&](const JsonFields& fields, const std::string& place) {
               CocoObject object;
               object.place = place;
               object.image_id = fields.id("image_id");
               const auto image = images.ids.find(object.image_id);
               if (!image) {
                 return remarks_.add("an annotation of a picture that \"images\" lacks, left out",
                                     place);
               }
               object.category_id = fields.id("category_id");
               if (lists_categories && !categories_.ids.find(object.category_id)) {
                 return remarks_.add(
                     "an annotation whose category_id \"categories\" lacks, left out", place);
               }
               if (fields.find("id") != nullptr) object.id = fields.id("id");
               read_shape(fields, images.entries[*image].size, remarks_, object);
               if (fields.find("area") != nullptr) object.area_px = fields.number("area");
               object.is_crowd = fields.flag("iscrowd");
               read(object, *image);
             });
}

void CocoFile::each_detection(const std::function<Size(const std::string& image_id)>& size_of,
                              const std::function<void(const CocoObject&)>& read) {
  each_entry(path_, *document_->entries, "detection",
             [&](const JsonFields& fields, const std::string& place) {
               CocoObject object;
               object.place = place;
               object.image_id = fields.id("image_id");
               read_shape(fields, size_of(object.image_id), remarks_, object);
               object.score = fields.number("score");
               object.category_id = fields.id("category_id");
               read(object);
             });
}

}  // namespace fcclip::data
