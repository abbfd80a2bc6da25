// The segment command from the outside: arguments in, files and exit status out.

#include <filesystem>
#include <fstream>

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "fcclip/image/image_file.h"
#include "fcclip/io/atomic_file.h"
#include "fcclip/model/model_file.h"
#include "fcclip/model/untrained.h"
#include "tests/apps/command_line.h"

namespace fcclip::apps {
namespace {

namespace fs = std::filesystem;

// Character-level tokenizer: no merges needed.
void write_tiny_model(const fs::path& path) {
  model::Config config = model::tiny_config();
  config.clip.text.vocab_size = 514;
  config.pixels.short_side = 64;
  config.pixels.max_side = 160;
  model::Model model(config);
  model.clip->tokenizer = std::make_unique<clip::Tokenizer>("#version: 0.2\n", 514);
  model::fill_untrained(model, 3);
  model::save(path, model);
}

at::Tensor picture(int64_t height, int64_t width) {
  const at::Tensor y = at::arange(height).view({-1, 1, 1}), x = at::arange(width).view({1, -1, 1});
  return ((x * 7 + y * 3 * at::arange(1, 4).view({1, 1, 3})) % 256).to(at::kByte);
}

class SegmentCommand : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = fs::temp_directory_path() / ("fcclip-segment-" + std::to_string(getpid()));
    fs::create_directories(folder_ / "in");
    write_tiny_model(model());
    image::write_png(folder_ / "in" / "a.png", picture(50, 70));
    image::write_png(folder_ / "in" / "b.png", picture(90, 40));
  }
  static void TearDownTestSuite() { fs::remove_all(folder_); }

  static fs::path model() { return folder_ / "tiny.safetensors"; }
  static fs::path out(const std::string& name) { return folder_ / name; }

  static int call(const std::vector<std::string>& arguments) { return test::call(arguments); }
  // segment INPUTS… with the tiny model, no cache, output folder `name`.
  static int segment(const std::string& name, std::vector<std::string> more) {
    std::vector<std::string> all = {"segment",    "--model",          model().string(),
                                    "--no-cache", "--threads",        "1",
                                    "-o",         out(name).string(), "--quiet"};
    all.insert(all.end(), more.begin(), more.end());
    return call(all);
  }
  static std::string input(const std::string& name) { return (folder_ / "in" / name).string(); }
  static nlohmann::json read_json(const fs::path& path) {
    return nlohmann::json::parse(io::read_file(path));
  }

  inline static fs::path folder_;
};

TEST_F(SegmentCommand, WritesEveryKindThatWasAskedFor) {
  ASSERT_EQ(segment("all",
                    {input("a.png"), "-c", "cat, dog | puppy, grass", "--stuff", "grass", "--write",
                     "overlay,panoptic,instances,semantic,segments,labelme,yolo,geojson,"
                     "coco,cityscapes,cityscapes-instances,ade20k"}),
            0);
  for (const char* name :
       {"a.overlay.png", "a.panoptic.png", "a.panoptic.json", "a.instances.json", "a.semantic.png",
        "a.segments.json", "a.json", "a.txt", "a.geojson", "a.coco.json", "a.labelIds.png",
        "a.instanceIds.png", "a.ade20k.png", "data.yaml", "coco-instances.json"}) {
    EXPECT_TRUE(fs::exists(out("all") / name)) << name;
  }
}

TEST_F(SegmentCommand, PanopticPngHoldsTheIdsThatTheJsonLists) {
  ASSERT_EQ(segment("ids", {input("a.png"), "-c", "cat, dog, grass", "--overlap-threshold", "0"}),
            0);
  const nlohmann::json json = read_json(out("ids") / "a.panoptic.json");
  const at::Tensor rgb = image::read_png_exact(out("ids") / "a.panoptic.png").to(at::kLong);
  const at::Tensor ids = rgb.select(2, 0) + 256 * rgb.select(2, 1) + 65536 * rgb.select(2, 2);
  int64_t area = 0;
  for (const nlohmann::json& segment : json["annotations"][0]["segments_info"]) {
    const int64_t id = segment["id"];
    EXPECT_EQ((ids == id).sum().item<int64_t>(), segment["area"].get<int64_t>());
    area += segment["area"].get<int64_t>();
  }
  EXPECT_EQ(area, (ids > 0).sum().item<int64_t>());
  EXPECT_EQ(json["images"][0]["height"], 50);
  EXPECT_EQ(json["images"][0]["width"], 70);
}

