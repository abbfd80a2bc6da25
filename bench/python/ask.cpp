// What a question costs in C++: the median of many, for bench/python/ask.py to compare with.
//   python_bench MODEL PICTURE WORDS [TIMES]

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "fcclip/fcclip.h"

namespace {

template <typename Work>
double median_ms(int times, Work&& work) {
  std::vector<double> took;
  for (int i = 0; i < times; ++i) {
    const auto start = std::chrono::steady_clock::now();
    work();
    took.push_back(
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
            .count());
  }
  std::nth_element(took.begin(), took.begin() + times / 2, took.end());
  return took[static_cast<size_t>(times / 2)];
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 4) {
    std::fprintf(stderr, "usage: python_bench MODEL PICTURE WORDS [TIMES]\n");
    return 2;
  }
  const int times = argc > 4 ? std::atoi(argv[4]) : 200;
  const auto model = fcclip::Model::load(argv[1]);
  const auto picture = fcclip::read_picture(argv[2]);
  const auto image = model.encode(picture.view());
  const auto words = model.prepare(fcclip::parse_words(argv[3]));
  model.ask(image, words);
  const double ask = median_ms(times, [&] { model.ask(image, words); });
  fcclip::EncodeOptions small;
  small.short_side_px = small.max_side_px = 32;
  const double encode = median_ms(times / 4, [&] { model.encode(picture.view(), small); });
  std::printf("%.4f %.4f\n", ask, encode);
  return 0;
} catch (const fcclip::Error& error) {
  std::fprintf(stderr, "python_bench: %s\n", error.what());
  return fcclip::exit_status(error.code());
}
