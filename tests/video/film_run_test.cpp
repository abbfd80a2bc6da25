#include "fcclip/video/film_run.h"

#include <atomic>
#include <fstream>
#include <map>
#include <set>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "fcclip/image/image_file.h"
#include "fcclip/io/atomic_file.h"
#include "tests/io/temporary_folder.h"
#include "tests/support/errors.h"
#include "tests/support/source_folder.h"
#include "tests/video/small_film.h"

namespace fcclip::video {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

struct FilmEars final : FilmListener {
  void counted(const std::string&, int64_t done, std::optional<int64_t>) override {
    if (done == stop_after) stop = true;
  }
  void answered(const std::string& line) override { lines.push_back(line); }
  void finished(const TrackBook& book) override { films.push_back(book.film()); }
  void noted(const std::string& line) override { notes.push_back(line); }
  bool wants_stop() const override { return stop; }

  int64_t stop_after = -1;
  std::atomic<bool> stop = false;
  std::vector<std::string> lines, films, notes;
};

class FilmRuns : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    threads_ = at::get_num_threads();
    at::set_num_threads(1);  // small pictures: a second thread would only wait
    segmenter::SegmenterOptions options;
    options.use_text_cache = false;
    segmenter_ = std::make_unique<segmenter::Segmenter>(
        segmenter::Segmenter::load(test::source_folder() / "models" / "mini.safetensors", options));
    vocabulary_ = std::make_unique<segmenter::PreparedVocabulary>(
        segmenter_->prepare(classify::parse_classes("bat, backpack, rock, wood")));
  }
  static void TearDownTestSuite() {
    at::set_num_threads(threads_);
    vocabulary_.reset();
    segmenter_.reset();
  }

  fs::path in(const std::string& name) const { return folder_.path() / name; }
  fs::path out(const std::string& name) const { return folder_.path() / "out" / name; }

  // A window that moves over a picture of a bat, a backpack and more.
  static at::Tensor window(int64_t t) {
    static const at::Tensor scene =
        image::read_rgb(test::source_folder() / "examples" / "pictures" / "scene.png");
    return scene.slice(0, 0, 480, 2).slice(1, 8 * t, 8 * t + 560, 2).contiguous();
  }
  void make_frames(const std::string& name, int64_t count) const {
    for (int64_t t = 0; t < count; ++t) {
      image::write_png(in(name) / ("f" + std::to_string(t) + ".png"), window(t % 10));
    }
  }
  FilmPlan plan(std::vector<fs::path> films, const std::string& outputs) const {
    FilmPlan plan;
    plan.films = std::move(films);
    plan.folder = folder_.path() / "out";
    plan.outputs = parse_film_outputs(outputs);
    plan.ask = segmenter_->ask_defaults();
    plan.size = {128, 256};
    return plan;
  }
  void run(FilmPlan plan, FilmListener& ears) const {
    FilmRun(*segmenter_, *vocabulary_, std::move(plan), ears).work();
  }
  static json parsed(const fs::path& path) { return json::parse(io::read_file(path)); }

  static inline int threads_ = 1;
  static inline std::unique_ptr<segmenter::Segmenter> segmenter_;
  static inline std::unique_ptr<segmenter::PreparedVocabulary> vocabulary_;
  test::TemporaryFolder folder_;
};

