// What tools really write into annotation files, read as it was meant.

#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "fcclip/data/coco_file.h"
#include "fcclip/data/file_table.h"
#include "fcclip/data/json_fields.h"
#include "fcclip/data/read_json.h"
#include "fcclip/results/rle_polygon.h"
#include "tests/data/miniature.h"
#include "tests/io/temporary_folder.h"
#include "tests/support/errors.h"

namespace fcclip::data {
namespace {

using nlohmann::json;

TEST(AnnotationIds, AreNames) {
  EXPECT_EQ(id_key(139), "139");
  EXPECT_EQ(id_key(139.0), "139");
  EXPECT_EQ(id_key("139"), "\"139\"");
  EXPECT_EQ(id_key(json::parse("18446744073709551615")), "18446744073709551615");
  EXPECT_EQ(id_text(id_key("a\"b")), "a\"b");
  for (const char* bad : {"null", "[5]", "true", "1e30"}) {
    EXPECT_NE(test::message_of([&] { id_key(json::parse(bad)); }).find("id"), std::string::npos)
        << bad;
  }
  IdTable table;
  EXPECT_TRUE(table.add(id_key(7), 0));
  EXPECT_TRUE(table.add(id_key("a"), 1));
  EXPECT_FALSE(table.add(id_key(7.0), 2));
  EXPECT_EQ(table.find(id_key("7")), 0u);
  EXPECT_EQ(table.find(id_key("a")), 1u);
  EXPECT_FALSE(table.find(id_key(8)));
}

TEST(AnnotationJson, IsReadInEveryUnicodeForm) {
  const json wanted = {{"name", "ü𝄞"}};
  EXPECT_EQ(parse_json("\xef\xbb\xbf{\"name\": \"ü𝄞\"}", "a"), wanted);
  std::string little = "\xff\xfe", big;
  for (const char16_t unit : std::u16string(u"{\"name\": \"ü𝄞\"}")) {
    little += {static_cast<char>(unit & 0xFF), static_cast<char>(unit >> 8)};
    big += {static_cast<char>(unit >> 8), static_cast<char>(unit & 0xFF)};
  }
  EXPECT_EQ(parse_json(little, "a"), wanted);
  EXPECT_EQ(parse_json(big, "a"), wanted);
}

TEST(AnnotationJson, DamageIsNamedByItsLine) {
  const auto says = [](const char* text) {
    return test::message_of([&] { parse_json(text, "a.json"); });
  };
  EXPECT_EQ(says("{\"a\": 1,\n\"b\": NaN}"),
            "a.json: not valid JSON: line 2: NaN is no number of JSON; write null or leave it out");
  EXPECT_NE(says("[1, 2").find("ends within"), std::string::npos);
  EXPECT_NE(says("{\"a\": 1}\n{\"a\": 2}\n").find("a line"), std::string::npos);
  EXPECT_NE(says("0 0.1 0.2 0.3 0.4\n").find("YOLO"), std::string::npos);
  EXPECT_NE(says("<annotation>").find("XML"), std::string::npos);
}

using Pieces = std::vector<std::vector<double>>;

// What is read of a segmentation's text, in a picture of 80x60 pixels.
CocoSegmentation segmentation_of(const char* text, int expected_remarks) {
  int remarks = 0;
  CocoSegmentation out =
      read_segmentation(json::parse(text), {60, 80}, [&](const std::string&) { ++remarks; });
  EXPECT_EQ(remarks, expected_remarks) << text;
  return out;
}

TEST(Segmentations, PolygonsAreMendedAndRemarked) {
  const Pieces triangle = {{1, 2, 3, 4, 5, 6}};
  const auto pieces = [](const char* text, int expected_remarks) {
    return std::get<CocoPolygons>(segmentation_of(text, expected_remarks)).pieces;
  };
  EXPECT_EQ(pieces("[[1,2,3,4,5,6]]", 0), triangle);
  EXPECT_EQ(pieces("[[1,2,3,4,5,6],[1,2,3,4]]", 1), triangle);
  EXPECT_EQ(pieces("[1,2,3,4,5,6]", 1), triangle);
  EXPECT_EQ(pieces("[[1,2],[3,4],[5,6]]", 1), triangle);
  EXPECT_EQ(pieces("[[1,2,3,4,5,6,7]]", 1), triangle);
  EXPECT_EQ(pieces("[[10,10,20,20]]", 2), Pieces());
  EXPECT_EQ(pieces("[[10,10,20,20],[1,2,3,4,5,6]]", 1), triangle);
  EXPECT_EQ(pieces("[]", 1), Pieces());
  EXPECT_EQ(pieces("[[1,2,null,4,5,6]]", 2), Pieces());
}

TEST(Segmentations, RunLengthsAreReadInEveryWriting) {
  const auto runs = [](const char* text, int expected_remarks) {
    return std::get<CocoRuns>(segmentation_of(text, expected_remarks));
  };
  EXPECT_EQ(
      std::get<std::string>(runs("{\"counts\": \"b'a\\\\\\\\b'\", \"size\": [60, 80]}", 1).counts),
      "a\\b");
  const CocoRuns text_numbers = runs("{\"counts\": [\"4700\", 100.0], \"size\": [60, 80]}", 0);
  EXPECT_EQ(std::get<std::vector<uint32_t>>(text_numbers.counts),
            (std::vector<uint32_t>{4700, 100}));
  EXPECT_EQ(results::area(decode(text_numbers, {60, 80})), 100);
  EXPECT_EQ(results::area(decode(runs("{\"counts\": [4700, 100]}", 0), {60, 80})), 100);
  EXPECT_ERROR(bad_format, "a mask of 80x60 pixels for a picture of 60x80",
               decode(text_numbers, {80, 60}));
  EXPECT_ERROR(bad_format, "a run length that is -1", runs("{\"counts\": [-1]}", 0));
  EXPECT_ERROR(bad_format, "not [height, width]", runs("{\"counts\": [1], \"size\": [9]}", 0));
}

TEST(Segmentations, FarCoordinatesCostNothing) {
  const results::Rle near = results::from_polygon({10, 10, 500, 10, 500, 40, 10, 40}, {60, 80});
  for (const double far : {1e4, 1e9, 1e15, 1e300}) {
    EXPECT_EQ(results::from_polygon({10, 10, far, 10, far, 40, 10, 40}, {60, 80}), near) << far;
  }
  EXPECT_ERROR(bad_format, "a polygon with a coordinate inf",
               results::from_polygon({10, 10, INFINITY, 10, 20, 40}, {60, 80}));
}

TEST(CocoFiles, NeedAListOfAnnotations) {
  const test::TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "a.json";
  io::write_atomically(file, R"({"images": [], "categories": [], "annotations": null})");
  for (const JsonForm form : {JsonForm::panoptic, JsonForm::instances}) {
    EXPECT_ERROR(bad_format, "a.json: \"annotations\" is null, expected a list",
                 CocoFile(file, form));
  }
}

TEST(CocoFiles, OneAnnotationWithoutItsSegmentsIsNamed) {
  const test::TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "a.json";
  const std::string first = R"({"annotations": [{"image_id": 1, "file_name": "1.png"})";
  const std::string second = R"(, {"image_id": 2, "file_name": "2.png", "segments_info": []})";
  for (const std::string& text : {first + second + "]}", first + "]}"}) {
    io::write_atomically(file, text);
    EXPECT_ERROR(bad_format, "a.json: annotation 0: no list \"segments_info\" in it",
                 CocoFile(file, JsonForm::panoptic).each_map([](const CocoMap&) {}));
  }
}

TEST(CocoFiles, AreHandedOutInTypes) {
  const test::TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "a.json";
  io::write_atomically(path, R"({
    "images": [{"id": 7, "file_name": "7.jpg", "height": 60, "width": 80}],
    "categories": [{"id": 3, "name": "cat", "color": [1, 2, 3]}, {"id": "x", "name": " "}],
    "annotations": [
      {"id": 1, "image_id": "7", "category_id": 3, "bbox": [1, 2, 3, 4], "iscrowd": 1},
      {"id": 2, "image_id": 7, "category_id": "x", "segmentation": [[1,2,3,4,5,6]], "area": 9},
      {"id": 3, "image_id": 8, "category_id": 3, "bbox": [1, 2, 3, 4]},
      {"id": 4, "image_id": 7, "category_id": 4, "bbox": [1, 2, 3, 4]}]})");
  CocoFile file(path, JsonForm::instances);
  EXPECT_EQ(file.categories().entries[0].colour, (std::array<uint8_t, 3>{1, 2, 3}));
  EXPECT_EQ(file.categories().entries[1].name, "category x");
  std::vector<CocoObject> objects;
  file.each_object(file.images(), [&](const CocoObject& object, size_t image) {
    EXPECT_EQ(image, 0u);
    objects.push_back(object);
  });
  ASSERT_EQ(objects.size(), 2u);
  EXPECT_EQ(objects[0].place, "annotation id 1");
  EXPECT_TRUE(objects[0].is_crowd && objects[0].box_xywh_px && !objects[0].segmentation);
  EXPECT_FALSE(objects[0].area_px);
  EXPECT_TRUE(objects[1].segmentation && objects[1].area_px == 9);
  EXPECT_EQ(file.remark_lines().size(), 2u);  // the third's picture, the fourth's category
}

TEST(FileTables, FindFilesAsAnnotationsNameThem) {
  const test::TemporaryFolder folder;
  for (const char* name : {"cam0/0000.jpg", "cam1/0000.jpg", "cam1/a.JPG", "b.png", "b.jpg",
                           "._b.jpg", ".hidden/c.jpg"}) {
    io::write_atomically(folder.path() / name, "x");
  }
  const FileTable table({folder.path()}, {}, "");
  EXPECT_EQ(table.files().size(), 5u);
  EXPECT_EQ(table.at("cam1\\0000.jpg")->relative, "cam1/0000.jpg");
  EXPECT_EQ(table.at("./cam0/0000.jpg")->relative, "cam0/0000.jpg");
  EXPECT_EQ(table.at("0000.jpg"), nullptr);
  EXPECT_EQ(table.like("/home/x/cam1/0000.png")->relative, "cam1/0000.jpg");
  EXPECT_EQ(table.like("D:\\set\\a.jpeg")->relative, "cam1/a.JPG");
  EXPECT_EQ(table.like("b.jpeg")->relative, "b.jpg");
  EXPECT_EQ(table.like("nowhere.jpg"), nullptr);
  EXPECT_NE(test::message_of([&] { table.like("0000.jpg"); }).find("may both be meant"),
            std::string::npos);
}

}  // namespace
}  // namespace fcclip::data
