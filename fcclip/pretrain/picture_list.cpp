#include "fcclip/pretrain/picture_list.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <optional>

#include <nlohmann/json.hpp>

#include "fcclip/core/error.h"
#include "fcclip/io/atomic_file.h"
#include "fcclip/io/delimited_text.h"
#include "fcclip/text/text_encoding.h"
#include "fcclip/text/unicode_text.h"

namespace fcclip::pretrain {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

// Headings of published lists (open_clip, Flickr, Conceptual Captions, ultralytics and spreadsheets
// made by hand), compared without case, spaces and "_".
constexpr std::string_view kPathHeadings[] = {
    "image", "imagepath", "imagename", "imagefile", "img",   "imgpath", "file",
    "path",  "filepath",  "filename",  "picture",   "photo", "url"};
constexpr std::string_view kCaptionHeadings[] = {"caption", "captions",    "text",     "title",
                                                 "comment", "description", "sentence", "label"};

std::string comparable_heading(const std::string& cell) {
  std::string out;
  for (const char c : cell) {
    if (c != ' ' && c != '_' && c != '-') {
      out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
  }
  return out;
}

template <size_t kCount>
std::optional<size_t> find_heading(const std::vector<std::string>& cells,
                                   const std::string_view (&headings)[kCount]) {
  for (size_t i = 0; i < cells.size(); ++i) {
    const std::string cell = comparable_heading(cells[i]);
    if (std::find(std::begin(headings), std::end(headings), cell) != std::end(headings)) return i;
  }
  return std::nullopt;
}

class ListReader {
 public:
  ListReader(const fs::path& list, const LogCallback& log) : list_(list), log_(log) {}
  std::vector<ListedPicture> read();

 private:
  // Where the two columns are; a table without headings has no others.
  struct Columns {
    size_t path = 0, caption = 1, count = 2;
    bool has_headings = false;
  };

  template <typename... Parts>
  [[noreturn]] void refuse(const Parts&... parts) const {
    fail(ErrorCode::bad_format, list_.string(), ", ", where_, ": ", parts...);
  }

  fs::path path_of(const std::string& text) const {
    const fs::path path = list_.parent_path() / text;
    std::error_code ignored;
    if (text.find('\\') == std::string::npos || fs::exists(path, ignored)) return path;
    std::string slashes = text;
    std::replace(slashes.begin(), slashes.end(), '\\', '/');
    return list_.parent_path() / slashes;
  }

  void add(const std::string& path, const std::vector<std::string>& captions,
           const std::vector<std::string>& names = {});
  std::string text_of(const json& value) const;
  std::vector<std::string> texts_of(const json& value) const;
  void add_object(const json& entry);
  void add_json_line(std::string_view line);
  void add_cells(const std::vector<std::string>& cells, char separator);
  void read_json_list(const std::string& text);
  void read_table(const std::string& text);

  const fs::path& list_;
  const LogCallback& log_;
  std::string where_, first_without_;
  int64_t without_caption_ = 0;
  std::optional<Columns> columns_;
  std::vector<ListedPicture> pictures_;
  std::map<std::string, size_t> by_path_;
};

void ListReader::add(const std::string& path, const std::vector<std::string>& captions,
                     const std::vector<std::string>& names) {
  if (path.empty()) refuse("no path of a picture");
  std::vector<std::string> said;
  for (const std::string& caption : captions) {
    if (!text::decode_utf8_strict(caption, false)) refuse("not UTF-8 text; save it as UTF-8");
    if (caption.find_first_not_of(" \t\r\n") != std::string::npos) said.push_back(caption);
  }
  if (said.empty()) {
    if (without_caption_++ == 0) first_without_ = where_;
    return;
  }
  const auto [found, fresh] = by_path_.try_emplace(path, pictures_.size());
  if (fresh) pictures_.push_back({path_of(path), {}, {}});
  ListedPicture& picture = pictures_[found->second];
  picture.captions.insert(picture.captions.end(), said.begin(), said.end());
  picture.names.insert(picture.names.end(), names.begin(), names.end());
}

std::string ListReader::text_of(const json& value) const {
  if (!value.is_string()) {
    refuse("not {\"image\": path, \"captions\": [text, …]}: ", value.dump(), " is no text");
  }
  return value.get<std::string>();
}

std::vector<std::string> ListReader::texts_of(const json& value) const {
  if (!value.is_array()) refuse("not a list of texts: ", value.dump());
  std::vector<std::string> texts;
  for (const json& entry : value) texts.push_back(text_of(entry));
  return texts;
}

void ListReader::add_object(const json& entry) {
  if (!entry.is_object()) refuse("expected {\"image\": path, \"captions\": [text, …]}");
  for (const auto& [key, value] : entry.items()) {
    if (key != "image" && key != "caption" && key != "captions" && key != "names") {
      refuse("unknown key \"", key, "\"; expected image, caption or captions, names");
    }
  }
  if (!entry.contains("image")) refuse("no \"image\"");
  if (!entry.contains("caption") && !entry.contains("captions")) {
    refuse("no \"caption\" or \"captions\"");
  }
  std::vector<std::string> captions, names;
  if (entry.contains("caption") && !entry["caption"].is_null()) {
    captions.push_back(text_of(entry["caption"]));
  }
  if (entry.contains("captions")) {
    const std::vector<std::string> more = texts_of(entry["captions"]);
    captions.insert(captions.end(), more.begin(), more.end());
  }
  if (entry.contains("names")) names = texts_of(entry["names"]);
  add(text_of(entry["image"]), captions, names);
}

void ListReader::add_json_line(std::string_view line) {
  const json entry = json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (entry.is_discarded()) refuse("not JSON: {\"image\": path, \"captions\": [text, …]}");
  add_object(entry);
}

void ListReader::add_cells(const std::vector<std::string>& cells, char separator) {
  if (!columns_) {
    columns_ = Columns();
    const auto path = find_heading(cells, kPathHeadings);
    const auto caption = find_heading(cells, kCaptionHeadings);
    if (path && caption) {
      columns_ = Columns{*path, *caption, cells.size(), true};
      return;
    }
  }
  const auto& [path, caption, count, has_headings] = *columns_;
  const std::string in_marks = separator == '\t' ? ""
                                                 : std::string("; a caption with \"") + separator +
                                                       "\" in it belongs in quotation marks";
  if (cells.size() > count && has_headings) {
    refuse(cells.size(), " columns, but the first line names ", count, in_marks);
  }
  if (cells.size() > count) {
    refuse("more than two columns; expected \"path <tab> caption\"", in_marks);
  }
  if (cells.size() < count && !has_headings) {
    refuse("expected \"path <tab> caption\" or a JSON object");
  }
  const auto cell = [&](size_t i) { return i < cells.size() ? cells[i] : std::string(); };
  add(cell(path), {cell(caption)});
}

void ListReader::read_json_list(const std::string& text) {
  where_ = "JSON list";
  const json list = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (list.is_discarded()) refuse("not JSON: [{\"image\": path, \"captions\": [text, …]}, …]");
  for (size_t i = 0; i < list.size(); ++i) {
    where_ = "entry " + std::to_string(i + 1);
    add_object(list[i]);
  }
}

void ListReader::read_table(const std::string& text) {
  const char separator = io::guess_separator(text);
  for (const io::DelimitedRow& row : io::read_rows(text, separator, list_.string())) {
    where_ = "line " + std::to_string(row.line);
    row.is_object ? add_json_line(row.whole) : add_cells(row.cells, separator);
  }
}

std::vector<ListedPicture> ListReader::read() {
  const std::string text = text::to_utf8(io::read_file(list_), list_.string());
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first != std::string::npos && text[first] == '[') {
    read_json_list(text);
  } else {
    read_table(text);
  }
  if (pictures_.empty()) {
    fail(ErrorCode::bad_format, list_.string(), ": lists no picture",
         without_caption_ > 0 ? " with a caption" : "");
  }
  if (without_caption_ > 0 && log_) {
    log_(LogLevel::warning, list_.string() + ": " + std::to_string(without_caption_) +
                                (without_caption_ == 1 ? " picture" : " pictures") +
                                " without a caption left out, the first in " + first_without_);
  }
  return std::move(pictures_);
}

}  // namespace

std::vector<ListedPicture> read_picture_list(const fs::path& list, const LogCallback& log) {
  return ListReader(list, log).read();
}

}  // namespace fcclip::pretrain
