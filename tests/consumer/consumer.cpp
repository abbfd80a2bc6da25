#include <cstdio>
#include <fcclip/fcclip.h>

// Proves that header, library and errors reach a project that only installed fcclip: consumer MODEL PICTURE.
int main(int argc, char** argv) {
  if (argc != 3) return 2;
  try {
    fcclip::Model::load("/nonexistent/model.safetensors");
    return 1;
  } catch (const fcclip::Error& error) {
    if (error.code() != fcclip::ErrorCode::not_found) return 1;
  }
  const auto model = fcclip::Model::load(argv[1], {.use_text_cache = false});
  const auto picture = fcclip::read_picture(argv[2]);
  const auto answer =
      model.ask(model.encode(picture.view()), model.prepare(fcclip::parse_words("ladybug, rock")));
  std::printf("C++: %zu segments\n", answer.segments.size());
  return answer.segments.empty() ? 1 : 0;
}
