#include <array>
#include <nanobind/stl/array.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include "python/src/interrupt.h"

namespace fcclip::bind {
namespace {

using Colour = std::optional<std::array<uint8_t, 3>>;
/// Synonyms, kind (0 thing, 1 stuff, 2 background), id, colour.
using Row = std::tuple<std::vector<std::string>, int, int64_t, Colour>;

/// What stands in the place of a class's words: in vocabulary and out of it, and of which model.
using Shown = std::optional<std::tuple<std::vector<float>, std::vector<float>, std::string>>;

Words words_of(const std::string& name, const std::vector<Row>& rows) {
  Words words{name, {}};
  for (const auto& [synonyms, kind, id, colour] : rows) {
    words.classes.push_back({synonyms, static_cast<WordKind>(kind), id, colour});
  }
  return words;
}

std::vector<Row> rows_of(const Words& words) {
  std::vector<Row> rows;
  for (const WordClass& entry : words.classes) {
    rows.emplace_back(entry.synonyms, static_cast<int>(entry.kind), entry.id, entry.colour_rgb);
  }
  return rows;
}

// Nothing where no class has any.
std::vector<Shown> shown_of(const Words& words) {
  std::vector<Shown> all;
  bool any = false;
  for (const WordClass& entry : words.classes) {
    Shown& one = all.emplace_back();
    if (!entry.rows) continue;
    one.emplace(entry.rows->in_vocabulary, entry.rows->out_of_vocabulary, entry.rows->model);
    any = true;
  }
  return any ? all : std::vector<Shown>();
}

Words with_shown(Words words, const std::vector<Shown>& shown) {
  for (size_t i = 0; i < std::min(shown.size(), words.classes.size()); ++i) {
    if (!shown[i]) continue;
    const auto& [in_vocabulary, out_of_vocabulary, model] = *shown[i];
    words.classes[i].rows =
        std::make_shared<ClassRows>(ClassRows{in_vocabulary, out_of_vocabulary, model});
  }
  return words;
}

}  // namespace

void add_words(nb::module_& module) {
  nb::class_<WordMarks>(module, "WordMarks")
      .def(
          "__init__",
          [](WordMarks* self, std::string things, std::string stuff, std::string background) {
            new (self) WordMarks{std::move(things), std::move(stuff), std::move(background)};
          },
          nb::arg("things"), nb::arg("stuff"), nb::arg("background"));
  nb::class_<Words>(module, "Words", "The words of a question.")
      .def_static("parse", &parse_words, nb::arg("text"), nb::arg("marks"))
      .def_static("of_rows", &words_of, nb::arg("name"), nb::arg("rows"))
      .def_static(
          "load",
          [](const nb::bytes& name_or_path) {
            const std::string what = path_of(name_or_path);
            return released([&] { return load_words(what); });
          },
          nb::arg("name_or_path"))
      .def_static("builtin_names", [] { return builtin_words(); })
      .def("marked", &marked_words, nb::arg("marks"))
      .def("joined", &joined_words, nb::arg("other"))
      .def("rows", &rows_of)
      .def("shown", &shown_of)
      .def("with_shown", &with_shown, nb::arg("shown"))
      .def_ro("name", &Words::name)
      .def("__len__", [](const Words& self) { return self.classes.size(); });
}

}  // namespace fcclip::bind
