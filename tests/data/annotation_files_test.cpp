// What tools really write into annotation files, read as it was meant.

#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "fcclip/data/coco_entries.h"
#include "fcclip/data/file_table.h"
#include "fcclip/data/read_json.h"
#include "fcclip/results/rle_polygon.h"
#include "tests/data/miniature.h"
#include "tests/io/temporary_folder.h"
#include "tests/support/errors.h"

namespace fcclip::data {
namespace {

using nlohmann::json;

template <typename Call>
std::string refusal(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing was thrown";
}

TEST(AnnotationIds, AreNames) {
  EXPECT_EQ(id_key(139), "139");
  EXPECT_EQ(id_key(139.0), "139");
  EXPECT_EQ(id_key("139"), "\"139\"");
  EXPECT_EQ(id_key(json::parse("18446744073709551615")), "18446744073709551615");
  EXPECT_EQ(id_text(id_key("a\"b")), "a\"b");
  for (const char* bad : {"null", "[5]", "true", "1e30"}) {
    EXPECT_NE(refusal([&] { id_key(json::parse(bad)); }).find("id"), std::string::npos) << bad;
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
  const auto says = [](const char* text) { return refusal([&] { parse_json(text, "a.json"); }); };
  EXPECT_EQ(says("{\"a\": 1,\n\"b\": NaN}"),
            "a.json: not valid JSON: line 2: NaN is no number of JSON; write null or leave it out");
  EXPECT_NE(says("[1, 2").find("ends within"), std::string::npos);
  EXPECT_NE(says("{\"a\": 1}\n{\"a\": 2}\n").find("a line"), std::string::npos);
  EXPECT_NE(says("0 0.1 0.2 0.3 0.4\n").find("YOLO"), std::string::npos);
  EXPECT_NE(says("<annotation>").find("XML"), std::string::npos);
}

TEST(Segmentations, AreMendedAndRemarked) {
  const auto mend = [](const char* text, int expected_remarks) {
    const json value = json::parse(text);
    json storage;
    int remarks = 0;
    const json out =
        mend_segmentation(&value, {60, 80}, storage, [&](const std::string&) { ++remarks; });
    EXPECT_EQ(remarks, expected_remarks) << text;
    return out.dump();
  };
  EXPECT_EQ(mend("[[1,2,3,4,5,6]]", 0), "[[1,2,3,4,5,6]]");
  EXPECT_EQ(mend("[[1,2,3,4,5,6],[1,2,3,4]]", 1), "[[1.0,2.0,3.0,4.0,5.0,6.0]]");
  EXPECT_EQ(mend("[1,2,3,4,5,6]", 1), "[[1.0,2.0,3.0,4.0,5.0,6.0]]");
  EXPECT_EQ(mend("[[1,2],[3,4],[5,6]]", 1), "[[1.0,2.0,3.0,4.0,5.0,6.0]]");
  EXPECT_EQ(mend("[[1,2,3,4,5,6,7]]", 1), "[[1.0,2.0,3.0,4.0,5.0,6.0]]");
  EXPECT_EQ(mend("[[10,10,20,20]]", 2), "[]");
  EXPECT_EQ(mend("[[10,10,20,20],[1,2,3,4,5,6]]", 1), "[[1.0,2.0,3.0,4.0,5.0,6.0]]");
  EXPECT_EQ(mend("[]", 1), "[]");
  EXPECT_EQ(mend("[[1,2,null,4,5,6]]", 2), "[]");
  EXPECT_EQ(mend("{\"counts\": \"b'a\\\\\\\\b'\", \"size\": [60, 80]}", 1),
            R"({"counts":"a\\b","size":[60,80]})");
}

TEST(Segmentations, FarCoordinatesCostNothing) {
  const results::Rle near = results::from_polygon({10, 10, 500, 10, 500, 40, 10, 40}, {60, 80});
  for (const double far : {1e4, 1e9, 1e15, 1e300}) {
    EXPECT_EQ(results::from_polygon({10, 10, far, 10, far, 40, 10, 40}, {60, 80}), near) << far;
  }
  EXPECT_ERROR(bad_format, "a polygon with a coordinate inf",
               results::from_polygon({10, 10, INFINITY, 10, 20, 40}, {60, 80}));
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
  EXPECT_NE(refusal([&] { table.like("0000.jpg"); }).find("may both be meant"), std::string::npos);
}

}  // namespace
}  // namespace fcclip::data
