#pragma once
// What an evaluation was made with, as scores.json and the report say it.

#include <filesystem>

#include <nlohmann/json.hpp>

#include "fcclip/eval/evaluate_options.h"
#include "fcclip/eval/html_report.h"

namespace fcclip::eval {

/// {"model", "model_name", "fingerprint", "classifiers": {name: {"alpha", "beta"}}, "input_size",
/// "thresholds", "views", "oracle", and what circumstances_json has}. Throws Error{not_found}.
nlohmann::json evaluation_record(const std::filesystem::path& model,
                                 const segmenter::Segmenter& segmenter,
                                 const EvaluateOptions& options);

/// "none", "masks" or "names".
const char* oracle_name(Oracle oracle);

/// The same for people: texts as they are, words of a command side by side, pairs without their
/// signs.
std::vector<RunFact> run_facts(const nlohmann::json& record);

}  // namespace fcclip::eval
