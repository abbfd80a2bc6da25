#include "fcclip/pretrain/list_pairs.h"

#include <fstream>
#include <set>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "fcclip/image/image_file.h"
#include "tests/io/temporary_folder.h"
#include "tests/support/errors.h"

namespace fcclip::pretrain {
namespace {

class ListPairsTest : public testing::Test {
 protected:
  std::filesystem::path write(const std::string& text) const {
    std::ofstream(folder_.path() / "list") << text;
    return folder_.path() / "list";
  }
  std::string error_of(const std::string& text) const {
    return test::message_of([&] { read_picture_list(write(text)); });
  }
  void add_picture(const std::string& name, int64_t height, int64_t width) const {
    image::write_png(folder_.path() / name, at::full({height, width, 3}, 90, at::kByte));
  }
  test::TemporaryFolder folder_;
};

TEST_F(ListPairsTest, ReadsBothForms) {
  const auto pictures = read_picture_list(
      write("a.png\ta lion\n\nsub/b.png\ttwo cats\r\na.png\tthe king\n"
            R"({"image": "c.png", "captions": ["a dog", "a hound"], "names": ["dog"]})"
            "\n"));
  ASSERT_EQ(pictures.size(), 3);
  EXPECT_EQ(pictures[0].path, folder_.path() / "a.png");
  EXPECT_EQ(pictures[0].captions, (std::vector<std::string>{"a lion", "the king"}));
  EXPECT_EQ(pictures[1].captions, (std::vector<std::string>{"two cats"}));
  EXPECT_EQ(pictures[2].captions, (std::vector<std::string>{"a dog", "a hound"}));
  EXPECT_EQ(pictures[2].names, (std::vector<std::string>{"dog"}));
}

TEST_F(ListPairsTest, NamesTheLineThatIsWrong) {
  EXPECT_NE(error_of("a.png\ta lion\nb.png\n").find("line 2: expected \"path <tab> caption\""),
            std::string::npos);
  EXPECT_NE(error_of("a.png\tx\ty\n").find("line 1: more than two columns"), std::string::npos);
  EXPECT_NE(error_of("{\"image\": \"a.png\"}\n").find("line 1: no \"caption\""), std::string::npos);
  EXPECT_NE(error_of("{\"image\": 3, \"caption\": \"x\"}\n").find("line 1: not {"),
            std::string::npos);
  EXPECT_NE(error_of("{\"image\": \"a\", \"text\": \"x\"}\n").find("unknown key \"text\""),
            std::string::npos);
  EXPECT_NE(error_of("{oops\n").find("line 1"), std::string::npos);
  EXPECT_NE(error_of("\n").find("lists no picture"), std::string::npos);
}

TEST_F(ListPairsTest, EveryPictureComesOnceARound) {
  std::vector<ListedPicture> pictures;
  for (int i = 0; i < 6; ++i) {
    const std::string name = std::to_string(i) + ".png";
    add_picture(name, 40, 70);
    pictures.push_back({folder_.path() / name, {"picture " + name}, {}});
  }
  const ListPairs pairs(pictures, {}, 3);
  std::set<std::string> seen;
  for (int64_t step = 0; step < 2; ++step) {
    for (const Pair& pair : pairs.draw({step, 0.5, 32, 0, 3})) {
      EXPECT_EQ(pair.rgb.sizes(), (at::IntArrayRef{32, 32, 3}));
      seen.insert(pair.caption);
    }
  }
  EXPECT_EQ(seen.size(), 6);
  const auto again = pairs.draw({1, 0.5, 32, 2, 1});
  EXPECT_TRUE(at::equal(again[0].rgb, pairs.draw({1, 0.5, 32, 0, 3})[2].rgb));
}

TEST_F(ListPairsTest, CaptionsOfOnePictureAreNoNegatives) {
  add_picture("a.png", 32, 32);
  const ListPairs pairs({{folder_.path() / "a.png", {"x", "y"}, {"dog"}}}, {}, 2);
  const std::vector<Pair> two = pairs.draw({0, 0, 32, 0, 2});
  EXPECT_EQ(two[0].present, two[1].named);
  EXPECT_EQ(pairs.names(), (std::vector<std::string>{"dog"}));
  EXPECT_EQ(two[0].present.front(), 0);
}

TEST_F(ListPairsTest, TheNextPictureStandsForOneThatIsMissing) {
  add_picture("b.png", 32, 32);
  const ListPairs pairs(
      {{folder_.path() / "none.png", {"x"}, {}}, {folder_.path() / "b.png", {"y"}, {}}}, {}, 2);
  int64_t replaced = 0;
  for (const Pair& pair : pairs.draw({0, 0, 32, 0, 2})) {
    EXPECT_EQ(pair.caption, "y");
    for (const engine::BadPicture& bad : pair.instead_of) {
      ++replaced;
      EXPECT_EQ(bad.index, 0);
      EXPECT_NE(bad.reason.find("none.png"), std::string::npos) << bad.reason;
    }
  }
  EXPECT_EQ(replaced, 1);
}

TEST_F(ListPairsTest, WhereNoPictureCanBeUsedAllAreNamed) {
  const ListPairs pairs({{folder_.path() / "none.png", {"x"}, {}}}, {}, 1);
  const std::vector<Pair> drawn = pairs.draw({0, 0, 32, 0, 1});
  EXPECT_EQ(drawn[0].rgb.sizes(), (at::IntArrayRef{32, 32, 3}));
  EXPECT_EQ(drawn[0].instead_of.size(), 1u);
}

}  // namespace
}  // namespace fcclip::pretrain
