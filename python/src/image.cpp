#include <nanobind/stl/pair.h>
#include <nanobind/stl/tuple.h>

#include <ATen/DLConvertor.h>

#include "fcclip/fcclip_torch.h"
#include "python/src/bind.h"

namespace fcclip::bind {
namespace {

void drop_unused(PyObject* capsule) {
  if (!PyCapsule_IsValid(capsule, "dltensor")) return;  // somebody has taken it
  auto* const tensor = static_cast<DLManagedTensor*>(PyCapsule_GetPointer(capsule, "dltensor"));
  tensor->deleter(tensor);
}

// No copy, on any device.
nb::object capsule_of(const at::Tensor& tensor) {
  return nb::steal(PyCapsule_New(at::toDLPack(tensor), "dltensor", &drop_unused));
}

}  // namespace

void add_image(nb::module_& module) {
  nb::class_<Image>(module, "Image", "A picture as the network left it.")
      .def_prop_ro("size",
                   [](const Image& self) {
                     const Size size = self.size();
                     return std::pair(size.height, size.width);
                   })
      .def_prop_ro("nbytes", &Image::bytes)
      .def("tensors", [](const Image& self) {
        const ImageTensors tensors = tensors_of(self);
        return std::tuple(capsule_of(tensors.mask_logits), capsule_of(tensors.class_embed),
                          capsule_of(tensors.clip_embed));
      });
}

void add_prepared_words(nb::module_& module) {
  nb::class_<PreparedWords>(module, "PreparedWords", "Words as one model's classifier knows them.")
      .def_prop_ro("words", [](const PreparedWords& self) { return self.words(); })
      .def_prop_ro("cached", &PreparedWords::cached)
      .def_prop_ro("computed", &PreparedWords::computed)
      .def("rows", [](const PreparedWords& self) { return capsule_of(text_rows_of(self)); });
}

}  // namespace fcclip::bind
