// The Open Inference Protocol: what model servers' clients speak.

#include <nlohmann/json.hpp>

#include "fcclip/serve/answer.h"
#include "fcclip/serve/images_json.h"
#include "fcclip/serve/problem.h"
#include "fcclip/serve/routes.h"
#include "fcclip/serve/tensors.h"
#include "fcclip/text/printable.h"

namespace fcclip::serve {
namespace {

using nlohmann::json;

json tensor_facts(const char* name, const char* datatype, std::vector<int64_t> shape) {
  return {{"name", name}, {"datatype", datatype}, {"shape", std::move(shape)}};
}

void check_version(const std::vector<std::string>& arguments) {
  if (arguments.size() > 1 && arguments[1] != "1") {
    fail(ErrorCode::not_found, "no version ", text::printable(arguments[1], 20),
         " of the model; there is 1");
  }
}

std::optional<Model> model_of(const std::vector<std::string>& arguments, ServiceParts& parts) {
  check_version(arguments);
  return parts.models.find(arguments[0]);
}

// Pixels as they are.
Picture picture_of(const Tensor& tensor, int64_t most_px) {
  const auto& shape = tensor.shape;
  if (tensor.datatype != "UINT8" || shape.size() != 3 || shape[2] != 3 || shape[0] < 1 ||
      shape[1] < 1)
    refuse_field("image", "expected UINT8 [height, width, 3]");
  if (shape[0] * shape[1] > most_px)
    fail(ErrorCode::too_large, "image: ", shape[1], " x ", shape[0], " pixels; at most ", most_px);
  return copy_picture({reinterpret_cast<const uint8_t*>(tensor.bytes.data()), shape[0], shape[1]});
}

Picture given_picture(const InferRequest& infer, const std::string& name, int64_t most_px) {
  const Tensor *image = infer.input("image"), *file = infer.input("picture");
  if ((image == nullptr) == (file == nullptr))
    refuse_field("inputs", "either 'image' (pixels) or 'picture' (a file)");
  if (image != nullptr) return picture_of(*image, most_px);
  const std::vector<std::string> files = texts_of(*file);
  if (files.size() != 1) refuse_field("picture", "expected one element");
  return decode_picture(files.front(), name, {.max_pixels = most_px});
}

// Words may be an input; everything else of a question is a parameter.
Fields fields_of(const InferRequest& infer) {
  Fields fields;
  for (const auto& [name, value] : infer.parameters.items()) {
    if (value.is_string())  // the protocol's parameters have no fractions
      fields.add_text(name, value.get<std::string>());
    else
      fields.add(name, value);
  }
  for (const Tensor& input : infer.inputs) {
    if (input.name == "image" || input.name == "picture") continue;
    if (input.name != "words") refuse_field(text::printable(input.name, 40), "no such input");
    const std::vector<std::string> words = texts_of(input);
    fields.add("words", words.size() == 1 ? json(words.front()) : json(words));
  }
  return fields;
}

void read_infer(Work& work, ServiceParts& parts) {
  check_version(work.arguments);
  parts.models.find(work.arguments[0]);  // 404 for another name
  work.model = parts.models.get(work.arguments[0]);
  work.model_name = work.arguments[0];
  work.infer = parse_infer(work.request);
  Fields fields = fields_of(*work.infer);
  read_picture_fields(fields, work.question);
  read_question_fields(fields, work.question, parts.limits);
  fields.check_all_known();
  if (!work.question.model.empty() && work.question.model != work.model_name)
    refuse_field("model", "another one than the path's");
  if (work.question.name.empty()) work.question.name = "image";
  work.picture = given_picture(*work.infer, work.question.name, parts.limits.picture_px);
  work.infer->inputs.clear();
}

std::vector<Tensor> output_tensors(const Segmentation& answer, std::string text) {
  std::vector<int32_t> classes;
  std::vector<float> scores;
  std::vector<int64_t> boxes;
  std::vector<std::string> names;
  for (const Segment& segment : answer.segments) {
    classes.push_back(static_cast<int32_t>(segment.class_index));
    scores.push_back(static_cast<float>(segment.score));
    boxes.insert(boxes.end(), segment.box_xywh_px.begin(), segment.box_xywh_px.end());
    names.push_back(segment.name);
  }
  const int64_t count = std::ssize(names);
  const bool has_map = !answer.ids.empty();
  return {tensor_of<int32_t>("ids", "INT32",
                             {has_map ? answer.size.height : 0, has_map ? answer.size.width : 0},
                             answer.ids),
          tensor_of<int32_t>("class_ids", "INT32", {count}, classes),
          tensor_of_texts("names", names),
          tensor_of<float>("scores", "FP32", {count}, scores),
          tensor_of<int64_t>("boxes", "INT64", {count, 4}, boxes),
          tensor_of_texts("answer", {std::move(text)})};
}

Response conclude_infer(Work& work, ServiceParts&) {
  const Clock::time_point begin = Clock::now();
  const Question& question = work.question;
  const Segmentation answer =
      work.model->ask(*work.image, *work.words, ask_options(question, question.ask.task));
  work.times.ask += seconds_since(begin);
  const Clock::time_point asked = Clock::now();
  std::string text = answer_json(answer, question.name, question.masks, question.map);
  Response response =
      infer_response(*work.infer, work.model_name, output_tensors(answer, std::move(text)));
  work.times.write = seconds_since(asked);
  return response;
}

}  // namespace

Response inference_server(Call&, ServiceParts&) {
  return json_response(
      200, {{"name", "fcclip"}, {"version", version()}, {"extensions", {"binary_tensor_data"}}});
}

Response inference_live(Call&, ServiceParts&) {
  return json_response(200, {{"live", true}});
}

Response inference_ready(Call& call, ServiceParts& parts) {
  get_ready(call, parts);
  return json_response(200, {{"ready", true}});
}

Response inference_model(Call& call, ServiceParts& parts) {
  model_of(call.arguments, parts);
  return json_response(
      200, {{"name", call.arguments[0]},
            {"versions", {"1"}},
            {"platform", "fcclip"},
            {"inputs",
             {tensor_facts("image", "UINT8", {-1, -1, 3}), tensor_facts("picture", "BYTES", {1}),
              tensor_facts("words", "BYTES", {-1})}},
            {"outputs",
             {tensor_facts("ids", "INT32", {-1, -1}), tensor_facts("class_ids", "INT32", {-1}),
              tensor_facts("names", "BYTES", {-1}), tensor_facts("scores", "FP32", {-1}),
              tensor_facts("boxes", "INT64", {-1, 4}), tensor_facts("answer", "BYTES", {1})}}});
}

Response inference_model_ready(Call& call, ServiceParts& parts) {
  if (!model_of(call.arguments, parts) || parts.draining)
    fail(ErrorCode::unavailable, "the model is not ready");
  return json_response(200, {{"name", call.arguments[0]}, {"ready", true}});
}

const WorkRoute kInfer = {read_infer, conclude_infer, true, true};

}  // namespace fcclip::serve
