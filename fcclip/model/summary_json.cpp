#include <nlohmann/json.hpp>

#include "fcclip/model/file_summary.h"

namespace fcclip::model {
namespace {

// Of CLIP weights only what belongs to CLIP: the rest are defaults of a head that is not there.
nlohmann::json config_json(const FileSummary& summary) {
  nlohmann::json config = nlohmann::json::parse(to_json(*summary.config));
  if (summary.kind != FileKind::clip) return config;
  nlohmann::json clip;
  for (const char* key : {"name", "clip", "pixels", "provenance"}) clip[key] = config[key];
  return clip;
}

nlohmann::json summary_json(const FileSummary& summary) {
  nlohmann::json json = {{"kind", kind_name(summary.kind)},  {"format", summary.format},
                         {"file_bytes", summary.file_bytes}, {"tensors", summary.tensors},
                         {"parameters", summary.parameters}, {"dtypes", summary.dtypes},
                         {"others", summary.others},         {"has_merges", summary.has_merges}};
  if (summary.config) json["config"] = config_json(summary);
  if (!summary.container.empty()) json["container"] = summary.container;
  if (!summary.prefix.empty()) json["prefix"] = summary.prefix;
  if (!summary.not_recognized.empty()) json["not_recognized"] = summary.not_recognized;
  if (summary.iteration) json["iteration"] = *summary.iteration;
  if (summary.training_classes > 0) json["training_classes"] = summary.training_classes;
  return json;
}

}  // namespace

std::string to_json(const FileSummary& summary) {
  return summary_json(summary).dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace fcclip::model
