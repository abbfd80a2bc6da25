#include <cstdio>
#include <fcclip/classify/vocabulary.h>
#include <fcclip/core/error.h>
#include <fcclip/segmenter/segmenter.h>

// Proves that headers, libraries and errors reach a project that only installed fcclip.
int main() {
  const auto words = fcclip::classify::parse_classes("cat, dog | puppy");
  if (words.classes.size() != 2) return 1;
  try {
    fcclip::Segmenter::load("/nonexistent/model.safetensors");
  } catch (const fcclip::Error& error) {
    std::printf("%s\n", error.what());
    return error.code() == fcclip::ErrorCode::not_found ? 0 : 1;
  }
  return 1;
}
