// Pascal Context and the full ADE20K from miniatures of their downloads, read back as benchmarks.

#include <fstream>

#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "fcclip/data/prepare.h"
#include "fcclip/data/registry.h"
#include "fcclip/results/rle.h"
#include "tests/data/miniature.h"
#include "tests/io/temporary_folder.h"
#include "tests/support/errors.h"
#include "tests/support/tiny_mat.h"

namespace fcclip::data {
namespace prepare_pascal_ade_test {

using nlohmann::json;
using std::filesystem::path;
using test::halves;
using test::kHeight;
using test::kWidth;

std::unique_ptr<DatasetSplit> prepared(const std::string& name, const path& root,
                                       Split split = Split::validation) {
  prepare(name, {root, {}, split});
  return open_split(split_of(find_dataset(name), split), root);
}

std::string message_of(const std::string& name, const path& root) {
  return test::message_of([&] { prepare(name, {root, {}}); });
}

// A file of the Detail API.
class ContextMiniature {
 public:
  explicit ContextMiniature(const path& root) : voc_(root / "VOCdevkit/VOC2010") {
    add_picture(2008000002, "2008_000002.jpg", "val");
    add_picture(2008000003, "2008_000003.jpg", "train");
  }

  void add_picture(int64_t id, const std::string& file, const std::string& phase) {
    document_["images"].push_back({{"image_id", id},
                                   {"file_name", file},
                                   {"phase", phase},
                                   {"height", kHeight},
                                   {"width", kWidth}});
    test::write_picture(voc_ / "JPEGImages" / file);
  }
  void add_mask(int64_t picture, int64_t category, const at::Tensor& mask) {
    const json rle = {{"size", {mask.size(0), mask.size(1)}},
                      {"counts", results::to_string(results::from_mask(mask))}};
    document_["annos_segmentation"].push_back({{"id", document_["annos_segmentation"].size()},
                                               {"image_id", picture},
                                               {"category_id", category},
                                               {"parts", {{{"part_id", 1}, {"segmentation", rle}}}},
                                               {"segmentation", rle}});
  }
  void write() {
    document_["info"] = {{"year", 2017}};
    document_["annos_boundary"] = {{{"image_id", 2008000002}, {"boundary", {{"a", 1}}}}};
    test::write_json(voc_ / "trainval_merged.json", document_);
  }
  /// Left `a`, right `b`.
  void write_mat(const std::string& stem, uint16_t a, uint16_t b) const {
    test::TinyMat mat;
    std::vector<uint16_t> values(kHeight * kWidth, a);
    std::fill(values.begin() + kHeight * kWidth / 2, values.end(), b);
    mat.add_packed(mat.matrix("LabelMap", 11, {kHeight, kWidth}, 4, mat.shorts(values)));
    io::write_atomically(voc_ / "trainval" / (stem + ".mat"), mat.bytes());
  }

