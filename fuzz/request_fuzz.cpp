// A client's target and body: the first line is the target, what follows is JSON as the routes
// read it, or tensors behind JSON.

#include "fcclip/serve/header_values.h"
#include "fcclip/serve/question.h"
#include "fcclip/serve/tensors.h"
#include "fcclip/serve/upload.h"
#include "fuzz/expect.h"

namespace {

using namespace fcclip;

void read_question(const serve::Request& request, serve::Fields query) {
  serve::Upload upload = serve::read_upload(request, std::move(query));
  serve::Question question;
  serve::read_picture_fields(upload.fields, question);
  serve::read_question_fields(upload.fields, question, {});
  upload.fields.check_all_known();
}

void read_place(const serve::Request& request, serve::Fields query) {
  serve::Fields fields = serve::read_fields(request, std::move(query));
  serve::Question question;
  serve::read_place_fields(fields, question, {});
}

void read_tensors(const serve::Request& request) {
  const serve::InferRequest infer = serve::parse_infer(request);
  for (const serve::Tensor& tensor : infer.inputs) {
    if (tensor.datatype == "BYTES") serve::texts_of(tensor);
  }
  serve::infer_response(infer, "m", infer.inputs);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = fuzz::text(data, size);
  const size_t line = std::min(text.find('\n'), text.size());
  serve::Request request;
  request.method = "POST";
  request.target = text.substr(0, line);
  request.body = text.substr(std::min(line + 1, text.size()));
  request.headers = {{"Content-Type", "application/json"},
                     {"Inference-Header-Content-Length", request.target.substr(0, 4)}};
  const std::string accept = request.target;
  serve::negotiate(&accept, {"application/json", "image/png"});
  fuzz::result_or_error([&] { read_tensors(request); });
  fuzz::result_or_error([&] { read_place(request, serve::parse_target(request.target).query); });
  return fuzz::result_or_error(
      [&] { read_question(request, std::move(serve::parse_target(request.target).query)); });
}
