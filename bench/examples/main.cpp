// Rows that do not come from words, measured on the world: docs/examples.md.
//   examples_bench examples|adapt [model known held-out every]
//     known, held-out: scenes of either kind;  every: of so many concepts one is measured (examples)

#include <cstdio>
#include <cstdlib>
#include <string>

#include <ATen/Parallel.h>

#include "bench/examples/measure.h"

int main(int argc, char** argv) {
  using namespace fcclip;
  const std::string what = argc > 1 ? argv[1] : "";
  if (what != "examples" && what != "adapt") {
    std::fprintf(stderr, "examples_bench examples|adapt [model known held-out every]\n");
    return 2;
  }
  bench::SceneCounts counts;
  if (argc > 3) counts.known = std::atoll(argv[3]);
  if (argc > 4) counts.held_out = std::atoll(argv[4]);
  if (argc > 5) counts.every = std::atoll(argv[5]);
  const auto segmenter = segmenter::Segmenter::load(argc > 2 ? argv[2] : "models/mini.safetensors");
  const auto world = scenes::World::open(scenes::default_world(), {3});
  (what == "adapt" ? bench::measure_adapt : bench::measure_examples)(segmenter, world, counts);
}
