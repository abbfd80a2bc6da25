#include "fcclip/eval/record_file.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "fcclip/core/error.h"
#include "fcclip/eval/prediction_files.h"
#include "fcclip/io/atomic_file.h"
#include "tests/eval/two_regions.h"
#include "tests/io/temporary_folder.h"

namespace fcclip::eval {
namespace record_file_test {

namespace fs = std::filesystem;

RunHeader header() {
  RunHeader header;
  header.data_set = "two";
  header.pictures = 4;
  header.classes = 2;
  header.model = "small\xff";  // names need not be UTF-8
  header.classifier = "ensemble";
  header.oracle = "none";
  return header;
}

PictureRecord picture(int64_t index) {
  PictureRecord record{
      index, "p" + std::to_string(index), "\"p\"", "p.jpg", {test::kHeight, test::kWidth}};
  record.scores["ensemble"] = to_record(two_regions::scores_of(16 + index));
  record.answers["ensemble"] = two_regions::answer(16 + index);
  return record;
}

class RecordFiles : public testing::Test {
 protected:
  void write(int64_t rank, int64_t count, const std::vector<int64_t>& indices,
             bool resume = false) {
    RecordFile file(path(rank, count), header(), words_, resume);
    for (const int64_t index : indices) file.append(picture(index));
  }
  fs::path path(int64_t rank = 0, int64_t count = 1) const {
    return record_path(folder_.path() / "run", rank, count);
  }
  std::vector<StoredPicture> read(const RunHeader& wanted = header()) const {
    std::vector<StoredPicture> pictures;
    read_records(record_files(folder_.path() / "run"), wanted,
                 [&](const StoredPicture& one) { pictures.push_back(one); });
    return pictures;
  }
  void expect_refused(ErrorCode code, const std::string& part,
                      const RunHeader& wanted = header()) const {
    try {
      read(wanted);
      ADD_FAILURE() << "no error about " << part;
    } catch (const Error& error) {
      const std::string message = error.what();
      EXPECT_EQ(error.code(), code) << message;
      EXPECT_NE(message.find(part), std::string::npos) << message;
      EXPECT_NE(message.find((folder_.path() / "run").string()), std::string::npos) << message;
      EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    }
  }

