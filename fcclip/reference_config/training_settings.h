#pragma once
// What a configuration says of a training, collected as TOML. Internal to the folder.

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "fcclip/core/error.h"
#include "fcclip/reference_config/inference_part.h"
#include "fcclip/text/printable.h"

namespace fcclip::reference_config {

inline constexpr int64_t kMostSteps = 1'000'000'000;

/// Lines "section.key = value"; JSON's texts, numbers and lists are TOML's too.
class TrainingSettings {
 public:
  explicit TrainingSettings(const Keys& keys) : keys(keys) {}

  void set(std::string_view setting, const nlohmann::json& value) {
    toml_ += std::string(setting) + " = " +
             value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  }
  /// A value that is TOML already.
  void set_toml(std::string_view setting, const std::string& value) {
    toml_ += std::string(setting) + " = " + value + "\n";
  }
  void whole(std::string_view setting, std::string_view key, int64_t least) {
    set(setting, whole_in(keys, key, least, kMostSteps));
  }
  void number(std::string_view setting, std::string_view key) { set(setting, keys.number(key)); }
  /// A key of which the training knows one value only.
  void require(bool holds, std::string_view key, std::string_view expected) const {
    if (holds) return;
    fail(ErrorCode::unsupported, keys.where(key), " is ", text::printable(keys.text(key)),
         "; the training knows ", expected, " alone");
  }
  const std::string& toml() const { return toml_; }

  const Keys& keys;

 private:
  std::string toml_;
};

/// Data sets, samplers and mappers; evaluation and expected figures. What has no counterpart is
/// added to `notes`. Throw Error{unsupported, bad_format}.
void set_data(TrainingSettings& s, std::vector<std::string>& notes);
void set_evaluation(TrainingSettings& s, std::vector<std::string>& notes);

}  // namespace fcclip::reference_config
