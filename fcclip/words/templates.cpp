#include "fcclip/words/templates.h"

#include <sstream>

#include "fcclip/core/error.h"
#include "fcclip/words/decode_text.h"

namespace fcclip::words {

std::vector<std::string> load_templates(const std::string& file) {
  std::vector<std::string> templates;
  if (file.empty()) return templates;
  std::istringstream lines(read_text_file(file));
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) continue;
    if (line.find("{}") == std::string::npos) {
      fail(ErrorCode::invalid_argument, file, ": template '", line,
           "' has no {} where the name goes");
    }
    templates.push_back(line);
  }
  if (templates.empty()) fail(ErrorCode::invalid_argument, file, ": no templates in it");
  return templates;
}

}  // namespace fcclip::words