TEST_F(SegmentCommand, SeveralQuestionsGetNumberedFiles) {
  ASSERT_EQ(
      segment("two", {input("a.png"), "-c", "cat, dog", "-c", "sky, sea", "--write", "segments"}),
      0);
  EXPECT_TRUE(fs::exists(out("two") / "a.1.segments.json"));
  EXPECT_TRUE(fs::exists(out("two") / "a.2.segments.json"));
  const nlohmann::json document = read_json(out("two") / "a.2.segments.json");
  for (const nlohmann::json& segment : document["segments"]) {
    EXPECT_TRUE(segment["name"] == "sky" || segment["name"] == "sea");
  }
}

TEST_F(SegmentCommand, AFolderGoesOnPastABrokenFileAndFails) {
  const fs::path mixed = out("mixed-in");
  fs::create_directories(mixed);
  fs::copy_file(input("a.png"), mixed / "a.png");
  fs::copy_file(input("b.png"), mixed / "z.png");
  std::ofstream(mixed / "broken.jpg") << "this is text";
  EXPECT_EQ(segment("mixed", {mixed.string(), "-c", "cat", "--write", "segments"}), 1);
  EXPECT_TRUE(fs::exists(out("mixed") / "a.segments.json"));
  EXPECT_TRUE(fs::exists(out("mixed") / "z.segments.json"));
  EXPECT_FALSE(fs::exists(out("mixed") / "broken.segments.json"));
}

TEST_F(SegmentCommand, ACacheThatCannotBeWrittenIsToldOnce) {
  std::ofstream(out("no-folder")) << "a file where the cache folder should be";
  ::testing::internal::CaptureStderr();
  const int status =
      call({"segment", input("a.png"), "--model", model().string(), "--cache-folder",
            out("no-folder").string(), "--threads", "1", "-o", out("uncached").string(), "--quiet",
            "-c", "cat, dog", "-c", "sky, sea", "--write", "segments"});
  const std::string told = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(fs::exists(out("uncached") / "a.2.segments.json"));
  const size_t first = told.find("fcclip: warning: ");
  ASSERT_NE(first, std::string::npos) << told;
  EXPECT_EQ(told.find("warning", first + 10), std::string::npos) << told;
  EXPECT_NE(told.find("no-folder"), std::string::npos) << told;
}

TEST_F(SegmentCommand, ADiskThatFillsIsNamedAndLeavesNothingHalfWritten) {
  const test::Outcome outcome = test::call_with_full_disk(
      {"segment", input("a.png"), "--model", model(), "--no-cache", "--threads", "1", "-o",
       out("full"), "--quiet", "-c", "cat, dog", "--write", "overlay,segments"},
      10000);
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.said.find((out("full") / "a.overlay.png").string() + ": File too large"),
            std::string::npos)
      << outcome.said;
  for (const fs::directory_entry& entry : fs::directory_iterator(out("full"))) {
    EXPECT_TRUE(entry.path().filename().string().starts_with("run.")) << entry.path();
  }
}

TEST_F(SegmentCommand, ResumeLeavesWhatIsThere) {
  ASSERT_EQ(segment("resume", {input("a.png"), "-c", "cat", "--write", "segments"}), 0);
  const fs::path file = out("resume") / "a.segments.json";
  io::write_atomically(file, "kept");
  ASSERT_EQ(segment("resume", {input("a.png"), "-c", "cat", "--write", "segments", "--resume"}), 0);
  EXPECT_EQ(io::read_file(file), "kept");
}

TEST_F(SegmentCommand, ResumeAnswersOtherWordsAnew) {
  ASSERT_EQ(segment("anew", {input("a.png"), "-c", "cat", "--write", "segments"}), 0);
  const std::string before = io::read_file(out("anew") / "a.segments.json");
  ASSERT_EQ(segment("anew", {input("a.png"), "-c", "dog", "--write", "segments", "--resume"}), 0);
  EXPECT_NE(io::read_file(out("anew") / "a.segments.json"), before);
}

TEST_F(SegmentCommand, OnlyItsOwnFilesAreReplaced) {
  const std::vector<std::string> words = {input("a.png"), "-c", "cat", "--write", "segments"};
  ASSERT_EQ(segment("own", words), 0);
  const fs::path file = out("own") / "a.segments.json";
  const std::string ours = io::read_file(file);
  io::write_atomically(file, "corrected by hand");
  ASSERT_EQ(segment("own", words), 0);
  EXPECT_EQ(io::read_file(file), "corrected by hand");
  std::vector<std::string> overwrite = words;
  overwrite.emplace_back("--overwrite");
  ASSERT_EQ(segment("own", overwrite), 0);
  EXPECT_EQ(io::read_file(file), ours);
  ASSERT_EQ(segment("own", words), 0) << "its own file may be replaced";
}

