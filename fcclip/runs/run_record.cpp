#include "fcclip/runs/run_record.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <fstream>

#include <ATen/Parallel.h>
#include <torch/version.h>

#include "fcclip/core/error.h"
#include "fcclip/core/hash.h"
#include "fcclip/io/atomic_file.h"
#include "fcclip/ops/isa.h"
#include "fcclip/outputs/json_text.h"
#include "fcclip/runs/written_files.h"

namespace fcclip::runs {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using outputs::json_line;

json question_json(const classify::Vocabulary& question) {
  json classes = json::array();
  for (const classify::VocabularyClass& entry : question.classes) {
    json one = {{"id", entry.id}, {"names", entry.synonyms}, {"thing", entry.is_thing}};
    if (entry.is_background) one["background"] = true;
    if (entry.colour_rgb) one["colour_rgb"] = *entry.colour_rgb;
    if (entry.rows) one["rows"] = classify::rows_key(entry.rows);
    classes.push_back(std::move(one));
  }
  return {{"vocabulary", question.name}, {"classes", std::move(classes)}};
}

std::string command_line() {
  std::ifstream in("/proc/self/cmdline", std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(in), {});
  return text;
}

json command_json() {
  json words = json::array();
  const std::string text = command_line();
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\0', begin), text.size());
    words.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

std::string date_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  localtime_r(&now, &parts);
  std::array<char, 40> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S%z", &parts);
  return text.data();
}

}  // namespace

// Of the size, the beginning (header and metadata) and pieces of 4 KB spread over the file: other
// weights differ in all of them, and a gigabyte need not be read.
std::string file_fingerprint(const fs::path& path) {
  constexpr std::streamoff kBeginning = 1 << 20, kPiece = 4096, kPieces = 256;
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  if (!in) fail(ErrorCode::not_found, "can't open ", path.string());
  const std::streamoff size = in.tellg();
  Hash hash = hash_text(std::to_string(size));
  std::string piece(kBeginning, '\0');
  const auto add = [&](std::streamoff position, std::streamoff bytes) {
    in.clear();
    in.seekg(position);
    in.read(piece.data(), bytes);
    hash = hash_bytes(piece.data(), static_cast<size_t>(in.gcount()), hash);
  };
  add(0, kBeginning);
  for (std::streamoff i = 1; i <= kPieces && size > kBeginning; ++i) {
    add(kBeginning + (size - kBeginning) / kPieces * i - kPiece, kPiece);
  }
  return hex(hash);
}

json settings_json(const RunSettings& settings) {
  json questions = json::array();
  for (const classify::Vocabulary& one : settings.questions)
    questions.push_back(question_json(one));
  const segmenter::AskOptions& ask = settings.ask;
  json out = {{"model",
               {{"path", fs::absolute(settings.model).string()},
                {"fingerprint", file_fingerprint(settings.model)}}},
              {"task", results::task_name(ask.task)},
              {"questions", std::move(questions)},
              {"alpha", ask.ensemble.alpha},
              {"beta", ask.ensemble.beta},
              {"object_mask_threshold", ask.panoptic.object_mask_threshold},
              {"overlap_threshold", ask.panoptic.overlap_threshold},
              {"top_k", ask.instances.top_k},
              {"min_score", ask.min_score},
              {"min_instance_score", ask.min_instance_score},
              {"next_best", ask.next_best},
              {"short_side", settings.size.short_side},
              {"max_side", settings.size.max_side},
              {"tolerance_px", settings.tolerance_px}};
  if (ask.ensemble.clip_trust != 0) out["clip_trust"] = ask.ensemble.clip_trust;
  if (ask.best_words > 0) out["best_words"] = ask.best_words;
  if (settings.place) {
    out["points_xy_px"] = settings.place->points_xy_px;
    if (settings.place->box_xywh_px) out["box_xywh_px"] = *settings.place->box_xywh_px;
  }
  if (settings.views != segmenter::Views::one) out["tta"] = segmenter::views_name(settings.views);
  if (settings.products != ops::Products::float32) out["dtype"] = ops::name(settings.products);
  if (!settings.templates.empty()) out["templates"] = settings.templates;
  if (!settings.reading.is_null()) out["reading"] = settings.reading;
  if (!settings.drawing.is_null()) out["drawing"] = settings.drawing;
  return out;
}

std::string settings_id(const json& settings) {
  json decisive = settings;
  decisive["model"].erase("path");
  return hex(hash_text(json_line(decisive))).substr(0, 16);
}

json circumstances_json() {
  std::error_code error;
  return {{"program", std::string("fcclip ") + FCCLIP_VERSION},
          {"libtorch", TORCH_VERSION},
          {"instruction_set", std::string(ops::name(ops::chosen_isa()))},
          {"threads", at::get_num_threads()},
          {"date", date_now()},
          {"command", command_json()},
          {"folder", fs::current_path(error).string()}};
}

json record_json(const json& circumstances, const RunState& state, const std::string& counted) {
  json all = circumstances;
  all["status"] = state.status;
  all["run"] = state.id;
  if (!state.shard.is_all()) all["shard"] = state.shard.text();
  all[counted] = {{"all", state.count.pictures},
                  {"answered", state.count.done},
                  {"failed", state.count.failed},
                  {"finished before", state.count.skipped}};
  all["words"] = {{"cached", state.words_cached}, {"computed", state.words_computed}};
  all["files"] = WrittenFiles::kName;
  return all;
}

}  // namespace fcclip::runs
