#include "apps/option_checks.h"

#include "fcclip/core/plain_text.h"

namespace fcclip::apps {

CLI::Validator task_name() {
  return {[known = one_of({"panoptic", "instance", "semantic"})](std::string& text) -> std::string {
            if (text == "instances") text = "instance";
            return known(text);
          },
          ""};
}

CLI::Validator not_below(const int64_t& short_side) {
  return {[&short_side](std::string& text) -> std::string {
            if (number_of_text(text).value_or(short_side) >= short_side) return "";
            return text + ": smaller than --short-side " + std::to_string(short_side);
          },
          ""};
}

}  // namespace fcclip::apps
