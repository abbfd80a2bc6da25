#include "fcclip/outputs/folder_tables.h"

#include <functional>

#include "fcclip/core/error.h"
#include "fcclip/io/atomic_file.h"
#include "fcclip/outputs/json_text.h"

namespace fcclip::outputs {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

void each_answer(const std::vector<AnsweredPicture>& pictures,
                 const std::function<void(const json& answer)>& take) {
  for (const AnsweredPicture& picture : pictures) {
    const fs::path file = fs::path(picture.stem) += ".segments.json";
    if (!fs::exists(file)) continue;
    try {
      json answer = json::parse(io::read_file(file));
      answer["image"] = picture.picture.empty() ? "standard input" : picture.picture.string();
      take(answer);
    } catch (const json::exception&) {
      fail(ErrorCode::bad_format, file.string(),
           ": damaged, or changed by hand; delete it and answer the picture again");
    }
  }
}

std::string quoted(const std::string& text) {
  if (text.find_first_of("\",\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

// Text as it is, numbers as JSON writes them.
std::string table_cell(const json& value) {
  // Through JSON, so that bytes that are no UTF-8 become U+FFFD here too.
  if (value.is_string()) return quoted(json::parse(json_line(value)).get<std::string>());
  return value.dump();
}

std::string table_row(const json& answer, const json& segment) {
  const json& box = segment.at("box_xywh_px");
  std::string row;
  for (const json& value :
       {answer.at("image"), segment.at("id"), segment.at("name"), segment.at("synonym"),
        json(segment.at("thing").get<bool>() ? "thing" : "stuff"), segment.at("score"),
        segment.at("in_vocabulary_score"), segment.at("out_of_vocabulary_score"),
        segment.at("area_px"), box.at(0), box.at(1), box.at(2), box.at(3), answer.at("width"),
        answer.at("height")}) {
    row += (row.empty() ? "" : ",") + table_cell(value);
  }
  return row + "\r\n";
}

}  // namespace

std::string results_lines(const std::vector<AnsweredPicture>& pictures) {
  std::string lines;
  each_answer(pictures, [&](const json& answer) { lines += json_line(answer) + "\n"; });
  return lines;
}

std::string segments_table(const std::vector<AnsweredPicture>& pictures) {
  std::string table =
      "image,id,name,synonym,kind,score,in_vocabulary_score,out_of_vocabulary_score,area_px,x_px,"
      "y_px,width_px,height_px,image_width_px,image_height_px\r\n";
  each_answer(pictures, [&](const json& answer) {
    for (const json& segment : answer.at("segments")) table += table_row(answer, segment);
  });
  return table;
}

}  // namespace fcclip::outputs
