#include "fcclip/model/convert.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "fcclip/io/safetensors.h"
#include "fcclip/model/file_summary.h"
#include "fcclip/model/model_file.h"
#include "tests/segmenter/small_model.h"
#include "tests/support/errors.h"
#include "tests/support/goldens.h"
#include "tests/support/merges.h"

namespace fcclip::model {
namespace {

using test::TemporaryFile;

constexpr std::string_view kClip = "backbone.clip_model.";

/// A small model's weights as somebody else's files.
class Published {
 public:
  Published() : model_(test::small_model()) {
    for (const nn::Weight& row : model_->weights().rows()) {
      (row.name.starts_with(kClip) ? clip : head).emplace_back(row.name, *row.member);
    }
    head.emplace_back("criterion.empty_weight", at::ones({3}));
  }
  io::NamedTensors clip_as_open_clip() const {
    io::NamedTensors renamed;
    for (const auto& [name, tensor] : clip) renamed.emplace_back(name.substr(kClip.size()), tensor);
    return renamed;
  }
  const Model& model() const { return *model_; }
  io::NamedTensors clip, head;

 private:
  std::shared_ptr<Model> model_;
};

void save(const TemporaryFile& file, io::NamedTensors tensors, const io::NamedTensors& more = {}) {
  tensors.insert(tensors.end(), more.begin(), more.end());
  io::save_safetensors(file.path(), tensors);
}

ConvertOptions options_for(std::vector<std::filesystem::path> checkpoints) {
  return {std::move(checkpoints), "", "", std::nullopt, test::small_merges(), {}};
}

void expect_error(const ConvertOptions& options, ErrorCode code, const std::string& part) {
  try {
    convert(options);
    ADD_FAILURE() << "no error, expected one about " << part;
  } catch (const Error& error) {
    const std::string message = error.what();
    EXPECT_EQ(error.code(), code) << message;
    EXPECT_NE(message.find(part), std::string::npos) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  }
}

void expect_same_weights(const Model& got, const Model& want) {
  for (const nn::Weight& row : want.weights().rows()) {
    const nn::Weight* other = got.weights().find(row.name);
    ASSERT_NE(other, nullptr) << row.name;
    EXPECT_TRUE(other->member->equal(*row.member)) << row.name;
  }
}

TEST(Convert, OneCheckpointWithEverything) {
  const Published published;
  const TemporaryFile file("model.safetensors");
  save(file, published.clip, published.head);
  const Converted converted = convert(options_for({file.path()}));
  expect_same_weights(*converted.model, published.model());
  EXPECT_EQ(converted.model->config.provenance, "converted from model.safetensors");
  EXPECT_FALSE(converted.notes.empty());
}

TEST(Convert, StopsBetweenTwoFiles) {
  const Published published;
  const TemporaryFile clip("clip.safetensors"), head("head.safetensors");
  save(clip, published.clip);
  save(head, published.head);
  ConvertOptions options = options_for({clip.path(), head.path()});
  options.progress = [](int64_t done, int64_t) { return done < 1; };
  try {
    convert(options);
    FAIL() << "went on";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::interrupted);
    EXPECT_STREQ(error.what(), "stopped after 1 of 3 steps");
  }
}

TEST(Convert, ClipAndHeadFromTwoFilesInEitherOrder) {
  const Published published;
  const TemporaryFile clip("clip.safetensors"), head("head.safetensors");
  save(clip, published.clip_as_open_clip());
  save(head, published.head);
  expect_same_weights(*convert(options_for({clip.path(), head.path()})).model, published.model());
  expect_same_weights(*convert(options_for({head.path(), clip.path()})).model, published.model());
}

TEST(Convert, HalfAModelSaysWhichHalfIsMissing) {
  const Published published;
  const TemporaryFile clip("clip.safetensors"), head("head.safetensors"),
      other("other.safetensors");
  save(clip, published.clip_as_open_clip());
  save(head, published.head);
  save(other, {{"conv1.weight", at::ones({1})}});
  expect_error(options_for({clip.path()}), ErrorCode::missing_tensor, "sem_seg_head");
  expect_error(options_for({head.path()}), ErrorCode::missing_tensor, "backbone.clip_model");
  expect_error(options_for({other.path()}), ErrorCode::missing_tensor, "conv1.weight");
  expect_error(options_for({}), ErrorCode::invalid_argument, "no checkpoint");
}

TEST(Convert, SurplusMissingAndNotFiniteTensorsAreNamed) {
  const Published published;
  const TemporaryFile file("model.safetensors");
  save(file, published.clip, published.head);
  const TemporaryFile extra("extra.safetensors");
  save(extra, {{"extra.unknown.weight", at::ones({1})}});
  expect_error(options_for({file.path(), extra.path()}), ErrorCode::missing_tensor,
               "extra.unknown.weight");
  const TemporaryFile damaged("damaged.safetensors");
  save(damaged, {{"void_embedding.weight", at::full({1, 64}, NAN)}});
  expect_error(options_for({file.path(), damaged.path()}), ErrorCode::missing_tensor,
               "void_embedding.weight");
  save(damaged, {{"void_embedding.weight", at::ones({1, 65})}});
  expect_error(options_for({file.path(), damaged.path()}), ErrorCode::shape_mismatch,
               "void_embedding.weight");
  io::NamedTensors head = published.head;
  std::erase_if(head,
                [](const auto& entry) { return entry.first.ends_with("adapter_1.norm.bias"); });
  save(file, published.clip, head);
  expect_error(options_for({file.path()}), ErrorCode::missing_tensor, "adapter_1.norm.bias");
}

TEST(Convert, WhatIsWrongWithHalfAModelComesFirst) {
  const Published published;
  const TemporaryFile file("head.safetensors");
  save(file, published.head, {{"extra.unknown.weight", at::ones({1})}});
  expect_error(options_for({file.path()}), ErrorCode::missing_tensor, "extra.unknown.weight");
  io::NamedTensors head = published.head;
  std::erase_if(head, [](const auto& entry) { return entry.first == "void_embedding.weight"; });
  save(file, head, {{"void_embedding.weight", at::full({1, 64}, INFINITY)}});
  expect_error(options_for({file.path()}), ErrorCode::missing_tensor, "void_embedding.weight");
}

TEST(Convert, ConvertingAModelFileKeepsItsProvenance) {
  const Published published;
  const TemporaryFile file("model.safetensors");
  save(file.path(), published.model());
  EXPECT_EQ(convert(options_for({file.path()})).model->config.provenance, "test weights");
}

TEST(Convert, ANewTrainingVocabularyReplacesTheGuess) {
  const Published published;
  const TemporaryFile file("model.safetensors");
  save(file, published.clip, published.head);
  EXPECT_TRUE(
      convert(options_for({file.path()})).model->config.training_vocabulary.classes.empty());
  ConvertOptions options = options_for({file.path()});
  options.training_vocabulary = classify::parse_classes("cat | kitty, sky");
  EXPECT_EQ(convert(options).model->config.training_vocabulary.classes.size(), 2u);
}

TEST(Convert, AModelFileConvertsToItselfWithItsMergesAndSettings) {
  const Published published;
  const TemporaryFile file("model.safetensors");
  save(file.path(), published.model());
  ConvertOptions options = options_for({file.path()});
  options.merges.clear();
  const Converted converted = convert(options);
  expect_same_weights(*converted.model, published.model());
  EXPECT_EQ(converted.model->config.mask_decoder.heads,
            published.model().config.mask_decoder.heads);
  EXPECT_EQ(converted.model->clip->tokenizer->merges(),
            published.model().clip->tokenizer->merges());
}

TEST(Convert, AClipsFileSaysWhatItsTensorsCannot) {
  Clip clip(test::small_config().clip);
  clip.pixels.mean = {1, 2, 3};
  fill_untrained(clip, 1);
  const Published published;
  const TemporaryFile file("clip.safetensors"), head("head.safetensors");
  save(file.path(), clip);
  save(head, published.head);
  const Converted converted = convert(options_for({file.path(), head.path()}));
  EXPECT_EQ(converted.model->config.clip.text.heads, 2);  // the convention were 64 / 64
  EXPECT_EQ(converted.model->config.pixels.mean, clip.pixels.mean);
  EXPECT_EQ(converted.model->config.mask_decoder.queries, 20);
}

TEST(Convert, WithoutMergesItSaysSo) {
  const Published published;
  const TemporaryFile file("model.safetensors");
  save(file, published.clip, published.head);
  ConvertOptions options = options_for({file.path()});
  options.merges.clear();
  expect_error(options, ErrorCode::not_found, "--merges");
}

TEST(FileSummary, TellsWhatAFileIs) {
  const Published published;
  const TemporaryFile clip("clip.safetensors"), head("head.safetensors"),
      model("model.safetensors");
  save(clip, published.clip_as_open_clip());
  save(head, published.head);
  save(model.path(), published.model());
  EXPECT_EQ(summarize_file(clip.path()).kind, FileKind::clip);
  EXPECT_EQ(summarize_file(head.path()).kind, FileKind::head);
  EXPECT_EQ(summarize_file(head.path()).training_classes, 2);
  const FileSummary summary = summarize_file(model.path());
  EXPECT_EQ(summary.kind, FileKind::model_file);
  EXPECT_TRUE(summary.has_merges);
  EXPECT_EQ(to_json(*summary.config), to_json(published.model().config));
  EXPECT_EQ(summary.parameters.at("void embedding"), 64);
}

std::filesystem::path recorded(const std::string& name) {
  return test::goldens_folder() / "checkpoints" / name;
}

ConvertOptions recorded_options(std::vector<std::filesystem::path> checkpoints) {
  ConvertOptions options{std::move(checkpoints), "",
                         test::golden_json("tiny-convnext/config.json").dump(), std::nullopt,
                         test::clip_merges()};
  return options;
}

TEST(Convert, TheRecordedCheckpointGivesTheRecordedWeights) {
  FCCLIP_NEEDS_GOLDENS();
  FCCLIP_NEEDS_MERGES();
  const Converted converted = convert(recorded_options({recorded("model_detectron2.pth")}));
  const nn::WeightSource formula = test::formula_weights("tiny-convnext");
  EXPECT_EQ(converted.model->config.clip.text.vocab_size, 64);
  EXPECT_EQ(converted.model->config.training_vocabulary.classes.size(), 8u);
  EXPECT_EQ(converted.model->config.mask_decoder.heads, 4);
  for (const nn::Weight& row : converted.model->weights().rows()) {
    at::Tensor want = formula(row.name);
    if (row.name.ends_with("token_embedding.weight")) want = want.narrow(0, 0, 64);
    EXPECT_TRUE(row.member->equal(want)) << row.name;
  }
  const TemporaryFile file("m.safetensors");
  save(file.path(), *converted.model);
  const auto loaded = load_model(file.path(), at::kCPU);
  EXPECT_ERROR(invalid_argument, "text 0 has token id 49406",
               loaded->clip->text_tower.encode(
                   {loaded->clip->tokenizer->encode("cat")}));  // ids beyond the cut
}

TEST(Convert, RecordedFilesThatAreWrongAtModelLevelAreRefusedByName) {
  FCCLIP_NEEDS_GOLDENS();
  const auto with_clip = [](const std::string& name) {
    ConvertOptions options =
        recorded_options({recorded("open_clip_pytorch_model.bin"), recorded("hostile/" + name)});
    options.merges = test::small_merges();
    return options;
  };
  ConvertOptions alone = recorded_options({recorded("hostile/wrong_shapes.pth")});
  expect_error(alone, ErrorCode::shape_mismatch, "void_embedding.weight");
  expect_error(options_for({recorded("hostile/unexpected_key.pth")}), ErrorCode::missing_tensor,
               "extra.unknown.weight");
  expect_error(with_clip("wrong_shapes.pth"), ErrorCode::shape_mismatch, "void_embedding.weight");
  expect_error(with_clip("unexpected_key.pth"), ErrorCode::missing_tensor, "extra.unknown.weight");
  expect_error(with_clip("missing_keys.pth"), ErrorCode::missing_tensor, "is missing");
  expect_error(with_clip("string_instead_of_tensor.pth"), ErrorCode::bad_format,
               "void_embedding.weight");
  expect_error(with_clip("nan_values.pth"), ErrorCode::missing_tensor, "tensor");
}

TEST(FileSummary, RecordedFiles) {
  FCCLIP_NEEDS_GOLDENS();
  const FileSummary checkpoint = summarize_file(recorded("model_detectron2.pth"));
  EXPECT_EQ(checkpoint.kind, FileKind::checkpoint);
  EXPECT_EQ(checkpoint.iteration, 1234);
  EXPECT_EQ(checkpoint.training_classes, 8);
  EXPECT_EQ(checkpoint.config->mask_decoder.queries, 20);
  EXPECT_EQ(summarize_file(recorded("open_clip_model.safetensors")).kind, FileKind::clip);
  EXPECT_EQ(summarize_file(recorded("variety_legacy.pth")).kind, FileKind::tensors);
}

}  // namespace
}  // namespace fcclip::model
