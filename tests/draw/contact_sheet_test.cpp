#include "fcclip/draw/contact_sheet.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "tests/support/errors.h"

namespace fcclip::draw {
namespace {

TEST(ContactSheet, PlacesPicturesRowByRow) {
  const std::vector<at::Tensor> images = {at::full({2, 3, 3}, 10, at::kByte),
                                          at::full({2, 3, 3}, 20, at::kByte),
                                          at::full({2, 1, 3}, 30, at::kByte)};
  TileOptions options;
  options.gap_px = 1;
  options.background = 0;
  const at::Tensor sheet = tile_images(images, 2, options).select(2, 0);
  const at::Tensor want = at::tensor({0, 0,  0,  0,  0, 0,  0,  0,  0,  //
                                      0, 10, 10, 10, 0, 20, 20, 20, 0,  //
                                      0, 10, 10, 10, 0, 20, 20, 20, 0,  //
                                      0, 0,  0,  0,  0, 0,  0,  0,  0,  //
                                      0, 0,  30, 0,  0, 0,  0,  0,  0,  //
                                      0, 0,  30, 0,  0, 0,  0,  0,  0,  //
                                      0, 0,  0,  0,  0, 0,  0,  0,  0},
                                     at::kByte)
                              .view({7, 9});
  EXPECT_TRUE(sheet.equal(want));
}

TEST(ContactSheet, RefusesNothingAndOtherTypes) {
  EXPECT_ERROR(invalid_argument, "cannot tile 0 pictures in 2 columns with a gap of 4 pixels",
               tile_images({}, 2));
  EXPECT_ERROR(invalid_argument, "cannot tile 1 pictures in 0 columns with a gap of 4 pixels",
               tile_images({at::zeros({2, 2, 3}, at::kByte)}, 0));
  EXPECT_ERROR(shape_mismatch, "picture to tile: expected shape [*, *, 3]",
               tile_images({at::zeros({2, 2}, at::kByte)}, 1));
}

}  // namespace
}  // namespace fcclip::draw
