#include "apps/evaluation_record.h"

#include "fcclip/runs/run_record.h"

namespace fcclip::apps {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

const char* oracle_name(eval::Oracle oracle) {
  switch (oracle) {
    case eval::Oracle::names:
      return "names";
    case eval::Oracle::masks:
      return "masks";
    default:
      return "none";
  }
}

}  // namespace

json evaluation_record(const fs::path& model, const Segmenter& segmenter,
                       const eval::EvaluateOptions& options) {
  const model::Config& config = segmenter.config();
  json classifiers = json::object();
  for (const eval::Classifier& one : options.classifiers) {
    classifiers[one.name] = {{"alpha", one.ensemble.alpha}, {"beta", one.ensemble.beta}};
  }
  std::error_code error;
  json record = {{"model", fs::absolute(model, error).string()},
                 {"model_name", config.name},
                 {"provenance", config.provenance},
                 {"fingerprint", runs::file_fingerprint(model)},
                 {"classifiers", classifiers},
                 {"input_size",
                  {{"short_side", options.size.short_side}, {"max_side", options.size.max_side}}},
                 {"thresholds",
                  {{"object_mask_threshold", options.panoptic_options.object_mask_threshold},
                   {"overlap_threshold", options.panoptic_options.overlap_threshold},
                   {"top_k", options.instance_options.top_k}}},
                 {"oracle", oracle_name(options.oracle)}};
  record.update(runs::circumstances_json());
  return record;
}

}  // namespace fcclip::apps
