#pragma once
// One of several things by its name, as settings, options and configurations say it.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fcclip/core/error.h"
#include "fcclip/core/listed.h"
#include "fcclip/core/nearest_name.h"

namespace fcclip {

/// Names and what each stands for, in the order in which messages list them.
template <typename Kind>
using Choices = std::vector<std::pair<std::string, Kind>>;

/// The names alone.
template <typename Kind>
std::vector<std::string> names_of(const Choices<Kind>& choices) {
  std::vector<std::string> names;
  for (const auto& [name, kind] : choices) names.push_back(name);
  return names;
}

/// "adamw or sgd", "steps, poly or cosine".
inline std::string either(const std::vector<std::string>& names) {
  if (names.size() < 2) return listed(names);
  return listed(std::vector<std::string>(names.begin(), names.end() - 1)) + " or " + names.back();
}

/// What `name` stands for. Throws Error{invalid_argument} naming `setting` ("optimizer.kind") and
/// the names that there are.
template <typename Kind>
Kind choose(std::string_view name, std::string_view setting, const Choices<Kind>& choices) {
  for (const auto& [known, kind] : choices) {
    if (known == name) return kind;
  }
  fail(ErrorCode::invalid_argument, setting, " is \"", name, "\"; expected ",
       either(names_of(choices)), did_you_mean(name, names_of(choices)));
}

}  // namespace fcclip
