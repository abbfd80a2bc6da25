#include <memory>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include "python/src/interrupt.h"
#include "python/src/picture.h"
#include "python/src/seam/seam.h"

namespace fcclip::bind {
namespace {

using seam::FolderEvent, seam::FolderPlan, seam::FolderRun;

std::vector<nb::bytes> all_bytes(const std::vector<std::string>& texts) {
  std::vector<nb::bytes> out;
  for (const std::string& text : texts) out.push_back(bytes_of(text));
  return out;
}

// Waiting for the run's threads must not hold up Python's.
struct PyFolderRun {
  explicit PyFolderRun(std::unique_ptr<FolderRun> of) : run(std::move(of)) {}
  PyFolderRun(PyFolderRun&&) = default;
  ~PyFolderRun() {
    const nb::gil_scoped_release free;
    run.reset();
  }
  void close() {
    released([&] { run.reset(); });
  }
  FolderRun& get() {
    if (!run) fail(ErrorCode::invalid_argument, "this run was closed");
    return *run;
  }
  std::unique_ptr<FolderRun> run;
};

void add_plan(nb::module_& module) {
  nb::class_<FolderPlan>(module, "FolderPlan")
      .def(nb::init<>())
      .def("set_inputs",
           [](FolderPlan& self, const std::vector<nb::bytes>& inputs) {
             for (const nb::bytes& input : inputs) self.inputs.push_back(path_of(input));
           })
      .def("set_places",
           [](FolderPlan& self, const nb::bytes& output, const nb::bytes& model,
              const nb::bytes& fonts) {
             self.output = path_of(output);
             self.model = path_of(model);
             self.fonts = path_of(fonts);
           })
      .def_rw("write", &FolderPlan::write)
      .def_rw("shard", &FolderPlan::shard)
      .def_rw("devices", &FolderPlan::devices)
      .def_rw("resume", &FolderPlan::resume)
      .def_rw("overwrite", &FolderPlan::overwrite)
      .def_rw("tolerance", &FolderPlan::tolerance_px)
      .def_rw("words", &FolderPlan::words)
      .def_rw("templates", &FolderPlan::templates)
      .def_rw("ask", &FolderPlan::ask)
      .def_rw("min_score", &FolderPlan::min_score, nb::arg().none())
      .def_rw("short_side", &FolderPlan::short_side_px)
      .def_rw("max_side", &FolderPlan::max_side_px);
}

}  // namespace

void add_folder_run(nb::module_& module) {
  add_plan(module);
  nb::class_<FolderEvent>(module, "FolderEvent")
      .def_prop_ro("kind", [](const FolderEvent& self) { return static_cast<int>(self.kind); })
      .def_prop_ro("path", [](const FolderEvent& self) { return bytes_of(self.path); })
      .def_prop_ro("text", [](const FolderEvent& self) { return bytes_of(self.text); })
      .def("take_answer", [](FolderEvent& self) { return std::move(self.answer.value()); })
      .def("take_picture",
           [](FolderEvent& self) {
             PyPicture out{self.picture->view()};
             out.own = std::move(self.picture);
             return out;
           })
      .def_prop_ro("files", [](const FolderEvent& self) { return all_bytes(self.files); })
      .def_prop_ro("kept", [](const FolderEvent& self) { return all_bytes(self.kept); });
  nb::class_<PyFolderRun>(module, "FolderRun", "A run over many pictures, in threads of its own.")
      .def_static(
          "start",
          [](const Model& model, const FolderPlan& plan) {
            return PyFolderRun(released([&] { return std::make_unique<FolderRun>(model, plan); }));
          },
          nb::arg("model"), nb::arg("plan"))
      .def(
          "next",
          [](PyFolderRun& self, double seconds) {
            FolderRun& run = self.get();
            return released([&] { return run.next(seconds); });
          },
          nb::arg("seconds"))
      .def_prop_ro("ended", [](PyFolderRun& self) { return self.get().ended(); })
      .def_prop_ro("count",
                   [](PyFolderRun& self) {
                     const seam::FolderCount count = self.get().count();
                     return std::tuple(count.pictures, count.done, count.failed, count.skipped);
                   })
      .def("close", &PyFolderRun::close);
}

}  // namespace fcclip::bind
