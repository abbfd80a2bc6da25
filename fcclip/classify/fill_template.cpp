#include "fcclip/classify/fill_template.h"

namespace fcclip::classify {

std::string fill_template(const std::string& pattern, const std::string& name) {
  std::string text;
  size_t from = 0;
  for (size_t hole = pattern.find("{}"); hole != std::string::npos;
       hole = pattern.find("{}", from)) {
    text.append(pattern, from, hole - from).append(name);
    from = hole + 2;
  }
  return text.append(pattern, from);
}

}  // namespace fcclip::classify
