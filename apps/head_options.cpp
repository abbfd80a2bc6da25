#include "apps/head_options.h"

#include <cmath>
#include <sstream>
#include <string_view>

#include "fcclip/core/plain_text.h"

namespace fcclip::apps {
namespace {

struct HeadOption {
  const char* name;
  double least, most;
  double classify::EnsembleOptions::*member;
};

constexpr HeadOption kHeadOptions[] = {
    {"clip_trust", 0, 1, &classify::EnsembleOptions::clip_trust},
};

const HeadOption* find_head_option(const std::string& name) {
  for (const HeadOption& option : kHeadOptions) {
    if (name == option.name) return &option;
  }
  return nullptr;
}

std::string name_in(const std::string& text) {
  return text.substr(0, text.find('='));
}

// NaN is outside of every range; so is what is no number.
double value_in(const std::string& text) {
  const size_t sign = text.find('=');
  if (sign == std::string::npos) return NAN;
  return number_of_text(std::string_view(text).substr(sign + 1)).value_or(NAN);
}

std::string problem_of(const std::string& text) {
  const HeadOption* option = find_head_option(name_in(text));
  if (option == nullptr) return text + ": expected clip_trust=NUMBER";
  const double value = value_in(text);
  if (value >= option->least && value <= option->most) return {};
  std::ostringstream problem;
  problem << text << ": expected " << option->name << "=NUMBER, " << option->least << " to "
          << option->most;
  return problem.str();
}

}  // namespace

void add_head_option_flag(CLI::App& command, HeadOptions& options) {
  command
      .add_option("--head-option", options,
                  "A number of the head, in place of the model's: clip_trust=0.5 lets CLIP's own "
                  "answer lower the probability of \"none of these\", 0 to 1; repeat for several")
      ->type_name("NAME=VALUE")
      ->check(CLI::Validator(problem_of, ""));
}

void apply_head_options(const HeadOptions& options, classify::EnsembleOptions& ensemble) {
  for (const std::string& text : options) {
    ensemble.*find_head_option(name_in(text))->member = value_in(text);
  }
}

}  // namespace fcclip::apps
