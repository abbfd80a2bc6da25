#include "fcclip/runs/picture_work.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "fcclip/io/atomic_file.h"
#include "tests/io/temporary_folder.h"

namespace fcclip::runs {
namespace picture_work_test {

namespace fs = std::filesystem;

// Two halves, named as given.
results::Segmentation halves(const std::string& left, const std::string& right) {
  results::PanopticSegmentation found{at::ones({4, 6}, at::kInt), {}};
  found.ids.slice(1, 3).fill_(2);
  for (const std::string& name : {left, right}) {
    results::Segment segment;
    segment.id = std::ssize(found.segments) + 1;
    segment.name = name;
    segment.area_px = 12;
    segment.box_xywh_px = {3 * (segment.id - 1), 0, 3, 4};
    found.segments.push_back(segment);
  }
  return {{4, 6}, std::move(found)};
}

class PictureWork : public ::testing::Test {
 protected:
  WrittenAnswers write(const std::set<outputs::OutputKind>& kinds, results::Segmentation found,
                       bool overwrite = false) {
    OutputFolder folder(folder_.path(), overwrite);
    const PictureOutput output{kinds, results::Task::panoptic, {}, &folder};
    PictureAnswers answers{picture_, at::zeros({4, 6, 3}, at::kByte), words_,
                           folder_.path() / "deep" / "photo"};
    answers.by_task.emplace(results::Task::panoptic, std::move(found));
    return write_answers(output, answers);
  }

  test::TemporaryFolder folder_;
  InputPicture picture_{folder_.path() / "in" / "photo.png", "deep/photo"};
  classify::Vocabulary words_ = classify::parse_classes("bat, rock");
};

TEST_F(PictureWork, PicturesOfSegmentsThatAreNoMoreGo) {
  const fs::path crops = folder_.path() / "deep" / "crops";
  write({outputs::OutputKind::crops}, halves("bat", "rock"));
  EXPECT_TRUE(fs::exists(crops / "photo.2.rock.png"));
  const WrittenAnswers again = write({outputs::OutputKind::crops}, halves("bat", "wood"));
  EXPECT_EQ(again.files.size(), 3);
  EXPECT_TRUE(again.kept.empty());
  EXPECT_TRUE(fs::exists(crops / "photo.1.bat.png"));
  EXPECT_TRUE(fs::exists(crops / "photo.2.wood.png"));
  EXPECT_FALSE(fs::exists(crops / "photo.2.rock.png"));
}

TEST_F(PictureWork, FilesOfOthersStayUnlessToldOtherwise) {
  const fs::path list = folder_.path() / "deep" / "photo.segments.json";
  io::write_atomically(list, "somebody's");
  const std::set<outputs::OutputKind> kinds = {outputs::OutputKind::segments};
  EXPECT_EQ(write(kinds, halves("bat", "rock")).kept, std::vector<fs::path>{list});
  EXPECT_EQ(io::read_file(list), "somebody's");
  EXPECT_TRUE(write(kinds, halves("bat", "rock"), true).kept.empty());
  EXPECT_EQ(nlohmann::json::parse(io::read_file(list)).at("segments").size(), 2);
}

TEST_F(PictureWork, LabelmeAndCocoNameThePictureFromWhereTheyAre) {
  write({outputs::OutputKind::labelme, outputs::OutputKind::coco}, halves("bat", "rock"));
  const auto json = [&](const char* name) {
    return nlohmann::json::parse(io::read_file(folder_.path() / "deep" / name));
  };
  EXPECT_EQ(json("photo.json").at("imagePath"), "../in/photo.png");
  EXPECT_EQ(json("photo.coco.json").at("images")[0].at("file_name"), "deep/photo.png");
}

}  // namespace picture_work_test
}  // namespace fcclip::runs
