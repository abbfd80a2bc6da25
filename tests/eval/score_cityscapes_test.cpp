// Cityscapes' own numbers of files, as its scripts give them, and what is said of bad files.

#include "fcclip/eval/score_cityscapes.h"

#include <fstream>

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "fcclip/eval/cityscapes_files.h"
#include "fcclip/image/image_file.h"
#include "fcclip/image/label_file.h"
#include "fcclip/io/atomic_file.h"
#include "tests/io/temporary_folder.h"
#include "tests/support/errors.h"
#include "tests/support/goldens.h"
#include "tests/support/source_folder.h"

namespace fcclip::eval {
namespace score_cityscapes_test {

namespace fs = std::filesystem;
using nlohmann::json;

// Same structure; numbers within the rounding of a sum in another order.
void expect_equal(const json& got, const json& want, const std::string& where) {
  if (want.is_object()) {
    for (const auto& [key, value] : want.items()) {
      ASSERT_TRUE(got.contains(key)) << where << "." << key;
      expect_equal(got[key], value, where + "." + key);
    }
  } else if (want.is_array()) {
    ASSERT_EQ(got.size(), want.size()) << where;
    for (size_t i = 0; i < want.size(); ++i) {
      expect_equal(got[i], want[i], where + "[" + std::to_string(i) + "]");
    }
  } else if (want.is_number()) {
    ASSERT_TRUE(got.is_number()) << where << ": " << got;
    EXPECT_NEAR(got.get<double>(), want.get<double>(), 2e-15) << where;
  } else {
    EXPECT_EQ(got, want) << where;
  }
}

fs::path case_folder() {
  return test::source_folder() / "tests/eval/cityscapes";
}

CityscapesScore score_of(const fs::path& folder) {
  return score_cityscapes({folder / "gtFine", folder / "instances", folder / "semantic"});
}

// Made by tests/differential/cityscapes_random.py, seed 58; expected.json is what cityscapesScripts
// 2.2.4 says.
TEST(ScoreCityscapes, EqualsTheOfficialScripts) {
  const json want = json::parse(io::read_file(case_folder() / "expected.json"));
  const CityscapesScore score = score_of(case_folder());
  EXPECT_EQ(score.pictures, 3);
  expect_equal(to_json(score), want, "case");
}

TEST(ScoreCityscapes, EqualsTheRecordedGoldens) {
  FCCLIP_NEEDS_GOLDENS();
  const fs::path at = test::goldens_folder() / "evaluators/cityscapes";
  if (!fs::exists(at)) GTEST_SKIP() << "no evaluators/cityscapes among the recorded outputs";
  const json want = json::parse(io::read_file(at / "expected.json"));
  const CityscapesScore score =
      score_cityscapes({at / "gtFine", at / "predictions", at / "semantic"});
  EXPECT_EQ(score.pictures, 5);
  expect_equal(to_json(score), want, "golden");
}

TEST(ScoreCityscapes, OneKindAloneGivesItsNumbersOnly) {
  const fs::path at = case_folder();
  const json whole = to_json(score_of(at));
  json one = to_json(score_cityscapes({at / "gtFine/val", at / "instances", ""}));
  EXPECT_EQ(one, (json{{"instance", whole["instance"]}}));
  one = to_json(score_cityscapes({at / "gtFine/val/town", "", at / "semantic"}));
  EXPECT_EQ(one, (json{{"semantic", whole["semantic"]}}));
  EXPECT_ERROR(invalid_argument, "--instances FOLDER", score_cityscapes({at / "gtFine", "", ""}));
}

// A copy of the case that tests may damage.
class CityscapesCase : public testing::Test {
 protected:
  CityscapesCase() { fs::copy(case_folder(), at(), fs::copy_options::recursive); }
  fs::path at() const { return folder_.path() / "case"; }
  fs::path text() const { return at() / "instances/town_000001_000019_pred.txt"; }
  fs::path labels() const { return at() / "semantic/town_000001_000019_pred.png"; }
  fs::path truth(const char* kind) const {
    return at() / "gtFine/val/town" / ("town_000001_000019_gtFine_" + std::string(kind) + ".png");
  }
  void write_line(const std::string& line) const { std::ofstream(text()) << line; }
  json score() const { return to_json(score_of(at())); }

