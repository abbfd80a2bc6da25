// Files that other tools open: what stands in them for a segmentation made by hand.

#include <filesystem>
#include <map>
#include <sstream>
#include <unistd.h>

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "fcclip/core/error.h"
#include "fcclip/image/image_file.h"
#include "fcclip/io/atomic_file.h"
#include "fcclip/outputs/output_kinds.h"
#include "fcclip/outputs/segment_pictures.h"
#include "fcclip/outputs/segments_json.h"
#include "fcclip/outputs/summaries.h"
#include "fcclip/results/rle.h"
#include "tests/support/errors.h"
#include "tests/support/tiny_tiff.h"

namespace fcclip::outputs {
namespace kinds_test {

namespace fs = std::filesystem;
using nlohmann::json;

classify::Vocabulary words() {
  classify::Vocabulary v;
  v.name = "test";
  v.classes.push_back({7, {"road"}, false, false, std::nullopt});
  v.classes.push_back({26, {"car"}, true, false, std::nullopt});
  return v;
}

// 4 rows of 6: a road at the left (24 − 4 pixels, a hole where the car is), a car of 2 × 2.
results::Segmentation street(results::Task task) {
  results::Segment road, car;
  road.id = 1;
  road.class_index = 0;
  road.name = "road";
  road.is_thing = false;
  road.area_px = 20;
  road.box_xywh_px = {0, 0, 6, 4};
  car.id = 2;
  car.class_index = 1;
  car.name = "car";
  car.score = 0.5;
  car.area_px = 4;
  car.box_xywh_px = {2, 1, 2, 2};
  at::Tensor ids = at::ones({4, 6}, at::kInt);
  ids.slice(0, 1, 3).slice(1, 2, 4).fill_(2);
  road.rle_counts = results::from_mask(ids.eq(1)).counts;
  car.rle_counts = results::from_mask(ids.eq(2)).counts;
  const Size size = {4, 6};
  const std::vector<results::Segment> segments = {road, car};
  if (task == results::Task::panoptic) return {size, results::PanopticSegmentation{ids, segments}};
  if (task == results::Task::semantic) {
    return {size, results::SemanticSegmentation{ids - 1, segments}};
  }
  return {size, results::InstanceSegmentation{segments}};
}

class Outputs : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("fcclip-outputs-" + std::to_string(getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  // The files of one kind by their names.
  std::map<std::string, std::string> files(OutputKind kind, const results::Segmentation& result,
                                           const std::string& stem = "street") const {
    RenderOptions options;
    options.tolerance_px = 0;
    std::map<std::string, std::string> out;
    for (OutputFile& file : render(kind, stem, {picture_, result, words_}, options)) {
      out[file.name] = std::move(file.bytes);
    }
    return out;
  }
  std::string bytes(OutputKind kind, const results::Segmentation& result) const {
    return files(kind, result).at("street" + facts_of(kind).endings.front());
  }
  json rendered_json(OutputKind kind, const results::Segmentation& result) const {
    return json::parse(bytes(kind, result));
  }
  void write(OutputKind kind, const results::Segmentation& result, const fs::path& stem) const {
    for (const auto& [name, bytes] : files(kind, result, stem.filename().string())) {
      io::write_atomically(stem.parent_path() / name, bytes);
    }
  }
  at::Tensor exact(const std::string& png) const {
    io::write_atomically(folder_ / "map.png", png);
    return image::read_png_exact(folder_ / "map.png");
  }
  at::Tensor map_of(OutputKind kind, const results::Segmentation& result) const {
    return exact(bytes(kind, result));
  }

  fs::path folder_;
  classify::Vocabulary words_ = words();
  Picture picture_{"street.png", at::zeros({4, 6, 3}, at::kByte)};
};

TEST_F(Outputs, LabelmeFindsThePictureFromItsFile) {
  picture_.link = "../in/street.png";
  for (const results::Task task :
       {results::Task::panoptic, results::Task::instance, results::Task::semantic}) {
    const json file = rendered_json(OutputKind::labelme, street(task));
    EXPECT_EQ(file.at("imagePath"), "../in/street.png");
    EXPECT_EQ(file.at("imageHeight"), 4);
    ASSERT_EQ(file.at("shapes").size(), 2);
    EXPECT_EQ(file.at("shapes")[1].at("label"), "car");
    const json points = file.at("shapes")[1].at("points");
    ASSERT_EQ(points.size(), 4);
    for (const json& p : points) {
      EXPECT_TRUE(p[0] == 2.0 || p[0] == 4.0);
      EXPECT_TRUE(p[1] == 1.0 || p[1] == 3.0);
    }
  }
}

TEST_F(Outputs, YoloCountsInPartsOfThePicture) {
  std::istringstream lines(bytes(OutputKind::yolo, street(results::Task::panoptic)));
  std::string road, car;
  std::getline(lines, road);
  std::getline(lines, car);
  EXPECT_EQ(road.substr(0, 2), "0 ");
  EXPECT_EQ(car.substr(0, 2), "1 ");
  EXPECT_NE(car.find("0.333333 0.250000"), std::string::npos) << car;
}

TEST_F(Outputs, GeoJsonInPixelsWithoutAMap) {
  const json file = rendered_json(OutputKind::geojson, street(results::Task::panoptic));
  EXPECT_FALSE(file.contains("crs"));
  const json& road = file.at("features")[0];
  EXPECT_EQ(road.at("geometry").at("coordinates").size(), 2) << "an outline and a hole";
  EXPECT_EQ(road.at("properties").at("class_id"), 7);
}

TEST_F(Outputs, GeoJsonInMapCoordinatesOfAGeoTiff) {
  picture_.place = image::decode_geo_reference(
      test::tiny_tiff(6, 4,
                      {test::tiff_doubles(33550, {10, 10, 0}),
                       test::tiff_doubles(33922, {0, 0, 0, 1000, 2000, 0}),
                       test::tiff_shorts(34735, {1, 1, 0, 1, 3072, 0, 1, 32633})}),
      "map.tif");
  const json file = rendered_json(OutputKind::geojson, street(results::Task::panoptic));
  EXPECT_EQ(file.at("crs").at("properties").at("name"), "urn:ogc:def:crs:EPSG::32633");
  double area2 = 0;
  const json ring = file.at("features")[1].at("geometry").at("coordinates")[0];
  for (size_t i = 0; i + 1 < ring.size(); ++i) {
    const double x = ring[i][0], y = ring[i][1], next_x = ring[i + 1][0], next_y = ring[i + 1][1];
    EXPECT_TRUE(x == 1020 || x == 1040);
    EXPECT_TRUE(y == 1990 || y == 1970);
    area2 += x * next_y - next_x * y;
  }
  EXPECT_EQ(area2 / 2, 400) << "counterclockwise, 4 pixels of 10 m";
}

TEST_F(Outputs, CityscapesIdsAreTheVocabularys) {
  results::Segmentation semantic = street(results::Task::semantic);
  std::get<results::SemanticSegmentation>(semantic.found).labels[0][0] = -1;
  const at::Tensor labels = map_of(OutputKind::cityscapes, semantic);
  EXPECT_EQ(labels[0][0].item<int>(), 0);
  EXPECT_EQ(labels[0][1].item<int>(), 7);
  EXPECT_EQ(labels[1][2].item<int>(), 26);
  const at::Tensor instances =
      map_of(OutputKind::cityscapes_instances, street(results::Task::panoptic));
  EXPECT_EQ(instances[0][0].item<int>(), 7);
  EXPECT_EQ(instances[1][2].item<int>(), 26000);
  const at::Tensor ade20k = map_of(OutputKind::ade20k, semantic);
  EXPECT_EQ(ade20k[0][0].item<int>(), 0);
  EXPECT_EQ(ade20k[1][2].item<int>(), 2);
}

TEST_F(Outputs, SummariesJoinThePictures) {
  const WantedOutputs wanted{{OutputKind::coco, OutputKind::yolo}};
  AnsweredQuestion question{".2", words_, {}};
  for (const std::string name : {"a", "b"}) {
    const fs::path stem = folder_ / "out" / "deep" / name;
    question.pictures.push_back({folder_ / "in" / "deep" / (name + ".png"), stem});
    picture_.name_in_set = "deep/" + name + ".png";
    write(OutputKind::coco, street(results::Task::panoptic), stem);
  }
  question.pictures.push_back({folder_ / "in" / "failed.png", folder_ / "out" / "failed"});
  const std::vector<OutputFile> files = render_summaries(wanted, folder_ / "out", {question});
  ASSERT_EQ(files.size(), 2);
  EXPECT_EQ(files[1].name, "coco-instances.2.json");
  const json all = json::parse(files[1].bytes);
  ASSERT_EQ(all.at("images").size(), 2);
  EXPECT_EQ(all.at("images")[1].at("file_name"), "deep/b.png");
  ASSERT_EQ(all.at("annotations").size(), 4);
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(all.at("annotations")[i].at("id"), i + 1);
    EXPECT_EQ(all.at("annotations")[i].at("image_id"), i / 2 + 1);
  }
  EXPECT_EQ(all.at("annotations")[3].at("bbox"), json::array({2, 1, 2, 2}));
  EXPECT_EQ(all.at("annotations")[3].at("category_id"), 26);
  EXPECT_EQ(all.at("categories").size(), 2);
  EXPECT_EQ(files[0].name, "data.2.yaml");
  const std::string& yaml = files[0].bytes;
  EXPECT_NE(yaml.find("\npath: " + json(folder_.string()).dump() +
                      "\ntrain: \"in\"\nval: \"in\"\nnames:\n  0: \"road\"\n  1: \"car\"\n"),
            std::string::npos)
      << yaml;
}

TEST_F(Outputs, DamagedPartsOfASummaryAreNamed) {
  const fs::path stem = folder_ / "out" / "cut";
  io::write_atomically(fs::path(stem) += ".coco.json", "{\"images\": [");
  try {
    render_summaries({{OutputKind::coco}}, folder_ / "out", {{"", words_, {{{}, stem}}}});
    FAIL() << "a cut file was taken";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("cut.coco.json"), std::string::npos) << error.what();
  }
}

TEST_F(Outputs, PicturesOfSegments) {
  picture_.rgb.fill_(90);
  for (const results::Task task :
       {results::Task::panoptic, results::Task::instance, results::Task::semantic}) {
    auto made = files(OutputKind::crops, street(task));
    const json crops = json::parse(made.at("street.crops.json"));
    ASSERT_EQ(crops.at("files").size(), 2);
    EXPECT_EQ(crops.at("files")[1].at("file"), "crops/street.2.car.png");
    EXPECT_EQ(image::decode_rgb(made.at("crops/street.2.car.png"), "crop").sizes(),
              (std::vector<int64_t>{2, 2, 3}));
    made = files(OutputKind::masks, street(task));
    const at::Tensor mask = exact(made.at("masks/street.1.road.png"));
    EXPECT_EQ(mask.sizes(), (std::vector<int64_t>{4, 6}));
    EXPECT_EQ(mask.eq(255).sum().item<int>(), 20);
    EXPECT_EQ(mask.eq(0).sum().item<int>(), 4);
    made = files(OutputKind::cutouts, street(task));
    const at::Tensor cut = image::decode_rgb(made.at("cutouts/street.1.road.png"), "cut");
    EXPECT_EQ(cut.eq(0).all(2).sum().item<int>(), 4) << "nothing hidden behind the transparency";
  }
}

TEST(ListedPictures, NothingOutsideTheKindsFolder) {
  json list = {{"files", json::array()}};
  for (const char* file : {"../secret.png", "crops/../../secret.png", "/etc/hosts.png",
                           "crops/a.txt", "crops/street.7.bus.png"}) {
    list["files"].push_back({{"file", file}});
  }
  EXPECT_EQ(listed_segment_pictures(OutputKind::crops, list.dump()),
            std::set<std::string>{"crops/street.7.bus.png"});
  EXPECT_TRUE(listed_segment_pictures(OutputKind::masks, list.dump()).empty());
  EXPECT_TRUE(listed_segment_pictures(OutputKind::crops, "{\"files\": [{").empty());
}

TEST_F(Outputs, NeedThePixelsThatTheyShow) {
  picture_.rgb = at::Tensor();
  for (const OutputKind kind : {OutputKind::overlay, OutputKind::crops, OutputKind::cutouts}) {
    EXPECT_ERROR(invalid_argument, "needs the picture's pixels",
                 files(kind, street(results::Task::panoptic)))
        << facts_of(kind).name;
  }
  EXPECT_EQ(files(OutputKind::masks, street(results::Task::panoptic)).size(), 3);
}

TEST_F(Outputs, NeedTheirOwnTask) {
  for (const KindFacts& facts : output_kinds()) {
    if (!facts.task) continue;
    const results::Task other =
        *facts.task == results::Task::instance ? results::Task::semantic : results::Task::instance;
    EXPECT_ERROR(invalid_argument, "expected a segmentation of kind",
                 files(facts.kind, street(other)))
        << facts.name;
    EXPECT_FALSE(files(facts.kind, street(*facts.task)).empty()) << facts.name;
  }
}

TEST_F(Outputs, EveryKindHasTheFilesThatItsTableNames) {
  for (const KindFacts& facts : output_kinds()) {
    const auto made = files(facts.kind, street(facts.task.value_or(results::Task::panoptic)));
    for (const std::string& ending : facts.endings) {
      EXPECT_TRUE(made.contains("street" + ending)) << facts.name;
    }
    EXPECT_EQ(made.empty(), facts.kind == OutputKind::gallery) << facts.name;
  }
}

TEST(SegmentsJson, MasksComeInTheFormThatWasAskedFor) {
  for (const results::Task task :
       {results::Task::panoptic, results::Task::instance, results::Task::semantic}) {
    const results::Segmentation result = street(task);
    EXPECT_FALSE(to_json(result).at("segments")[0].contains("mask"));
    const json rle = to_json(result, MaskForm::rle).at("segments")[1].at("mask");
    EXPECT_EQ(rle.at("size"), json::array({4, 6}));
    at::Tensor car = at::zeros({4, 6}, at::kByte);
    car.slice(0, 1, 3).slice(1, 2, 4).fill_(1);
    EXPECT_EQ(rle.at("counts"), results::to_string(results::from_mask(car)));
    // A PNG begins with 0x89 "PNG".
    const std::string png = to_json(result, MaskForm::png).at("segments")[0].at("mask_png");
    EXPECT_EQ(png.substr(0, 6), "iVBORw");
  }
}

TEST_F(Outputs, DataThatEndsTheGallerysScriptIsEscaped) {
  words_.classes[1].synonyms = {"</script><b>"};
  const fs::path stem = folder_ / "out" / "a#b";
  results::Segmentation result = street(results::Task::panoptic);
  result.segments()[1].name = "</script><b>";
  for (const OutputKind kind : {OutputKind::overlay, OutputKind::segments}) {
    write(kind, result, stem);
  }
  const std::vector<OutputFile> files = render_summaries(
      {{OutputKind::gallery}}, folder_ / "out", {{"", words_, {{folder_ / "a#b.png", stem}}}});
  ASSERT_EQ(files.size(), 1);
  EXPECT_EQ(files[0].name, "index.html");
  EXPECT_EQ(files[0].bytes.find("<b>"), std::string::npos);
  EXPECT_NE(files[0].bytes.find("\"a%23b.overlay.png\""), std::string::npos);
}

TEST(OutputKinds, AllLeavesOutWhatDoesNotFit) {
  classify::Vocabulary large = words();
  large.classes[1].id = 66;
  std::set<OutputKind> kinds = parse_output_kinds("all").kinds;
  EXPECT_TRUE(kinds.contains(OutputKind::gallery));
  drop_unfitting_kinds("all", words(), kinds);
  EXPECT_TRUE(kinds.contains(OutputKind::cityscapes_instances));
  drop_unfitting_kinds("all, cityscapes-instances", large, kinds);
  EXPECT_TRUE(kinds.contains(OutputKind::cityscapes_instances)) << "asked for by name";
  drop_unfitting_kinds("all", large, kinds);
  EXPECT_FALSE(kinds.contains(OutputKind::cityscapes_instances));
}

TEST(OutputKinds, AreParsedByName) {
  EXPECT_EQ(parse_output_kinds("yolo,cityscapes-instances,none").kinds,
            (std::set<OutputKind>{OutputKind::yolo, OutputKind::cityscapes_instances}));
  EXPECT_ERROR(invalid_argument, "unknown kind 'poster'", parse_output_kinds("poster"));
  EXPECT_EQ(parse_output_kinds(" yolo ,\tcrops ").kinds,
            (std::set<OutputKind>{OutputKind::yolo, OutputKind::crops}));
  EXPECT_EQ(parse_output_kinds("gallery").kinds,
            (std::set<OutputKind>{OutputKind::overlay, OutputKind::segments, OutputKind::gallery}));
  EXPECT_EQ(parse_output_kinds("none"), WantedOutputs{});
  EXPECT_EQ(parse_output_kinds("instances"), parse_output_kinds("instance"));
  EXPECT_EQ(parse_output_kinds("jsonl, yolo"),
            (WantedOutputs{{OutputKind::segments, OutputKind::yolo}, true, false}));
  EXPECT_TRUE(parse_output_kinds("all").table);
  try {
    parse_output_kinds("semgents");
    FAIL() << "an unknown kind was taken";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("did you mean segments?"), std::string::npos)
        << error.what();
  }
}

}  // namespace kinds_test
}  // namespace fcclip::outputs
