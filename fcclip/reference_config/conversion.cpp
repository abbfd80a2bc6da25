#include "fcclip/reference_config/conversion.h"

#include "fcclip/io/atomic_file.h"
#include "fcclip/reference_config/configuration.h"

namespace fcclip::reference_config {

std::vector<std::string> configure(model::ConvertOptions& options,
                                   const std::filesystem::path& path) {
  constexpr size_t kLargest = size_t{1} << 26;
  const std::string text = io::read_file(path, kLargest);
  const size_t first = text.find_first_not_of(" \t\r\n\xef\xbb\xbf");
  if (first != std::string::npos && text[first] == '{') {
    options.reference_config = text;
    return {};
  }
  const Configuration stated = read_configuration(path);
  options.adjust = [stated](const model::TensorShapes& shapes, model::Config& config) {
    apply(stated, shapes, config);
  };
  return stated.notes;
}

}  // namespace fcclip::reference_config
