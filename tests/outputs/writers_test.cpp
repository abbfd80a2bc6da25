#include <sstream>

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include "fcclip/core/error.h"
#include "fcclip/image/id_colours.h"
#include "fcclip/outputs/coco_json.h"
#include "fcclip/outputs/label_maps.h"
#include "fcclip/outputs/outline_writers.h"
#include "fcclip/results/rle.h"
#include "tests/support/errors.h"
#include "tests/support/goldens.h"

namespace fcclip::outputs {
namespace {

using nlohmann::json;

classify::Vocabulary words() {
  classify::Vocabulary v;
  v.name = "test";
  v.classes.push_back({7, {"road"}, false, false, std::array<uint8_t, 3>{128, 64, 128}});
  v.classes.push_back({26, {"car", "automobile"}, true, false, std::nullopt});
  return v;
}

const ImageInfo kImage = {42, "street.jpg", {10, 20}};

std::vector<results::Segment> two_cars_and_a_road() {
  results::Segment road;
  road.id = 1;
  road.class_index = 0;
  road.is_thing = false;
  results::Segment car;
  car.id = 2;
  car.class_index = 1;
  car.score = 0.5;
  car.area_px = 6;
  car.box_xywh_px = {1, 2, 3, 2};
  results::Segment other = car;
  other.id = 3;
  return {road, car, other};
}

Outline car_with_hole() {
  static const results::Segment kCar = [] {
    results::Segment segment;
    segment.id = 9;
    segment.class_index = 1;
    segment.score = 0.25;
    segment.area_px = 15;
    return segment;
  }();
  Outline outline{&kCar, {}};
  outline.polygons = {{{{0, 0}, {4, 0}, {4, 4}, {0, 4}}, {{{1, 1}, {1, 2}, {2, 2}, {2, 1}}}}};
  return outline;
}

TEST(CocoJson, CategoriesKeepIdsAndSynonyms) {
  const json categories = coco_categories(words());
  EXPECT_EQ(categories[0].dump(), R"({"color":[128,64,128],"id":7,"isthing":0,"name":"road"})");
  EXPECT_EQ(categories[1].dump(), R"({"id":26,"isthing":1,"name":"car,automobile"})");
}

TEST(CocoJson, PanopticAnnotationHasDataSetIds) {
  const json a = coco_panoptic_annotation(kImage, "street.png", two_cars_and_a_road(), words());
  EXPECT_EQ(a.at("image_id"), 42);
  EXPECT_EQ(a.at("file_name"), "street.png");
  ASSERT_EQ(a.at("segments_info").size(), 3);
  const json& car = a.at("segments_info")[1];
  EXPECT_EQ(car.at("id"), 2);
  EXPECT_EQ(car.at("category_id"), 26);
  EXPECT_EQ(car.at("area"), 6);
  EXPECT_EQ(car.at("bbox"), json::array({1, 2, 3, 2}));
  EXPECT_EQ(car.at("iscrowd"), 0);
  const json document = coco_panoptic_document({kImage}, {a}, words());
  EXPECT_EQ(document.at("images")[0].at("width"), 20);
  EXPECT_EQ(document.at("annotations")[0], a);
  EXPECT_EQ(document.at("categories").size(), 2);
}

TEST(CocoJson, ClassOutsideTheVocabularyIsAnError) {
  std::vector<results::Segment> segments = two_cars_and_a_road();
  segments[0].class_index = 2;
  EXPECT_ERROR(invalid_argument, "class 2 is not in the vocabulary test of 2 classes",
               coco_panoptic_annotation(kImage, "x.png", segments, words()));
}

TEST(CocoJson, InstanceMasksComeBack) {
  at::manual_seed(1);
  const at::Tensor mask = at::rand({10, 20}).lt(0.5).to(at::kByte);
  results::Segment instance;
  instance.class_index = 1;
  instance.score = 0.75;
  instance.area_px = mask.sum().item<int64_t>();
  instance.rle_counts = results::from_mask(mask).counts;
  const json found = coco_instance_results(kImage, {instance}, words());
  ASSERT_EQ(found.size(), 1);
  EXPECT_EQ(found[0].at("category_id"), 26);
  EXPECT_EQ(found[0].at("segmentation").at("size"), json::array({10, 20}));
  const results::Rle rle =
      results::from_string(found[0].at("segmentation").at("counts").get<std::string>(), {10, 20});
  EXPECT_TRUE(results::to_mask(rle).equal(mask));
}

TEST(CocoJson, InstancesWithoutAPixelAreLeftOut) {
  results::Segment empty, one;
  one.area_px = 1;
  one.rle_counts = {0, 1, 199};
  empty.rle_counts = {200};
  EXPECT_EQ(coco_instance_results(kImage, {empty, one, empty}, words()).size(), 1);
}

TEST(CocoOutlines, ImportToolsTakeIdsAndNames) {
  classify::Vocabulary from_zero = words();
  from_zero.classes[0].id = 0;
  Outline car = car_with_hole();
  const json document = coco_outline_document(kImage, {car}, from_zero);
  EXPECT_EQ(document.at("categories")[0].at("id"), 1);
  EXPECT_EQ(document.at("categories")[1].at("id"), 27);
  EXPECT_EQ(document.at("categories")[1].at("name"), "car");
  EXPECT_EQ(document.at("annotations")[0].at("category_id"), 27);
  EXPECT_TRUE(document.at("info").is_object());
  EXPECT_TRUE(join_coco_documents({document, document}).at("licenses").is_array());
  EXPECT_EQ(coco_outline_document(kImage, {car}, words()).at("categories")[1].at("id"), 26);
}

TEST(CocoJson, IdsSurviveThePicture) {
  const at::Tensor ids =
      at::tensor({0, 1, 255, 256, 65535, 65536, 16777215, 7}, at::kInt).view({2, 4});
  const at::Tensor rgb = image::rgb_of_ids(ids);
  EXPECT_EQ(rgb.sizes(), (std::vector<int64_t>{2, 4, 3}));
  EXPECT_EQ(rgb[0][3][1].item<int>(), 1);
  EXPECT_TRUE(image::ids_of_rgb(rgb).equal(ids));
  EXPECT_ERROR(invalid_argument, "segment id 16777216 does not fit in a panoptic PNG",
               image::rgb_of_ids(at::full({1, 1}, 1 << 24, at::kInt)));
  EXPECT_ERROR(invalid_argument, "segment id -1 does not fit in a panoptic PNG",
               image::rgb_of_ids(at::full({1, 1}, -1, at::kInt)));
}

TEST(LabelMaps, DataSetIds) {
  const at::Tensor labels = at::tensor({-1, 0, 1, 1}, at::kInt).view({2, 2});
  const at::Tensor ids = dataset_id_map(labels, words());
  EXPECT_EQ(ids.scalar_type(), at::kByte);
  EXPECT_TRUE(ids.equal(at::tensor({0, 7, 26, 26}, at::kByte).view({2, 2})));
  EXPECT_TRUE(ade20k_label_map(labels, 2).equal(at::tensor({0, 1, 2, 2}, at::kByte).view({2, 2})));
  EXPECT_EQ(ade20k_label_map(labels, 847).scalar_type(), at::kInt);
  EXPECT_ERROR(invalid_argument, "labels has the value 1, expected less than 1",
               ade20k_label_map(labels, 1));
  classify::Vocabulary large = words();
  large.classes[0].id = 70000;
  EXPECT_ERROR(invalid_argument, "id 70000 does not fit in a label PNG (0 to 65535)",
               dataset_id_map(labels, large));
}

TEST(LabelMaps, SegmentsBecomeInstances) {
  const at::Tensor ids = at::tensor({0, 1, 2, 3}, at::kInt).view({2, 2});
  EXPECT_TRUE(cityscapes_instance_map(ids, two_cars_and_a_road(), words())
                  .equal(at::tensor({0, 7, 26000, 26001}, at::kInt).view({2, 2})));
  EXPECT_ERROR(invalid_argument, "ids has the value 4, expected less than 4",
               cityscapes_instance_map(ids + 1, two_cars_and_a_road(), words()));
}

TEST(Polygon, SingleRingKeepsTheArea) {
  const Outline car = car_with_hole();
  EXPECT_EQ(area(car.polygons[0]), 15);
  EXPECT_EQ(signed_area(single_ring(car.polygons)), 15);
  const Polygon far = {{{10, 10}, {12, 10}, {12, 12}, {10, 12}}, {}};
  EXPECT_EQ(signed_area(single_ring({car.polygons[0], far})), 19);
  EXPECT_TRUE(single_ring({}).empty());
}

TEST(Labelme, ShapesHavePointsAndGroups) {
  const json file = labelme_json(kImage, {car_with_hole()}, words());
  for (const char* key :
       {"version", "flags", "shapes", "imagePath", "imageData", "imageHeight", "imageWidth"}) {
    EXPECT_TRUE(file.contains(key)) << key;
  }
  ASSERT_EQ(file.at("shapes").size(), 1);
  const json& shape = file.at("shapes")[0];
  EXPECT_EQ(shape.at("label"), "car");
  EXPECT_EQ(shape.at("group_id"), 9);
  EXPECT_EQ(shape.at("shape_type"), "polygon");
  EXPECT_EQ(shape.at("points").size(), 10);
  EXPECT_EQ(shape.at("points")[0].size(), 2);
}

TEST(Yolo, OneLineASegmentInPartsOfTheImage) {
  Outline empty = car_with_hole();
  empty.polygons.clear();
  const std::string text = yolo_text({10, 20}, {car_with_hole(), empty});
  std::istringstream line(text);
  int64_t label = -1;
  line >> label;
  EXPECT_EQ(label, 1);
  std::vector<double> values;
  for (double v; line >> v;) values.push_back(v);
  ASSERT_EQ(values.size(), 20);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
  for (const double v : values) EXPECT_TRUE(v >= 0 && v <= 1);
  EXPECT_ERROR(invalid_argument, "image size must be at least 1x1", yolo_text({0, 0}, {}));
  EXPECT_EQ(yolo_data_yaml(words(), {"/data: #1", "train", "val", "where\nto"}),
            "# where to\npath: \"/data: #1\"\ntrain: \"train\"\nval: \"val\"\n"
            "names:\n  0: \"road\"\n  1: \"car\"\n");
  EXPECT_EQ(yolo_data_yaml(words(), {"/caf\xe9", "a", "a", ""}).substr(0, 15),
            "path: \"/caf\xEF\xBF\xBD\"");
}

TEST(GeoJson, PixelCoordinatesAndClosedRings) {
  const json file = geojson(kImage, {car_with_hole()}, words());
  const json& feature = file.at("features")[0];
  EXPECT_EQ(feature.at("geometry").at("type"), "Polygon");
  const json& rings = feature.at("geometry").at("coordinates");
  ASSERT_EQ(rings.size(), 2);
  EXPECT_EQ(rings[0].size(), 5);
  EXPECT_EQ(rings[0].front(), rings[0].back());
  EXPECT_EQ(feature.at("properties").at("name"), "car");
  EXPECT_FALSE(file.contains("crs"));
}

TEST(GeoJson, MapTransformKeepsOuterRingsCounterclockwise) {
  GeoJsonOptions options;
  options.transform = MapTransform{500000, 0.5, 0, 4000000, 0, -0.5};  // y up: turns rings round
  options.crs = "EPSG:32633";
  Outline two = car_with_hole();
  two.polygons.push_back({{{10, 10}, {12, 10}, {12, 12}, {10, 12}}, {}});
  const json file = geojson(kImage, {two}, words(), options);
  const json& geometry = file.at("features")[0].at("geometry");
  EXPECT_EQ(geometry.at("type"), "MultiPolygon");
  EXPECT_EQ(file.at("crs").at("properties").at("name"), "EPSG:32633");
  for (const json& polygon : geometry.at("coordinates")) {
    for (size_t r = 0; r < polygon.size(); ++r) {
      Ring ring;
      for (const json& p : polygon[r]) ring.push_back({p[0], p[1]});
      EXPECT_EQ(signed_area(ring) > 0, r == 0);
      EXPECT_GE(ring[0].x, 500000);
      EXPECT_LE(ring[0].y, 4000000);
    }
  }
  options.transform = MapTransform{0, 1, 1, 0, 1, 1};
  EXPECT_ERROR(invalid_argument, "map transform must be finite and invertible",
               geojson(kImage, {two}, words(), options));
}

}  // namespace
}  // namespace fcclip::outputs
