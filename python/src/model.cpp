#include <array>
#include <nanobind/stl/array.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "python/src/interrupt.h"
#include "python/src/picture.h"

namespace fcclip::bind {
namespace {

/// Sides in pixels (0: the model's), and pictures that run together.
struct EncodeSize {
  int64_t short_side = 0, max_side = 0, batch = 1;
};

EncodeOptions encode_options(const EncodeSize& size, Watch& watch) {
  return {size.short_side, size.max_side, size.batch, watch.progress()};
}

Model load(const nb::bytes& path, const std::string& device, const std::string& dtype, bool cache,
           const nb::bytes& folder) {
  LoadOptions options;
  options.device = device;
  options.dtype = dtype;
  options.use_text_cache = cache;
  options.cache_folder = path_of(folder);
  const std::string file = path_of(path);
  return released([&] { return Model::load(file, options); });
}

Image encode(const Model& model, const PyPicture& picture, const EncodeSize& size,
             nb::object progress) {
  Watch watch(std::move(progress));
  return released(watch, [&] { return model.encode(picture.view, encode_options(size, watch)); });
}

std::vector<Image> encode_many(const Model& model, const std::vector<const PyPicture*>& pictures,
                               const EncodeSize& size, nb::object progress) {
  std::vector<PictureView> views;
  for (const PyPicture* picture : pictures) views.push_back(picture->view);
  Watch watch(std::move(progress));
  return released(watch, [&] { return model.encode(views, encode_options(size, watch)); });
}

PreparedWords prepare(const Model& model, const Words& words,
                      const std::vector<std::string>& templates, nb::object progress) {
  Watch watch(std::move(progress));
  return released(watch, [&] { return model.prepare(words, {templates, watch.progress()}); });
}

Segmentation ask(const Model& model, const Image& image, const PreparedWords& words,
                 AskOptions options) {
  Watch watch;
  options.progress = watch.progress();
  return released(watch, [&] { return model.ask(image, words, options); });
}

Segmentation at(const Model& model, const Image& image, const PreparedWords& words,
                const Place& place, AskOptions options) {
  Watch watch;
  options.progress = watch.progress();
  return released(watch, [&] { return model.at(image, words, place, options); });
}

Segmentation best_words(const Model& model, const Image& image, const PreparedWords& words,
                        int64_t count, AskOptions options) {
  Watch watch;
  options.progress = watch.progress();
  return released(watch, [&] { return model.best_words(image, words, count, options); });
}

Words like(const Model& model, const Words& words, const std::string& name,
           const std::vector<std::pair<Image, int64_t>>& shown) {
  std::vector<ShownSegment> segments;
  for (const auto& [image, query] : shown) segments.push_back({image, query});
  return released([&] { return model.like(words, name, segments); });
}

void add_arguments(nb::module_& module) {
  nb::class_<EncodeSize>(module, "EncodeSize")
      .def(
          "__init__",
          [](EncodeSize* self, int64_t short_side, int64_t max_side, int64_t batch) {
            new (self) EncodeSize{short_side, max_side, batch};
          },
          nb::arg("short_side"), nb::arg("max_side"), nb::arg("batch"));
  nb::class_<Place>(module, "Place")
      .def(
          "__init__",
          [](Place* self, std::vector<std::array<double, 2>> points,
             std::optional<std::array<double, 4>> box) {
            new (self) Place{std::move(points), box};
          },
          nb::arg("points"), nb::arg("box").none());
}

}  // namespace

void add_model(nb::module_& module) {
  add_arguments(module);
  nb::class_<ModelInfo>(module, "ModelInfo")
      .def_ro("name", &ModelInfo::name)
      .def_ro("provenance", &ModelInfo::provenance)
      .def_ro("device", &ModelInfo::device)
      .def_ro("short_side", &ModelInfo::short_side_px)
      .def_ro("max_side", &ModelInfo::max_side_px)
      .def_ro("queries", &ModelInfo::queries)
      .def_ro("defaults", &ModelInfo::defaults)
      .def_ro("training_words", &ModelInfo::training_words);
  nb::class_<Model>(module, "Model", "A model in memory.")
      .def_static("load", &load, nb::arg("path"), nb::arg("device"), nb::arg("dtype"),
                  nb::arg("cache"), nb::arg("cache_folder"))
      .def_prop_ro("info", [](const Model& self) { return self.info(); })
      .def("encode", &encode, nb::arg("picture"), nb::arg("size"), nb::arg("progress").none())
      .def("encode_many", &encode_many, nb::arg("pictures"), nb::arg("size"),
           nb::arg("progress").none())
      .def("prepare", &prepare, nb::arg("words"), nb::arg("templates"), nb::arg("progress").none())
      .def("ask", &ask, nb::arg("image"), nb::arg("words"), nb::arg("options"))
      .def("at", &at, nb::arg("image"), nb::arg("words"), nb::arg("place"), nb::arg("options"))
      .def("best_words", &best_words, nb::arg("image"), nb::arg("words"), nb::arg("count"),
           nb::arg("options"))
      .def("like", &like, nb::arg("words"), nb::arg("name"), nb::arg("shown"));
}

}  // namespace fcclip::bind
