#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "python/src/interrupt.h"
#include "python/src/picture.h"

namespace fcclip::bind {
namespace {

using Ids = nb::ndarray<nb::numpy, int32_t, nb::ndim<2>>;
using Mask = nb::ndarray<nb::numpy, bool, nb::ndim<2>>;
using Files = std::vector<std::pair<nb::bytes, nb::bytes>>;

// The answer's own memory, kept alive by the array.
Ids ids_of(nb::pointer_and_handle<Segmentation> self) {
  if (self.p->ids.empty()) {
    fail(ErrorCode::invalid_argument,
         "instances may overlap, so this answer has no map of ids; each segment has its mask");
  }
  const size_t shape[] = {static_cast<size_t>(self.p->size.height),
                          static_cast<size_t>(self.p->size.width)};
  return {self.p->ids.data(), 2, shape, self.h};
}

Mask mask_array(const Segmentation& answer, const Segment& segment) {
  auto* const mask = new std::vector<uint8_t>(released([&] { return mask_of(answer, segment); }));
  const nb::capsule owner(mask,
                          [](void* at) noexcept { delete static_cast<std::vector<uint8_t>*>(at); });
  const size_t shape[] = {static_cast<size_t>(answer.size.height),
                          static_cast<size_t>(answer.size.width)};
  return {reinterpret_cast<bool*>(mask->data()), 2, shape, owner};
}

PyPicture overlay_of(const Segmentation& answer, const PyPicture& picture, const Words& words,
                     const OverlayOptions& options) {
  return released([&] {
    Picture drawn = draw_overlay(picture.view, answer, words, options);
    PyPicture out{drawn.view()};
    out.own = std::move(drawn);
    return out;
  });
}

Files files_of(const Segmentation& answer, const std::string& kind, const PyPicture& picture,
               const Words& words, const Source& source) {
  Files files;
  for (const OutputFile& file :
       released([&] { return render(kind, picture.view, answer, words, source); })) {
    files.emplace_back(bytes_of(file.name), bytes_of(file.bytes));
  }
  return files;
}

void add_output_options(nb::module_& module) {
  nb::class_<OverlayOptions>(module, "OverlayOptions")
      .def(nb::init<>())
      .def_rw("fill_opacity", &OverlayOptions::fill_opacity)
      .def_rw("labels", &OverlayOptions::labels)
      .def_rw("scores", &OverlayOptions::scores)
      .def_rw("outlines", &OverlayOptions::outlines)
      .def_rw("boxes", &OverlayOptions::boxes)
      .def_rw("palette", &OverlayOptions::palette);
  nb::class_<Source>(module, "Source")
      .def(
          "__init__",
          [](Source* self, const nb::bytes& image_name, const nb::bytes& stem, double tolerance,
             const std::string& palette) {
            new (self) Source{path_of(image_name), path_of(stem), tolerance, {}, palette};
          },
          nb::arg("image_name"), nb::arg("stem"), nb::arg("tolerance"), nb::arg("palette"));
  module.def("output_kinds", &output_kinds);
  module.def("task_of_kind", &task_of_kind, nb::arg("kind"));
  module.def("default_output_kinds", &default_output_kinds, nb::arg("task"));
}

}  // namespace

void add_segmentation(nb::module_& module) {
  add_output_options(module);
  nb::class_<Segmentation>(module, "Segmentation", "What was found in one picture.")
      .def_ro("task", &Segmentation::task)
      .def_prop_ro(
          "size",
          [](const Segmentation& self) { return std::pair(self.size.height, self.size.width); })
      .def_ro("min_score", &Segmentation::min_score)
      .def_ro("below_min_score", &Segmentation::below_min_score)
      .def("__len__", [](const Segmentation& self) { return self.segments.size(); })
      .def(
          "segment",
          [](const Segmentation& self, size_t index) -> const Segment& {
            return self.segments.at(index);
          },
          nb::arg("index"), nb::rv_policy::reference_internal)
      .def("ids", &ids_of)
      .def("mask", &mask_array, nb::arg("segment"))
      .def(
          "rle",
          [](const Segmentation& self, const Segment& segment) {
            return released([&] { return rle_of(self, segment); });
          },
          nb::arg("segment"))
      .def(
          "json",
          [](const Segmentation& self, const std::string& image_name, bool rle) {
            return released(
                [&] { return to_json(self, image_name, rle ? MaskForm::rle : MaskForm::none); });
          },
          nb::arg("image_name"), nb::arg("rle"))
      .def("overlay", &overlay_of, nb::arg("picture"), nb::arg("words"), nb::arg("options"))
      .def("render", &files_of, nb::arg("kind"), nb::arg("picture"), nb::arg("words"),
           nb::arg("source"));
}

}  // namespace fcclip::bind
