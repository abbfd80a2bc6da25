// One model, one image, one set of words, many threads: the answers are those of one thread.

#include <thread>

#include "tests/api/face.h"

namespace fcclip {
namespace {

using test::encoded_scene;
using test::face_model;

constexpr int kThreads = 8;

template <typename Work>
void in_threads(Work work) {
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) threads.emplace_back([i, &work] { work(i); });
  for (std::thread& thread : threads) thread.join();
}

std::string nth_words(int n) {
  const char* const words[] = {"ladybug, rock", "rock", "ladybug, sand | gravel",
                               "tree, rock, sea"};
  return words[n % 4];
}

TEST(FaceThreads, QuestionsAtOnceHaveTheirOwnAnswers) {
  std::vector<Segmentation> alone;
  for (int i = 0; i < kThreads; ++i)
    alone.push_back(
        face_model().ask(encoded_scene(), face_model().prepare(parse_words(nth_words(i)))));
  in_threads([&](int i) {
    for (int round = 0; round < 3; ++round) {
      const PreparedWords words = face_model().prepare(parse_words(nth_words(i)));
      const Segmentation answer = face_model().ask(encoded_scene(), words);
      EXPECT_EQ(answer.ids, alone[static_cast<size_t>(i)].ids);
      ASSERT_EQ(answer.segments.size(), alone[static_cast<size_t>(i)].segments.size());
      for (size_t k = 0; k < answer.segments.size(); ++k) {
        EXPECT_EQ(answer.segments[k].name, alone[static_cast<size_t>(i)].segments[k].name);
        EXPECT_EQ(answer.segments[k].score, alone[static_cast<size_t>(i)].segments[k].score);
      }
    }
  });
}

TEST(FaceThreads, PreparedWordsAreShared) {
  const PreparedWords words = face_model().prepare(parse_words("ladybug, rock"));
  const Segmentation alone = face_model().ask(encoded_scene(), words);
  in_threads([&](int) { EXPECT_EQ(face_model().ask(encoded_scene(), words).ids, alone.ids); });
}

TEST(FaceThreads, PicturesAreEncodedAtOnce) {
  const PreparedWords words = face_model().prepare(parse_words("ladybug, rock"));
  const Segmentation alone = face_model().ask(encoded_scene(), words);
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      const Image image = face_model().encode(test::scene().view());
      EXPECT_EQ(face_model().ask(image, words).ids, alone.ids);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(FaceThreads, TheTextCacheServesEverybody) {
  const std::string folder = ::testing::TempDir() + "fcclip-face-cache";
  const Model model = Model::load(test::bundled_model(), {.cache_folder = folder});
  const Words words = parse_words("ladybug, rock, sand, sea, tree");
  in_threads([&](int) { model.prepare(words); });
  EXPECT_EQ(model.prepare(words).computed(), 0);
  EXPECT_EQ(model.prepare(words).cached(), 5);
}

}  // namespace
}  // namespace fcclip
