#include <array>
#include <nanobind/stl/array.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "python/src/bind.h"

namespace fcclip::bind {

void add_segment(nb::module_& module) {
  nb::class_<Segment>(module, "Segment", "One region of the picture and what it is called.")
      .def_ro("id", &Segment::id)
      .def_ro("class_index", &Segment::class_index)
      .def_ro("name", &Segment::name)
      .def_ro("synonym", &Segment::synonym)
      .def_ro("is_thing", &Segment::is_thing)
      .def_ro("score", &Segment::score)
      .def_ro("in_vocabulary", &Segment::in_vocabulary_score)
      .def_ro("out_of_vocabulary", &Segment::out_of_vocabulary_score)
      .def_prop_ro("alternatives",
                   [](const Segment& self) {
                     std::vector<std::pair<std::string, double>> out;
                     for (const NameScore& one : self.next_best)
                       out.emplace_back(one.name, one.score);
                     return out;
                   })
      .def_ro("area", &Segment::area_px)
      .def_ro("box", &Segment::box_xywh_px)
      .def_ro("query", &Segment::query);
}

}  // namespace fcclip::bind
