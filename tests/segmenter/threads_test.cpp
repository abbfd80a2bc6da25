// One Segmenter for several threads at once: each gets what it would get alone.

#include <thread>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/model/model.h"
#include "fcclip/segmenter/segmenter.h"
#include "tests/segmenter/small_model.h"

namespace fcclip::segmenter {
namespace {

constexpr int kThreads = 4;

at::Tensor noise(uint64_t seed) {
  at::manual_seed(seed);
  return at::randint(0, 256, {40, 56, 3}, at::kByte);
}

classify::Vocabulary words(const std::vector<std::string>& names) {
  classify::Vocabulary vocabulary;
  for (const std::string& name : names) {
    vocabulary.classes.push_back({std::ssize(vocabulary.classes) + 1, {name}, true});
  }
  return vocabulary;
}

void in_threads(const std::function<void(int)>& work) {
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) threads.emplace_back(work, i);
  for (std::thread& thread : threads) thread.join();
}

class SegmenterInThreads : public ::testing::Test {
 protected:
  SegmenterInThreads() : segmenter_(test::small_model(), options()) {}
  SegmenterOptions options() const {
    SegmenterOptions options;
    options.cache_folder = folder_.path();
    return options;
  }
  test::TemporaryFile folder_{"cache"};
  Segmenter segmenter_;
};

TEST_F(SegmenterInThreads, EncodesAsItDoesAlone) {
  std::vector<at::Tensor> pictures;
  for (int i = 0; i < kThreads; ++i) pictures.push_back(noise(i));
  std::vector<EncodedImage> got(kThreads);
  in_threads([&](int i) { got[i] = segmenter_.encode(pictures[i]); });
  for (int i = 0; i < kThreads; ++i) {
    const EncodedImage alone = segmenter_.encode(pictures[i]);
    EXPECT_TRUE(got[i].mask_logits.equal(alone.mask_logits)) << i;
    EXPECT_TRUE(got[i].clip_embed.equal(alone.clip_embed)) << i;
  }
}

TEST(SegmenterOfAFile, WhoeverEncodesFirstPacksItsWeightsForAll) {
  const test::TemporaryFile file("m.safetensors");
  model::save(file.path(), *test::small_model());
  const Segmenter segmenter = Segmenter::load(file.path());
  const at::Tensor picture = noise(5);
  std::vector<EncodedImage> got(kThreads);
  in_threads([&](int i) { got[i] = segmenter.encode(picture); });
  const EncodedImage alone = Segmenter(test::small_model(), {}).encode(picture);
  for (const EncodedImage& one : got) {
    EXPECT_TRUE(one.mask_logits.equal(alone.mask_logits));
    EXPECT_TRUE(one.clip_embed.equal(alone.clip_embed));
  }
}

TEST_F(SegmenterInThreads, PreparesOverlappingVocabulariesAtOnce) {
  const std::vector<std::vector<std::string>> lists = {
      {"cat", "sky"}, {"sky", "the hat"}, {"the hat", "cat"}, {"cat", "sky", "the hat"}};
  std::vector<at::Tensor> rows(kThreads);
  in_threads([&](int i) { rows[i] = segmenter_.prepare(words(lists[i])).classifier.rows; });
  SegmenterOptions uncached = options();
  uncached.use_text_cache = false;
  const Segmenter alone(test::small_model(), uncached);
  for (int i = 0; i < kThreads; ++i) {
    EXPECT_TRUE(at::allclose(rows[i], alone.prepare(words(lists[i])).classifier.rows)) << i;
  }
}

TEST_F(SegmenterInThreads, AsksOnePictureSeveralQuestionsAtOnce) {
  const EncodedImage image = segmenter_.encode(noise(7));
  const std::vector<PreparedVocabulary> questions = {
      segmenter_.prepare(words({"cat", "sky"})), segmenter_.prepare(words({"the hat"})),
      segmenter_.prepare(words({"sky", "the hat", "cat"})), segmenter_.prepare(words({"cat"}))};
  AskOptions options = segmenter_.ask_defaults();
  options.task = results::Task::semantic;
  std::vector<results::Segmentation> got(kThreads);
  in_threads([&](int i) { got[i] = segmenter_.ask(image, questions[i], options); });
  for (int i = 0; i < kThreads; ++i) {
    const results::Segmentation alone = segmenter_.ask(image, questions[i], options);
    EXPECT_TRUE(got[i].semantic().labels.equal(alone.semantic().labels)) << i;
    EXPECT_EQ(got[i].segments().size(), alone.segments().size()) << i;
  }
}

}  // namespace
}  // namespace fcclip::segmenter
