#include "fcclip/serve/upload.h"

#include "fcclip/serve/base64_text.h"
#include "fcclip/serve/header_values.h"
#include "fcclip/serve/multipart.h"
#include "fcclip/serve/problem.h"
#include "fcclip/text/printable.h"

namespace fcclip::serve {
namespace {

constexpr std::string_view kJsonType = "application/json";
constexpr std::string_view kFormType = "multipart/form-data";
constexpr std::string_view kUrlFormType = "application/x-www-form-urlencoded";

std::string media_type(const Request& request) {
  const std::string* type = find_header(request.headers, "Content-Type");
  return type == nullptr ? std::string() : parse_header_value(*type).value;
}

[[noreturn]] void other_type(const std::string& type, std::string_view expected) {
  fail(ErrorCode::bad_format, "Content-Type ",
       type.empty() ? "is missing" : text::printable(type, 60), "; expected ", expected);
}

bool is_raw_picture(const std::string& type) {
  return type.starts_with("image/") || type == "application/octet-stream";
}

// The last part of a path, of whichever system.
std::string without_folders(const std::string& name) {
  return name.substr(name.find_last_of("/\\") + 1);
}

Upload read_form(const Request& request, Fields query) {
  const std::string boundary = multipart_boundary(*find_header(request.headers, "Content-Type"));
  Upload upload{{}, {}, std::move(query)};
  bool has_image = false;
  for (const FormPart& part : parse_multipart(request.body, boundary)) {
    if (part.name != "image") {
      upload.fields.add_text(part.name, std::string(part.content));
      continue;
    }
    if (has_image) refuse_field("image", "given twice");
    has_image = true;
    upload.bytes = part.content;
    upload.filename = without_folders(part.filename);
  }
  if (!has_image) refuse_field("image", "no such part in the form");
  return upload;
}

Upload read_json(const Request& request, Fields query) {
  nlohmann::json object = parse_json_object(request.body);
  const auto image = object.find("image");
  if (image == object.end() || !image->is_string())
    refuse_field("image", "expected the picture's file in base64");
  Upload upload{
      bytes_of_base64(image->get_ref<const std::string&>(), "image"), {}, std::move(query)};
  object.erase(image);
  upload.fields.add_all(std::move(object));
  return upload;
}

}  // namespace

Upload read_upload(const Request& request, Fields query) {
  const std::string type = media_type(request);
  Upload upload;
  if (same_name(type, kFormType)) {
    upload = read_form(request, std::move(query));
  } else if (same_name(type, kJsonType)) {
    upload = read_json(request, std::move(query));
  } else if (is_raw_picture(type)) {
    upload = {request.body, {}, std::move(query)};
  } else {
    other_type(type, "image/*, application/octet-stream, multipart/form-data or application/json");
  }
  if (upload.bytes.empty()) refuse_field("image", "empty");
  return upload;
}

Fields read_fields(const Request& request, Fields query) {
  const std::string type = media_type(request);
  if (request.body.empty()) return query;
  if (same_name(type, kJsonType)) {
    query.add_all(parse_json_object(request.body));
  } else if (same_name(type, kFormType)) {
    const std::string boundary = multipart_boundary(*find_header(request.headers, "Content-Type"));
    for (const FormPart& part : parse_multipart(request.body, boundary))
      query.add_text(part.name, std::string(part.content));
  } else if (same_name(type, kUrlFormType)) {
    query.add_fields(parse_target("/?" + request.body).query);
  } else {
    other_type(type, "application/json");
  }
  return query;
}

}  // namespace fcclip::serve
