#include "fcclip/eval/evaluation_record.h"

#include <algorithm>

#include "fcclip/runs/run_record.h"

namespace fcclip::eval {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

std::string text_of_setting(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_structured()) return value.dump();
  std::string text;
  for (const auto& [key, one] : value.items()) {
    if (!text.empty()) text += value.is_array() ? " " : ", ";
    if (value.is_object()) text += key + " ";
    text += text_of_setting(one);
  }
  return text;
}

}  // namespace

const char* oracle_name(Oracle oracle) {
  switch (oracle) {
    case Oracle::names:
      return "names";
    case Oracle::masks:
      return "masks";
    default:
      return "none";
  }
}

json evaluation_record(const fs::path& model, const segmenter::Segmenter& segmenter,
                       const EvaluateOptions& options) {
  const model::Config& config = segmenter.config();
  json classifiers = json::object();
  for (const Classifier& one : options.classifiers) {
    classifiers[one.name] = {{"alpha", one.ensemble.alpha}, {"beta", one.ensemble.beta}};
    if (one.ensemble.clip_trust != 0) classifiers[one.name]["clip_trust"] = one.ensemble.clip_trust;
  }
  const results::PanopticOptions& panoptic = options.classifiers.front().panoptic;
  std::error_code error;
  json record = {{"model", fs::absolute(model, error).string()},
                 {"model_name", config.name},
                 {"provenance", config.provenance},
                 {"fingerprint", runs::file_fingerprint(model)},
                 {"classifiers", classifiers},
                 {"input_size",
                  {{"short_side", options.size.short_side}, {"max_side", options.size.max_side}}},
                 {"thresholds",
                  {{"object_mask_threshold", panoptic.object_mask_threshold},
                   {"overlap_threshold", panoptic.overlap_threshold},
                   {"top_k", options.instance_options.top_k}}},
                 {"views", segmenter::views_name(options.views)},
                 {"oracle", oracle_name(options.oracle)}};
  if (!config.naming.is_plain() || config.ensemble.clip_trust != 0) {
    record["head"] = model::head_description(config);
  }
  if (segmenter.products() != ops::Products::float32) {
    record["dtype"] = ops::name(segmenter.products());
  }
  record.update(runs::circumstances_json());
  return record;
}

std::vector<RunFact> run_facts(const json& record) {
  std::vector<RunFact> facts;
  for (const char* key :
       {"model",       "model_name", "provenance", "fingerprint", "head",
        "classifiers", "input_size", "thresholds", "sweep",       "views",
        "oracle",      "dtype",      "program",    "libtorch",    "instruction_set",
        "threads",     "date",       "seconds",    "command",     "folder"}) {
    if (!record.contains(key)) continue;
    std::string name = key;
    std::replace(name.begin(), name.end(), '_', ' ');
    facts.push_back({name, text_of_setting(record[key])});
  }
  return facts;
}

}  // namespace fcclip::eval
