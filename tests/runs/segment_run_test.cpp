#include "fcclip/runs/segment_run.h"

#include <algorithm>
#include <atomic>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "fcclip/core/error.h"
#include "fcclip/io/atomic_file.h"
#include "tests/io/temporary_folder.h"
#include "tests/support/errors.h"
#include "tests/support/source_folder.h"
#include "tests/support/threads.h"

namespace fcclip::runs {
namespace segment_run_test {

namespace fs = std::filesystem;

struct Listener : SegmentListener {
  void reading_words(int64_t, int64_t) override {}
  void counted(const RunCount& count) override { last = count; }
  void answered(const PictureAnswers& answers, const WrittenAnswers&, size_t question) override {
    told.push_back(answers.picture.path.filename().string() + " " + std::to_string(question));
  }
  void failed(const InputPicture& picture, const std::string& line) override {
    told.push_back(picture.path.filename().string() + " failed: " + line);
  }
  void warned(const std::string&) override {}
  void kept(const fs::path& file) override { told.push_back("kept " + file.filename().string()); }
  void ending() override {}
  std::string failure_line(const std::exception&, const InputPicture&) const override {
    return "broken";
  }
  bool wants_stop() const override { return stop || (patience > 0 && ++asked > patience); }

  RunCount last;
  std::vector<std::string> told;
  bool stop = false;
  int64_t patience = 0;  // times to be asked before it wants to stop
  mutable std::atomic<int64_t> asked = 0;
};

class SegmentRuns : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    segmenter::SegmenterOptions options;
    options.use_text_cache = false;
    segmenter_ =
        std::make_unique<segmenter::Segmenter>(segmenter::Segmenter::load(model(), options));
  }
  static void TearDownTestSuite() { segmenter_.reset(); }
  void SetUp() override {
    fs::copy_file(test::source_folder() / "examples" / "pictures" / "scene.png", in("scene.png"));
    io::write_atomically(in("broken.png"), "no picture");
  }

  static fs::path model() { return test::source_folder() / "models" / "mini.safetensors"; }
  fs::path in(const char* name) const { return folder_.path() / name; }

  SegmentPlan plan(bool resume) const {
    SegmentPlan plan;
    plan.pictures = {{in("broken.png"), "broken"}, {in("scene.png"), "scene"}};
    plan.folder = folder_.path() / "out";
    plan.write = "segments, jsonl";
    plan.resume = resume;
    plan.settings.model = model();
    plan.settings.questions = {classify::parse_classes("bat, violin"),
                               classify::parse_classes("sailboat")};
    plan.settings.ask = segmenter_->ask_defaults();
    plan.settings.size = {128, 256};
    return plan;
  }
  nlohmann::json record() const {
    return nlohmann::json::parse(io::read_file(folder_.path() / "out" / "run.json"));
  }

  // With one that can't be read, and two questions for each.
  SegmentPlan six_pictures(const char* folder) const {
    SegmentPlan all = plan(false);
    all.folder = folder_.path() / folder;
    for (const char* name : {"a.png", "b.png", "c.png", "d.png"}) {
      if (!fs::exists(in(name))) fs::copy_file(in("scene.png"), in(name));
      all.pictures.push_back({in(name), fs::path(name).stem()});
    }
    return all;
  }

  // What two workers tell and write into "shared" is what one does.
  template <typename Work>
  void expect_as_alone(const Work& work) const {
    Listener alone, shared;
    {
      const test::Threads threads(1);
      EXPECT_EQ(SegmentRun(*segmenter_, six_pictures("alone"), alone).work(), 1);
    }
    const test::Threads threads(2);
    work(shared);
    EXPECT_EQ(shared.told, alone.told);
    EXPECT_EQ(shared.last.done, 5);
    for (const auto& entry : fs::directory_iterator(folder_.path() / "alone")) {
      const std::string name = entry.path().filename().string();
      if (name.starts_with("run.")) continue;  // when, and in which order files were written
      EXPECT_EQ(io::read_file(entry.path()), io::read_file(folder_.path() / "shared" / name))
          << name;
    }
  }

  test::TemporaryFolder folder_;
  static std::unique_ptr<segmenter::Segmenter> segmenter_;
};

std::unique_ptr<segmenter::Segmenter> SegmentRuns::segmenter_;

TEST_F(SegmentRuns, AnswerEveryQuestionInOrderAndGoOnAfterAFailure) {
  Listener listener;
  SegmentRun run(*segmenter_, plan(false), listener);
  EXPECT_EQ(run.work(), 1);
  EXPECT_EQ(listener.told,
            (std::vector<std::string>{"broken.png failed: broken", "scene.png 0", "scene.png 1"}));
  EXPECT_EQ(listener.last.done, 1);
  EXPECT_EQ(listener.last.failed, 1);
  EXPECT_EQ(record().at("status"), "complete");
  EXPECT_EQ(record().at("failures").size(), 1);
  for (const char* file : {"scene.1.segments.json", "scene.2.segments.json", "results.1.jsonl"}) {
    EXPECT_TRUE(fs::exists(folder_.path() / "out" / file)) << file;
  }
}

TEST_F(SegmentRuns, ResumeWithWhatIsNotFinished) {
  Listener first, second, third;
  SegmentRun(*segmenter_, plan(false), first).work();
  SegmentRun again(*segmenter_, plan(true), second);
  EXPECT_EQ(again.work(), 1);
  EXPECT_EQ(second.told, std::vector<std::string>{"broken.png failed: broken"});
  EXPECT_EQ(second.last.skipped, 1);
  // Another question is another run: its answers replace the ones there.
  SegmentPlan other = plan(true);
  other.settings.questions[1] = classify::parse_classes("teapot");
  SegmentRun changed(*segmenter_, std::move(other), third);
  changed.work();
  EXPECT_EQ(third.last.changed, 1);
  EXPECT_EQ(third.last.kept, 0);
}

