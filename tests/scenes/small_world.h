#pragma once
// A world of coloured shapes, packed by the test itself.

#include <filesystem>
#include <string>
#include <vector>

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include "fcclip/io/safetensors.h"

namespace fcclip::test {

/// Concepts thing0 … (odd ones unseen) of `pictures_each` discs and bars, stuff "grass", "sky" and
/// "water" of three plain textures each.
struct SmallWorld {
  io::NamedTensors tensors;
  nlohmann::json concepts = nlohmann::json::array(), pictures = nlohmann::json::array();

  static SmallWorld make(int things = 8, int pictures_each = 4) {
    SmallWorld world;
    for (int k = 0; k < things; ++k) {
      const std::string name = "thing" + std::to_string(k);
      world.add_concept(name, true, k % 2 == 0, pictures_each);
      for (int p = 0; p < pictures_each; ++p) {
        const std::string id = "t" + std::to_string(k) + "_" + std::to_string(p);
        world.add_picture(name, id, true, disc(40 + 10 * p, 60 + 5 * k, k * 30, p * 60));
      }
    }
    for (const char* name : {"grass", "sky", "water"}) {
      world.add_concept(name, false, true, 3);
      for (int p = 0; p < 3; ++p) {
        const at::Tensor plain = at::full({64, 48, 4}, 40 + 70 * p, at::kByte);
        plain.select(2, 3).fill_(255);
        world.add_picture(name, std::string(name) + std::to_string(p), false, plain);
      }
    }
    return world;
  }

  /// A disc that fills its picture.
  static at::Tensor disc(int64_t height, int64_t width, int red, int green) {
    at::Tensor pixels = at::zeros({height, width, 4}, at::kByte);
    uint8_t* p = pixels.data_ptr<uint8_t>();
    for (int64_t y = 0; y < height; ++y) {
      for (int64_t x = 0; x < width; ++x, p += 4) {
        const double v = (y + 0.5) / height * 2 - 1, u = (x + 0.5) / width * 2 - 1;
        if (u * u + v * v > 1) continue;
        p[0] = static_cast<uint8_t>(red);
        p[1] = static_cast<uint8_t>(green);
        p[2] = 200;
        p[3] = 255;
      }
    }
    return pixels;
  }

  void add_concept(const std::string& name, bool is_thing, bool is_seen, int count) {
    concepts.push_back({{"name", name},
                        {"group", is_thing ? "shape" : "stuff"},
                        {"is_seen", is_seen},
                        {"is_thing", is_thing},
                        {"synonyms", {"a kind of " + name}},
                        {"broader", nlohmann::json::array()},
                        {"count", count}});
  }
  void add_picture(const std::string& name, const std::string& id, bool is_thing,
                   const at::Tensor& pixels) {
    pictures.push_back({{"id", id},
                        {"name", name},
                        {"synonyms", nlohmann::json::array()},
                        {"caption", "a " + name},
                        {"style", is_thing ? "drawing" : "texture"},
                        {"licence", "public-domain"},
                        {"tileable", !is_thing},
                        {"is_thing", is_thing},
                        {"is_extra", false},
                        {"look_alikes", id}});
    tensors.emplace_back(id, pixels);
  }
  nlohmann::json& picture(const std::string& id) {
    for (nlohmann::json& row : pictures) {
      if (row["id"] == id) return row;
    }
    throw std::out_of_range(id);
  }
  void save(const std::filesystem::path& path) const {
    io::save_safetensors(path, tensors,
                         {{"format", "fcclip-world-1"},
                          {"concepts", concepts.dump()},
                          {"pictures", pictures.dump()}});
  }
};

}  // namespace fcclip::test
