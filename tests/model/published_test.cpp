#include "fcclip/model/published.h"

#include <fstream>
#include <iomanip>
#include <map>
#include <numeric>
#include <sstream>

#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "fcclip/model/model.h"
#include "fcclip/model/untrained.h"
#include "tests/support/source_folder.h"

namespace fcclip::model {
namespace {

double millions(const nn::WeightTable& table) {
  int64_t count = 0;
  for (const nn::Weight& row : table.rows()) {
    if (row.role == nn::WeightRole::statistic) continue;
    count += std::accumulate(row.shape.begin(), row.shape.end(), int64_t{1}, std::multiplies<>());
  }
  return static_cast<double>(count) * 1e-6;
}

// open_clip's own profile of its models (docs/model_profile.csv, column mparams).
TEST(PublishedModels, ClipsHaveTheParametersThatOpenClipCounts) {
  const std::map<std::string, double> want = {{"convnext_base_w_320", 179.39},
                                              {"convnext_large_d_320", 351.77},
                                              {"convnext_xxlarge", 1200.58},
                                              {"RN50", 102.01},
                                              {"RN101", 119.69},
                                              {"RN50x4", 178.3},
                                              {"RN50x16", 290.98},
                                              {"RN50x64", 623.26}};
  EXPECT_EQ(published_models().size(), want.size());
  for (const PublishedModel& model : published_models()) {
    EXPECT_NEAR(millions(Clip(model.clip).weights()), want.at(model.name), 0.006) << model.name;
  }
}

TEST(PublishedModels, EachIsFoundByItsSizes) {
  for (const PublishedModel& model : published_models()) {
    ASSERT_NE(find_published(model.clip), nullptr);
    EXPECT_EQ(find_published(model.clip)->name, model.name);
    clip::ClipConfig other = model.clip;
    other.text.layers += 1;
    EXPECT_EQ(find_published(other), nullptr);
    EXPECT_EQ(find_published_tower(other)->clip.embed_dim, model.clip.embed_dim);
  }
}

TEST(PublishedModels, EachIsAPresetThatFits) {
  for (const std::string& name : preset_names()) {
    const Config config = preset_config(name);
    EXPECT_EQ(config.name, name);
    validate(config);
  }
  try {
    preset_config("RN51");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    EXPECT_NE(std::string(error.what()).find("tiny, convnext_base_w_320"), std::string::npos);
  }
}

std::string join(const std::vector<int64_t>& values) {
  std::string text;
  for (const int64_t value : values) text += (text.empty() ? "" : "-") + std::to_string(value);
  return text;
}

/// A row of the table in docs/model.md.
std::string documented(const PublishedModel& model) {
  const clip::ClipConfig& clip = model.clip;
  const bool convnext = clip.tower == clip::TowerKind::convnext;
  std::ostringstream row;
  row << "| `" << model.name << "` | " << (convnext ? "ConvNeXt " : "ResNet ")
      << join(convnext ? clip.convnext.depths : clip.resnet.layers) << " | "
      << (convnext ? clip.convnext.dims.front() : clip.resnet.width) << " | " << clip.text.layers
      << " × " << clip.text.width << " | " << clip.embed_dim << " | " << clip.image_size << " | "
      << std::fixed << std::setprecision(0) << millions(Clip(clip).weights()) << " + "
      << millions(Head(published_config(model).pixel_decoder, published_config(model).mask_decoder)
                      .weights())
      << " |";
  return row.str();
}

TEST(PublishedModels, TheTableInTheDocumentationIsThis) {
  std::ostringstream text;
  text << std::ifstream(test::source_folder() / "docs" / "model.md").rdbuf();
  for (const PublishedModel& model : published_models()) {
    EXPECT_NE(text.str().find(documented(model) + "\n"), std::string::npos) << documented(model);
  }
}

TEST(PublishedModels, TheTrainingVocabularyIsCocos) {
  const classify::Vocabulary coco = published_training_vocabulary();
  EXPECT_EQ(coco.classes.size(), 133u);
  EXPECT_EQ(coco.classes.front().synonyms.front(), "person");
}

}  // namespace
}  // namespace fcclip::model
