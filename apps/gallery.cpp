#include "apps/gallery.h"

#include <string_view>

#include <nlohmann/json.hpp>

#include "apps/json_text.h"
#include "fcclip/core/error.h"
#include "fcclip/io/atomic_file.h"

extern "C" {
// The page without its data (EmbedFiles.cmake).
extern const char fcclip_embedded_gallery_html_begin[], fcclip_embedded_gallery_html_end[];
}

namespace fcclip::apps {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::string_view kDataPlace = "{{DATA}}";

// A relative link to a file by its bytes, whatever they are.
std::string link_to(const fs::path& file, const fs::path& folder) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : file.lexically_relative(folder).generic_string()) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~/").find(c) != std::string_view::npos;
    if (plain) {
      out += c;
    } else {
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  // A name such as "a:b.png" alone could be taken for a scheme; the colon is escaped above.
  return out;
}

// {"overlay": link, "segments": [[name, score, share of the picture], …]}, or null.
json answer_of(const fs::path& stem, const fs::path& folder) {
  fs::path segments_file = stem, overlay;
  segments_file += ".segments.json";
  for (const char* ending : {".overlay.png", ".overlay.jpg"}) {
    fs::path file = stem;
    file += ending;
    if (fs::exists(file)) overlay = file;
  }
  if (overlay.empty() || !fs::exists(segments_file)) return nullptr;
  try {
    const json document = json::parse(io::read_file(segments_file));
    const double pixels = document.at("height").get<double>() * document.at("width").get<double>();
    json segments = json::array();
    for (const json& one : document.at("segments")) {
      const double share = one.at("area_px").get<double>() / pixels;
      segments.push_back({one.at("name"), one.at("score"), share});
    }
    return {{"overlay", link_to(overlay, folder)},
            {"width", document.at("width")},
            {"height", document.at("height")},
            {"segments", std::move(segments)}};
  } catch (const json::exception&) {
    fail(ErrorCode::bad_format, segments_file.string(),
         ": damaged or cut short; delete it and run again with --resume");
  }
}

// "sub/photo.jpg": the picture's name where its results are.
std::string gallery_name(const AnsweredPicture& one, const fs::path& folder) {
  const fs::path below = one.stem.parent_path().lexically_relative(folder);
  const fs::path name = one.picture.empty() ? fs::path("standard input") : one.picture.filename();
  return below.empty() || below == "." ? name.string() : (below / name).generic_string();
}

json gallery_data(const fs::path& folder, const std::vector<AnsweredQuestion>& questions) {
  json words = json::array(), pictures = json::array();
  for (const AnsweredQuestion& question : questions) {
    json names = json::array();
    for (const classify::VocabularyClass& c : question.vocabulary.classes) {
      if (!c.is_background) names.push_back(c.synonyms.front());
    }
    words.push_back(std::move(names));
  }
  const size_t count = questions.empty() ? 0 : questions.front().pictures.size();
  for (size_t i = 0; i < count; ++i) {
    json answers = json::array();
    bool any = false;
    for (const AnsweredQuestion& question : questions) {
      answers.push_back(answer_of(question.pictures[i].stem, folder));
      any = any || !answers.back().is_null();
    }
    if (!any) continue;
    pictures.push_back({{"name", gallery_name(questions.front().pictures[i], folder)},
                        {"answers", std::move(answers)}});
  }
  return {{"questions", std::move(words)}, {"pictures", std::move(pictures)}};
}

// JSON that may stand in a <script> element: '<' could end it or begin a comment.
std::string script_json(const json& data) {
  std::string out;
  for (const char c : json_line(data)) {
    if (c == '<') {
      out += "\\u003c";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

std::string gallery_page(const fs::path& folder, const std::vector<AnsweredQuestion>& questions) {
  std::string page(fcclip_embedded_gallery_html_begin, fcclip_embedded_gallery_html_end);
  page.replace(page.find(kDataPlace), kDataPlace.size(),
               script_json(gallery_data(folder, questions)));
  return page;
}

}  // namespace fcclip::apps
