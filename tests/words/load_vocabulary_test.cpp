// Finding a vocabulary by name, and every form of file that people have.
#include "fcclip/words/load_vocabulary.h"

#include <array>
#include <filesystem>
#include <fstream>
#include <unistd.h>

#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "fcclip/words/decode_text.h"
#include "fcclip/words/word_file.h"

namespace fcclip::words {
namespace {

namespace fs = std::filesystem;

class LoadVocabulary : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("fcclip_vocabulary_" + std::to_string(getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  std::string write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
    return (folder_ / name).string();
  }
  fs::path folder_;
};

TEST_F(LoadVocabulary, FilesByTheirContent) {
  EXPECT_EQ(load_vocabulary(write("mine.txt", "[things]\nmug | cup\n")).name, "mine");
  EXPECT_EQ(load_vocabulary(write("mine.json", "[{\"id\": 5, \"name\": \"mug\"}]")).classes[0].id,
            5);
  EXPECT_EQ(load_vocabulary(write("names", " [\"mug,cup\"]")).classes[0].synonyms.size(), 2u);
  EXPECT_EQ(load_vocabulary(write("a+b.txt", "mug\n")).classes.size(), 1u);
}

TEST_F(LoadVocabulary, SeveralJoined) {
  const std::string mine = write("mine.txt", "mug\nperson | somebody\n");
  const classify::Vocabulary got = load_vocabulary("coco+" + mine);
  EXPECT_EQ(got.name, "coco_panoptic_133+mine");
  EXPECT_EQ(got.classes.size(), 134u);
  EXPECT_EQ(got.classes[0].synonyms.back(), "somebody");
  EXPECT_EQ(load_vocabulary("voc20+cityscapes+" + mine).classes.front().synonyms.front(),
            "aeroplane");
}

TEST_F(LoadVocabulary, ErrorsNameTheFile) {
  for (const std::string& spec :
       {std::string("no such file"), std::string("coco+"), std::string("+coco"),
        std::string("coco+nothing"), std::string()}) {
    try {
      load_vocabulary(spec);
      FAIL() << spec;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::invalid_argument) << spec;
    }
  }
  try {
    load_vocabulary((folder_ / "gone.txt").string());
    FAIL() << "found";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::not_found);
  }
  const std::string bad = write("bad.txt", "cat\n[animals]\n");
  try {
    load_vocabulary(bad);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::bad_format);
    EXPECT_NE(std::string(error.what()).find("bad.txt: vocabulary, line 2"), std::string::npos);
  }
}

/// "cat|kitty; dog": first names and synonyms of a file's classes, or "refused: " and why.
std::string read(std::string_view bytes) {
  std::string out;
  try {
    for (const auto& entry : parse_word_file(decode_text(bytes)).classes) {
      out += out.empty() ? "" : "; ";
      for (size_t s = 0; s < entry.synonyms.size(); ++s) {
        out += (s == 0 ? "" : "|") + entry.synonyms[s];
      }
    }
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
    EXPECT_NE(error.code(), ErrorCode::internal);
    return std::string("refused: ") + error.what();
  }
  return out;
}

struct Form {
  const char* name;
  std::string bytes;
  const char* words;
};

void PrintTo(const Form& form, std::ostream* out) {
  *out << form.name;
}