TEST_F(SegmentCommand, OnlySomeWordsAreReported) {
  const std::vector<std::string> all = {
      input("a.png"), "-c",      "cat, dog, sky, sea", "--overlap-threshold", "0", "--write",
      "segments",     "--resume"};
  ASSERT_EQ(segment("only", all), 0);
  const nlohmann::json whole = read_json(out("only") / "a.segments.json");
  ASSERT_FALSE(whole["segments"].empty());
  const std::string name = whole["segments"][0]["name"];
  std::vector<std::string> some = all;
  some.insert(some.end(), {"--only", name});
  ASSERT_EQ(segment("only", some), 0);
  const nlohmann::json part = read_json(out("only") / "a.segments.json");
  ASSERT_FALSE(part["segments"].empty());
  for (const nlohmann::json& one : part["segments"]) EXPECT_EQ(one["name"], name);
  EXPECT_EQ(part["segments"][0]["score"], whole["segments"][0]["score"]);
  some.back() = "bird";
  EXPECT_EQ(segment("only", some), 2);
}

TEST_F(SegmentCommand, BackgroundWordsAreNeverReported) {
  ASSERT_EQ(segment("background", {input("a.png"), "-c", "cat, dog", "--background", "cat",
                                   "--write", "segments", "--overlap-threshold", "0"}),
            0);
  const nlohmann::json document = read_json(out("background") / "a.segments.json");
  for (const nlohmann::json& one : document["segments"]) {
    EXPECT_NE(one["name"], "cat");
  }
}

TEST_F(SegmentCommand, UsageErrorsExitWith2) {
  EXPECT_EQ(call({"segment"}), 2);
  EXPECT_EQ(call({"no-such-command"}), 2);
  EXPECT_EQ(segment("usage", {input("a.png"), "-c", " , "}), 2);
  EXPECT_EQ(segment("usage", {input("a.png"), "-c", "cat", "--write", "poster"}), 2);
  EXPECT_EQ(segment("usage", {input("a.png"), "-c", "cat", "--alpha", "2"}), 2);
  EXPECT_EQ(segment("usage", {input("a.png"), "-c", "cat", "--device", "abacus"}), 2);
}

TEST_F(SegmentCommand, FailuresExitWith1) {
  EXPECT_EQ(segment("failure", {input("missing.png"), "-c", "cat"}), 1);
  EXPECT_EQ(call({"segment", input("a.png"), "--model", input("a.png"), "-c", "cat"}), 1);
  EXPECT_EQ(segment("failure", {input("a.png"), "--vocabulary", "no-such-vocabulary.txt"}), 1);
}

class OddPictures : public SegmentCommand,
                    public ::testing::WithParamInterface<std::pair<int64_t, int64_t>> {};

TEST_P(OddPictures, GiveAnAnswerOfTheirOwnSize) {
  const auto [height, width] = GetParam();
  const std::string name = std::to_string(height) + "x" + std::to_string(width) + ".png";
  image::write_png(folder_ / "in" / name, picture(height, width));
  ASSERT_EQ(
      segment("odd", {input(name), "-c", "cat, dog", "--write", "panoptic,semantic,instances"}), 0);
  const fs::path stem = out("odd") / fs::path(name).stem();
  const at::Tensor labels = image::read_png_exact(fs::path(stem) += ".semantic.png");
  EXPECT_EQ(labels.size(0), height);
  EXPECT_EQ(labels.size(1), width);
}

INSTANTIATE_TEST_SUITE_P(Sizes, OddPictures,
                         ::testing::Values(std::pair<int64_t, int64_t>{1, 1},
                                           std::pair<int64_t, int64_t>{1, 5000},
                                           std::pair<int64_t, int64_t>{5000, 1},
                                           std::pair<int64_t, int64_t>{6000, 4000}));

class Vocabularies : public SegmentCommand, public ::testing::WithParamInterface<int> {};

TEST_P(Vocabularies, OfAnySizeWork) {
  std::ofstream file(out("words.txt"));
  for (int i = 0; i < GetParam(); ++i) file << "word" << i << " | 🦊" << i << '\n';
  file.close();
  ASSERT_EQ(
      segment("words", {input("a.png"), "-v", out("words.txt").string(), "--write", "segments"}),
      0);
  EXPECT_TRUE(fs::exists(out("words") / "a.segments.json"));
}

INSTANTIATE_TEST_SUITE_P(Counts, Vocabularies, ::testing::Values(1, 2, 3000));

}  // namespace
}  // namespace fcclip::apps
