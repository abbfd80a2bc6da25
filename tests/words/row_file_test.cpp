// Files of words whose classes bring rows: written, read, refused.
#include "fcclip/words/row_file.h"

#include <fstream>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/io/safetensors.h"
#include "fcclip/words/load_vocabulary.h"
#include "tests/io/temporary_folder.h"
#include "tests/support/errors.h"

namespace fcclip::words {
namespace row_file_test {

std::shared_ptr<const classify::ClassRows> rows_of(float value, const std::string& model = "m1") {
  return std::make_shared<classify::ClassRows>(
      classify::ClassRows{{value, 0, 1}, {0, value, 1}, model});
}

classify::Vocabulary mixed() {
  classify::Vocabulary vocabulary{"shop", {}};
  vocabulary.classes.push_back({3, {"mug, with a comma", "cup"}, true});
  vocabulary.classes.back().colour_rgb = {{1, 2, 3}};
  vocabulary.classes.push_back({7, {"grass"}, false});
  vocabulary.classes.push_back({9, {"rest"}, false, true});
  vocabulary.classes[0].rows = rows_of(2);
  vocabulary.classes[2].rows = rows_of(5);
  return vocabulary;
}

class RowFile : public ::testing::Test {
 protected:
  std::filesystem::path save(const classify::Vocabulary& vocabulary) const {
    save_row_file(folder_.path() / "mine.safetensors", vocabulary);
    return folder_.path() / "mine.safetensors";
  }
  test::TemporaryFolder folder_;
};

TEST_F(RowFile, KeepsWhatAVocabularySays) {
  const classify::Vocabulary written = mixed();
  const std::filesystem::path path = save(written);
  EXPECT_TRUE(is_row_file(path));
  const classify::Vocabulary got = load_question(path.string(), {});
  EXPECT_EQ(got.name, "shop");
  ASSERT_EQ(got.classes.size(), 3U);
  for (size_t k = 0; k < 3; ++k) {
    const classify::VocabularyClass &want = written.classes[k], &one = got.classes[k];
    EXPECT_EQ(one.id, want.id);
    EXPECT_EQ(one.synonyms, want.synonyms);
    EXPECT_EQ(one.is_thing, want.is_thing);
    EXPECT_EQ(one.is_background, want.is_background);
    EXPECT_EQ(one.colour_rgb, want.colour_rgb);
    EXPECT_EQ(classify::rows_key(one.rows), classify::rows_key(want.rows));
  }
  EXPECT_FALSE(got.classes[1].rows);
}

TEST_F(RowFile, JoinsWithWords) {
  const std::string path = save(mixed()).string();
  std::ofstream(folder_.path() / "more.txt") << "dog\nrest\n";
  const classify::Vocabulary got =
      load_question((folder_.path() / "more.txt").string() + "+" + path, {});
  ASSERT_EQ(got.classes.size(), 4U);
  EXPECT_FALSE(got.classes[0].rows);
  EXPECT_EQ(got.classes[1].synonyms.front(), "rest");
  EXPECT_EQ(classify::rows_key(got.classes[1].rows), classify::rows_key(rows_of(5)));
}

TEST_F(RowFile, OtherFilesAreNone) {
  EXPECT_FALSE(is_row_file(folder_.path() / "nothing"));
  EXPECT_FALSE(is_row_file(folder_.path()));
  std::ofstream(folder_.path() / "words.txt") << "mug\n";
  EXPECT_FALSE(is_row_file(folder_.path() / "words.txt"));
  io::save_safetensors(folder_.path() / "weights.safetensors", {{"a", at::zeros({2})}});
  EXPECT_FALSE(is_row_file(folder_.path() / "weights.safetensors"));
}

TEST_F(RowFile, RefusesWhatIsNoFileOfOneModel) {
  classify::Vocabulary vocabulary = mixed();
  vocabulary.classes[1].rows = rows_of(1, "m2");
  EXPECT_ERROR(invalid_argument, "rows of several models", save(vocabulary));
  for (classify::VocabularyClass& entry : vocabulary.classes) entry.rows = nullptr;
  EXPECT_ERROR(invalid_argument, "no class brings rows", save(vocabulary));
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "mine.safetensors"));
}

TEST_F(RowFile, RefusesDamage) {
  const std::filesystem::path path = save(mixed());
  const io::SafetensorsFile file(path);
  const at::Tensor in_rows = file.tensor("rows.in_vocabulary").clone();
  const at::Tensor out_rows = file.tensor("rows.out_of_vocabulary").clone();
  const auto load = [&](const at::Tensor& first, const io::Metadata& metadata) {
    const std::filesystem::path other = folder_.path() / "other.safetensors";
    io::save_safetensors(
        other, {{"rows.in_vocabulary", first}, {"rows.out_of_vocabulary", out_rows}}, metadata);
    load_vocabulary(other.string());
  };
  io::Metadata metadata = file.metadata();
  EXPECT_NO_THROW(load(in_rows, metadata));
  EXPECT_ERROR(bad_format, "other.safetensors: damaged", load(in_rows.narrow(0, 0, 1), metadata));
  EXPECT_ERROR(bad_format, "finite", load(in_rows / 0, metadata));
  EXPECT_ERROR(bad_format, "finite", load(in_rows.to(at::kDouble), metadata));
  metadata["fcclip"] =
      R"({"rows_of": "m", "classes": [{"id": 1, "names": ["a"], "isthing": 1, "row": 7}]})";
  EXPECT_ERROR(bad_format, "row 7 of 2", load(in_rows, metadata));
  metadata["fcclip"] = R"({"rows_of": "m", "classes": [{"id": 1}]})";
  EXPECT_ERROR(bad_format, "damaged", load(in_rows, metadata));
  metadata["fcclip"] = "{";
  EXPECT_ERROR(bad_format, "damaged", load(in_rows, metadata));
  metadata["format"] = "fcclip-words-2";
  EXPECT_ERROR(bad_format, "fcclip-words-2, expected fcclip-words-1", load(in_rows, metadata));
}

}  // namespace row_file_test
}  // namespace fcclip::words
