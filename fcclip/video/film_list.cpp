#include "fcclip/video/film_list.h"

#include <nlohmann/json.hpp>

#include "fcclip/core/error.h"
#include "fcclip/io/atomic_file.h"
#include "fcclip/outputs/coco_json.h"
#include "fcclip/outputs/json_text.h"

namespace fcclip::video {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// A part of the list: {"video_id", `entries`: [{`id`, …}]} a film.
struct ListPart {
  const char *name, *entries, *id;
};

// Frames are counted over all films.
void add_part(std::ostream& out, const std::vector<fs::path>& lists, const ListPart& part) {
  int64_t id = 0;
  const char* film_comma = "\n";
  for (const fs::path& path : lists) {
    try {
      json list = json::parse(io::read_file(path));
      for (json& film : list.at(part.name)) {
        out << std::exchange(film_comma, ",\n")
            << "{\"video_id\": " << outputs::json_line(film.at("video_id")) << ", \""
            << part.entries << "\": [";
        const char* comma = "\n";
        for (json& entry : film.at(part.entries)) {
          entry.at(part.id) = ++id;
          out << std::exchange(comma, ",\n") << outputs::json_line(entry);
        }
        out << "]}";
      }
    } catch (const json::exception&) {
      fail(ErrorCode::bad_format, path.string(),
           ": not the list of a film's maps that was written there; answer the "
           "film anew with "
           "--overwrite");
    }
  }
}

}  // namespace

void join_video_panoptic(std::ostream& out, const std::vector<fs::path>& lists,
                         const classify::Vocabulary& vocabulary) {
  out << "{\"videos\": [";
  add_part(out, lists, {"videos", "images", "id"});
  out << "],\n\"annotations\": [";
  add_part(out, lists, {"annotations", "annotations", "image_id"});
  out << "],\n\"categories\": " << outputs::json_line(outputs::coco_categories(vocabulary))
      << "}\n";
}

}  // namespace fcclip::video