TEST_F(SegmentRuns, StopWhenTheListenerWants) {
  Listener listener;
  SegmentRun run(*segmenter_, plan(false), listener);
  listener.stop = true;
  try {
    run.work();
    FAIL() << "went on";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::interrupted);
    EXPECT_STREQ(error.what(),
                 "stopped after 0 images; the same command with --resume goes on from there");
  }
  EXPECT_EQ(record().at("status"), "interrupted");
}

TEST_F(SegmentRuns, StopWithinAPictureAndGoOnFromTheOneBefore) {
  Listener listener, second;
  SegmentRun run(*segmenter_, plan(false), listener);
  listener.patience = 4;  // once a picture, then at the second one's stages
  EXPECT_ERROR(interrupted, "stopped after 0 images", run.work());
  EXPECT_EQ(listener.told, std::vector<std::string>{"broken.png failed: broken"});
  EXPECT_EQ(listener.asked, 7);  // and twice to say so
  EXPECT_FALSE(fs::exists(folder_.path() / "out" / "scene.1.segments.json"));
  EXPECT_EQ(record().at("status"), "interrupted");
  SegmentRun(*segmenter_, plan(true), second).work();
  EXPECT_EQ(second.last.done, 1);
}

TEST_F(SegmentRuns, ShardsShareTheWorkAndTheLastOneSumsUp) {
  fs::copy_file(in("scene.png"), in("third.png"));
  const auto shard = [&](int64_t number, bool resume) {
    SegmentPlan part = plan(resume);
    part.pictures.push_back({in("third.png"), "third"});
    part.shard = {number, 2};
    return part;
  };
  const fs::path sums = folder_.path() / "out" / "results.1.jsonl";
  Listener first, second, again;
  SegmentRun one(*segmenter_, shard(1, false), first);
  EXPECT_EQ(one.work(), 1);
  EXPECT_EQ(first.told,
            (std::vector<std::string>{"broken.png failed: broken", "third.png 0", "third.png 1"}));
  EXPECT_EQ(first.last.pictures, 2);
  EXPECT_TRUE(one.sums_are_to_come());
  EXPECT_FALSE(fs::exists(sums));
  SegmentRun two(*segmenter_, shard(2, true), second);
  EXPECT_EQ(two.work(), 0);
  EXPECT_EQ(second.told, (std::vector<std::string>{"scene.png 0", "scene.png 1"}));
  EXPECT_FALSE(two.sums_are_to_come());
  const std::string lines = io::read_file(sums);
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 2);
  EXPECT_FALSE(fs::exists(folder_.path() / "out" / "run.json"));
  const std::string text = io::read_file(folder_.path() / "out" / "run.2-of-2.json");
  const nlohmann::json stored = nlohmann::json::parse(text);
  EXPECT_EQ(stored.at("shard"), "2/2");
  EXPECT_EQ(stored.at("status"), "complete");
  EXPECT_EQ(stored.at("images").at("all"), 1);
  // More shards than pictures: nothing to do, and nothing is wrong.
  SegmentPlan empty = shard(1, true);
  empty.shard = {4, 4};
  SegmentRun none(*segmenter_, std::move(empty), again);
  EXPECT_EQ(none.work(), 0);
  EXPECT_EQ(again.last.pictures, 0);
}

TEST_F(SegmentRuns, TwoSegmentersAnswerAsOne) {
  segmenter::SegmenterOptions options;
  options.use_text_cache = false;
  const std::vector<segmenter::Segmenter> two = {*segmenter_,
                                                 segmenter::Segmenter::load(model(), options)};
  expect_as_alone([&](Listener& shared) {
    SegmentRun run(two, six_pictures("shared"), shared);
    EXPECT_EQ(run.work(), 1);
    EXPECT_EQ(run.workers(), 2);
    EXPECT_GT(run.before().words, 0);
  });
}

// As on a GPU, where one picture's host work hides behind the other's.
TEST_F(SegmentRuns, TwoPicturesAtOnceThroughOneSegmenter) {
  EXPECT_EQ(segmenter_->threads_that_fill(), 1);
  expect_as_alone([&](Listener& shared) {
    SegmentPlan plan = six_pictures("shared");
    plan.workers = 2;
    SegmentRun run(*segmenter_, plan, shared);
    EXPECT_EQ(run.work(), 1);
    EXPECT_EQ(run.workers(), 2);
  });
}

TEST_F(SegmentRuns, TwoSegmentersStopAndGoOn) {
  const std::vector<segmenter::Segmenter> two = {*segmenter_, *segmenter_};
  for (const int64_t patience : {1, 2, 3, 5, 8, 12}) {
    SCOPED_TRACE(patience);
    Listener listener, second;
    SegmentPlan first = plan(false), rest = plan(true);
    first.folder = rest.folder = folder_.path() / std::to_string(patience);
    first.pictures.push_back({in("scene.png"), "third"});
    rest.pictures = first.pictures;
    SegmentRun run(two, first, listener);
    listener.patience = patience;
    EXPECT_ERROR(interrupted, "stopped after ", run.work());
    SegmentRun again(two, rest, second);
    again.work();
    EXPECT_EQ(second.last.skipped, listener.last.done);
    EXPECT_EQ(second.last.skipped + second.last.done, 2);
    EXPECT_EQ(second.last.failed, 1);
  }
}

}  // namespace segment_run_test
}  // namespace fcclip::runs
