// The reference's YAML: read, held against the published sizes, and turned into settings of a training.

#include <nlohmann/json.hpp>

#include "fcclip/model/published.h"
#include "fcclip/reference_config/configuration.h"
#include "fuzz/expect.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace fcclip;
  const std::string text(fuzz::text(data, size));
  fuzz::result_or_error([&] { reference_config::parse_document(text, "fuzz.yaml"); });
  return fuzz::result_or_error([&] {
    const auto stated = reference_config::parse_configuration(text, "fuzz.yaml");
    fuzz::result_or_error([&] {
      std::vector<std::string> notes;
      reference_config::training_settings(stated, notes);
    });
    fuzz::result_or_error([&] {
      model::Config config = model::published_config(model::published_models().front());
      reference_config::apply(stated, {}, config);
    });
    model::validate(reference_config::named_model(stated));
  });
}
