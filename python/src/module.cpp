// fcclip._core: the C++ classes as they are. What people use is written in Python around them.

#include <nanobind/stl/string.h>

#include "python/src/bind.h"

NB_MODULE(_core, module) {
  using namespace fcclip::bind;
  module.doc() = "The compiled part of fcclip; use `import fcclip`.";
  add_errors(module);
  add_picture(module);
  add_words(module);
  add_options(module);
  add_image(module);
  add_prepared_words(module);
  add_segment(module);
  add_segmentation(module);
  add_model(module);
  add_folder_run(module);
  add_scores(module);
  add_model_files(module);
  add_training(module);
  module.def("version", &fcclip::version);
  module.def("set_threads", &fcclip::set_threads, nb::arg("threads"));
}
