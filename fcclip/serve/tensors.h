#pragma once
// Requests and answers of the Open Inference Protocol's REST form, with its extension for tensors
// that follow the JSON as bytes.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "fcclip/serve/message.h"

namespace fcclip::serve {

/// Little endian, rows first; BYTES: each element's length (4 bytes), then its bytes.
struct Tensor {
  std::string name, datatype;  ///< "UINT8", "INT32", "INT64", "FP32", "BYTES"
  std::vector<int64_t> shape;
  std::string bytes;
};

struct InferRequest {
  std::string id;  ///< the client's, for its answer
  std::vector<Tensor> inputs;
  nlohmann::json parameters = nlohmann::json::object();
  std::vector<std::string> wanted;  ///< outputs; empty: all
  std::vector<std::string> binary;  ///< of these, as bytes
  bool all_binary = false;

  const Tensor* input(std::string_view name) const;
};

/// Throws Error{invalid_argument} for what is not this protocol, Error{invalid_value} for tensors
/// whose data does not fit their shape.
InferRequest parse_infer(const Request& request);

/// The elements of a BYTES tensor. Throws Error{invalid_value}.
std::vector<std::string> texts_of(const Tensor& tensor);

Tensor tensor_of_texts(std::string name, const std::vector<std::string>& texts);
template <typename Number>
Tensor tensor_of(std::string name, std::string datatype, std::vector<int64_t> shape,
                 std::span<const Number> values) {
  return {std::move(name), std::move(datatype), std::move(shape),
          std::string(reinterpret_cast<const char*>(values.data()), values.size_bytes())};
}

/// The outputs that were wanted. Throws Error{invalid_value} for a name that is none of them.
Response infer_response(const InferRequest& request, const std::string& model,
                        const std::vector<Tensor>& outputs);

}  // namespace fcclip::serve