TEST_F(FilmRuns, EveryFrameIsAnsweredAndAllFilesAgree) {
  FCCLIP_NEEDS_FILMS();
  FilmWriter writer(in("clip.mp4"), {240, 280}, 10);
  for (int64_t t = 0; t < 4; ++t) writer.write(window(t));
  writer.finish();
  FilmEars ears;
  run(plan({in("clip.mp4")}, ""), ears);
  EXPECT_EQ(ears.films, std::vector<std::string>{"clip"});
  EXPECT_TRUE(ears.notes.empty());
  ASSERT_EQ(ears.lines.size(), 4u);
  std::ifstream lines(out("clip.frames.jsonl"));
  const json panoptic = parsed(out("panoptic.json")), tracks = parsed(out("clip.tracks.json"));
  const json& maps = panoptic["annotations"][0]["annotations"];
  ASSERT_EQ(maps.size(), 4u);
  EXPECT_EQ(panoptic["videos"][0]["images"][3]["file_name"], "000003.png");
  EXPECT_EQ(tracks["frames"], 4);
  int64_t boxes = 0;
  for (size_t t = 0; t < 4; ++t) {
    std::string text;
    ASSERT_TRUE(std::getline(lines, text));
    EXPECT_EQ(text, ears.lines[t]);
    const json line = json::parse(text);
    EXPECT_EQ(line["frame"], t);
    ASSERT_EQ(line["segments"].size(), maps[t]["segments_info"].size());
    const at::Tensor ids = image::read_png_exact(folder_.path() / "out" / line["map"]).to(at::kInt);
    const at::Tensor values = ids.select(2, 0) + 256 * ids.select(2, 1);
    for (const json& segment : line["segments"]) {
      ++boxes;
      EXPECT_EQ((values == segment["id"].get<int64_t>()).sum().item<int64_t>(),
                segment["area_px"].get<int64_t>());
    }
  }
  for (const json& track : tracks["tracks"]) boxes -= std::ssize(track["boxes"]);
  EXPECT_EQ(boxes, 0);
  const auto film = open_film(out("clip.overlay.mp4"), {});
  EXPECT_EQ(film->facts().frames, 4);
  EXPECT_NEAR(film->facts().frames_per_second, 10, 1e-6);
  EXPECT_EQ(film->next()->rgb.size(1), 768);
}

TEST_F(FilmRuns, LinkedIdsStayAndSeparateOnesAreCountedInTheirFrame) {
  make_frames("frames", 3);
  for (const bool linked : {true, false}) {
    FilmPlan one = plan({in("frames")}, "none");
    one.linked = linked;
    FilmEars ears;
    run(std::move(one), ears);
    ASSERT_EQ(ears.lines.size(), 3u);
    std::map<std::string, std::set<int64_t>> ids;
    for (const std::string& text : ears.lines) {
      const json line = json::parse(text);
      int64_t position = 0;
      for (const json& segment : line["segments"]) {
        ids[segment["name"]].insert(segment["id"].get<int64_t>());
        ++position;
        if (!linked) {
          EXPECT_EQ(segment["id"], position);
        }
      }
    }
    if (linked) {
      EXPECT_EQ(ids["bat"].size(), 1u);
    }
  }
  EXPECT_FALSE(fs::exists(folder_.path() / "out"));
}

TEST_F(FilmRuns, SeveralFilmsShareOneList) {
  make_frames("a", 2);
  make_frames("b", 3);
  FilmEars ears;
  run(plan({in("a"), in("b/")}, "panoptic, mot"), ears);
  const json panoptic = parsed(out("panoptic.json"));
  EXPECT_EQ(panoptic["videos"][1]["video_id"], "b");
  EXPECT_EQ(panoptic["annotations"][1]["annotations"].size(), 3u);
  EXPECT_TRUE(fs::exists(out("panoptic/b/f2.png")));
  EXPECT_TRUE(fs::exists(out("a.mot.txt")));
  EXPECT_FALSE(fs::exists(out("a.tracks.json")));
  EXPECT_ERROR(invalid_argument, "out/panoptic/a is there already", run(plan({in("a")}, ""), ears));
  make_frames("deep/a", 1);
  EXPECT_ERROR(invalid_argument, "two films are named a",
               run(plan({in("a"), in("deep/a")}, "none"), ears));
  FilmPlan again = plan({in("a")}, "panoptic");
  again.overwrite = true;
  again.range.every = 2;
  run(std::move(again), ears);
  EXPECT_FALSE(fs::exists(out("panoptic/a/f1.png")));  // of the run before
}

