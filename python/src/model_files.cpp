#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "python/src/interrupt.h"
#include "python/src/seam/seam.h"

namespace fcclip::bind {
namespace {

using seam::ConvertRequest;

std::vector<std::string> convert(const ConvertRequest& request, nb::object progress) {
  Watch watch(std::move(progress));
  return released(watch, [&] { return seam::convert(request, watch.progress()); });
}

void add_request(nb::module_& module) {
  nb::class_<ConvertRequest>(module, "ConvertRequest")
      .def(nb::init<>())
      .def("set_paths",
           [](ConvertRequest& self, const std::vector<nb::bytes>& checkpoints,
              const nb::bytes& output) {
             for (const nb::bytes& one : checkpoints) self.checkpoints.push_back(path_of(one));
             self.output = path_of(output);
           })
      .def_rw("dtype", &ConvertRequest::dtype)
      .def_rw("container", &ConvertRequest::container)
      .def_rw("reference_config", &ConvertRequest::reference_config)
      .def_rw("training_words", &ConvertRequest::training_words, nb::arg().none())
      .def_rw("merges", &ConvertRequest::merges);
}

}  // namespace

void add_model_files(nb::module_& module) {
  add_request(module);
  module.def("convert", &convert, nb::arg("request"), nb::arg("progress").none());
  module.def(
      "info_json",
      [](const nb::bytes& path, const std::string& container) {
        const std::string file = path_of(path);
        return released([&] { return seam::info_json(file, container); });
      },
      nb::arg("path"), nb::arg("container"));
  module.def(
      "has_merges",
      [](const nb::bytes& path) {
        const std::string file = path_of(path);
        return released([&] { return seam::has_merges(file); });
      },
      nb::arg("path"));
  module.def(
      "tokenize",
      [](const nb::bytes& model, const std::vector<std::string>& texts, bool padded) {
        const std::string file = path_of(model);
        return released([&] { return seam::tokenize(file, texts, padded); });
      },
      nb::arg("model"), nb::arg("texts"), nb::arg("padded"));
}

}  // namespace fcclip::bind
