#include "fcclip/model/naming_json.h"

#include <set>
#include <sstream>

#include "fcclip/core/error.h"
#include "fcclip/text/printable.h"

namespace fcclip::model {
namespace {

using nlohmann::json;

[[noreturn]] void refuse_kind(const std::string& kind, const char* kinds) {
  fail(ErrorCode::bad_format, "model configuration: head.kind '", text::printable(kind),
       "': expected ", kinds, "; made by a newer version?");
}

// Keys that say nothing of the model itself: sizes that tensors tell, fixed eps, a run's own choice.
const std::set<std::string>& passed_over() {
  static const std::set<std::string> keys = {
      "kind", "mask_in_channels", "block_norm_eps", "final_norm_eps", "tasks", "variants"};
  return keys;
}

void apply_adapter(naming::AdapterConfig& adapter, const json& head) {
  adapter.mask_channels = head.value("mask_in_channels", adapter.mask_channels);
  adapter.channels = head.value("num_channels", adapter.channels);
  adapter.maps = head.value("num_output_maps", adapter.maps);
  adapter.mask_threshold = head.value("mask_threshold", adapter.mask_threshold);
}

void apply_rows(naming::RowsConfig& rows, const json& head) {
  rows.heads = head.value("cdt_heads", rows.heads);
  rows.residual_inside_norm = head.value("residual_inside_norm", rows.residual_inside_norm);
}

// MAFT+ names by its own rows alone: the in-vocabulary classifier gives v and nothing else.
void be_maft_plus(Config& config) {
  config.naming.rows.emplace();
  config.ensemble.alpha = config.ensemble.beta = 1;
}

void choose_kind(Config& config, const json& head) {
  const std::string kind = head.at("kind").get<std::string>();
  const bool has_rows = head.contains("cdt_heads") || head.contains("residual_inside_norm");
  if (kind == "mask_adapter") {
    if (!config.naming.adapter) config.naming.adapter.emplace();
    if (has_rows && !config.naming.rows) config.naming.rows.emplace();
  } else if (kind == "maft_plus") {
    if (!config.naming.rows) be_maft_plus(config);
  } else if (kind != "fcclip" && kind != "coat") {
    refuse_kind(kind, "fcclip, coat, mask_adapter or maft_plus");
  }
}

void check_keys(const Config& config, const json& head) {
  json known = json_of(config.naming);
  known["clip_trust_weight"] = 0;
  known["masks_or_scores_resized"] = "";
  for (const auto& [key, value] : head.items()) {
    if (known.contains(key) || passed_over().contains(key)) continue;
    fail(ErrorCode::bad_format, "configuration: head.", text::printable(key),
         " is nothing that this head has (", naming::description(config.naming), ")");
  }
}

}  // namespace

json json_of(const naming::NamingConfig& config) {
  json out = {{"kind", config.kind()},
              {"scores_resized_late", config.scores_resized_late},
              {"own_input_size", config.own_input_size}};
  if (config.adapter) {
    out["mask_in_channels"] = config.adapter->mask_channels;
    out["num_channels"] = config.adapter->channels;
    out["num_output_maps"] = config.adapter->maps;
    out["mask_threshold"] = config.adapter->mask_threshold;
  }
  if (config.rows) {
    out["cdt_heads"] = config.rows->heads;
    out["residual_inside_norm"] = config.rows->residual_inside_norm;
  }
  return out;
}

naming::NamingConfig naming_in(const json& head) {
  naming::NamingConfig config;
  const std::string kind = head.at("kind").get<std::string>();
  head.at("scores_resized_late").get_to(config.scores_resized_late);
  head.at("own_input_size").get_to(config.own_input_size);
  if (kind == "mask_adapter") {
    config.adapter = {
        head.at("mask_in_channels").get<int64_t>(), head.at("num_channels").get<int64_t>(),
        head.at("num_output_maps").get<int64_t>(), head.at("mask_threshold").get<double>()};
  }
  const bool has_rows =
      kind == "maft_plus" || (kind == "mask_adapter" && head.contains("cdt_heads"));
  if (has_rows) {
    config.rows = {head.at("cdt_heads").get<int64_t>(),
                   head.at("residual_inside_norm").get<bool>()};
  }
  if (kind != config.kind()) refuse_kind(kind, "fcclip, mask_adapter or maft_plus");
  return config;
}

json known_naming() {
  return json_of({naming::AdapterConfig{}, naming::RowsConfig{}});
}

std::string head_description(const Config& config) {
  if (config.ensemble.clip_trust == 0) return naming::description(config.naming);
  std::ostringstream trust;
  trust << ", clip_trust " << config.ensemble.clip_trust;
  if (config.naming.is_plain()) return "COAT" + trust.str();
  return naming::description(config.naming) + trust.str();
}

void apply_reference_head(Config& config, const json& head) {
  if (head.contains("kind")) choose_kind(config, head);
  check_keys(config, head);
  naming::NamingConfig& naming = config.naming;
  if (naming.adapter) apply_adapter(*naming.adapter, head);
  if (naming.rows) apply_rows(*naming.rows, head);
  config.ensemble.clip_trust = head.value("clip_trust_weight", config.ensemble.clip_trust);
  naming.scores_resized_late = head.value("scores_resized_late", naming.scores_resized_late);
  if (head.contains("masks_or_scores_resized")) {
    naming.scores_resized_late = head["masks_or_scores_resized"] == "scores";
  }
  naming.own_input_size = head.value("own_input_size", naming.own_input_size);
}

}  // namespace fcclip::model
