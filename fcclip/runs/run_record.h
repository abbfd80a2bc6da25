#pragma once
// run.json: what stands beside the results and says how they came about.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "fcclip/core/shard.h"
#include "fcclip/ops/products.h"
#include "fcclip/runs/run_times.h"
#include "fcclip/segmenter/segmenter.h"
#include "fcclip/segmenter/views.h"

namespace fcclip::runs {

/// Everything that decides what an answer is. Two runs with equal settings give equal files.
struct RunSettings {
  std::filesystem::path model;
  std::vector<classify::Vocabulary> questions;
  std::vector<std::string> templates;  ///< empty: the model's own
  segmenter::AskOptions ask;
  std::optional<segmenter::Place> place =
      {};  ///< what is there: instances; none: the whole picture
  segmenter::EncodeSize size;
  segmenter::Views views = segmenter::Views::one;
  double tolerance_px = 1;
  ops::Products products = ops::Products::float32;
  nlohmann::json reading = nullptr;  ///< how pictures are read, where it is not as usual
  nlohmann::json drawing = nullptr;  ///< how overlays look, where it is not as usual
};

/// {"model", "task", "questions", …}. Throws Error{not_found, io_failure} when the model's file
/// can't be read.
nlohmann::json settings_json(const RunSettings& settings);

/// 32 hexadecimal digits that differ when the bytes of a model's file do. Throws Error{not_found}.
std::string file_fingerprint(const std::filesystem::path& path);

/// 16 hexadecimal digits that differ when settings do; the model's place does not count, what its
/// file holds does.
std::string settings_id(const nlohmann::json& settings);

/// {"program", "command", "folder", "date", "libtorch", "instruction_set", "threads"}
nlohmann::json circumstances_json();

/// How a run stands.
struct RunState {
  std::string status;  ///< running, complete, interrupted or failed
  std::string id;      ///< settings_id()
  Shard shard;
  RunCount count;
  int64_t words_cached = 0, words_computed = 0;
};

/// What the record of every kind of run has: the circumstances, and {"status", "run", "shard" of several,
/// `counted` ("images", "films"): {"all", "answered", "failed", "finished before"}, "words", "files"}.
nlohmann::json record_json(const nlohmann::json& circumstances, const RunState& state,
                           const std::string& counted);

}  // namespace fcclip::runs
