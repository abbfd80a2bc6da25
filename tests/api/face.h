#pragma once
// The bundled model and a scene through the public face alone.

#include <cmath>
#include <string>

#include <gtest/gtest.h>

#include "fcclip/fcclip.h"
#include "tests/support/errors.h"
#include "tests/support/source_folder.h"

namespace fcclip::test {

inline std::string bundled_model() {
  return (source_folder() / "models" / "mini.safetensors").string();
}

inline std::string scene_file() {
  return (source_folder() / "examples" / "pictures" / "scene.png").string();
}

/// Loaded once a program; without the user's cache.
inline const Model& face_model() {
  static const Model model = Model::load(bundled_model(), {.use_text_cache = false});
  return model;
}

inline const Picture& scene() {
  static const Picture picture = read_picture(scene_file());
  return picture;
}

inline const Image& encoded_scene() {
  static const Image image = face_model().encode(scene().view());
  return image;
}

}  // namespace fcclip::test