 private:
  test::TemporaryFolder folder_;
};

TEST_F(CityscapesCase, TheTruthAgainstItselfIsOne) {
  fs::remove_all(at() / "instances");
  for (const auto& entry : fs::directory_iterator(at() / "gtFine/val/town")) {
    const std::string file = entry.path().filename().string();
    const std::string name = file.substr(0, file.find("_gtFine"));
    const at::Tensor map = image::read_label_map(entry.path());
    if (file.ends_with("labelIds.png")) {
      image::write_png(at() / "semantic" / (name + "_pred.png"), map.to(at::kByte));
      continue;
    }
    std::vector<CityscapesPrediction> lines;
    for (int id = 24000; id < 34000; ++id) {
      const at::Tensor mask = map.eq(id);
      if (!mask.any().item<bool>()) continue;
      const std::string png = name + "_" + std::to_string(id) + ".png";
      image::write_png(at() / "instances" / png, mask.to(at::kByte));
      lines.push_back({png, id / 1000, 0.5});
    }
    write_cityscapes_predictions(at() / "instances" / (name + "_pred.txt"), lines);
  }
  const json all = score();
  EXPECT_EQ(all["instance"]["AP"], 1);
  EXPECT_EQ(all["instance"]["AP50"], 1);
  for (const char* mean : {"Classes", "InstClasses", "Categories", "InstCategories"}) {
    EXPECT_EQ(all["semantic"][std::string("averageScore") + mean], 1) << mean;
  }
}

TEST_F(CityscapesCase, TheOrderOfLinesChangesNothing) {
  const json before = score();
  std::istringstream in(io::read_file(text()));
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line + "\r\n");
  ASSERT_GT(lines.size(), 3u);
  std::string turned = "\n";  // blank lines are passed over
  for (size_t i = lines.size(); i-- > 0;) turned += lines[i];
  write_line(turned);
  EXPECT_EQ(score(), before);
}

TEST_F(CityscapesCase, AMaskNamedTwiceCountsAsTheLaterLineSays) {
  const auto read = [&] { return read_cityscapes_predictions(text(), at() / "instances"); };
  write_line("a.png 26 0.5\nb.png 24 1e-3\nx/../a.png 27.0 +0.75\n");
  const std::vector<CityscapesPrediction> got = read();
  ASSERT_EQ(got.size(), 2u);
  EXPECT_EQ(got[0].label, 27);
  EXPECT_EQ(got[0].confidence, 0.75);
  EXPECT_EQ(got[1].confidence, 0.001);
}

TEST_F(CityscapesCase, BadLinesAreNamed) {
  const struct {
    const char *line, *says;
  } cases[] = {{"mask.png 26", "line 1: 2 words, expected three"},
               {"my mask.png 26 0.5", "line 1: 4 words, expected three"},
               {"/tmp/mask.png 26 0.5", "is an absolute path"},
               {"../semantic/town_000001_000019_pred.png 26 0.5", "leads out of the folder"},
               {"mask.png 34 0.5", "'34' is no label id"},
               {"mask.png car 0.5", "'car' is no label id"},
               {"mask.png 26 high", "the confidence 'high' is not a finite number"},
               {"mask.png 26 nan", "the confidence 'nan' is not a finite number"}};
  for (const auto& [line, says] : cases) {
    write_line(line);
    EXPECT_ERROR(bad_format, says, score());
    EXPECT_ERROR(bad_format, text().string() + ": line 1", score());
  }
  write_line("no-such-mask.png 26 0.5");
  EXPECT_ERROR(not_found, "no-such-mask.png: no such file", score());
}

TEST_F(CityscapesCase, LinksOutOfTheFolderAreRefused) {
  fs::create_directory_symlink(at() / "semantic", at() / "instances/link");
  write_line("link/town_000001_000019_pred.png 26 0.5");
  EXPECT_ERROR(bad_format, "leads out of the folder", score());
}

TEST_F(CityscapesCase, MissingAndDoublePredictionsAreNamed) {
  fs::copy(labels(), at() / "semantic/town_000001_000019_other.png");
  EXPECT_ERROR(bad_format, "two predictions of one picture", score());
  fs::rename(at() / "semantic/town_000001_000019_other.png",
             at() / "semantic/town_000001_000019.labelIds.png");
  EXPECT_NO_THROW(score());  // as `fcclip segment` calls label ids
  fs::remove(labels());
  fs::remove(at() / "semantic/town_000001_000019.labelIds.png");
  EXPECT_ERROR(not_found, "no prediction for town_000001_000019; expected town_000001_000019*.png",
               score());
  fs::remove(text());
  EXPECT_ERROR(not_found, "expected town_000001_000019*.txt (an empty one", score());
  fs::remove_all(at() / "instances");
  EXPECT_ERROR(not_found, "instances: no such folder", score());
}

TEST_F(CityscapesCase, MapsAndMasksOfAnotherSizeAreNamed) {
  image::write_png(at() / "instances/small.png", at::ones({2, 3}, at::kByte));
  write_line("small.png 26 0.5");
  EXPECT_ERROR(shape_mismatch, "small.png: a mask of 3x2 pixels", score());
  image::write_png(at() / "instances/small.png", at::ones({2, 3, 3}, at::kByte));
  EXPECT_ERROR(bad_format, "small.png: a colour PNG; a mask needs one channel", score());
  write_line("");
  image::write_png(labels(), at::full({2, 3}, 7, at::kByte));
  EXPECT_ERROR(shape_mismatch, labels().string() + ": 3x2 pixels", score());
}

TEST_F(CityscapesCase, ValuesThatAreNoIdsAreNamed) {
  const at::Tensor map = image::read_label_map(labels());
  image::write_png(labels(), at::full_like(map, 255).to(at::kByte));
  EXPECT_ERROR(bad_format, labels().string() + ": the value 255 is no label id", score());
  image::write_png(labels(), map.to(at::kByte));
  image::write_png(truth("instanceIds"), at::full_like(map, 40000));
  EXPECT_ERROR(bad_format, truth("instanceIds").string() + ": the value 40000", score());
  fs::remove_all(at() / "gtFine/val/town");
  EXPECT_ERROR(not_found, "expected the gtFine folder", score());
}

TEST_F(CityscapesCase, TrainIdsAreRemarked) {
  for (const auto& entry : fs::directory_iterator(at() / "instances")) {
    if (entry.path().extension() == ".txt") std::ofstream(entry.path()) << "mask.png 13 0.5\n";
  }
  const CityscapesScore score = score_of(at());
  ASSERT_EQ(score.remarks.size(), 1u);
  EXPECT_NE(score.remarks[0].find("train ids?"), std::string::npos);
}

TEST_F(CityscapesCase, TrainIdsOfPixelsAreRemarkedToo) {
  EXPECT_TRUE(score_of(at()).remarks.empty());
  for (const auto& entry : fs::directory_iterator(at() / "semantic")) {
    const at::Tensor map = image::read_label_map(entry.path());
    image::write_png(entry.path(), map.remainder(19).to(at::kByte));
  }
  const CityscapesScore score = score_of(at());
  ASSERT_EQ(score.remarks.size(), 1u);
  EXPECT_NE(score.remarks[0].find("are these train ids?"), std::string::npos);
}

}  // namespace score_cityscapes_test
}  // namespace fcclip::eval
