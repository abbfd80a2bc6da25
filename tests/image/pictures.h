#pragma once
// The tiny pictures of tests/data/pictures and pictures made up on the spot.

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "fcclip/core/error.h"
#include "fcclip/image/image_file.h"
#include "fcclip/io/atomic_file.h"

namespace fcclip::test {

inline std::filesystem::path pictures_folder() {
  return std::filesystem::path(__FILE__).parent_path().parent_path() / "data" / "pictures";
}

inline std::string picture_bytes(const std::string& name) {
  return io::read_file(pictures_folder() / name);
}

inline nlohmann::json expected_pictures() {
  std::ifstream stream(pictures_folder() / "expected.json");
  return nlohmann::json::parse(stream);
}

/// Soft gradients with an edge: [height, width, 3] uint8.
inline at::Tensor gradient(int64_t height, int64_t width) {
  const at::Tensor y = at::arange(height).view({height, 1}).expand({height, width});
  const at::Tensor x = at::arange(width).view({1, width}).expand({height, width});
  return at::stack(
             {x.mul(3).add(y).remainder(256), y.mul(2).remainder(256), x.gt(width / 2).mul(200)}, 2)
      .to(at::kByte)
      .contiguous();
}

/// The message of the Error that decoding throws; empty when it throws none.
inline std::string refusal(std::string_view bytes, ErrorCode code = ErrorCode::bad_format) {
  try {
    image::decode_rgb(bytes, "input.jpg");
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    return error.what();
  }
  return "";
}

/// A folder that is removed with everything in it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "fcclip-image-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace fcclip::test