 private:
  path voc_;
  json document_;
};

TEST(PrepareContext, MasksOfTheDetailApiCoverEarlierOnes) {
  const test::TemporaryFolder folder;
  ContextMiniature context(folder.path());
  context.add_mask(2008000002, 420, at::ones({kHeight, kWidth}, at::kByte));  // tree
  context.add_mask(2008000002, 2, halves(1, 0).to(at::kByte));                // aeroplane
  context.add_mask(2008000003, 9999, halves(1, 0).to(at::kByte));             // not validated
  at::Tensor corner = at::zeros({kHeight, kWidth}, at::kByte);
  corner.slice(0, 0, 2).slice(1, kWidth - 3).fill_(1);
  context.add_mask(2008000002, 397, corner);  // diningtable
  context.write();
  const auto split = prepared("pascal_context_59", folder.path());
  ASSERT_EQ(split->size(), 1);
  at::Tensor want = halves(0, 52);
  want.slice(0, 0, 2).slice(1, kWidth - 3).fill_(49);
  EXPECT_TRUE(at::equal(split->labels(0), want));
}

TEST(PrepareContext, UnmaskedPixelsAreNotScoredAndUnknownCategoriesRefused) {
  const test::TemporaryFolder folder;
  ContextMiniature context(folder.path());
  context.add_mask(2008000002, 458, halves(0, 1).to(at::kByte));  // wood
  context.write();
  EXPECT_TRUE(at::equal(prepared("pascal_context_59", folder.path())->labels(0), halves(-1, 58)));
  const path label = folder.path() / "pascal_ctx_d2/annotations_ctx59/validation/2008_000002.png";
  std::filesystem::remove(label);
  context.add_mask(2008000002, 3, halves(1, 0).to(at::kByte));
  context.write();
  const std::string message = message_of("pascal_context_59", folder.path());
  EXPECT_NE(message.find("2008_000002.jpg"), std::string::npos) << message;
  EXPECT_FALSE(std::filesystem::exists(label));
}

TEST(PrepareContext, MatlabLabelsCountFromOne) {
  const test::TemporaryFolder folder;
  ContextMiniature context(folder.path());
  context.write();
  context.write_mat("2008_000002", 0, 459);
  const auto split = prepared("pascal_context_459", folder.path());
  ASSERT_EQ(split->size(), 1);
  EXPECT_TRUE(at::equal(split->labels(0), halves(-1, 458)));
  // What is there is kept.
  context.write_mat("2008_000002", 1, 2);
  EXPECT_TRUE(at::equal(prepared("pascal_context_459", folder.path())->labels(0), halves(-1, 458)));
}

TEST(PrepareContext, TheTrainingSplitIsTheDetailApis) {
  const test::TemporaryFolder folder;
  ContextMiniature context(folder.path());
  context.add_mask(2008000002, 420, at::ones({kHeight, kWidth}, at::kByte));
  context.add_mask(2008000003, 2, at::ones({kHeight, kWidth}, at::kByte));
  context.write();
  context.write_mat("2008_000003", 0, 459);
  const auto few = prepared("pascal_context_59", folder.path(), Split::training);
  ASSERT_EQ(few->size(), 1);
  EXPECT_EQ(few->picture(0).name, "2008_000003");
  EXPECT_TRUE(at::equal(few->labels(0), halves(0, 0)));
  const auto many = prepared("pascal_context_459", folder.path(), Split::training);
  EXPECT_TRUE(at::equal(many->labels(0), halves(-1, 458)));
}

TEST(PrepareContext, MissingFilesAreNamedWithWhatToDownload) {
  const test::TemporaryFolder folder;
  const path voc = folder.path() / "VOCdevkit/VOC2010";
  std::string message = message_of("pascal_context_59", folder.path());
  EXPECT_NE(message.find((voc / "trainval_merged.json").string()), std::string::npos) << message;
  EXPECT_NE(message.find("codalabuser.blob.core.windows.net"), std::string::npos) << message;
  ContextMiniature(folder.path()).write();
  message = message_of("pascal_context_459", folder.path());
  EXPECT_NE(message.find((voc / "trainval/2008_000002.mat").string()), std::string::npos)
      << message;
  EXPECT_NE(message.find("trainval.tar.gz"), std::string::npos) << message;
  std::ofstream(voc / "trainval_merged.json") << R"({"images": [{"image_id": 1, "pha)";
  message = message_of("pascal_context_59", folder.path());
  EXPECT_NE(message.find("trainval_merged.json: no annotations"), std::string::npos) << message;
}

// Red and green of a class number.
at::Tensor coded(const at::Tensor& numbers) {
  return at::stack({at::div(numbers, 256, "floor") * 10 + 3, numbers % 256, numbers * 0 + 7}, 2)
      .to(at::kByte);
}

TEST(PrepareAde20kFull, ClassNumbersBecomePositions) {
  const test::TemporaryFolder folder;
  const path scene = folder.path() / "ADE20K_2021_17_01/images/ADE/validation/urban/street";
  test::write_picture(scene / "ADE_val_00000001.jpg");
  image::write_png(scene / "ADE_val_00000001_seg.png", coded(halves(2978, 3148)));
  image::write_png(scene / "ADE_val_00000001/instance_000_ADE_val_00000001.png", halves(0, 255));
  test::write_picture(scene / "ADE_val_00000002.jpg");
  image::write_png(scene / "ADE_val_00000002_seg.png", coded(halves(1, 312)));
  const auto split = prepared("ade20k_847", folder.path());
  ASSERT_EQ(split->size(), 2);
  EXPECT_TRUE(at::equal(split->labels(0), halves(0, 846)));
  EXPECT_TRUE(at::equal(split->labels(1), halves(-1, 1)));
}

TEST(PrepareAde20kFull, WhatIsNotCalledValidationIsForTraining) {
  const test::TemporaryFolder folder;
  const path scene = folder.path() / "ADE20K_2021_17_01/images/ADE/training/urban/street";
  for (const std::string name : {"ADE_train_00000003", "ADE_frame_00000004"}) {
    test::write_picture(scene / (name + ".jpg"));
    image::write_png(scene / (name + "_seg.png"), coded(halves(2978, 3148)));
  }
  const auto split = prepared("ade20k_847", folder.path(), Split::training);
  ASSERT_EQ(split->size(), 2);
  EXPECT_TRUE(at::equal(split->labels(1), halves(0, 846)));
}

TEST(PrepareAde20kFull, LargePicturesAreMadeSmallerAndBothFilesMustFit) {
  const test::TemporaryFolder folder;
  const path scene = folder.path() / "ADE20K_2021_17_01/images/ADE/validation/urban/street";
  const at::Tensor wide = at::full({514, 1025}, 2978, at::kInt);
  image::write_jpeg(scene / "ADE_val_00000001.jpg", at::full({514, 1025, 3}, 90, at::kByte));
  image::write_png(scene / "ADE_val_00000001_seg.png", coded(wide.slice(0, 1)));
  std::string message = message_of("ade20k_847", folder.path());
  EXPECT_NE(message.find("ADE_val_00000001_seg.png: 1025 x 513"), std::string::npos) << message;
  std::filesystem::remove(scene / "ADE_val_00000001_seg.png");
  message = message_of("ade20k_847", folder.path());
  EXPECT_NE(message.find("ADE_val_00000001_seg.png: no such file"), std::string::npos) << message;
  image::write_png(scene / "ADE_val_00000001_seg.png", coded(wide));
  const auto split = prepared("ade20k_847", folder.path());
  EXPECT_EQ(split->labels(0).sizes(), (std::vector<int64_t>{512, 1021}));
  EXPECT_EQ(image::read_rgb(folder.path() / "ADE20K_2021_17_01/images_detectron2/validation" /
                            "ADE_val_00000001.jpg")
                .sizes(),
            (std::vector<int64_t>{512, 1021, 3}));
}

}  // namespace prepare_pascal_ade_test
}  // namespace fcclip::data
