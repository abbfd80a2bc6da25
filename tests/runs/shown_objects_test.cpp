#include "fcclip/runs/shown_objects.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/image/image_file.h"
#include "tests/io/temporary_folder.h"
#include "tests/support/errors.h"

namespace fcclip::runs {
namespace shown_objects_test {

TEST(ShownObjects, AMaskIsWhatIsNotBlack) {
  const test::TemporaryFolder folder;
  const std::string picture = folder.path() / "a.png", mask = folder.path() / "m.png";
  image::write_png(picture, at::full({4, 6, 3}, 7, at::kByte));
  at::Tensor marked = at::zeros({4, 6, 3}, at::kByte);
  marked[1][2].fill_(200);
  image::write_png(mask, marked);
  const ShownObject shown = read_shown_object(picture + ":" + mask + "= my cup ");
  EXPECT_EQ(shown.name, "my cup");
  EXPECT_EQ(shown.file, picture);
  EXPECT_EQ(shown.mask.sum().item<int64_t>(), 1);
  EXPECT_TRUE(shown.mask[1][2].item<bool>());
  EXPECT_FALSE(read_shown_object(picture + "=cup").mask.defined());
}

TEST(ShownObjects, WhatCannotBeShownIsNamed) {
  const test::TemporaryFolder folder;
  const std::string picture = folder.path() / "a.png", small = folder.path() / "s.png";
  image::write_png(picture, at::zeros({4, 6, 3}, at::kByte));
  image::write_png(small, at::zeros({2, 2, 3}, at::kByte));
  EXPECT_ERROR(invalid_argument, "--example cup: no name", read_shown_object("cup"));
  EXPECT_ERROR(invalid_argument, "no name", read_shown_object(picture + "= "));
  EXPECT_ERROR(invalid_argument, "comma or bar", read_shown_object(picture + "=a,b"));
  EXPECT_ERROR(invalid_argument, "no picture", read_shown_object("=cup"));
  EXPECT_ERROR(invalid_argument, "no mask behind the colon", read_shown_object("x.png:=cup"));
  EXPECT_ERROR(invalid_argument, "a mask of 2 x 2 pixels for a picture of 6 x 4",
               read_shown_object(picture + ":" + small + "=cup"));
  EXPECT_ERROR(invalid_argument, "an empty mask",
               read_shown_object(picture + ":" + picture + "=cup"));
}

}  // namespace shown_objects_test
}  // namespace fcclip::runs
