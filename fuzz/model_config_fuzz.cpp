// The JSON in a model file's metadata, and the reference's form of --config.

#include "fcclip/model/config.h"
#include "fuzz/expect.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace fcclip;
  const std::string_view text = fuzz::text(data, size);
  fuzz::result_or_error([&] { validate(model::config_from_json(text)); });
  return fuzz::result_or_error([&] { validate(model::apply_reference_config({}, text)); });
}
