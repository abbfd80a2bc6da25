// A client's multipart body: parts lie inside it and between two boundaries.

#include "fcclip/serve/multipart.h"
#include "fuzz/expect.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace fcclip;
  const std::string_view body = fuzz::text(data, size);
  return fuzz::result_or_error([&] {
    for (const serve::FormPart& part : serve::parse_multipart(body, "b")) {
      const bool inside = part.content.data() >= body.data() &&
                          part.content.data() + part.content.size() <= body.data() + body.size();
      if (!inside || part.name.empty()) std::abort();
      if (part.content.find("\r\n--b") != std::string_view::npos) std::abort();
    }
  });
}
