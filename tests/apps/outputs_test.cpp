// Files that other tools open: what stands in them for a segmentation made by hand.

#include "apps/outputs.h"

#include <filesystem>
#include <sstream>
#include <unistd.h>

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "fcclip/core/error.h"
#include "fcclip/image/image_file.h"
#include "fcclip/io/atomic_file.h"
#include "fcclip/results/rle.h"
#include "tests/support/tiny_tiff.h"

namespace fcclip::apps {
namespace {

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
    fs::create_directories(folder_ / "in");
  }
  void TearDown() override { fs::remove_all(folder_); }

  // Writes one kind and returns the folder/stem's file with this ending.
  fs::path write(OutputKind kind, const results::Segmentation& result,
                 const fs::path& picture = {}) {
    const std::string name = picture.empty() ? "street.png" : picture.filename().string();
    write_all(render_output(
        kind, folder_ / "out" / "street",
        {rgb_, name, words_, picture.empty() ? folder_ / "in" / name : picture, "", 0}, result));
    return output_paths(folder_ / "out" / "street", {kind}).front();
  }
  static void write_all(const std::vector<OutputFile>& files) {
    for (const OutputFile& file : files) io::write_atomically(file.path, file.bytes);
  }
  json written_json(OutputKind kind, const results::Segmentation& result,
                    const fs::path& picture = {}) {
    return json::parse(io::read_file(write(kind, result, picture)));
  }

  fs::path folder_;
  classify::Vocabulary words_ = words();
  at::Tensor rgb_ = at::zeros({4, 6, 3}, at::kByte);
};

TEST_F(Outputs, LabelmeFindsThePictureFromItsFile) {
  for (const results::Task task :
       {results::Task::panoptic, results::Task::instance, results::Task::semantic}) {
    const json file = written_json(OutputKind::labelme, street(task));
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
  std::istringstream lines(io::read_file(write(OutputKind::yolo, street(results::Task::panoptic))));
  std::string road, car;
  std::getline(lines, road);
  std::getline(lines, car);
  EXPECT_EQ(road.substr(0, 2), "0 ");
  EXPECT_EQ(car.substr(0, 2), "1 ");
  EXPECT_NE(car.find("0.333333 0.250000"), std::string::npos) << car;
}

TEST_F(Outputs, GeoJsonInPixelsWithoutAMap) {
  image::write_png(folder_ / "in" / "street.png", rgb_);
  const json file = written_json(OutputKind::geojson, street(results::Task::panoptic));
  EXPECT_FALSE(file.contains("crs"));
  const json& road = file.at("features")[0];
  EXPECT_EQ(road.at("geometry").at("coordinates").size(), 2) << "an outline and a hole";
  EXPECT_EQ(road.at("properties").at("class_id"), 7);
}

TEST_F(Outputs, GeoJsonInMapCoordinatesOfAGeoTiff) {
  const fs::path map = folder_ / "in" / "map.tif";
  io::write_atomically(
      map, test::tiny_tiff(6, 4,
                           {test::tiff_doubles(33550, {10, 10, 0}),
                            test::tiff_doubles(33922, {0, 0, 0, 1000, 2000, 0}),
                            test::tiff_shorts(34735, {1, 1, 0, 1, 3072, 0, 1, 32633})}));
  const json file = written_json(OutputKind::geojson, street(results::Task::panoptic), map);
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
  const at::Tensor labels = image::read_png_exact(write(OutputKind::cityscapes, semantic));
  EXPECT_EQ(labels[0][0].item<int>(), 0);
  EXPECT_EQ(labels[0][1].item<int>(), 7);
  EXPECT_EQ(labels[1][2].item<int>(), 26);
  const at::Tensor instances = image::read_png_exact(
      write(OutputKind::cityscapes_instances, street(results::Task::panoptic)));
  EXPECT_EQ(instances[0][0].item<int>(), 7);
  EXPECT_EQ(instances[1][2].item<int>(), 26000);
  const at::Tensor ade20k = image::read_png_exact(write(OutputKind::ade20k, semantic));
  EXPECT_EQ(ade20k[0][0].item<int>(), 0);
  EXPECT_EQ(ade20k[1][2].item<int>(), 2);
}

TEST_F(Outputs, SummariesJoinThePictures) {
  const std::set<OutputKind> kinds = {OutputKind::coco, OutputKind::yolo};
  AnsweredQuestion question{".2", words_, {}};
  for (const char* name : {"a", "b"}) {
    const fs::path stem = folder_ / "out" / "deep" / name;
    question.pictures.push_back({folder_ / "in" / "deep" / (std::string(name) + ".png"), stem});
    write_all(render_output(OutputKind::coco, stem,
                            {rgb_, std::string(name) + ".png", words_, {}, "deep", 0},
                            street(results::Task::panoptic)));
  }
  question.pictures.push_back({folder_ / "in" / "failed.png", folder_ / "out" / "failed"});
  write_all(render_summaries(kinds, folder_ / "out", {question}));
  const json all = json::parse(io::read_file(folder_ / "out" / "coco-instances.2.json"));
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
  const std::string yaml = io::read_file(folder_ / "out" / "data.2.yaml");
  EXPECT_NE(yaml.find("\npath: " + json(folder_.string()).dump() +
                      "\ntrain: \"in\"\nval: \"in\"\nnames:\n  0: \"road\"\n  1: \"car\"\n"),
            std::string::npos)
      << yaml;
}

TEST_F(Outputs, DamagedPartsOfASummaryAreNamed) {
  const fs::path stem = folder_ / "out" / "cut";
  io::write_atomically(fs::path(stem) += ".coco.json", "{\"images\": [");
  try {
    render_summaries({OutputKind::coco}, folder_ / "out", {{"", words_, {{{}, stem}}}});
    FAIL() << "a cut file was taken";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("cut.coco.json"), std::string::npos) << error.what();
  }
  EXPECT_FALSE(fs::exists(folder_ / "out" / "coco-instances.json"));
}

