#pragma once
// The page and what it needs, inside the program.

#include <memory>
#include <string>
#include <string_view>

namespace fcclip::serve {

struct EmbeddedFile {
  std::string path;  ///< "/page.css"
  std::string content_type;
  std::string policy;  ///< Content-Security-Policy of pages
  std::shared_ptr<const std::string> bytes;
};

/// Throws Error{not_found}.
const EmbeddedFile& embedded_file(std::string_view path);

}  // namespace fcclip::serve
