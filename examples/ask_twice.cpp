// Encodes a picture once, then asks it several questions; each further answer costs milliseconds.

#include <chrono>
#include <cstdio>
#include <fcclip/fcclip.h>

int main(int argc, char** argv) try {
  if (argc < 4) {
    std::fprintf(stderr, "usage: ask_twice MODEL IMAGE WORDS [WORDS ...]\n");
    return 2;
  }
  const auto model = fcclip::Model::load(argv[1]);
  const auto picture = fcclip::read_picture(argv[2]);
  const auto image = model.encode(picture.view());  // the network runs here, once
  for (int i = 3; i < argc; ++i) {
    const auto words = model.prepare(fcclip::parse_words(argv[i]));
    const auto start = std::chrono::steady_clock::now();
    const auto answer = model.ask(image, words);
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    std::printf("%s: %zu segments in %.1f ms\n", argv[i], answer.segments.size(), took.count());
    for (const auto& segment : answer.segments) {
      std::printf("  %-20s %.3f\n", segment.name.c_str(), segment.score);
    }
  }
  return 0;
} catch (const fcclip::Error& error) {
  std::fprintf(stderr, "ask_twice: %s\n", error.what());
  return fcclip::exit_status(error.code());
}