TEST_F(Outputs, PicturesOfSegments) {
  rgb_.fill_(90);
  for (const results::Task task :
       {results::Task::panoptic, results::Task::instance, results::Task::semantic}) {
    const json crops = written_json(OutputKind::crops, street(task));
    ASSERT_EQ(crops.at("files").size(), 2);
    EXPECT_EQ(crops.at("files")[1].at("file"), "crops/street.2.car.png");
    const fs::path out = folder_ / "out";
    EXPECT_EQ(image::read_rgb(out / "crops" / "street.2.car.png").sizes(),
              (std::vector<int64_t>{2, 2, 3}));
    write(OutputKind::masks, street(task));
    const at::Tensor mask = image::read_png_exact(out / "masks" / "street.1.road.png");
    EXPECT_EQ(mask.sizes(), (std::vector<int64_t>{4, 6}));
    EXPECT_EQ(mask.eq(255).sum().item<int>(), 20);
    EXPECT_EQ(mask.eq(0).sum().item<int>(), 4);
    write(OutputKind::cutouts, street(task));
    const at::Tensor cut = image::read_rgb(out / "cutouts" / "street.1.road.png");
    EXPECT_EQ(cut.eq(0).all(2).sum().item<int>(), 4) << "nothing hidden behind the transparency";
  }
}

TEST_F(Outputs, OnlyFilesOfTheirOwnListAreReplaced) {
  write(OutputKind::crops, street(results::Task::panoptic));
  const fs::path index = folder_ / "out" / "street.crops.json";
  json list = json::parse(io::read_file(index));
  for (const char* file : {"../secret.png", "crops/../../secret.png", "/etc/hosts.png",
                           "crops/a.txt", "crops/street.7.bus.png"}) {
    list["files"].push_back({{"file", file}});
  }
  io::write_atomically(index, list.dump());
  const std::vector<OutputFile> files =
      render_output(OutputKind::crops, folder_ / "out" / "street",
                    {rgb_, "street.png", words_, {}, "", 0}, street(results::Task::panoptic));
  ASSERT_EQ(files.back().path, index) << "the list comes last";
  EXPECT_EQ(files.back().replaces,
            (std::vector<fs::path>{folder_ / "out" / "crops" / "street.7.bus.png"}));
}

TEST_F(Outputs, DataThatEndsTheGallerysScriptIsEscaped) {
  words_.classes[1].synonyms = {"</script><b>"};
  const fs::path stem = folder_ / "out" / "a#b";
  results::Segmentation result = street(results::Task::panoptic);
  result.segments()[1].name = "</script><b>";
  const Answer answer{rgb_, "a#b.png", words_, {}, "", 0};
  for (const OutputKind kind : {OutputKind::overlay, OutputKind::segments}) {
    write_all(render_output(kind, stem, answer, result));
  }
  const std::vector<OutputFile> files = render_summaries(
      {OutputKind::gallery}, folder_ / "out", {{"", words_, {{folder_ / "a#b.png", stem}}}});
  ASSERT_EQ(files.size(), 1);
  EXPECT_EQ(files[0].path, folder_ / "out" / "index.html");
  EXPECT_EQ(files[0].bytes.find("<b>"), std::string::npos);
  EXPECT_NE(files[0].bytes.find("\"a%23b.overlay.png\""), std::string::npos);
}

TEST(OutputKinds, AllLeavesOutWhatDoesNotFit) {
  classify::Vocabulary large = words();
  large.classes[1].id = 66;
  std::set<OutputKind> kinds = parse_output_kinds("all");
  EXPECT_TRUE(kinds.contains(OutputKind::gallery));
  drop_unfitting_kinds("all", words(), kinds);
  EXPECT_TRUE(kinds.contains(OutputKind::cityscapes_instances));
  drop_unfitting_kinds("all, cityscapes-instances", large, kinds);
  EXPECT_TRUE(kinds.contains(OutputKind::cityscapes_instances)) << "asked for by name";
  drop_unfitting_kinds("all", large, kinds);
  EXPECT_FALSE(kinds.contains(OutputKind::cityscapes_instances));
}

TEST(OutputKinds, AreParsedByName) {
  EXPECT_EQ(parse_output_kinds("yolo,cityscapes-instances,none"),
            (std::set<OutputKind>{OutputKind::yolo, OutputKind::cityscapes_instances}));
  EXPECT_THROW(parse_output_kinds("poster"), Error);
  EXPECT_EQ(parse_output_kinds(" yolo ,\tcrops "),
            (std::set<OutputKind>{OutputKind::yolo, OutputKind::crops}));
  EXPECT_EQ(parse_output_kinds("gallery"),
            (std::set<OutputKind>{OutputKind::overlay, OutputKind::segments, OutputKind::gallery}));
  try {
    parse_output_kinds("semgents");
    FAIL() << "an unknown kind was taken";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("did you mean segments?"), std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace fcclip::apps