const Form kForms[] = {
    {"UltralyticsMap", "path: ../set\ntrain: images/train\nnc: 2\nnames:\n  0: cat\n  1: hot dog\n",
     "cat; hot dog"},
    {"UltralyticsList", "# set\nnames: ['cat', \"dog\"]\nnc: 2\n", "cat; dog"},
    {"YamlItems", "- cat\n- dog\n", "cat; dog"},
    {"YamlNamesThatLookLikeTruths", "names:\n  0: yes\n  1: 'no'\n  2: 3\n", "yes; no; 3"},
    {"YamlNumbersBehindNames", "cat: 1\ndog: 0\n", "dog; cat"},
    {"NumberedWithColon", "0: cat\n1: \"dog\"\n", "cat; dog"},
    {"NumberedWithDot", "1. cat\n2. dog\n", "cat; dog"},
    {"NumberedWithTab", "0\tcat\n1\tdog\n", "cat; dog"},
    {"NumberedWithBlank", "1 person\n2 bicycle\n13 stop sign\n", "person; bicycle; stop sign"},
    {"CsvWithHeading", "id,name,supercategory\n7,cat,animal\n3,\"door, double door\",thing\n",
     "door|double door; cat"},
    {"CsvWithColours", "name,r,g,b\nAnimal,64,128,64\nWall,64,192,0\n", "Animal; Wall"},
    {"CsvOfOneColumn", "class\ncat\ndog\n", "cat; dog"},
    {"SpreadsheetWithHint", "sep=;\r\nid;name\r\n1;cat\r\n2;dog\r\n", "cat; dog"},
    {"SemicolonsAndColours", "cat;#ff0000\ndog;#00ff00\n", "cat; dog"},
    {"SemicolonsAndTriples", "cat;255,0,0\ndog;0,255,0\n", "cat; dog"},
    {"ColoursBeforeNames", "64 128 64\tAnimal\n192 0 128\tArchway\n", "Animal; Archway"},
    {"ObjectInfo150",
     "Idx\tRatio\tTrain\tVal\tStuff\tName\n1\t0.1576\t11664\t1172\t1\twall\n2\t0.1\t6046\t612\t1\t"
     "building, edifice\n",
     "wall; building|edifice"},
    {"Synonyms", "name\tsynonyms\nmug\tcup;beaker\ngrass\t\n", "mug|cup|beaker; grass"},
    {"Pbtxt",
     "item {\n  id: 1\n  name: '/m/01g317'\n  display_name: \"person\"\n}\nitem {\n id: 2\n name: "
     "'dog'\n keypoints { id: 1 label: 'nose' }\n}\n",
     "person; dog"},
    {"CvatLabelMap", "# label:color_rgb:parts:actions\nbackground:0,0,0::\ncat:128,0,0::\n",
     "background; cat"},
    {"CvatLabels", R"([{"name": "cat", "color": "#ff0000", "attributes": []}, {"name": "dog"}])",
     "cat; dog"},
    {"CocoFile",
     R"({"images": [], "categories": [{"id": 18, "name": "dog", "supercategory": "a"}]})", "dog"},
    {"Id2Label", R"({"model_type": "x", "id2label": {"1": "b", "0": "a", "10": "c"}})", "a; b; c"},
    {"Label2Id", R"({"label2id": {"b": 1, "a": 0}})", "a; b"},
    {"ClassIndex", R"({"0": ["n01440764", "tench"], "1": ["n01443537", "goldfish"]})",
     "tench; goldfish"},
    {"Supervisely", R"({"classes": [{"title": "cat", "color": "#00FF00"}], "tags": []})", "cat"},
    {"PythonDict", "{0: 'cat', 1: 'dog\\'s bowl',}\n", "cat; dog's bowl"},
    {"PythonTuple", "CLASSES = ('cat', 'dog',  # two\n           \"bird\")\n", "cat; dog; bird"},
    {"PythonMetaInfo", "METAINFO = {'classes': ('cat', 'dog'), 'palette': [(1, 2, 3), (4, 5, 6)]}",
     "cat; dog"},
    {"JsonWithTrailingComma", "[\"cat\", \"dog\",]", "cat; dog"},
    {"WordNet", "n01440764 tench, Tinca tinca\nn01443537 goldfish\n",
     "tench|Tinca tinca; goldfish"},
    {"LabelmesMarks", "__ignore__\n_background_\ncat\ndog\n", "cat; dog"},
    {"MarkedUtf8",
     "\xEF\xBB\xBF"
     "cat\r\ndog\r\n",
     "cat; dog"},
    {"OldMacintosh", "cat\rdog\r", "cat; dog"},
    {"Utf16Little",
     std::string("\xFF\xFE"
                 "c\0a\0t\0\r\0\n\0\xE9\0",
                 14),
     "cat; é"},
    {"Utf16BigWithoutMark", std::string("\0c\0a\0t\0\n\0d\0o\0g", 14), "cat; dog"},
    {"PlainText", "cat | kitty # mine, yours\n[stuff]\ngrass\n", "cat|kitty; grass"},
};

class WordForms : public ::testing::TestWithParam<Form> {};

TEST_P(WordForms, AreRead) {
  EXPECT_EQ(read(GetParam().bytes), GetParam().words);
}

INSTANTIATE_TEST_SUITE_P(All, WordForms, ::testing::ValuesIn(kForms),
                         [](const auto& info) { return info.param.name; });

const Form kRefused[] = {
    {"NamesWithoutBars", "cat, kitty\ndog, puppy\n", "texts between"},
    {"OneLineOfCommas", "cat, dog, grass\n", "one class a line"},
    {"SomeCommas", "cat\nwall, floor\n", "line 2"},
    {"OtherYaml", "train: images/train\nval: images/val\nnc: 80\n", "keys nc, train, val"},
    {"YamlObjects", "names: !!python/object/apply:os.system ['true']\n", "nothing was made"},
    {"BrokenYaml", "names:\n  - cat\n - dog\n", "not valid YAML from line"},
    {"KeysTwice", "names:\n  0: cat\n  0: dog\n", "a second time"},
    {"NumbersTwice", "0: cat\n0: dog\n", "number 0 occurs a second time"},
    {"Labelme", R"({"shapes": [], "imagePath": "a.jpg"})", "labelme"},
    {"ConfigWithoutNames", R"({"model_type": "clip", "hidden_size": 4})", "id2label"},
    {"CocoResults", R"([{"image_id": 1, "category_id": 2, "score": 0.5}])", "COCO results"},
    {"BrokenJson", "[{\"name\": \"cat\"},\n {\"name\": \"dog", "not JSON from line 2"},
    {"Html", "<!DOCTYPE html><html></html>", "XML or HTML"},
    {"VocAnnotation", "<annotation><object><name>cat</name></object></annotation>", "Pascal VOC"},
    {"DarknetData", "classes= 2\nnames = data/obj.names\n", "a setting"},
    {"YoloLabels", "0 0.5 0.5 0.1 0.2\n1 0.5 0.5 0.1 0.2\n", "row of numbers"},
    {"ListOfPictures", "images/a.jpg\nimages/b.jpg\n", "name of a picture"},
    {"NumbersBehindNames", "cat 0\ndog 1\n", "number behind it"},
    {"Latin1", "cat\ncaf\xE9\n", "line 2 is not UTF-8"},
    {"Prose", std::string(200, 'x'), "too long"},
    {"Empty", " \n", "no classes"},
};

class RefusedForms : public ::testing::TestWithParam<Form> {};

TEST_P(RefusedForms, SayWhatTheySeemToBe) {
  const std::string answer = read(GetParam().bytes);
  EXPECT_TRUE(answer.starts_with("refused: ")) << answer;
  EXPECT_NE(answer.find(GetParam().words), std::string::npos) << answer;
}

INSTANTIATE_TEST_SUITE_P(All, RefusedForms, ::testing::ValuesIn(kRefused),
                         [](const auto& info) { return info.param.name; });

TEST(WordFile, ColoursAndThingsOfTables) {
  const auto camvid = parse_word_file("name,r,g,b\nAnimal,64,128,64\n").classes[0];
  EXPECT_EQ(camvid.colour_rgb, (std::array<uint8_t, 3>{64, 128, 64}));
  const auto info = parse_word_file("Idx\tStuff\tName\n1\t1\twall\n2\t0\tbed\n").classes;
  EXPECT_FALSE(info[0].is_thing);
  EXPECT_TRUE(info[1].is_thing);
  EXPECT_EQ(info[1].id, 2);
}

TEST(WordFile, AliasesOfAliasesAreBounded) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
  for (int level = 1; level < 9; ++level) {
    const std::string before = "*a" + std::to_string(level - 1);
    bomb += "a" + std::to_string(level) + ": &a" + std::to_string(level) + " [";
    for (int i = 0; i < 9; ++i) bomb += (i > 0 ? ", " : "") + before;
    bomb += "]\n";
  }
  EXPECT_NE(read(bomb).find("too large"), std::string::npos);
  EXPECT_TRUE(read("a: " + std::string(100'000, '[')).starts_with("refused: "));
}

}  // namespace
}  // namespace fcclip::words
