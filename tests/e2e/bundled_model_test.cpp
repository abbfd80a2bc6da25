// The model that the project ships, on the picture that `make demo` shows.

#include <set>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/image/image_file.h"
#include "fcclip/segmenter/segmenter.h"
#include "tests/support/source_folder.h"

namespace fcclip {
namespace {

std::filesystem::path model_path() {
  return test::source_folder() / "models" / "mini.safetensors";
}

results::Segmentation segment(const classify::Vocabulary& words) {
  segmenter::SegmenterOptions options;
  options.use_text_cache = false;
  const segmenter::Segmenter segmenter = segmenter::Segmenter::load(model_path(), options);
  const at::Tensor rgb =
      image::read_rgb(test::source_folder() / "examples" / "pictures" / "scene.png");
  return segmenter.ask(segmenter.encode(rgb), segmenter.prepare(words), segmenter.ask_defaults());
}

std::set<std::string> names_of(const results::Segmentation& answer) {
  std::set<std::string> names;
  for (const results::Segment& found : answer.segments()) names.insert(found.name);
  return names;
}

TEST(BundledModel, NamesWhatIsInTheExampleScene) {
  const results::Segmentation answer =
      segment(classify::parse_classes("bat, backpack | school bag, christmas tree, ladybug, "
                                      "sailboat, violin, teapot, giraffe"));
  const std::set<std::string> expected = {"backpack", "bat", "christmas tree", "ladybug",
                                          "sailboat"};
  EXPECT_EQ(names_of(answer), expected);
}

TEST(BundledModel, TakesSynonymsForItsWords) {
  const results::Segmentation answer =
      segment(classify::parse_classes("ladybird | ladybug, violin"));
  EXPECT_EQ(names_of(answer), (std::set<std::string>{"ladybird"}));
}

TEST(BundledModel, FitsIntoTwentyMegabytes) {
  EXPECT_LE(std::filesystem::file_size(model_path()), 20'000'000U);
}

}  // namespace
}  // namespace fcclip
