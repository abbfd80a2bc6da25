#include "fcclip/serve/multipart.h"

#include <algorithm>

#include "fcclip/core/error.h"
#include "fcclip/serve/header_values.h"
#include "fcclip/serve/message.h"

namespace fcclip::serve {
namespace {

constexpr size_t kLongestBoundary = 70;  // RFC 2046
constexpr size_t kLongestPartHead = 4096;

[[noreturn]] void broken(std::string_view what) {
  fail(ErrorCode::invalid_argument, "the multipart body ", what);
}

// Reads a part's lines "Name: value" up to the empty one.
class PartHead {
 public:
  explicit PartHead(std::string_view text) {
    while (!text.empty()) {
      const size_t end = std::min(text.find("\r\n"), text.size());
      add(text.substr(0, end));
      text.remove_prefix(std::min(end + 2, text.size()));
    }
  }

  FormPart part() const {
    FormPart part;
    const HeaderValue disposition = parse_header_value(value("Content-Disposition"));
    if (!same_name(disposition.value, "form-data")) broken("has a part that is no form-data");
    part.name = disposition.parameter("name");
    part.filename = disposition.parameter("filename");
    part.content_type = value("Content-Type");
    if (part.name.empty()) broken("has a part without a name");
    return part;
  }

 private:
  void add(std::string_view line) {
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) broken("has a part whose head cannot be read");
    headers_.push_back({std::string(line.substr(0, colon)), trimmed(line.substr(colon + 1))});
  }
  std::string value(std::string_view name) const {
    const std::string* found = find_header(headers_, name);
    return found == nullptr ? std::string() : *found;
  }

  std::vector<Header> headers_;
};

}  // namespace

std::string multipart_boundary(std::string_view content_type) {
  const std::string boundary = parse_header_value(content_type).parameter("boundary");
  const bool fits = !boundary.empty() && boundary.size() <= kLongestBoundary &&
                    std::ranges::all_of(boundary, [](char c) { return c >= ' ' && c < 127; });
  if (!fits) {
    fail(ErrorCode::invalid_argument,
         "Content-Type: multipart/form-data needs a boundary of 1 to 70 characters");
  }
  return boundary;
}

std::vector<FormPart> parse_multipart(std::string_view body, const std::string& boundary,
                                      size_t most) {
  const std::string dashes = "--" + boundary, next = "\r\n" + dashes;
  // What stands before the first boundary is nobody's; every boundary begins a line.
  size_t at = 0;
  if (!body.starts_with(dashes)) {
    at = body.find(next);
    if (at == std::string_view::npos) broken("does not have the boundary of its Content-Type");
    at += 2;
  }
  at += dashes.size();
  std::vector<FormPart> parts;
  while (true) {
    const std::string_view rest = body.substr(at);
    if (rest.starts_with("--")) return parts;
    const size_t line_end = rest.find("\r\n");
    if (line_end == std::string_view::npos) broken("ends before its last boundary");
    if (!trimmed(rest.substr(0, line_end)).empty()) broken("has text behind a boundary");
    if (parts.size() == most) fail(ErrorCode::too_large, "more than ", most, " parts in one body");
    const size_t head = at + line_end + 2;
    const size_t head_end = body.substr(head, kLongestPartHead).find("\r\n\r\n");
    if (head_end == std::string_view::npos) broken("has a part whose head does not end");
    const size_t content = head + head_end + 4;
    const size_t end = body.find(next, content);
    if (end == std::string_view::npos) broken("ends inside a part");
    parts.push_back(PartHead(body.substr(head, head_end)).part());
    parts.back().content = body.substr(content, end - content);
    at = end + next.size();
  }
}

}  // namespace fcclip::serve
