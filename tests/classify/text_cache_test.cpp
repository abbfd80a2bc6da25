#include "fcclip/classify/text_cache.h"

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include <ATen/ATen.h>

#include "fcclip/core/error.h"
#include "fcclip/core/hash.h"
#include "tests/support/goldens.h"

namespace fcclip::classify {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> kTemplates = {"a {}.", "the {}"};

class TextCacheTest : public ::testing::Test {
 protected:
  TextCacheTest() {
    std::string pattern = (fs::temp_directory_path() / "fcclip_text_cache_XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~TextCacheTest() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  TextCache open(const std::string& fingerprint = "f1") const { return {folder_, fingerprint}; }
  static at::Tensor row(double first) { return at::arange(6, at::kFloat) + first; }
  std::string bytes() const {
    std::ifstream stream(open().file(kTemplates), std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  void replace(const std::string& bytes) const {
    std::ofstream(open().file(kTemplates), std::ios::binary) << bytes;
  }
  fs::path folder_;
};

TEST_F(TextCacheTest, WhatHasNoRoomIsNotKept) {
  const TextCache cache(folder_, "f1", 300);
  cache.store(kTemplates, "cat", row(1));
  for (int i = 0; i < 50; ++i) cache.store(kTemplates, "word" + std::to_string(i), row(1));
  EXPECT_LE(fs::file_size(cache.file(kTemplates)), 300u);
  EXPECT_TRUE(cache.find(kTemplates, "cat").has_value());
  EXPECT_FALSE(cache.find(kTemplates, "word49").has_value());
}

TEST_F(TextCacheTest, AFolderThatItMakesIsItsMakersAlone) {
  const fs::path made = folder_ / "made";
  TextCache(made, "f1").store(kTemplates, "cat", row(1));
  EXPECT_TRUE(TextCache(made, "f1").find(kTemplates, "cat").has_value());
  const fs::path holder = TextCache(made, "f1").file(kTemplates).parent_path();
  EXPECT_EQ(fs::status(holder).permissions(), fs::perms::owner_all);
  fs::permissions(holder, fs::perms::owner_all | fs::perms::group_all);  // one that is shared
  TextCache(made, "f2").store(kTemplates, "cat", row(1));
  EXPECT_EQ(fs::status(holder).permissions(), fs::perms::owner_all | fs::perms::group_all);
}

TEST_F(TextCacheTest, FindsWhatAnotherCacheStored) {
  open().store(kTemplates, "cat", row(1));
  const std::vector<std::string> both = {"dog", "häst 🐎"};
  open().store(kTemplates, both, at::stack({row(2), row(3)}));
  const TextCache cache = open();
  EXPECT_TRUE(cache.find(kTemplates, "cat")->equal(row(1)));
  EXPECT_TRUE(cache.find(kTemplates, "dog")->equal(row(2)));
  EXPECT_TRUE(cache.find(kTemplates, "häst 🐎")->equal(row(3)));
  EXPECT_FALSE(cache.find(kTemplates, "Cat").has_value());
}

TEST_F(TextCacheTest, ThreadsShareOne) {
  const TextCache cache = open();
  constexpr int kThreads = 4, kTexts = 20;
  std::vector<int> wrong(kThreads);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kTexts; ++i) {
        const std::string text = std::to_string(t) + ":" + std::to_string(i);
        cache.store(kTemplates, text, row(t));
        const auto found = cache.find(kTemplates, text);
        wrong[t] += !found || !found->equal(row(t));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, std::vector<int>(kThreads));
  const TextCache other = open();
  for (int i = 0; i < kThreads * kTexts; ++i) {
    const int t = i / kTexts;
    const std::string text = std::to_string(t) + ":" + std::to_string(i % kTexts);
    EXPECT_TRUE(other.find(kTemplates, text)->equal(row(t))) << text;
  }
}

TEST_F(TextCacheTest, FindsWhatItStoredItself) {
  const TextCache cache = open();
  EXPECT_FALSE(cache.find(kTemplates, "cat").has_value());
  cache.store(kTemplates, "cat", row(1));
  EXPECT_TRUE(cache.find(kTemplates, "cat")->equal(row(1)));
}

TEST_F(TextCacheTest, KeepsWeightsAndTemplatesApart) {
  open().store(kTemplates, "cat", row(1));
  EXPECT_FALSE(open("f2").find(kTemplates, "cat").has_value());
  EXPECT_FALSE(open().find({"a {}."}, "cat").has_value());
  EXPECT_FALSE(open().find({"the {}", "a {}."}, "cat").has_value());
  EXPECT_FALSE(open().find({"a {}.the {}"}, "cat").has_value());
}

TEST_F(TextCacheTest, VerifiesTheKeyInsideTheFile) {
  open().store(kTemplates, "cat", row(1));
  fs::copy_file(open().file(kTemplates), open("f2").file(kTemplates));
  EXPECT_FALSE(open("f2").find(kTemplates, "cat").has_value());
}

TEST_F(TextCacheTest, NeverTrustsAChangedByte) {
  open().store(kTemplates, "cat", row(1));
  open().store(kTemplates, "dog", row(2));
  const std::string sound = bytes();
  for (size_t i = 0; i < sound.size(); ++i) {
    std::string damaged = sound;
    damaged[i] ^= 0x10;
    replace(damaged);
    const TextCache cache = open();
    const auto cat = cache.find(kTemplates, "cat"), dog = cache.find(kTemplates, "dog");
    const bool first = i < sound.size() / 2;
    EXPECT_EQ(cat.has_value(), !first) << i;
    EXPECT_EQ(dog.has_value(), first) << i;
    EXPECT_TRUE(!cat || cat->equal(row(1)));
    EXPECT_TRUE(!dog || dog->equal(row(2)));
  }
}

TEST_F(TextCacheTest, ATornRecordIsAbsentAndCanBeStoredAgain) {
  open().store(kTemplates, "cat", row(1));
  open().store(kTemplates, "dog", row(2));
  const std::string sound = bytes();
  for (const size_t left : {sound.size() - 1, sound.size() / 2 + 9, sound.size() / 2 + 1}) {
    replace(sound.substr(0, left));
    EXPECT_TRUE(open().find(kTemplates, "cat").has_value());
    EXPECT_FALSE(open().find(kTemplates, "dog").has_value());
    open().store(kTemplates, "dog", row(5));
    EXPECT_TRUE(open().find(kTemplates, "dog")->equal(row(5)));
  }
}

TEST_F(TextCacheTest, HugeLengthsInADamagedFileAreHarmless) {
  open().store(kTemplates, "cat", row(1));
  std::string damaged = bytes();
  damaged.replace(8, 8, std::string(8, '\xFF'));
  replace(damaged);
  EXPECT_FALSE(open().find(kTemplates, "cat").has_value());
}

TEST_F(TextCacheTest, RecordsOfAnOlderMarkAreAsGoodAsAbsent) {
  open().store(kTemplates, "cat", row(1));
  std::string old = bytes();
  ASSERT_EQ(old.substr(1, 7), "fcclip2");
  old[7] = '1';
  const Hash sum = hash_bytes(old.data(), old.size() - sizeof(Hash));
  std::memcpy(old.data() + old.size() - sizeof sum, sum.data(), sizeof sum);
  replace(old + old);
  EXPECT_FALSE(open().find(kTemplates, "cat").has_value());
  open().store(kTemplates, "cat", row(2));
  EXPECT_TRUE(open().find(kTemplates, "cat")->equal(row(2)));
}

TEST_F(TextCacheTest, TheLastOfEqualTextsCounts) {
  open().store(kTemplates, "cat", row(1));
  open().store(kTemplates, "cat", row(2));
  EXPECT_TRUE(open().find(kTemplates, "cat")->equal(row(2)));
}

TEST_F(TextCacheTest, ProcessesMayWriteAtOnce) {
  constexpr int kProcesses = 4, kTexts = 50;
  std::vector<pid_t> children;
  for (int p = 0; p < kProcesses; ++p) {
    // Made before the fork, since a child must not start threads of its own.
    const at::Tensor value = row(p);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      const TextCache cache = open();
      for (int t = 0; t < kTexts; ++t) {
        cache.store(kTemplates, std::to_string(p) + "/" + std::to_string(t), value);
      }
      _exit(0);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 1;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  const TextCache cache = open();
  for (int p = 0; p < kProcesses; ++p) {
    for (int t = 0; t < kTexts; ++t) {
      const auto found = cache.find(kTemplates, std::to_string(p) + "/" + std::to_string(t));
      ASSERT_TRUE(found.has_value()) << p << " " << t;
      EXPECT_TRUE(found->equal(row(p)));
    }
  }
}

TEST_F(TextCacheTest, AFolderThatCannotBeMadeIsAnError) {
  std::ofstream(folder_ / "file") << "x";
  const TextCache cache(folder_ / "file" / "below", "f1");
  EXPECT_FALSE(cache.find(kTemplates, "cat").has_value());
  try {
    cache.store(kTemplates, "cat", row(1));
    FAIL() << "stored below a file";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::io_failure);
  }
}

TEST(DefaultCacheFolder, FollowsTheEnvironment) {
  const char* old = std::getenv("XDG_CACHE_HOME");
  const std::string kept = old != nullptr ? old : "";
  setenv("XDG_CACHE_HOME", "/somewhere", 1);
  EXPECT_EQ(default_cache_folder(), "/somewhere/fcclip");
  unsetenv("XDG_CACHE_HOME");
  EXPECT_EQ(default_cache_folder().filename(), "fcclip");
  if (old != nullptr) setenv("XDG_CACHE_HOME", kept.c_str(), 1);
}

TEST(Fingerprint, ChangesWithAnyElementShapeOrderAndExtra) {
  const at::Tensor big = at::arange(700001, at::kFloat), small = at::arange(6, at::kFloat);
  const std::string base = fingerprint({big, small}, "x");
  EXPECT_EQ(base.size(), 32u);
  EXPECT_EQ(base, fingerprint({big.clone(), small.clone()}, "x"));
  EXPECT_NE(base, fingerprint({big, small}, "y"));
  EXPECT_NE(base, fingerprint({small, big}, "x"));
  EXPECT_NE(base, fingerprint({big, small.view({2, 3})}, "x"));
  EXPECT_NE(base, fingerprint({big, small.view(at::kInt)}, "x"));
  EXPECT_NE(base, fingerprint({big}, "x"));
  for (const int64_t index : {0, 1, 15, 262143, 262144, 700000}) {
    at::Tensor changed = big.clone();
    changed[index] += 1;
    EXPECT_NE(base, fingerprint({changed, small}, "x")) << index;
  }
}

TEST(Fingerprint, DependsOnValuesNotOnStrides) {
  const at::Tensor x = at::arange(60, at::kFloat).view({6, 10});
  EXPECT_EQ(fingerprint({x.t()}, ""), fingerprint({x.t().contiguous()}, ""));
  EXPECT_NE(fingerprint({x.t()}, ""), fingerprint({x.view({10, 6})}, ""));
}

}  // namespace
}  // namespace fcclip::classify
