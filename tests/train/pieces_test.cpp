// The loop's small parts: schedule, averages, loss scale, events, order of pictures.

#include <fstream>
#include <set>

#include <ATen/ATen.h>

#include "fcclip/engine/precision.h"
#include "fcclip/engine/schedule.h"
#include "fcclip/engine/tensorboard_file.h"
#include "fcclip/engine/weight_average.h"
#include "fcclip/io/atomic_file.h"
#include "tests/support/errors.h"
#include "tests/train/tiny_run.h"

namespace fcclip::train {
namespace {

TEST(Schedule, TheDefaultIsThePublishedOne) {
  const engine::ScheduleOptions options;
  EXPECT_DOUBLE_EQ(engine::schedule_factor(options, 0), 1);
  EXPECT_DOUBLE_EQ(engine::schedule_factor(options, 327777), 1);
  EXPECT_DOUBLE_EQ(engine::schedule_factor(options, 327778), 0.1);
  EXPECT_DOUBLE_EQ(engine::schedule_factor(options, 355091), 0.1);
  EXPECT_NEAR(engine::schedule_factor(options, 355092), 0.01, 1e-12);
}

TEST(Schedule, WarmsUpLinearlyAndCosineEndsAtItsShare) {
  engine::ScheduleOptions options;
  options.kind = engine::ScheduleKind::cosine;
  options.total_steps = 1000;
  options.warmup_steps = 0;
  options.final_share = 0.2;
  EXPECT_DOUBLE_EQ(engine::schedule_factor(options, 500), 0.6);
  EXPECT_NEAR(engine::schedule_factor(options, 1000), 0.2, 1e-12);
  options.kind = engine::ScheduleKind::poly;
  options.power = 2;
  EXPECT_DOUBLE_EQ(engine::schedule_factor(options, 500), 0.25);
  options.warmup_steps = 100;
  options.warmup_share = 0.5;
  EXPECT_DOUBLE_EQ(engine::schedule_factor(options, 50), 0.75 * 0.95 * 0.95);
}

TEST(WeightAverage, FollowsTheFormulaAndSwapsBack) {
  at::Tensor member = at::full({3}, 2.0f);
  nn::WeightTable table;
  table.add("w", member, {3});
  engine::WeightAverage average({&table.rows()[0]}, 0.9);
  member.fill_(12);
  average.update();  // decay (1 + 0) / (10 + 0)
  const double after_first = 0.1 * 2 + 0.9 * 12;
  average.update();  // decay 2 / 11
  const double expected = 2.0 / 11 * after_first + 9.0 / 11 * 12;
  average.swap();
  EXPECT_NEAR(member[0].item<double>(), expected, 1e-5);
  average.swap();
  EXPECT_EQ(member[0].item<double>(), 12);
  std::map<std::string, at::Tensor> tensors;
  average.save(tensors);
  engine::WeightAverage other({&table.rows()[0]}, 0.9);
  other.load(tensors);
  other.swap();
  EXPECT_NEAR(member[0].item<double>(), expected, 1e-5);
}

TEST(LossScaler, HalvesOnOverflowAndDoublesAfterTwoThousandGoodSteps) {
  engine::LossScaler scaler(engine::Precision::float16);
  at::Tensor weight = at::ones({2}).requires_grad_();
  const auto give = [&](double gradient) {
    weight.mutable_grad() = at::full({2}, gradient);
    const bool finite = scaler.unscale({weight}).item<float>() == 0;
    scaler.react(finite);
    return finite;
  };
  const double first = scaler.value();
  EXPECT_FALSE(give(std::numeric_limits<double>::infinity()));
  EXPECT_EQ(scaler.value(), first / 2);
  EXPECT_TRUE(give(first));
  EXPECT_EQ(weight.grad()[0].item<double>(), 2);
  for (int i = 1; i < 2000; ++i) give(1);
  EXPECT_EQ(scaler.value(), first);
}

TEST(TensorBoardFile, WritesRecordsWithRightChecksums) {
  // CRC-32C of "123456789" is 0xE3069283; masked: rotated right by 15, plus a constant.
  const uint32_t crc = 0xE3069283;
  EXPECT_EQ(engine::masked_crc32c("123456789"), ((crc >> 15) | (crc << 17)) + 0xA282EAD8u);
  const test::TestFolder folder;
  engine::TensorBoardFile(folder.path(), 3).write_scalar(4, "loss", 0.5);
  const auto entry = *std::filesystem::directory_iterator(folder.path());
  const std::string bytes = io::read_file(entry.path());
  size_t at = 0, records = 0;
  bool has_tag = false;
  while (at < bytes.size()) {
    uint64_t length = 0;
    uint32_t of_length = 0, of_data = 0;
    std::memcpy(&length, bytes.data() + at, 8);
    std::memcpy(&of_length, bytes.data() + at + 8, 4);
    ASSERT_LE(at + 16 + length, bytes.size());
    const std::string_view data(bytes.data() + at + 12, length);
    std::memcpy(&of_data, data.data() + length, 4);
    EXPECT_EQ(of_length, engine::masked_crc32c(std::string_view(bytes).substr(at, 8)));
    EXPECT_EQ(of_data, engine::masked_crc32c(data));
    has_tag = has_tag || data.find("loss") != std::string_view::npos;
    at += 16 + length;
    ++records;
  }
  EXPECT_EQ(records, 2u);
  EXPECT_TRUE(has_tag);
}

}  // namespace
}  // namespace fcclip::train
