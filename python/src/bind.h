#pragma once
// What the binding's files share: one function a file that adds its class to the module.

#include <nanobind/nanobind.h>

#include "fcclip/fcclip.h"

namespace fcclip::bind {

namespace nb = nanobind;

void add_errors(nb::module_& module);
void add_picture(nb::module_& module);
void add_words(nb::module_& module);
void add_options(nb::module_& module);
void add_image(nb::module_& module);
void add_prepared_words(nb::module_& module);
void add_segmentation(nb::module_& module);
void add_segment(nb::module_& module);
void add_model(nb::module_& module);
void add_folder_run(nb::module_& module);
void add_scores(nb::module_& module);
void add_model_files(nb::module_& module);
void add_training(nb::module_& module);

/// File names are bytes: they need not be UTF-8 (os.fsencode, os.fsdecode).
inline std::string path_of(const nb::bytes& path) {
  return {path.c_str(), path.size()};
}
inline nb::bytes bytes_of(const std::string& text) {
  return nb::bytes(text.data(), text.size());
}

}  // namespace fcclip::bind
