#pragma once
// The reference's results on the recorded pictures: what went in, and where what came out stands.

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "fcclip/results/results.h"
#include "tests/support/goldens.h"

namespace fcclip::test {

struct RecordedCase {
  results::MaskSource masks;
  at::Tensor log_probs;
  std::vector<bool> things;     ///< per class
  nlohmann::json post, config;  ///< the picture's numbers, the model's settings
  std::string folder, name, tensors;
};

/// Folder of the model and name of the picture: a test's parameter.
using CaseName = std::pair<const char*, const char*>;

inline const auto kRecordedCases =
    ::testing::Values(CaseName("tiny-convnext", "astronaut"), CaseName("tiny-convnext", "chelsea"),
                      CaseName("tiny-resnet", "astronaut"), CaseName("tiny-resnet", "chelsea"));

inline RecordedCase recorded_case(const CaseName& which) {
  RecordedCase c;
  c.folder = which.first;
  c.name = which.second;
  const std::string path = c.folder + "/" + c.name;
  c.tensors = path + ".post.safetensors";
  c.post = golden_json(path + ".post.json");
  c.config = golden_json(c.folder + "/config.json");
  const auto size = [&](const char* key) {
    return Size{c.post.at(key)[0].get<int64_t>(), c.post.at(key)[1].get<int64_t>()};
  };
  c.masks = {golden(path + ".safetensors", "decoder.heads4.pred_masks")[0], size("padded_hw"),
             size("network_input_hw"), size("original_size_hw")};
  c.log_probs = golden(c.tensors, "mask_cls_result");
  for (const nlohmann::json& one : c.config.at("test_vocabulary")) {
    c.things.push_back(one.at("isthing") == 1);
  }
  return c;
}

/// Masks that are at the picture's size already, as in the recorded operator cases.
inline results::MaskSource at_own_size(const at::Tensor& logits) {
  const Size size = {logits.size(1), logits.size(2)};
  return {logits, size, size, size};
}

/// Per class, from a list of the things' positions.
inline std::vector<bool> things_of(const nlohmann::json& ids, size_t classes) {
  std::vector<bool> things(classes, false);
  for (const size_t id : ids) things[id] = true;
  return things;
}

inline int64_t different_pixels(const at::Tensor& a, const at::Tensor& b) {
  return a.to(at::kLong).ne(b.to(at::kLong)).sum().item<int64_t>();
}

}  // namespace fcclip::test
