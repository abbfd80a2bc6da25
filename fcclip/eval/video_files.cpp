#include "fcclip/eval/video_files.h"

#include <map>
#include <set>

#include <nlohmann/json.hpp>

#include "fcclip/core/error.h"
#include "fcclip/data/json_fields.h"
#include "fcclip/data/read_json.h"

namespace fcclip::eval {
namespace {

namespace fs = std::filesystem;
using data::JsonFields;
using nlohmann::json;

// Errors of a field are told of the place in the file.
template <typename Read>
auto told_at(const std::string& place, const Read& read) {
  try {
    return read();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::bad_format) throw;
    fail(ErrorCode::bad_format, place, ": ", error.what());
  }
}

void read_film_categories(const JsonFields& document, CategoryTable& table) {
  for (const json& one : document.list("categories")) {
    const JsonFields category(one);
    const std::string id = category.id("id");
    table.ids.add(id, table.categories.size());
    table.categories.push_back({data::id_text(id), category.text("name", data::id_text(id)),
                                category.find("isthing") == nullptr || category.flag("isthing")});
  }
  if (table.categories.empty()) fail(ErrorCode::bad_format, "no categories in it");
}

PanopticEntry read_frame(const JsonFields& annotation, const CategoryTable& table,
                         const fs::path& folder) {
  PanopticEntry entry;
  const std::string file = annotation.text("file_name");
  entry.png = (folder / fs::path(file).replace_extension(".png")).string();
  entry.image_id = fs::path(file).stem().string();
  std::set<int64_t> ids;
  for (const json& one : annotation.list("segments_info")) {
    const JsonFields segment(one);
    const int64_t id = segment.whole("id");
    const std::string category = segment.id("category_id");
    const auto place = table.ids.find(category);
    if (!place) {
      fail(ErrorCode::bad_format, file, ": segment ", id, " has the unknown category_id ",
           category);
    }
    if (!ids.insert(id).second) {
      fail(ErrorCode::bad_format, file, ": segment id ", id, " is listed twice");
    }
    entry.segments.push_back({id, static_cast<int64_t>(*place), 0, segment.flag("iscrowd")});
  }
  return entry;
}

/// Films in the order in which they come.
class FilmList {
 public:
  FilmEntry& at(const std::string& film) {
    const auto [place, is_new] = places_.try_emplace(film, films_.size());
    if (is_new) films_.push_back({film, {}});
    return films_[place->second];
  }
  std::vector<FilmEntry> take() { return std::move(films_); }

 private:
  std::map<std::string, size_t> places_;
  std::vector<FilmEntry> films_;
};

void read_annotation(const JsonFields& entry, const CategoryTable& table, FilmList& films) {
  const json* frames = entry.find("annotations");
  if (frames == nullptr) {
    const fs::path folder = fs::path(entry.text("file_name")).parent_path();
    const std::string film = entry.find("video_id") != nullptr ? data::id_text(entry.id("video_id"))
                                                               : folder.generic_string();
    films.at(film).frames.push_back(read_frame(entry, table, folder));
    films.at(film).frames.back().png =
        fs::path(entry.text("file_name")).replace_extension(".png").string();
    return;
  }
  const std::string film = data::id_text(entry.id("video_id"));
  for (const json& one : entry.list("annotations")) {
    films.at(film).frames.push_back(read_frame(JsonFields(one), table, film));
  }
}

}  // namespace

std::vector<FilmEntry> read_film_file(const fs::path& path, CategoryTable& table,
                                      const Tick& tick) {
  const json document = data::read_json(path, tick);
  return told_at(path.string(), [&] {
    const JsonFields fields(document);
    if (table.categories.empty()) read_film_categories(fields, table);
    FilmList films;
    size_t number = 0;
    for (const json& one : fields.list("annotations")) {
      told_at("annotation " + std::to_string(number++),
              [&] { read_annotation(JsonFields(one), table, films); });
    }
    return films.take();
  });
}

}  // namespace fcclip::eval
