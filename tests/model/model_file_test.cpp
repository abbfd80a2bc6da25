#include "fcclip/model/model_file.h"

#include <limits>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "fcclip/io/safetensors.h"
#include "tests/segmenter/small_model.h"
#include "tests/support/errors.h"
#include "tests/support/goldens.h"

namespace fcclip::model {
namespace {

using test::small_model;
using test::TemporaryFile;

/// The content of a saved model, to be damaged and saved again.
struct Content {
  io::NamedTensors tensors;
  io::Metadata metadata;
};

Content content_of_small_model() {
  const TemporaryFile file("m.safetensors");
  save(file.path(), *small_model());
  const io::SafetensorsFile saved(file.path());
  Content content{{}, saved.metadata()};
  for (const std::string& name : saved.names()) {
    content.tensors.emplace_back(name, saved.tensor(name).clone());
  }
  return content;
}

at::Tensor& tensor_named(Content& content, const std::string& name) {
  for (auto& [candidate, tensor] : content.tensors) {
    if (candidate == name) return tensor;
  }
  throw std::runtime_error("no tensor " + name);
}

void expect_refused(const Content& content, ErrorCode code, const std::string& part_of_message) {
  const TemporaryFile file("damaged.safetensors");
  io::save_safetensors(file.path(), content.tensors, content.metadata);
  try {
    load_model(file.path(), at::kCPU);
    FAIL() << "no error, expected one about " << part_of_message;
  } catch (const Error& error) {
    const std::string message = error.what();
    EXPECT_EQ(error.code(), code) << message;
    EXPECT_NE(message.find(part_of_message), std::string::npos) << message;
    EXPECT_NE(message.find("damaged.safetensors"), std::string::npos) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  }
}

const char* const kSomeTensor = "sem_seg_head.predictor.query_feat.weight";

TEST(ModelFile, SavedAndLoadedIsTheSameModel) {
  const TemporaryFile file("m.safetensors");
  const auto saved = small_model();
  save(file.path(), *saved);
  const auto loaded = load_model(file.path(), at::kCPU);
  EXPECT_EQ(to_json(loaded->config), to_json(saved->config));
  EXPECT_EQ(loaded->clip->tokenizer->merges(), saved->clip->tokenizer->merges());
  EXPECT_EQ(loaded->clip->tokenizer->encode("the cat"), saved->clip->tokenizer->encode("the cat"));
  ASSERT_EQ(loaded->weights().rows().size(), saved->weights().rows().size());
  for (const nn::Weight& row : saved->weights().rows()) {
    EXPECT_TRUE(loaded->weights().find(row.name)->member->equal(*row.member)) << row.name;
  }
}

TEST(ModelFile, ALoadedModelCanBeSavedAgainByteForByte) {
  const TemporaryFile first("m.safetensors"), second("m.safetensors");
  save(first.path(), *small_model());
  save(second.path(), *load_model(first.path(), at::kCPU));
  EXPECT_EQ(std::filesystem::file_size(first.path()), std::filesystem::file_size(second.path()));
  const io::SafetensorsFile a(first.path()), b(second.path());
  EXPECT_EQ(a.metadata(), b.metadata());
  for (const std::string& name : a.names())
    EXPECT_TRUE(a.tensor(name).equal(b.tensor(name))) << name;
}

TEST(ModelFile, AModelMayReplaceTheFileItIsMappedFrom) {
  const TemporaryFile file("m.safetensors");
  save(file.path(), *small_model());
  const auto loaded = load_model(file.path(), at::kCPU);
  save(file.path(), *loaded);
  EXPECT_TRUE(
      load_model(file.path(), at::kCPU)->head.void_embedding.equal(loaded->head.void_embedding));
}

class NarrowModelFile : public ::testing::TestWithParam<std::pair<at::ScalarType, double>> {};

TEST_P(NarrowModelFile, KeepsVectorsExactAndRoundsMatrices) {
  const auto [dtype, tolerance] = GetParam();
  const TemporaryFile file("m.safetensors"), whole("w.safetensors");
  const auto saved = small_model();
  save(file.path(), *saved, dtype);
  save(whole.path(), *saved);
  EXPECT_LT(std::filesystem::file_size(file.path()),
            std::filesystem::file_size(whole.path()) * 6 / 10);
  const auto loaded = load_model(file.path(), at::kCPU);
  for (const nn::Weight& row : saved->weights().rows()) {
    const at::Tensor& got = *loaded->weights().find(row.name)->member;
    EXPECT_EQ(got.scalar_type(), at::kFloat);
    EXPECT_TRUE(test::near(got, *row.member, row.shape.size() < 2 ? 0 : tolerance)) << row.name;
  }
}

INSTANTIATE_TEST_SUITE_P(ModelFile, NarrowModelFile,
                         ::testing::Values(std::pair{at::kHalf, 6e-4},
                                           std::pair{at::kBFloat16, 4e-3}));

TEST(ModelFile, ValuesTooLargeForFloat16AreNamedAndNothingIsWritten) {
  const TemporaryFile file("m.safetensors");
  const auto model = small_model();
  model->head.void_embedding = at::full({1, 64}, 1e5f);
  try {
    save(file.path(), *model, at::kHalf);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::unsupported);
    EXPECT_NE(std::string(error.what()).find("void_embedding.weight"), std::string::npos);
  }
  EXPECT_FALSE(std::filesystem::exists(file.path()));
}

TEST(ModelFile, AMissingTensorIsNamed) {
  Content content = content_of_small_model();
  std::erase_if(content.tensors, [](const auto& entry) { return entry.first == kSomeTensor; });
  expect_refused(content, ErrorCode::missing_tensor, kSomeTensor);
}

TEST(ModelFile, ASurplusTensorIsNamed) {
  Content content = content_of_small_model();
  content.tensors.emplace_back("extra.unknown.weight", at::ones({3}));
  expect_refused(content, ErrorCode::missing_tensor, "extra.unknown.weight");
}

TEST(ModelFile, ATensorOfAnotherShapeIsNamed) {
  Content content = content_of_small_model();
  at::Tensor& tensor = tensor_named(content, kSomeTensor);
  tensor = tensor.t().contiguous();
  expect_refused(content, ErrorCode::shape_mismatch, kSomeTensor);
}

TEST(ModelFile, AnIntegerTensorIsNamed) {
  Content content = content_of_small_model();
  at::Tensor& tensor = tensor_named(content, kSomeTensor);
  tensor = tensor.to(at::kInt);
  expect_refused(content, ErrorCode::shape_mismatch, kSomeTensor);
}

TEST(ModelFile, ValuesThatAreNotFiniteAreNamedWhereverTheyAre) {
  Content content = content_of_small_model();
  const at::Tensor original = tensor_named(content, kSomeTensor).clone();
  for (const int64_t index : {int64_t{0}, int64_t{511}, int64_t{512}, original.numel() - 1}) {
    for (const float value :
         {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
          -std::numeric_limits<float>::infinity()}) {
      tensor_named(content, kSomeTensor) = original.clone();
      tensor_named(content, kSomeTensor).flatten()[index] = value;
      expect_refused(content, ErrorCode::missing_tensor, kSomeTensor);
    }
  }
}

TEST(ModelFile, PackedAtItsFirstUseAModelGivesTheSameNumbersAndKeepsItsWeights) {
  const TemporaryFile file("m.safetensors");
  save(file.path(), *small_model());
  LoadOptions late;
  late.pack_at_first_use = true;
  const auto at_once = load_model(file.path(), at::kCPU);
  const auto loaded = load_model(file.path(), at::kCPU, late);
  const at::Tensor image = at::randn({1, 64, 96, 3});
  for (int use = 0; use < 2; ++use) {
    EXPECT_TRUE(loaded->clip->image_tower->forward(image).dense.equal(
        at_once->clip->image_tower->forward(image).dense));
  }
  // Their pages were given back, and come again from the file.
  for (const nn::Weight& row : at_once->weights().rows()) {
    EXPECT_TRUE(loaded->weights().find(row.name)->member->equal(*row.member)) << row.name;
  }
}

TEST(ModelFile, WhatIsPackedAtItsFirstUseIsCheckedBefore) {
  Content content = content_of_small_model();
  const std::string name = "backbone.clip_model.visual.trunk.stages.1.blocks.0.mlp.fc2.weight";
  tensor_named(content, name).flatten()[3] = std::numeric_limits<float>::quiet_NaN();
  const TemporaryFile file("damaged.safetensors");
  io::save_safetensors(file.path(), content.tensors, content.metadata);
  LoadOptions late;
  late.pack_at_first_use = true;
  EXPECT_ERROR(missing_tensor, name, load_model(file.path(), at::kCPU, late));
}

TEST(ModelFile, MetadataMustBeThisProgramsOwn) {
  const Content whole = content_of_small_model();
  Content content = whole;
  content.metadata.clear();
  expect_refused(content, ErrorCode::bad_format, "fcclip convert");
  content.metadata = whole.metadata;
  content.metadata["format"] = "fcclip-model-9";
  expect_refused(content, ErrorCode::unsupported, "fcclip-model-9");
  content.metadata = whole.metadata;
  content.metadata["fcclip"] = "{";
  expect_refused(content, ErrorCode::bad_format, "JSON");
  content.metadata["fcclip"] = std::string(100'000, '[');
  expect_refused(content, ErrorCode::bad_format, "JSON");
}

TEST(ModelFile, SizesThatContradictEachOtherAreTheFilesFault) {
  Content content = content_of_small_model();
  std::string& config = content.metadata["fcclip"];
  const std::string heads = "\"heads\":4";
  for (size_t at = 0; (at = config.find(heads, at)) != std::string::npos; ++at) {
    config.replace(at, heads.size(), "\"heads\":3");
  }
  expect_refused(content, ErrorCode::bad_format, "heads");
}

TEST(ModelFile, LossBuffersOfACheckpointAreNoSurplus) {
  Content content = content_of_small_model();
  content.tensors.emplace_back("criterion.empty_weight", at::ones({9}));
  const TemporaryFile file("m.safetensors");
  io::save_safetensors(file.path(), content.tensors, content.metadata);
  EXPECT_NE(load_model(file.path(), at::kCPU), nullptr);
}

std::unique_ptr<Clip> small_clip() {
  auto clip = std::make_unique<Clip>(test::small_config().clip);
  clip->tokenizer = make_tokenizer(test::small_merges(), clip->config.text);
  clip->pixels.mean = {1, 2, 3};
  clip->provenance = "a test";
  fill_untrained(*clip, 2);
  return clip;
}

void expect_clip_refused(const std::filesystem::path& path, ErrorCode code,
                         const std::string& part_of_message) {
  try {
    load_clip(path);
    FAIL() << "no error, expected one about " << part_of_message;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    EXPECT_NE(std::string(error.what()).find(part_of_message), std::string::npos) << error.what();
  }
}

TEST(ClipFile, SavedAndLoadedIsTheSameClip) {
  const TemporaryFile file("clip.safetensors");
  const auto saved = small_clip();
  save(file.path(), *saved);
  const auto loaded = load_clip(file.path());
  EXPECT_EQ(loaded->pixels.mean, saved->pixels.mean);
  EXPECT_EQ(loaded->provenance, "a test");
  EXPECT_EQ(loaded->tokenizer->merges(), saved->tokenizer->merges());
  for (const nn::Weight& row : saved->weights().rows()) {
    EXPECT_TRUE(loaded->weights().find(row.name)->member->equal(*row.member)) << row.name;
  }
  EXPECT_EQ(read_metadata(file.path()).content, FileContent::clip);
}

TEST(ClipFile, AModelFileHoldsOneToo) {
  const TemporaryFile file("m.safetensors");
  const auto model = small_model();
  save(file.path(), *model);
  const auto clip = load_clip(file.path());
  for (const nn::Weight& row : model->clip->weights().rows()) {
    EXPECT_TRUE(clip->weights().find(row.name)->member->equal(*row.member)) << row.name;
  }
  EXPECT_EQ(clip->config.text.vocab_size, model->config.clip.text.vocab_size);
}

TEST(ClipFile, IsNoModelFile) {
  const TemporaryFile file("clip.safetensors");
  save(file.path(), *small_clip());
  for (const auto& open : {+[](const std::filesystem::path& path) { load_model(path, at::kCPU); },
                           +[](const std::filesystem::path& path) { load_config(path); }}) {
    try {
      open(file.path());
      ADD_FAILURE() << "no error";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::bad_format);
      EXPECT_NE(std::string(error.what()).find("model.clip="), std::string::npos) << error.what();
    }
  }
}

TEST(ClipFile, SurplusAndForeignTensorsAreRefused) {
  const TemporaryFile file("clip.safetensors");
  save(file.path(), *small_clip());
  const io::SafetensorsFile saved(file.path());
  io::NamedTensors tensors;
  for (const std::string& name : saved.names()) {
    tensors.emplace_back(name, saved.tensor(name).clone());
  }
  const TemporaryFile foreign("foreign.safetensors"), surplus("surplus.safetensors");
  io::save_safetensors(foreign.path(), tensors, {{"format", "pt"}});
  expect_clip_refused(foreign.path(), ErrorCode::bad_format, "fcclip pretrain");
  tensors.emplace_back("extra.weight", at::ones({2}));
  io::save_safetensors(surplus.path(), tensors, saved.metadata());
  expect_clip_refused(surplus.path(), ErrorCode::missing_tensor, "extra.weight");
}

TEST(ClipFile, ValuesThatAreNotFiniteAreNotWritten) {
  const TemporaryFile file("clip.safetensors");
  const auto clip = small_clip();
  const nn::Weight* row = clip->weights().find("backbone.clip_model.text_projection");
  row->member->flatten()[3] = std::numeric_limits<float>::quiet_NaN();
  for (const at::ScalarType dtype : {at::kFloat, at::kHalf}) {
    try {
      save(file.path(), *clip, dtype);
      ADD_FAILURE() << "no error";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::missing_tensor);
      EXPECT_NE(std::string(error.what()).find("text_projection"), std::string::npos);
    }
  }
  EXPECT_FALSE(std::filesystem::exists(file.path()));
}

TEST(Model, TakesSizesAndNormalisationOfTheClipItIsBuiltOn) {
  std::shared_ptr<Clip> clip = small_clip();
  const Model model(test::small_config(), clip);
  EXPECT_EQ(model.clip, clip);
  EXPECT_EQ(model.config.pixels.mean, clip->pixels.mean);
  EXPECT_EQ(model.weights().find("backbone.clip_model.text_projection")->member,
            clip->weights().find("backbone.clip_model.text_projection")->member);
  Config other = test::small_config();
  other.mask_decoder.embed_dim = 32;
  try {
    const Model refused(other, clip);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
  }
}

TEST(MakeTokenizer, FollowsTheEmbeddingUnlessItIsACutOne) {
  clip::TextConfig text;
  text.vocab_size = 518;
  const auto small = make_tokenizer(test::small_merges(), text);
  EXPECT_EQ(small->encode("the").front(), 516);
  text.vocab_size = 64;
  EXPECT_ERROR(bad_format, "merges: the file ends after 4 merges, expected 48894",
               make_tokenizer(test::small_merges(), text));  // CLIP's own size needs all merges
}

}  // namespace
}  // namespace fcclip::model
