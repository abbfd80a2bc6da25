#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include "python/src/bind.h"

namespace fcclip::bind {

void add_options(nb::module_& module) {
  nb::enum_<Task>(module, "Task")
      .value("panoptic", Task::panoptic)
      .value("instance", Task::instance)
      .value("semantic", Task::semantic);
  nb::class_<AskOptions>(module, "AskOptions", "What is None is as the model's file has it.")
      .def(nb::init<>())
      .def_rw("task", &AskOptions::task)
      .def_rw("alpha", &AskOptions::alpha, nb::arg().none())
      .def_rw("beta", &AskOptions::beta, nb::arg().none())
      .def_rw("clip_trust", &AskOptions::clip_trust, nb::arg().none())
      .def_rw("object_mask_threshold", &AskOptions::object_mask_threshold, nb::arg().none())
      .def_rw("overlap_threshold", &AskOptions::overlap_threshold, nb::arg().none())
      .def_rw("top_k", &AskOptions::top_k, nb::arg().none())
      .def_rw("things_only", &AskOptions::things_only, nb::arg().none())
      .def_rw("next_best", &AskOptions::next_best)
      .def_rw("min_score", &AskOptions::min_score);
  module.attr("USUAL_INSTANCE_SCORE") = kUsualInstanceScore;
}

}  // namespace fcclip::bind
