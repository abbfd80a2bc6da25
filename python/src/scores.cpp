#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "python/src/interrupt.h"
#include "python/src/seam/seam.h"

namespace fcclip::bind {
namespace {

/// JSON and remarks.
using Result = std::pair<std::string, std::vector<nb::bytes>>;

template <typename Work>
Result scored(nb::object progress, Work&& work) {
  Watch watch(std::move(progress));
  const seam::Scored score = released(watch, [&] { return work(watch.progress()); });
  Result out{score.json, {}};
  for (const std::string& remark : score.remarks) out.second.push_back(bytes_of(remark));
  return out;
}

Result panoptic(const std::vector<nb::bytes>& paths, nb::object progress) {
  const seam::PanopticPaths of{path_of(paths.at(0)), path_of(paths.at(1)), path_of(paths.at(2)),
                               path_of(paths.at(3))};
  return scored(std::move(progress),
                [&](const Progress& told) { return seam::score_panoptic(of, told); });
}

Result instances(const nb::bytes& truth, const nb::bytes& results, nb::object progress) {
  const std::string a = path_of(truth), b = path_of(results);
  return scored(std::move(progress),
                [&](const Progress& told) { return seam::score_instances(a, b, told); });
}

Result semantic(const std::vector<nb::bytes>& paths, int64_t classes, int64_t ignore,
                const std::vector<std::string>& names, nb::object progress) {
  const seam::SemanticPaths of{path_of(paths.at(0)), path_of(paths.at(1)), classes, ignore, names};
  return scored(std::move(progress),
                [&](const Progress& told) { return seam::score_semantic(of, told); });
}

}  // namespace

void add_scores(nb::module_& module) {
  module.def("score_panoptic", &panoptic, nb::arg("paths"), nb::arg("progress").none());
  module.def("score_instances", &instances, nb::arg("truth"), nb::arg("results"),
             nb::arg("progress").none());
  module.def("score_semantic", &semantic, nb::arg("paths"), nb::arg("classes"), nb::arg("ignore"),
             nb::arg("names"), nb::arg("progress").none());
}

}  // namespace fcclip::bind
