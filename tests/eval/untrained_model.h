// A tiny network with untrained weights, beside its file.
#pragma once

#include <filesystem>
#include <memory>

#include <gtest/gtest.h>

#include "fcclip/clip/tokenizer.h"
#include "fcclip/model/model.h"
#include "fcclip/model/model_file.h"
#include "fcclip/model/untrained.h"
#include "fcclip/segmenter/segmenter.h"
#include "tests/data/miniature.h"
#include "tests/io/temporary_folder.h"

namespace fcclip::test {

/// Saved as `file`; keeps no text cache.
inline std::unique_ptr<segmenter::Segmenter> save_untrained_model(
    const std::filesystem::path& file) {
  model::Config config = model::tiny_config();
  config.clip.text.vocab_size = 514;
  config.templates = {"a {}"};
  auto network = std::make_shared<model::Model>(config);
  network->clip->tokenizer = std::make_unique<clip::Tokenizer>("#version: 0.2\n", 514);
  model::fill_untrained(*network, 3);
  model::save(file, *network, at::kFloat);
  return std::make_unique<segmenter::Segmenter>(network, segmenter::SegmenterOptions{"cpu", false});
}

/// An untrained model, saved, and a miniature of COCO; once for a suite.
class UntrainedOnCoco : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    data_ = std::make_unique<TemporaryFolder>();
    make_coco(data_->path());
    segmenter_ = save_untrained_model(data_->path() / "model.safetensors");
  }
  static void TearDownTestSuite() {
    segmenter_.reset();
    data_.reset();
  }

  inline static std::unique_ptr<TemporaryFolder> data_;
  inline static std::unique_ptr<segmenter::Segmenter> segmenter_;
};

}  // namespace fcclip::test
