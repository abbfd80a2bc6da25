// What the service keeps: pictures, words, places in queues.

#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "fcclip/serve/admission.h"
#include "fcclip/serve/fair_queue.h"
#include "fcclip/serve/guard.h"
#include "fcclip/serve/image_store.h"
#include "fcclip/serve/model_shelf.h"
#include "fcclip/serve/words_store.h"
#include "tests/api/face.h"
#include "tests/support/errors.h"

namespace fcclip::serve {
namespace {

using std::chrono::seconds;

StoredImage stored() {
  return {"mini", "scene.png", fcclip::test::scene(), fcclip::test::encoded_scene()};
}

TEST(ImageStore, TheLeastRecentlyUsedGoesFirst) {
  ImageStore store(stored().bytes() * 2, seconds(100));
  const std::string a = store.add(stored()), b = store.add(stored());
  store.find(a);
  const std::string c = store.add(stored());
  EXPECT_ERROR(not_found, b, store.find(b));
  EXPECT_EQ(store.find(a)->name, "scene.png");
  EXPECT_EQ(store.find(c)->name, "scene.png");
  EXPECT_LE(store.count().bytes, store.most_bytes());
  EXPECT_EQ(store.count().images, 2);
  EXPECT_EQ(store.count().dropped, 1);
}

TEST(ImageStore, EveryUseProlongs) {
  ImageStore store(stored().bytes() * 4, seconds(10));
  const auto start = ImageStore::Clock::now();
  const std::string a = store.add(stored(), start), b = store.add(stored(), start);
  store.find(a, start + seconds(8));
  store.find(a, start + seconds(16));
  EXPECT_ERROR(not_found, b, store.find(b, start + seconds(16)));
  store.sweep(start + seconds(40));
  EXPECT_EQ(store.count().images, 0);
  EXPECT_EQ(store.count().bytes, 0);
}

TEST(ImageStore, WhatIsInUseOutlivesItsPlace) {
  ImageStore store(stored().bytes(), seconds(10));
  const std::string a = store.add(stored());
  const auto held = store.find(a);
  store.remove(a);
  EXPECT_EQ(held->picture.width(), 640);
  EXPECT_ERROR(not_found, a, store.remove(a));
}

TEST(ImageStore, RefusesWhatNeverFits) {
  ImageStore store(100, seconds(10));
  EXPECT_ERROR(too_large, "whole store", store.add(stored()));
}

TEST(ImageStore, IdsDiffer) {
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i) ids.insert(random_id());
  EXPECT_EQ(ids.size(), 1000u);
}

TEST(WordsStore, KeepsWhatWasAskedLately) {
  WordsStore store(4);
  const Model& model = fcclip::test::face_model();
  const Words a = parse_words("cat, dog"), b = parse_words("bat, rock");
  store.get(model, "mini", a);
  store.get(model, "mini", b);
  store.get(model, "mini", a);
  EXPECT_EQ(store.count().hits, 1);
  store.get(model, "mini", parse_words("sailboat"));  // b has to go
  store.get(model, "mini", a);
  store.get(model, "mini", b);
  EXPECT_EQ(store.count().hits, 2);
  EXPECT_EQ(store.count().misses, 4);
  EXPECT_LE(store.count().synonyms, 4);
}

TEST(WordsStore, KindsAndModelsMakeADifference) {
  WordsStore store(100);
  const Model& model = fcclip::test::face_model();
  store.get(model, "mini", parse_words("cat, rock"));
  store.get(model, "mini", parse_words("cat, rock", {.stuff = "rock"}));
  store.get(model, "other", parse_words("cat, rock"));
  store.get(model, "mini", parse_words("cat | rock"));
  EXPECT_EQ(store.count().hits, 0);
}

TEST(FairQueue, ClientsTakeTurns) {
  FairQueue<std::string> queue;
  const auto put = [&](const std::string& client, const std::string& name) {
    const auto item = std::make_shared<std::string>(name);
    queue.push(client, item);
    return item;
  };
  put("a", "a1");
  put("a", "a2");
  const auto a3 = put("a", "a3");
  const auto b1 = put("b", "b1");
  const auto c1 = put("c", "c1");
  EXPECT_EQ(queue.before(*b1), 1);
  EXPECT_EQ(queue.before(*a3), 4);
  EXPECT_EQ(queue.before(*c1), 2);
  std::string order;
  while (queue.size() > 0) order += *queue.pop() + " ";
  EXPECT_EQ(order, "a1 b1 c1 a2 a3 ");
  EXPECT_FALSE(queue.before(*a3));
}

TEST(FairQueue, PlacesAreAsItemsAreTaken) {
  FairQueue<int> queue;
  std::vector<std::shared_ptr<int>> items;
  const char* clients = "aababcaacb";
  for (int i = 0; clients[i] != 0; ++i) {
    items.push_back(std::make_shared<int>(i));
    queue.push(std::string(1, clients[i]), items.back());
  }
  std::vector<int64_t> places;
  for (const auto& item : items) places.push_back(*queue.before(*item));
  for (int64_t taken = 0; queue.size() > 0; ++taken)
    EXPECT_EQ(places[static_cast<size_t>(*queue.pop())], taken);
}

TEST(FairQueue, RemovesAndCloses) {
  FairQueue<int> queue;
  const auto one = std::make_shared<int>(1), two = std::make_shared<int>(2);
  queue.push("a", one);
  queue.push("a", two);
  EXPECT_TRUE(queue.remove(*one));
  EXPECT_FALSE(queue.remove(*one));
  EXPECT_EQ(*queue.pop(), 2);
  std::thread waiting([&] { EXPECT_EQ(queue.pop(), nullptr); });
  queue.close();
  waiting.join();
}

TEST(FairQueue, TakesWhatFitsTogether) {
  FairQueue<int> queue;
  for (const int value : {2, 4, 5, 6}) queue.push("a", std::make_shared<int>(value));
  const auto even = queue.pop_more(5, [](const int& value) { return value % 2 == 0; });
  EXPECT_EQ(even.size(), 2u);
  EXPECT_EQ(queue.size(), 2);
}

TEST(Admission, BoundsAllAndEachClient) {
  Limits limits;
  limits.queue = 3;
  limits.queue_of_client = 2;
  Admission admission(limits);
  admission.enter("a");
  admission.enter("a");
  EXPECT_ERROR(overloaded, "your address", admission.enter("a"));
  admission.enter("b");
  EXPECT_ERROR(overloaded, "full", admission.check("c"));
  admission.leave("a");
  admission.enter("c");
  EXPECT_EQ(admission.inside(), 3);
}

TEST(ModelShelf, NamesDiffer) {
  EXPECT_ERROR(invalid_argument, "called 'a'", ModelShelf({{"a", "x"}, {"a", "y"}}));
  EXPECT_ERROR(invalid_argument, "no model", ModelShelf({}));
  ModelShelf shelf({{"a", "x"}, {"b", "y"}});
  EXPECT_ERROR(unavailable, "'a' is still loading", shelf.get(""));
  EXPECT_ERROR(invalid_value, "there are a, b", shelf.get("c"));
  EXPECT_ERROR(not_found, "there are a, b", shelf.find("c"));
}

TEST(Guard, SecretsAndHosts) {
  EXPECT_TRUE(same_secret("abc", "abc"));
  EXPECT_FALSE(same_secret("abc", "abd"));
  EXPECT_FALSE(same_secret("abc", "abcd"));
  EXPECT_FALSE(same_secret("", "a"));
  EXPECT_EQ(host_without_port("Example.org:80"), "example.org");
  EXPECT_EQ(host_without_port("[::1]:80"), "::1");
  EXPECT_EQ(host_without_port("127.0.0.1"), "127.0.0.1");
}

}  // namespace
}  // namespace fcclip::serve
