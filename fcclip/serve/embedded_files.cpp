#include "fcclip/serve/embedded_files.h"

#include <algorithm>
#include <vector>

#include "fcclip/core/error.h"

#define FCCLIP_PAGE_FILES(X) \
  X(index_html) X(page_css) X(page_js) X(icon_svg) X(scene_png) X(openapi_json)
#define FCCLIP_DECLARE_PAGE(name) \
  extern const char fcclip_embedded_##name##_begin[], fcclip_embedded_##name##_end[];
extern "C" {
FCCLIP_PAGE_FILES(FCCLIP_DECLARE_PAGE)
}
#undef FCCLIP_DECLARE_PAGE

namespace fcclip::serve {
namespace {

// Nothing but what the server itself sends, and pictures that the page makes.
constexpr const char* kPagePolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

EmbeddedFile file(const char* path, const char* type, const char* begin, const char* end) {
  return {path, type, {}, std::make_shared<const std::string>(begin, end)};
}

std::vector<EmbeddedFile> all_files() {
#define FCCLIP_BYTES(name) fcclip_embedded_##name##_begin, fcclip_embedded_##name##_end
  std::vector<EmbeddedFile> files = {
      file("/", "text/html; charset=utf-8", FCCLIP_BYTES(index_html)),
      file("/page.css", "text/css; charset=utf-8", FCCLIP_BYTES(page_css)),
      file("/page.js", "text/javascript; charset=utf-8", FCCLIP_BYTES(page_js)),
      file("/icon.svg", "image/svg+xml", FCCLIP_BYTES(icon_svg)),
      file("/example.png", "image/png", FCCLIP_BYTES(scene_png)),
      file("/openapi.json", "application/json", FCCLIP_BYTES(openapi_json))};
#undef FCCLIP_BYTES
  files.front().policy = kPagePolicy;
  return files;
}

}  // namespace

const EmbeddedFile& embedded_file(std::string_view path) {
  static const std::vector<EmbeddedFile> files = all_files();
  const auto found = std::ranges::find(files, path, &EmbeddedFile::path);
  if (found == files.end()) fail(ErrorCode::not_found, "no page file ", path);
  return *found;
}

}  // namespace fcclip::serve
