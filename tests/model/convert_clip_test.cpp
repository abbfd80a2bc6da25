// A head and a CLIP from two files, and a CLIP by itself.

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/io/safetensors.h"
#include "fcclip/model/convert.h"
#include "fcclip/model/file_summary.h"
#include "fcclip/model/model_file.h"
#include "tests/segmenter/small_model.h"
#include "tests/support/errors.h"

namespace fcclip::model {
namespace convert_clip_test {

using test::TemporaryFile;

bool is_clips(const nn::Weight& row) {
  return row.name.starts_with(kClipPrefix);
}

/// One half of a model's tensors, as the checkpoint names them or as open_clip does.
void save_half(const TemporaryFile& file, const Model& model, bool clip,
               bool open_clip_names = false) {
  io::NamedTensors tensors;
  for (const nn::Weight& row : model.weights().rows()) {
    if (is_clips(row) != clip) continue;
    tensors.emplace_back(open_clip_names ? row.name.substr(kClipPrefix.size()) : row.name,
                         *row.member);
  }
  io::save_safetensors(file.path(), tensors);
}

std::shared_ptr<Model> wider_model() {
  Config config = test::small_config();
  config.clip.convnext.dims = {32, 64, 128, 256};
  config.clip.convnext.head_hidden = 256;
  config.pixel_decoder.in_channels = config.clip.feature_channels();
  auto model = std::make_shared<Model>(config);
  fill_untrained(*model, 2);
  return model;
}

ConvertOptions options_for(std::vector<std::filesystem::path> checkpoints,
                           const std::filesystem::path& clip) {
  ConvertOptions options;
  options.checkpoints = std::move(checkpoints);
  options.clip = clip;
  options.merges = test::small_merges();
  return options;
}

TEST(ConvertClip, AHeadAndOpenClipsFileMakeTheModel) {
  const auto model = test::small_model();
  const TemporaryFile head("head.safetensors"), clip("open_clip.safetensors");
  save_half(head, *model, false);
  for (const bool open_clip_names : {true, false}) {
    save_half(clip, *model, true, open_clip_names);
    const Converted converted = convert(options_for({head.path()}, clip.path()));
    for (const nn::Weight& row : model->weights().rows())
      EXPECT_TRUE(converted.model->weights().find(row.name)->member->equal(*row.member))
          << row.name;
    EXPECT_EQ(converted.model->config.provenance,
              "converted from head.safetensors and open_clip.safetensors");
  }
}

TEST(ConvertClip, TheClipNamedTakesThePlaceOfTheCheckpoints) {
  const auto model = test::small_model();
  const TemporaryFile whole("whole.safetensors"), clip("clip.safetensors");
  io::NamedTensors tensors;
  for (const nn::Weight& row : model->weights().rows())
    tensors.emplace_back(row.name, is_clips(row) ? at::zeros_like(*row.member) : *row.member);
  io::save_safetensors(whole.path(), tensors);
  save_half(clip, *model, true);
  const Converted converted = convert(options_for({whole.path()}, clip.path()));
  for (const nn::Weight& row : model->weights().rows())
    EXPECT_TRUE(converted.model->weights().find(row.name)->member->equal(*row.member)) << row.name;
  ASSERT_FALSE(converted.notes.empty());
  EXPECT_EQ(converted.notes[0],
            "CLIP's weights are those of clip.safetensors, not of whole.safetensors");
}

TEST(ConvertClip, FilesThatLackTheirHalfAreNamed) {
  const auto model = test::small_model();
  const TemporaryFile head("head.safetensors"), clip("clip.safetensors");
  save_half(head, *model, false);
  save_half(clip, *model, true);
  EXPECT_ERROR(missing_tensor, "head.safetensors (--clip) has no CLIP weights",
               convert(options_for({head.path()}, head.path())));
  EXPECT_ERROR(missing_tensor, "the segmentation head",
               convert(options_for({clip.path()}, clip.path())));
  EXPECT_ERROR(missing_tensor, "--clip FILE", convert(options_for({head.path()}, {})));
  EXPECT_ERROR(missing_tensor, "(--clip) has no CLIP weights",
               convert_clip(options_for({}, head.path())));
}

TEST(ConvertClip, SizesThatDisagreeAreBothNamed) {
  const TemporaryFile head("head.safetensors"), clip("other.safetensors");
  save_half(head, *test::small_model(), false);
  save_half(clip, *wider_model(), true, true);
  const std::string message = test::message_of(
      ErrorCode::shape_mismatch, [&] { convert(options_for({head.path()}, clip.path())); });
  EXPECT_NE(
      message.find("head of head.safetensors was made for a CLIP with channels 16 32 64 128 and "
                   "an embedding of 64, the one of other.safetensors has channels 32 64 128 256"),
      std::string::npos)
      << message;
}

TEST(ConvertClip, AClipByItselfCanBeTrainedOn) {
  const auto model = test::small_model();
  const TemporaryFile clip("open_clip.safetensors"), made("clip.safetensors");
  save_half(clip, *model, true, true);
  const ConvertedClip converted = convert_clip(options_for({}, clip.path()));
  EXPECT_EQ(converted.clip->provenance, "converted from open_clip.safetensors");
  save(made.path(), *converted.clip);
  EXPECT_EQ(summarize_file(made.path()).kind, FileKind::clip);
  const std::shared_ptr<Clip> loaded = load_clip(made.path());
  for (const nn::Weight& row : model->clip->weights().rows())
    EXPECT_TRUE(loaded->weights().find(row.name)->member->equal(*row.member)) << row.name;
}

TEST(ConvertClip, WhatTensorsCannotTellIsSetByTheCaller) {
  const auto model = test::small_model();
  const TemporaryFile head("head.safetensors"), clip("clip.safetensors");
  save_half(head, *model, false);
  save_half(clip, *model, true);
  ConvertOptions options = options_for({head.path()}, clip.path());
  options.adjust = [](const TensorShapes& shapes, Config& config) {
    EXPECT_TRUE(shapes.contains("void_embedding.weight"));
    EXPECT_EQ(config.mask_decoder.queries, 20);
    config.ensemble.alpha = 0.1;
  };
  EXPECT_EQ(convert(options).model->config.ensemble.alpha, 0.1);
}

}  // namespace convert_clip_test
}  // namespace fcclip::model
