#include "fcclip/video/film_files.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <sstream>

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include "fcclip/core/error.h"
#include "fcclip/core/listed.h"
#include "fcclip/draw/overlay.h"
#include "fcclip/image/id_colours.h"
#include "fcclip/image/image_file.h"
#include "fcclip/io/temporary_file.h"
#include "fcclip/outputs/json_text.h"
#include "fcclip/outputs/segments_json.h"

namespace fcclip::video {
namespace {

namespace fs = std::filesystem;

struct OutputName {
  FilmOutput output;
  std::string_view name;
};
constexpr std::array<OutputName, 5> kOutputNames = {{{FilmOutput::overlay, "overlay"},
                                                     {FilmOutput::panoptic, "panoptic"},
                                                     {FilmOutput::frames, "frames"},
                                                     {FilmOutput::tracks, "tracks"},
                                                     {FilmOutput::mot, "mot"}}};

std::string trimmed(const std::string& text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

void add_outputs(const std::string& word, std::set<FilmOutput>& outputs) {
  bool known = word == "none";
  for (const OutputName& one : kOutputNames) {
    if (word != one.name && word != "all") continue;
    outputs.insert(one.output);
    known = true;
  }
  if (known) return;
  fail(ErrorCode::invalid_argument, "'", word,
       "' is nothing that is written of a film: ", film_output_names(), ", all or none");
}

// An id's colour is the same in every frame; after 64 of them they are varied.
draw::Colour colour_of_id(int64_t id) {
  const std::vector<draw::Colour>& palette = draw::spread_palette();
  const auto count = std::ssize(palette);
  return draw::variation(palette[(id - 1) % count], (id - 1) / count);
}

at::Tensor overlay_of(const AnsweredFrame& answered, const FilmLook& look) {
  results::Segmentation shown = answered.answer;
  draw::OverlayOptions options = look.style.options;
  options.scores = look.style.scores;
  for (results::Segment& segment : shown.segments()) {
    options.segment_colours.push_back(colour_of_id(segment.id));
    if (segment.is_thing) segment.name += " " + std::to_string(segment.id);
  }
  return draw::draw_overlay(answered.frame.rgb, shown, options);
}

std::string line_of(const AnsweredFrame& answered, const FilmPlace& place) {
  nlohmann::json line = outputs::to_json(answered.answer);
  line["video"] = place.film;
  line["frame"] = answered.frame.number;
  line["seconds"] = answered.frame.seconds;
  if (place.outputs.contains(FilmOutput::panoptic)) {
    line["map"] = (fs::path("panoptic") / place.film / (answered.frame.name + ".png")).string();
  }
  return outputs::json_line(line);
}

[[noreturn]] void refuse_somebody_elses(const fs::path& path) {
  fail(ErrorCode::invalid_argument, path.string(),
       " has appeared meanwhile, and fcclip did not write it; name another folder with -o");
}

}  // namespace

std::string film_output_names() {
  return listed(kOutputNames, &OutputName::name);
}

std::set<FilmOutput> parse_film_outputs(const std::string& text) {
  std::set<FilmOutput> outputs;
  std::istringstream words(text.empty() ? "all" : text);
  for (std::string word; std::getline(words, word, ',');) add_outputs(trimmed(word), outputs);
  return outputs;
}

std::vector<fs::path> FilmPlace::paths() const {
  const std::array<std::pair<FilmOutput, fs::path>, 5> all = {{{FilmOutput::overlay, overlay()},
                                                               {FilmOutput::panoptic, list()},
                                                               {FilmOutput::frames, frames()},
                                                               {FilmOutput::tracks, tracks()},
                                                               {FilmOutput::mot, mot()}}};
  std::vector<fs::path> wanted;
  for (const auto& [output, path] : all) {
    if (outputs.contains(output)) wanted.push_back(path);
  }
  return wanted;
}

void check_free(const FilmPlace& place) {
  std::vector<fs::path> paths = place.paths();
  const auto list = std::ranges::find(paths, place.list());
  if (list != paths.end()) paths.insert(list, place.maps());
  for (const fs::path& path : paths) {
    if (!fs::exists(path)) continue;
    fail(ErrorCode::invalid_argument, path.string(),
         " is there already; name another folder with -o, or replace it with --overwrite");
  }
}

std::vector<fs::path> maps_there(const FilmPlace& place) {
  std::vector<fs::path> maps;
  if (!fs::is_directory(place.maps())) return maps;
  for (const fs::directory_entry& entry : fs::directory_iterator(place.maps())) {
    if (entry.path().extension() == ".png") maps.push_back(entry.path());
  }
  return maps;
}

void write_film_file(runs::OutputFolder& folder, const fs::path& path,
                     const std::function<void(std::ostream&)>& write) {
  io::TemporaryFile file(path);
  {
    std::ofstream out(file.path(), std::ios::binary | std::ios::trunc);
    write(out);
    out.flush();
    if (!out) {
      fail(ErrorCode::io_failure, path.string(), ": can't be written: ", std::strerror(errno));
    }
  }
  if (!folder.take(file, path)) refuse_somebody_elses(path);
}

void remove_maps(const FilmPlace& place) {
  for (const fs::path& path : maps_there(place)) {
    std::error_code error;
    fs::remove(path, error);
    if (error) fail(ErrorCode::io_failure, path.string(), ": ", error.message());
  }
}

int64_t AnsweredFrame::bytes() const {
  return static_cast<int64_t>(frame.rgb.nbytes()) + results::bytes_held(answer);
}

DrawnFrame draw_frame(const AnsweredFrame& answered, const FilmPlace& place, const FilmLook& look) {
  DrawnFrame drawn;
  const auto wants = [&](FilmOutput output) { return place.outputs.contains(output); };
  if (wants(FilmOutput::overlay)) drawn.overlay = overlay_of(answered, look);
  if (wants(FilmOutput::panoptic)) {
    drawn.map = image::encode_png(image::rgb_of_ids(answered.answer.panoptic().ids));
  }
  drawn.line = line_of(answered, place);
  drawn.record = tracked_frame(answered.answer);
  drawn.record.number = answered.frame.number;
  drawn.record.seconds = answered.frame.seconds;
  drawn.record.name = answered.frame.name;
  return drawn;
}

FilmFiles::FilmFiles(FilmPlace place, double frames_per_second, bool one_name,
                     std::function<runs::OutputFolder&()> folder)
    : place_(std::move(place)),
      folder_(std::move(folder)),
      rate_(frames_per_second),
      book_(place_.film, frames_per_second, one_name) {}

FilmFiles::~FilmFiles() {
  if (growing_.empty()) return;
  lines_.close();
  std::error_code ignored;
  fs::remove(growing_, ignored);
}

void FilmFiles::add_line(const std::string& line) {
  if (growing_.empty()) {
    growing_ = place_.folder / ("." + place_.film + ".frames.jsonl.part");
    lines_.open(growing_, std::ios::binary | std::ios::trunc);
  }
  lines_ << line << '\n';
  if (!lines_) {
    fail(ErrorCode::io_failure, place_.frames().string(),
         ": can't be written: ", std::strerror(errno));
  }
}

void FilmFiles::put(const fs::path& path, const std::string& bytes) {
  if (!folder_().write({path, bytes})) refuse_somebody_elses(path);
  written_.push_back(path);
}

void FilmFiles::add(DrawnFrame drawn) {
  if (!place_.outputs.empty()) folder_();
  if (drawn.overlay.defined()) {
    if (!overlay_) {
      overlay_ = std::make_unique<FilmWriter>(
          place_.overlay(), Size{drawn.overlay.size(0), drawn.overlay.size(1)}, rate_);
    }
    overlay_->write(drawn.overlay);
  }
  if (!drawn.map.empty()) put(place_.maps() / (drawn.record.name + ".png"), drawn.map);
  if (place_.outputs.contains(FilmOutput::frames)) add_line(drawn.line);
  book_.add(std::move(drawn.record));
}

void FilmFiles::finish_overlay() {
  if (!overlay_) return;
  overlay_->finish();
  overlay_.reset();
  folder_().note(place_.overlay(), fs::file_size(place_.overlay()));
  written_.push_back(place_.overlay());
}

void FilmFiles::finish_lines() {
  if (growing_.empty()) return;
  lines_.close();
  std::error_code error;
  if (lines_) folder_().note(place_.frames(), fs::file_size(growing_));
  if (lines_) fs::rename(growing_, place_.frames(), error);
  if (!lines_ || error) {
    fail(ErrorCode::io_failure, place_.frames().string(), ": can't be written");
  }
  growing_.clear();
  written_.push_back(place_.frames());
}

void FilmFiles::finish(const classify::Vocabulary& vocabulary) {
  if (book_.frames().empty()) return;
  finish_overlay();
  finish_lines();
  if (place_.outputs.contains(FilmOutput::tracks)) {
    put(place_.tracks(), outputs::json_line(book_.tracks_json(vocabulary)) + "\n");
  }
  if (place_.outputs.contains(FilmOutput::mot)) put(place_.mot(), book_.mot_text());
  if (place_.outputs.contains(FilmOutput::panoptic)) {
    write_film_file(folder_(), place_.list(),
                    [&](std::ostream& out) { write_video_panoptic(out, {book_}, vocabulary); });
    written_.push_back(place_.list());
  }
}

}  // namespace fcclip::video
