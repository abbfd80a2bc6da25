#pragma once
// What an evaluation was made with, as scores.json and the report say it.

#include <filesystem>
#include <string>

#include <nlohmann/json.hpp>

#include "fcclip/eval/evaluator.h"

namespace fcclip::apps {

/// 32 digits that differ when the model file does: of its size, its beginning and pieces all over.
/// Throws Error{not_found}.
std::string model_fingerprint(const std::filesystem::path& model);

/// {"model", "model_name", "fingerprint", "classifiers": {name: {"alpha", "beta"}}, "input_size",
/// "thresholds", "oracle", "program", "libtorch", "instruction_set", "threads", "date", "command",
/// "folder", "seconds"}
nlohmann::json evaluation_record(const std::filesystem::path& model, const Segmenter& segmenter,
                                 const eval::EvaluateOptions& options);

}  // namespace fcclip::apps