  test::TemporaryFolder folder_;
  const classify::Vocabulary words_ = two_regions::words();
};

TEST_F(RecordFiles, GiveBackWhatWasAppended) {
  write(0, 1, {0, 2});
  const std::vector<StoredPicture> got = read();
  ASSERT_EQ(got.size(), 2u);
  EXPECT_EQ(got[1].index, 2);
  EXPECT_EQ(got[1].name, "p2");
  PictureScores scores(2);
  add_record(scores, got[1].scores.at("ensemble"));
  const PictureScores want = two_regions::scores_of(18);
  EXPECT_EQ(scores.panoptic.counts(0).iou, want.panoptic.counts(0).iou);  // to the last bit
  EXPECT_EQ(scores.masks.summary().numbers(), want.masks.summary().numbers());
  EXPECT_EQ(scores.boxes.summary().numbers(), want.boxes.summary().numbers());
  EXPECT_EQ(scores.semantic.confusion(), want.semantic.confusion());
  EXPECT_EQ(scores.semantic.boundary_confusion(), want.semantic.boundary_confusion());
  const std::vector<AnsweredSegment>& segments = got[1].panoptic.at("ensemble");
  ASSERT_EQ(segments.size(), 2u);
  EXPECT_EQ(segments[1].id, 2);
  EXPECT_EQ(segments[1].category_id, 184);
}

TEST_F(RecordFiles, AreContinuedAfterTheLastWholeLine) {
  write(0, 1, {0, 1});
  fs::resize_file(path(), fs::file_size(path()) - 10);
  {
    RecordFile file(path(), header(), words_, /*resume=*/true);
    EXPECT_EQ(file.last(), 0);
    file.append(picture(1));
  }
  EXPECT_EQ(read().size(), 2u);
  RecordFile anew(path(), header(), words_, /*resume=*/false);
  EXPECT_EQ(anew.last(), -1);
  EXPECT_TRUE(read().empty());
}

TEST_F(RecordFiles, OfShardsAreReadInTheOrderOfThePictures) {
  write(1, 2, {1, 3});
  write(0, 2, {0, 2});
  EXPECT_EQ(path(1, 2).filename(), "records.1.jsonl");
  const std::vector<StoredPicture> got = read();
  ASSERT_EQ(got.size(), 4u);
  for (int64_t i = 0; i < 4; ++i) EXPECT_EQ(got[i].index, i);
}

TEST_F(RecordFiles, APictureInTwoFilesIsAnOlderRuns) {
  write(0, 2, {0, 2});
  write(0, 1, {0, 1});
  expect_refused(ErrorCode::bad_format, "picture 0 is in another record file too");
}

TEST_F(RecordFiles, OfAnotherRunAreRefused) {
  write(0, 1, {0});
  RunHeader other = header();
  other.pictures = 5;
  expect_refused(ErrorCode::invalid_argument, "another number of pictures", other);
  try {
    RecordFile file(path(), other, words_, /*resume=*/true);
    ADD_FAILURE() << "continued";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
  }
}

TEST_F(RecordFiles, DamageIsNamedByItsLine) {
  write(0, 1, {0, 1});
  const std::string whole = io::read_file(path());
  const size_t second = whole.find('\n') + 1;
  io::write_atomically(path(), whole.substr(0, second) + "{\"index\": 0,\n");
  expect_refused(ErrorCode::bad_format, "line 2 is damaged");
  io::write_atomically(path(), whole.substr(0, second) + "{\"name\": \"a\"}\n");
  expect_refused(ErrorCode::bad_format, "without the number of its picture");
  io::write_atomically(path(), whole.substr(0, second) +
                                   "{\"index\": 0, \"name\": \"a\", \"scores\": {\"in\": {}}}\n");
  expect_refused(ErrorCode::bad_format, "a record of scores is damaged");
  io::write_atomically(path(), "");
  expect_refused(ErrorCode::bad_format, "empty");
  fs::remove(path());
  expect_refused(ErrorCode::not_found, "no records");
}

TEST_F(RecordFiles, APlaceThatCannotBeWrittenIsNamed) {
  io::write_atomically(folder_.path() / "run", "in the way");
  try {
    write(0, 1, {});
    ADD_FAILURE() << "written";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::io_failure);
    EXPECT_NE(std::string(error.what()).find(path().string()), std::string::npos);
  }
}

TEST_F(RecordFiles, BecomeTheFilesThatOfficialToolsRead) {
  write(0, 1, {0, 1});
  write_prediction_files(folder_.path() / "run", header(), "ensemble", words_);
  const fs::path place = folder_.path() / "run/ensemble";
  const auto panoptic = nlohmann::json::parse(io::read_file(place / "panoptic.json"));
  ASSERT_EQ(panoptic["annotations"].size(), 2u);
  EXPECT_EQ(panoptic["annotations"][1]["file_name"], "p1.png");
  EXPECT_EQ(panoptic["annotations"][0]["image_id"], "p");
  EXPECT_EQ(panoptic["annotations"][0]["segments_info"][1]["category_id"], 184);
  EXPECT_EQ(panoptic["images"][0]["height"], test::kHeight);
  EXPECT_EQ(panoptic["categories"].size(), 2u);
  const auto instances = nlohmann::json::parse(io::read_file(place / "instances.json"));
  ASSERT_EQ(instances.size(), 2u);
  EXPECT_EQ(instances[0]["category_id"], 1);
  write_prediction_files(folder_.path() / "run", header(), "in", words_);
  EXPECT_FALSE(fs::exists(folder_.path() / "run/in"));  // nothing of it was kept
}

}  // namespace record_file_test
}  // namespace fcclip::eval
