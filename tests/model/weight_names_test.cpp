#include "fcclip/model/weight_names.h"

#include <set>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "tests/support/errors.h"

namespace fcclip::model {
namespace {

io::Checkpoint checkpoint_with(const std::vector<std::string>& names) {
  io::Checkpoint checkpoint;
  for (const std::string& name : names) checkpoint.tensors.emplace_back(name, at::zeros({1}));
  return checkpoint;
}

std::set<std::string> names_of(const PublishedWeights& weights) {
  std::set<std::string> names;
  for (const auto& [name, tensor] : weights.tensors) names.insert(name);
  return names;
}

const std::vector<std::string> kNames = {"backbone.clip_model.visual.trunk.stem.0.weight",
                                         "sem_seg_head.predictor.logit_scale",
                                         "void_embedding.weight"};
const std::set<std::string> kPublished(kNames.begin(), kNames.end());

std::vector<std::string> with_prefix(const std::string& prefix) {
  std::vector<std::string> names;
  for (const std::string& name : kNames) names.push_back(prefix + name);
  return names;
}

TEST(WeightNames, PrefixesOfWrappersGo) {
  for (const char* prefix : {"", "model.", "module.", "_orig_mod.", "model.module._orig_mod.",
                             "_orig_mod.module.", "net.fcclip.", "_forward_module.model."}) {
    EXPECT_EQ(names_of(published_weights(checkpoint_with(with_prefix(prefix)), "", "f")),
              kPublished)
        << prefix;
  }
}

TEST(WeightNames, WrappersInTheMiddleGo) {
  const auto weights = published_weights(
      checkpoint_with({"backbone._orig_mod.clip_model.visual.trunk.stem.0.weight",
                       "sem_seg_head.module.predictor.logit_scale", "void_embedding.weight"}),
      "", "f");
  EXPECT_EQ(names_of(weights), kPublished);
}

TEST(WeightNames, WhatStandsOutsideThePrefixIsLeftOut) {
  std::vector<std::string> names = with_prefix("model.");
  names.push_back("loss.weight");
  const auto weights = published_weights(checkpoint_with(names), "", "f");
  EXPECT_EQ(names_of(weights), kPublished);
  EXPECT_EQ(weights.prefix, "model");
  EXPECT_EQ(weights.left_out, std::vector<std::string>{"loss.weight"});
}

TEST(WeightNames, OfTwoSetsOneIsChosen) {
  std::vector<std::string> names = with_prefix("model.");
  for (const std::string& name : with_prefix("model_ema.")) names.push_back(name);
  const io::Checkpoint both = checkpoint_with(names);
  try {
    published_weights(both, "", "both.ckpt");
    FAIL() << "taken";
  } catch (const Error& error) {
    const std::string message = error.what();
    for (const char* part : {"both.ckpt", "model (3", "model_ema (3", "--container"}) {
      EXPECT_NE(message.find(part), std::string::npos) << message;
    }
  }
  const auto weights = published_weights(both, "model_ema", "both.ckpt");
  EXPECT_EQ(weights.prefix, "model_ema");
  EXPECT_EQ(names_of(weights), kPublished);
  EXPECT_TRUE(weights.is_chosen);
}

TEST(WeightNames, OpenClipsNamesAndItsCustomTextTower) {
  EXPECT_EQ(names_of(published_weights(checkpoint_with({"visual.trunk.stem.0.weight",
                                                        "text.ln_final.weight", "logit_scale"}),
                                       "", "f")),
            (std::set<std::string>{"backbone.clip_model.visual.trunk.stem.0.weight",
                                   "backbone.clip_model.ln_final.weight",
                                   "backbone.clip_model.logit_scale"}));
}

TEST(WeightNames, OneNameTwiceIsRefused) {
  EXPECT_ERROR(bad_format, "f: tensor backbone.clip_model.visual.bn1.weight is there twice,",
               published_weights(
                   checkpoint_with({"visual.bn1.weight", "_orig_mod.visual.bn1.weight"}), "", "f"));
}

TEST(WeightNames, OtherNetworksAreNamed) {
  const TensorShapes shapes = {{"text_model.encoder.layers.0.mlp.fc1.weight", {1}}};
  EXPECT_NE(foreign_form(shapes).find("transformers"), std::string::npos);
  EXPECT_EQ(foreign_form({{"a", {1}}}), "");
}

}  // namespace
}  // namespace fcclip::model
