#include "fcclip/serve/tensors.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>

#include "fcclip/serve/fields.h"
#include "fcclip/serve/problem.h"
#include "fcclip/text/printable.h"
#include "fcclip/text/unicode_text.h"

namespace fcclip::serve {
namespace {

using nlohmann::json;
static_assert(std::endian::native == std::endian::little, "tensors are little endian");

constexpr const char* kHeaderLength = "Inference-Header-Content-Length";
constexpr size_t kMostInputs = 16, kMostAxes = 8;

struct Datatype {
  std::string_view name;
  int64_t bytes;  ///< of an element; 0: each has its own
};
constexpr std::array kDatatypes = {Datatype{"UINT8", 1}, Datatype{"INT32", 4}, Datatype{"INT64", 8},
                                   Datatype{"FP32", 4}, Datatype{"BYTES", 0}};

int64_t element_bytes(const std::string& field, std::string_view datatype) {
  const auto found = std::ranges::find(kDatatypes, datatype, &Datatype::name);
  if (found == kDatatypes.end())
    refuse_field(field, "the datatype ", text::printable(datatype, 20), " is not taken here");
  return found->bytes;
}

int64_t elements_of(const std::string& field, const std::vector<int64_t>& shape) {
  constexpr int64_t kMost = int64_t{1} << 40;
  int64_t count = 1;
  for (const int64_t side : shape) {
    if (side < 0 || (side > 0 && count > kMost / side)) refuse_field(field, "an impossible shape");
    count *= side;
  }
  return count;
}

void append_length(std::string& bytes, size_t length) {
  const uint32_t value = static_cast<uint32_t>(length);
  bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void flatten(const json& data, std::vector<json>& out) {
  if (!data.is_array()) return out.push_back(data);
  for (const json& part : data) flatten(part, out);
}

// "data" in the JSON itself.
std::string bytes_of_data(const std::string& field, const json& data, std::string_view datatype) {
  std::vector<json> elements;
  flatten(data, elements);
  std::string bytes;
  for (const json& element : elements) {
    if (datatype == "BYTES") {
      if (!element.is_string()) refuse_field(field, "its data are not texts");
      const std::string& text = element.get_ref<const std::string&>();
      append_length(bytes, text.size());
      bytes += text;
    } else {
      const bool fits =
          datatype == "UINT8" && element.is_number_integer() && element >= 0 && element <= 255;
      if (!fits) refuse_field(field, "its data are not numbers from 0 to 255");
      bytes += static_cast<char>(element.get<int>());
    }
  }
  return bytes;
}

// Takes the tensors' bytes from behind the JSON, in their order.
class InputReader {
 public:
  explicit InputReader(std::string_view binary) : binary_(binary) {}

  Tensor read(const json& input) {
    if (!input.is_object() || !input.contains("name") || !input["name"].is_string())
      fail(ErrorCode::invalid_argument, "inputs: one has no name");
    Tensor tensor;
    tensor.name = input["name"];
    const std::string field = text::printable(tensor.name, 40);
    try {
      tensor.datatype = input.at("datatype");
      tensor.shape = input.at("shape").get<std::vector<int64_t>>();
    } catch (const json::exception&) {
      refuse_field(field, "needs a datatype and a shape");
    }
    if (tensor.shape.size() > kMostAxes) refuse_field(field, "an impossible shape");
    tensor.bytes = bytes_of(field, input, tensor.datatype);
    const int64_t width = element_bytes(field, tensor.datatype);
    if (width > 0 && std::ssize(tensor.bytes) != elements_of(field, tensor.shape) * width)
      refuse_field(field, tensor.bytes.size(), " bytes do not fit its shape");
    return tensor;
  }

  void check_all_taken() const {
    if (!binary_.empty())
      fail(ErrorCode::invalid_argument, binary_.size(), " bytes behind the last input");
  }

 private:
  std::string bytes_of(const std::string& field, const json& input, std::string_view datatype) {
    const json parameters = input.value("parameters", json::object());
    const bool is_binary = parameters.is_object() && parameters.contains("binary_data_size");
    if (!is_binary) return bytes_of_data(field, input.value("data", json::array()), datatype);
    const json& size = parameters["binary_data_size"];
    if (!size.is_number_unsigned() || size.get<uint64_t>() > binary_.size())
      refuse_field(field, "its bytes are not all there");
    std::string bytes(binary_.substr(0, size.get<size_t>()));
    binary_.remove_prefix(bytes.size());
    return bytes;
  }

  std::string_view binary_;
};

size_t header_length(const Request& request) {
  const std::string* text = find_header(request.headers, kHeaderLength);
  if (text == nullptr) return request.body.size();
  size_t length = 0;
  const char* const end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, length);
  if (error != std::errc() || stop != end || length > request.body.size())
    fail(ErrorCode::invalid_argument, kHeaderLength, " does not fit the body");
  return length;
}

void read_outputs(const json& object, InferRequest& out) {
  const json outputs = object.value("outputs", json::array());
  if (!outputs.is_array()) fail(ErrorCode::invalid_argument, "outputs: not a list");
  for (const json& output : outputs) {
    if (!output.is_object() || !output.contains("name") || !output["name"].is_string())
      fail(ErrorCode::invalid_argument, "outputs: one has no name");
    out.wanted.push_back(output["name"]);
    const json parameters = output.value("parameters", json::object());
    if (parameters.is_object() && parameters.value("binary_data", json()) == true)
      out.binary.push_back(out.wanted.back());
  }
}

json data_json(const Tensor& tensor) {
  json data = json::array();
  if (tensor.datatype == "BYTES") {
    for (std::string& text : texts_of(tensor)) data.push_back(std::move(text));
    return data;
  }
  const auto push_all = [&]<typename Number>(Number) {
    std::vector<Number> values(tensor.bytes.size() / sizeof(Number));
    std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
    for (const Number value : values) data.push_back(value);
  };
  if (tensor.datatype == "INT32") push_all(int32_t{});
  if (tensor.datatype == "INT64") push_all(int64_t{});
  if (tensor.datatype == "FP32") push_all(float{});
  if (tensor.datatype == "UINT8") push_all(uint8_t{});
  return data;
}

}  // namespace

const Tensor* InferRequest::input(std::string_view name) const {
  const auto found = std::ranges::find(inputs, name, &Tensor::name);
  return found == inputs.end() ? nullptr : &*found;
}

InferRequest parse_infer(const Request& request) {
  const std::string_view body = request.body;
  const size_t length = header_length(request);
  const json object = parse_json_object(body.substr(0, length));
  InferRequest out;
  if (object.contains("id") && object["id"].is_string()) out.id = object["id"];
  if (object.contains("parameters")) {
    if (!object["parameters"].is_object())
      fail(ErrorCode::invalid_argument, "parameters: not an object");
    out.parameters = object["parameters"];
  }
  out.all_binary = out.parameters.value("binary_data_output", json()) == true;
  out.parameters.erase("binary_data_output");
  const json inputs = object.value("inputs", json::array());
  if (!inputs.is_array() || inputs.empty() || inputs.size() > kMostInputs)
    fail(ErrorCode::invalid_argument, "inputs: expected 1 to ", kMostInputs);
  InputReader reader(body.substr(length));
  for (const json& input : inputs) out.inputs.push_back(reader.read(input));
  reader.check_all_taken();
  read_outputs(object, out);
  return out;
}

std::vector<std::string> texts_of(const Tensor& tensor) {
  if (tensor.datatype != "BYTES") refuse_field(tensor.name, "expected the datatype BYTES");
  std::vector<std::string> texts;
  std::string_view left = tensor.bytes;
  while (!left.empty()) {
    uint32_t length = 0;
    if (left.size() < sizeof length) refuse_field(tensor.name, "an element is cut short");
    std::memcpy(&length, left.data(), sizeof length);
    left.remove_prefix(sizeof length);
    if (length > left.size()) refuse_field(tensor.name, "an element is cut short");
    texts.emplace_back(left.substr(0, length));
    left.remove_prefix(length);
  }
  if (std::ssize(texts) != elements_of(tensor.name, tensor.shape))
    refuse_field(tensor.name, texts.size(), " elements do not fit its shape");
  return texts;
}

Tensor tensor_of_texts(std::string name, const std::vector<std::string>& texts) {
  Tensor tensor{std::move(name), "BYTES", {std::ssize(texts)}, {}};
  for (const std::string& text : texts) {
    append_length(tensor.bytes, text.size());
    tensor.bytes += text;
  }
  return tensor;
}

Response infer_response(const InferRequest& request, const std::string& model,
                        const std::vector<Tensor>& outputs) {
  json head = {{"model_name", model}, {"model_version", "1"}, {"outputs", json::array()}};
  if (!request.id.empty()) head["id"] = request.id;
  std::string binary;
  bool has_binary = false;
  const auto add = [&](const Tensor& tensor) {
    json entry = {{"name", tensor.name}, {"datatype", tensor.datatype}, {"shape", tensor.shape}};
    const bool as_bytes = request.all_binary ||
                          std::ranges::find(request.binary, tensor.name) != request.binary.end();
    if (as_bytes) {
      has_binary = true;
      entry["parameters"] = {{"binary_data_size", tensor.bytes.size()}};
      binary += tensor.bytes;
    } else {
      entry["data"] = data_json(tensor);
    }
    head["outputs"].push_back(std::move(entry));
  };
  for (const std::string& name : request.wanted) {
    const auto found = std::ranges::find(outputs, name, &Tensor::name);
    if (found == outputs.end())
      refuse_field("outputs", "no output '", text::printable(name, 40), "'");
    add(*found);
  }
  if (request.wanted.empty()) std::ranges::for_each(outputs, add);
  std::string body = head.dump(-1, ' ', false, json::error_handler_t::replace);
  const std::string length = std::to_string(body.size());
  if (!has_binary) return with_body(200, "application/json", std::move(body));
  Response response = with_body(200, "application/octet-stream", body + binary);
  response.headers.push_back({kHeaderLength, length});
  return response;
}

}  // namespace fcclip::serve