TEST_F(FilmRuns, FinishedFilmsAreSkippedAndOthersBeginAnew) {
  make_frames("a", 2);
  make_frames("b", 3);
  const auto go = [&](FilmEars& ears, const std::string& fingerprint) {
    FilmPlan both = plan({in("a"), in("b")}, "panoptic, tracks");
    both.settings = {{"model", {{"path", "m"}, {"fingerprint", fingerprint}}}};
    both.resume = true;
    FilmRun all(*segmenter_, *vocabulary_, std::move(both), ears);
    all.work();
    return all.count().skipped;
  };
  FilmEars first, second, third, fourth;
  EXPECT_EQ(go(first, "x"), 0);
  EXPECT_TRUE(first.notes.empty());
  const std::string list = io::read_file(out("panoptic.json"));
  const json record = parsed(out("run.json"));
  EXPECT_EQ(record["status"], "complete");
  EXPECT_EQ(record["films"]["answered"], 2);
  EXPECT_EQ(record["frames"], 5);

  fs::remove(out("panoptic.json"));  // as where a run was killed at its end
  EXPECT_EQ(go(second, "x"), 2);
  EXPECT_TRUE(second.lines.empty());
  EXPECT_EQ(io::read_file(out("panoptic.json")), list);
  EXPECT_EQ(parsed(out("run.json"))["films"]["finished before"], 2);

  fs::remove(out("b.tracks.json"));
  EXPECT_EQ(go(third, "x"), 1);
  EXPECT_EQ(third.films, std::vector<std::string>{"b"});
  ASSERT_EQ(third.notes.size(), 1u);
  EXPECT_NE(third.notes[0].find("b: not finished before, so it begins anew"), std::string::npos);
  EXPECT_EQ(io::read_file(out("panoptic.json")), list);

  make_frames("b", 1);  // the first frame's file is another one now
  EXPECT_EQ(go(third, "x"), 1);
  ASSERT_EQ(third.notes.size(), 2u);
  EXPECT_NE(third.notes[1].find("b: answered anew, as the film has changed"), std::string::npos);
  EXPECT_EQ(go(fourth, "another model"), 0);
  ASSERT_EQ(fourth.notes.size(), 2u);
  EXPECT_NE(fourth.notes[0].find("a: answered anew"), std::string::npos);
}

TEST_F(FilmRuns, ResumedOnesReplaceOwnFilesAlone) {
  constexpr int64_t kFrames = 60;
  make_frames("frames", kFrames);
  FilmPlan one = plan({in("frames")}, "panoptic, frames, mot");
  one.settings = {{"model", {{"path", "m"}}}};
  one.resume = true;
  FilmEars stopped, again;
  stopped.stop_after = 2;
  EXPECT_ERROR(interrupted, "with --resume", run(one, stopped));
  EXPECT_EQ(parsed(out("run.json"))["status"], "interrupted");
  EXPECT_LT(stopped.lines.size(), static_cast<size_t>(kFrames));
  run(one, again);
  EXPECT_EQ(again.lines.size(), static_cast<size_t>(kFrames));
  ASSERT_EQ(again.notes.size(), 1u);
  EXPECT_NE(again.notes[0].find("begins anew"), std::string::npos);

  io::write_atomically(out("frames.mot.txt"), "mine");
  fs::remove(out("frames.frames.jsonl"));
  EXPECT_ERROR(invalid_argument, "frames.mot.txt is there already", run(one, again));
  EXPECT_EQ(io::read_file(out("frames.mot.txt")), "mine");
}

TEST_F(FilmRuns, ShardsTogetherAreOneRun) {
  for (const char* name : {"a", "b", "c"}) make_frames(name, name[0] - 'a' + 1);
  const auto shared = [&](const std::string& folder, Shard shard) {
    FilmPlan part = plan({in("a"), in("b"), in("c")}, "panoptic");
    part.folder = in(folder);
    part.settings = {{"model", {{"path", "m"}}}};
    part.shard = shard;
    FilmEars ears;
    FilmRun all(*segmenter_, *vocabulary_, std::move(part), ears);
    all.work();
    return std::pair(ears.films, all.sums_are_to_come());
  };
  shared("whole", {});
  const auto first = shared("parts", {1, 2});
  EXPECT_EQ(first.first, (std::vector<std::string>{"a", "c"}));
  EXPECT_TRUE(first.second);
  EXPECT_FALSE(fs::exists(in("parts") / "panoptic.json"));
  const auto second = shared("parts", {2, 2});
  EXPECT_EQ(second.first, std::vector<std::string>{"b"});
  EXPECT_FALSE(second.second);
  EXPECT_EQ(io::read_file(in("parts") / "panoptic.json"),
            io::read_file(in("whole") / "panoptic.json"));
  EXPECT_EQ(parsed(in("parts") / "run.2-of-2.json")["films"]["all"], 1);
}

