#include <nanobind/stl/map.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "python/src/interrupt.h"
#include "python/src/seam/seam.h"

namespace fcclip::bind {
namespace {

using seam::TrainEnd, seam::TrainLine, seam::TrainRequest;

// on_line: None, or called with a TrainLine; what it raises ends the training with a checkpoint.
TrainEnd train(const TrainRequest& request, nb::object on_line) {
  Watch watch;
  const auto told = [&](const TrainLine& line) {
    if (on_line.ptr() == Py_None) return;
    watch.tell([&] { on_line(nb::cast(line)); });
  };
  TrainEnd end = released(watch, [&] { return seam::train(request, told, watch.progress()); });
  watch.rethrow();  // the loop ends in order, with a checkpoint
  return end;
}

void add_values(nb::module_& module) {
  nb::class_<TrainLine>(module, "TrainLine")
      .def_ro("kind", &TrainLine::kind)
      .def_prop_ro("text", [](const TrainLine& self) { return bytes_of(self.text); })
      .def_ro("step", &TrainLine::step)
      .def_ro("total_steps", &TrainLine::total_steps)
      .def_ro("steps_per_s", &TrainLine::steps_per_s)
      .def_ro("smooth_loss", &TrainLine::smooth_loss)
      .def_ro("numbers", &TrainLine::numbers);
  nb::class_<TrainEnd>(module, "TrainEnd")
      .def_ro("steps_done", &TrainEnd::steps_done)
      .def_ro("total_steps", &TrainEnd::total_steps)
      .def_ro("finished", &TrainEnd::finished)
      .def_ro("missed", &TrainEnd::missed)
      .def_prop_ro("model", [](const TrainEnd& self) { return bytes_of(self.model); });
}

}  // namespace

void add_training(nb::module_& module) {
  add_values(module);
  nb::class_<TrainRequest>(module, "TrainRequest")
      .def(nb::init<>())
      .def("set_paths",
           [](TrainRequest& self, const nb::bytes& settings, const nb::bytes& output) {
             self.settings_file = path_of(settings);
             self.output = path_of(output);
           })
      .def_rw("assignments", &TrainRequest::assignments)
      .def_rw("resume", &TrainRequest::resume)
      .def_rw("stop_after", &TrainRequest::stop_after)
      .def_rw("stop_after_s", &TrainRequest::stop_after_s)
      .def_rw("record", &TrainRequest::record);
  module.def("train", &train, nb::arg("request"), nb::arg("on_line").none());
  module.def("training_settings", &seam::training_settings);
}

}  // namespace fcclip::bind
