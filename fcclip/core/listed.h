// "a, b, c", as messages have it.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace fcclip {

/// Puts `part` behind what `list` has.
inline void add_to_list(std::string& list, std::string_view part,
                        std::string_view separator = ", ") {
  if (!list.empty()) list += separator;
  list += part;
}

/// All of `parts`, each as `shown` has it: a member or a function that gives text.
template <typename Range, typename Shown = std::identity>
std::string listed(const Range& parts, Shown shown = {}, std::string_view separator = ", ") {
  std::string list;
  for (const auto& part : parts) add_to_list(list, std::invoke(shown, part), separator);
  return list;
}

}  // namespace fcclip
