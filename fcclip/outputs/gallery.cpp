#include "fcclip/outputs/gallery.h"

#include <map>
#include <string_view>

#include <nlohmann/json.hpp>

#include "fcclip/core/error.h"
#include "fcclip/io/atomic_file.h"
#include "fcclip/outputs/json_text.h"

extern "C" {
// The page without its data (EmbedFiles.cmake).
extern const char fcclip_embedded_gallery_html_begin[], fcclip_embedded_gallery_html_end[];
}

namespace fcclip::outputs {
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
json answer_of(const AnsweredPicture& one, const fs::path& folder) {
  fs::path segments_file = one.stem, overlay = one.stem;
  segments_file += ".segments.json";
  overlay += one.overlay_ending;
  if (!fs::exists(overlay) || !fs::exists(segments_file)) return nullptr;
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

// Of a question's answers, those of the picture whose files these are without the suffix.
std::string stem_of_picture(const AnsweredPicture& one, const AnsweredQuestion& question) {
  const std::string stem = one.stem.string();
  return stem.substr(0, stem.size() - question.suffix.size());
}

json gallery_data(const fs::path& folder, const std::vector<AnsweredQuestion>& questions) {
  json words = json::array(), pictures = json::array();
  std::map<std::string, size_t> place;  // of each picture, which not every question need have
  for (size_t q = 0; q < questions.size(); ++q) {
    json names = json::array();
    for (const classify::VocabularyClass& c : questions[q].vocabulary.classes) {
      if (!c.is_background) names.push_back(c.synonyms.front());
    }
    words.push_back(std::move(names));
    for (const AnsweredPicture& one : questions[q].pictures) {
      json answer = answer_of(one, folder);
      if (answer.is_null()) continue;
      const std::string stem = stem_of_picture(one, questions[q]);
      const auto [at, is_new] = place.emplace(stem, pictures.size());
      if (is_new) {
        const json nothing = json::array_t(questions.size());
        pictures.push_back({{"name", gallery_name(one, folder)}, {"answers", nothing}});
      }
      pictures[at->second]["answers"][q] = std::move(answer);
    }
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

}  // namespace fcclip::outputs