TEST_F(FilmRuns, WhatIsStoppedKeepsWhatWasDone) {
  FCCLIP_NEEDS_FILMS();
  // The network does not wait for the writers: there must be frames left when the second is written.
  constexpr int64_t kFrames = 120;
  make_frames("frames", kFrames);
  FilmEars ears;
  ears.stop_after = 2;
  EXPECT_ERROR(interrupted, "their results are written", run(plan({in("frames")}, ""), ears));
  const auto frames = std::ssize(ears.lines);
  EXPECT_GE(frames, 2);
  EXPECT_LT(frames, kFrames);
  EXPECT_EQ(parsed(out("frames.tracks.json"))["frames"], frames);
  EXPECT_EQ(std::ssize(parsed(out("panoptic.json"))["annotations"][0]["annotations"]), frames);
  EXPECT_EQ(open_film(out("frames.overlay.mp4"), {})->facts().frames, frames);
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_.path() / "out")) {
    EXPECT_FALSE(entry.path().filename().string().starts_with('.')) << entry.path();
  }
}

TEST_F(FilmRuns, AFrameOfAnotherSizeEndsTheFilm) {
  make_frames("frames", 3);
  image::write_png(in("frames") / "f3.png", test::film_frame(0, 40, 80));
  FilmEars ears;
  EXPECT_ERROR(bad_format, "f3.png has 80x40 pixels",
               run(plan({in("frames")}, "panoptic, frames"), ears));
  EXPECT_EQ(ears.lines.size(), 3u);
  EXPECT_EQ(parsed(out("panoptic.json"))["videos"][0]["images"].size(), 3u);
}

TEST_F(FilmRuns, OfSeveralTheOthersGoOn) {
  make_frames("good", 1);
  fs::create_directories(in("empty"));
  FilmEars ears;
  EXPECT_ERROR(partial_failure, "1 of 2 films failed",
               run(plan({in("empty"), in("good")}, "tracks"), ears));
  EXPECT_TRUE(fs::exists(out("good.tracks.json")));
  ASSERT_EQ(ears.notes.size(), 1u);
  EXPECT_NE(ears.notes[0].find("no pictures in it"), std::string::npos);
}

TEST_F(FilmRuns, NothingIsWrittenWithoutFrames) {
  make_frames("frames", 2);
  FilmEars ears;
  FilmPlan late = plan({in("frames")}, "");
  late.range.start = 60;
  EXPECT_ERROR(bad_format, "no frames in it", run(std::move(late), ears));
  EXPECT_FALSE(fs::exists(folder_.path() / "out"));
  FilmPlan semantic = plan({in("frames")}, "");
  semantic.ask.task = results::Task::semantic;
  EXPECT_ERROR(invalid_argument, "films have panoptic results", run(std::move(semantic), ears));
}

TEST(FilmOutputs, AreNamed) {
  EXPECT_EQ(parse_film_outputs("").size(), 5u);
  EXPECT_EQ(parse_film_outputs("mot, tracks"),
            (std::set<FilmOutput>{FilmOutput::tracks, FilmOutput::mot}));
  EXPECT_TRUE(parse_film_outputs("none").empty());
  EXPECT_ERROR(invalid_argument, "overlay, panoptic, frames, tracks, mot",
               parse_film_outputs("overlay, yolo"));
}

TEST(TrackBooks, GiveAThingOneNameAndMotItsLines) {
  const classify::Vocabulary words = classify::parse_classes("cat, dog");
  TrackBook book("clip", 25, true);
  for (int64_t t = 0; t < 3; ++t) {
    TrackedSegment cat{7, 12, t == 1 ? 1 : 0, 0.5f, {static_cast<int32_t>(t), 2, 3, 4}};
    book.add({t, 0.04 * static_cast<double>(t), "00000" + std::to_string(t), {10, 10}, {cat}});
  }
  EXPECT_EQ(book.things(), 1);
  const json track = book.tracks_json(words)["tracks"][0];
  EXPECT_EQ(track["name"], "cat");
  EXPECT_EQ(track["boxes"][2], (json{2, 2, 2, 3, 4, 0.5}));
  EXPECT_EQ(book.mot_text(),
            "1,7,1,3,3,4,0.5000,-1,-1,-1\n2,7,2,3,3,4,0.5000,-1,-1,-1\n"
            "3,7,3,3,3,4,0.5000,-1,-1,-1\n");
  EXPECT_EQ(book.class_of(book.frames()[1].segments[0]), 0);
}

}  // namespace
}  // namespace fcclip::video
