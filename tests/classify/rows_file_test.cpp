#include "fcclip/classify/rows_file.h"

#include <fstream>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/classify/text_cache.h"
#include "fcclip/io/atomic_file.h"
#include "fcclip/io/safetensors.h"
#include "tests/io/temporary_folder.h"
#include "tests/support/errors.h"
#include "tests/support/files.h"

namespace fcclip::classify {
namespace rows_file_test {

const RowsOrigin kOrigin{"f1", {"a {}.", "the {}"}};
const std::vector<std::string> kWords = {"cat", "häst 🐎", "a \"b\"\n c"};

class RowsFileTest : public ::testing::Test {
 protected:
  RowsFileTest() {
    at::manual_seed(1);
    rows_ = at::randn({3, 64});
    rows_ = rows_ / rows_.norm(2, -1, true);
    save_rows(path_, kOrigin, kWords, rows_);
  }
  test::TemporaryFolder folder_;
  std::filesystem::path path_ = folder_.path() / "m.rows.safetensors";
  at::Tensor rows_;
};

TEST_F(RowsFileTest, GivesRowsWithinHalfPrecision) {
  const RowsFile file(path_);
  EXPECT_EQ(file.size(), 3);
  EXPECT_EQ(file.origin(), kOrigin);
  for (size_t i = 0; i < kWords.size(); ++i) {
    const auto row = file.find("f1", kOrigin.templates, kWords[i]);
    ASSERT_TRUE(row.has_value()) << kWords[i];
    EXPECT_EQ(row->scalar_type(), at::kFloat);
    // Half of the last of eleven bits of numbers below one half, and as much for the length.
    EXPECT_LE((*row - rows_[static_cast<int64_t>(i)]).abs().max().item<double>(), 2.5e-4);
    EXPECT_NEAR(row->norm().item<double>(), 1, 1e-6);
  }
  EXPECT_FALSE(file.find("f1", kOrigin.templates, "Cat").has_value());
}

TEST_F(RowsFileTest, SaysNothingToAnotherModelOrOtherTemplates) {
  const RowsFile file(path_);
  EXPECT_FALSE(file.find("f2", kOrigin.templates, "cat").has_value());
  EXPECT_FALSE(file.find("f1", {"a {}."}, "cat").has_value());
}

TEST_F(RowsFileTest, RefusesWhatIsDamaged) {
  std::string bytes = io::read_file(path_);
  std::string flipped = bytes;
  flipped[flipped.size() - 5] ^= 1;
  const auto damaged = test::write_file(folder_.path() / "flipped", flipped);
  EXPECT_ERROR(bad_format, "it is damaged", RowsFile(damaged));
  const auto cut = test::write_file(folder_.path() / "cut", bytes.substr(0, bytes.size() - 2));
  EXPECT_ERROR(bad_format, "cut", RowsFile(cut));
  bytes.replace(bytes.find("häst"), 1, "g");
  const auto renamed = test::write_file(folder_.path() / "renamed", bytes);
  EXPECT_ERROR(bad_format, "it is damaged", RowsFile(renamed));
  EXPECT_ERROR(not_found, "nosuch", RowsFile(folder_.path() / "nosuch"));
}

TEST_F(RowsFileTest, RefusesOtherSafetensors) {
  const auto refused = [&](const io::NamedTensors& tensors, const io::Metadata& metadata,
                           const char* says) {
    io::save_safetensors(path_, tensors, metadata);
    EXPECT_ERROR(bad_format, says, RowsFile(path_));
  };
  io::Metadata good = io::SafetensorsFile(path_).metadata();
  const at::Tensor half = at::zeros({3, 4}, at::kHalf);
  refused({{"rows", half}}, {}, "say nothing of rows");
  refused({{"rows", half}}, {{"format", "fcclip-rows-9"}}, "got fcclip-rows-9");
  refused({{"other", half}}, good, "no tensor \"rows\"");
  refused({{"rows", half.to(at::kFloat)}}, good, "of Float");
  refused({{"rows", half.narrow(0, 0, 2)}}, good, "got [2, 4]");
  good["words"] = "{\"cat\": 1}";
  refused({{"rows", half}}, good, "no list of texts");
  good.erase("words");
  refused({{"rows", half}}, good, "no \"words\"");
}

TEST_F(RowsFileTest, AWordHasOneRow) {
  EXPECT_ERROR(invalid_argument, "two rows of \"cat\"",
               save_rows(path_, kOrigin, {"cat", "cat"}, rows_.narrow(0, 0, 2)));
  EXPECT_ERROR(shape_mismatch, "text rows", save_rows(path_, kOrigin, {"cat"}, rows_));
}

TEST_F(RowsFileTest, ACacheReadsThemFirstAndNeedsNoFolder) {
  TextCache cache({}, "f1");
  cache.read_first(std::make_shared<const RowsFile>(path_));
  EXPECT_TRUE(cache.find(kOrigin.templates, "cat").has_value());
  EXPECT_FALSE(cache.find(kOrigin.templates, "dog").has_value());
  cache.store(kOrigin.templates, "dog", rows_[0]);  // nowhere to keep it
  EXPECT_FALSE(cache.find(kOrigin.templates, "dog").has_value());

  TextCache own(folder_.path() / "cache", "f1");
  own.store(kOrigin.templates, std::vector<std::string>{"cat", "dog"}, rows_.narrow(0, 1, 2));
  own.read_first(std::make_shared<const RowsFile>(path_));
  EXPECT_TRUE(own.find(kOrigin.templates, "cat")
                  ->equal(*RowsFile(path_).find("f1", kOrigin.templates, "cat")));
  EXPECT_TRUE(own.find(kOrigin.templates, "dog")->equal(rows_[2]));
}

TEST_F(RowsFileTest, ARoundedTowersRowsAreKeptApartAndThisFilesAreReadAllTheSame) {
  const std::vector<std::string>& templates = kOrigin.templates;
  TextCache exact(folder_.path() / "cache", "f1"),
      rounded(folder_.path() / "cache", "f1", 0, "-bfloat16");
  exact.store(templates, "dog", rows_[0]);
  EXPECT_FALSE(rounded.find(templates, "dog").has_value());
  rounded.store(templates, "dog", rows_[2]);
  rounded.read_first(std::make_shared<const RowsFile>(path_));
  EXPECT_TRUE(rounded.find(templates, "dog")->equal(rows_[2]));
  EXPECT_TRUE(exact.find(templates, "dog")->equal(rows_[0]));
  EXPECT_TRUE(rounded.find(templates, "cat").has_value());
}

TEST(RowsFile, IsLookedForBesideTheModel) {
  EXPECT_EQ(rows_file_of("models/mini.safetensors"), "models/mini.rows.safetensors");
  EXPECT_EQ(rows_file_of("m"), "m.rows.safetensors");
}

}  // namespace rows_file_test
}  // namespace fcclip::classify
