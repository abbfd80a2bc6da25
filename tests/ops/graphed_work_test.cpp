#include "fcclip/ops/graphed_work.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "tests/ops/fake_recorder.h"
#include "tests/support/errors.h"

namespace fcclip::ops {
namespace graphed_work_test {

using Tensors = std::vector<at::Tensor>;

at::Tensor noise_of(at::IntArrayRef shape, uint64_t seed) {
  at::manual_seed(seed);
  return at::randn(shape);
}

// Work whose results say what it saw.
Tensors sums(const at::Tensor& pixels) {
  const at::Tensor sum = pixels.sum().view({1});
  return {sum, sum + 2, sum > 0, {}};
}

at::Tensor picture_of(int64_t width, double value) {
  return at::full({1, 2, width, 3}, value);
}

class GraphedWorkTest : public testing::Test {
 protected:
  GraphedWork graphed(const GraphedWork::Work& work, const GraphLimits& limits = {}) {
    return {work, at::kCPU, recorder_,
            [this](LogLevel, const std::string& text) { told_.push_back(text); }, limits};
  }
  c10::InferenceMode guard_;
  test::FakeRecorder recorder_;
  std::vector<std::string> told_;
};

TEST_F(GraphedWorkTest, ASizeIsPlainThenRecordedThenReplayed) {
  GraphedWork work = graphed(sums);
  for (int picture = 0; picture < 4; ++picture) {
    const at::Tensor pixels = noise_of({2, 64, 96, 3}, picture);
    const std::optional<Tensors> got = work.run(pixels);
    EXPECT_EQ(got.has_value(), picture > 0);
    EXPECT_EQ(*recorder_.recorded, picture > 0 ? 1 : 0);
    if (!got) continue;
    const Tensors want = sums(pixels);
    ASSERT_EQ(got->size(), want.size());
    for (size_t i = 0; i < 3; ++i) EXPECT_TRUE(got->at(i).equal(want[i])) << i;
    EXPECT_FALSE(got->at(3).defined());
  }
  EXPECT_FALSE(work.run(noise_of({1, 64, 96, 3}, 9)).has_value());  // another batch
  EXPECT_TRUE(told_.empty());
}

TEST_F(GraphedWorkTest, AnEarlierPictureKeepsItsResults) {
  GraphedWork work = graphed(sums);
  work.run(picture_of(2, 1));
  const Tensors first = *work.run(picture_of(2, 1));
  const Tensors second = *work.run(picture_of(2, 5));
  EXPECT_EQ(first.at(0).item<float>(), 12);
  EXPECT_EQ(second.at(0).item<float>(), 60);
  EXPECT_EQ(second.at(1).item<float>(), 62);
}

TEST_F(GraphedWorkTest, ASizeTakesThePlaceOfOneThatCameLessOften) {
  GraphedWork work = graphed(sums, {.graphs = 2});
  for (const int64_t width : {1, 1, 2, 2, 1}) work.run(picture_of(width, 1));
  EXPECT_FALSE(work.run(picture_of(3, 1)).has_value());
  EXPECT_FALSE(work.run(picture_of(3, 1)).has_value());  // as often as 2: no room yet
  EXPECT_EQ(*recorder_.recorded, 2);
  EXPECT_EQ(work.run(picture_of(3, 4))->at(0).item<float>(), 72);
  EXPECT_EQ(*recorder_.recorded, 3);
  EXPECT_EQ(work.graphs(), 2);
  EXPECT_TRUE(work.run(picture_of(1, 1)).has_value());
  EXPECT_FALSE(work.run(picture_of(2, 1)).has_value());
  EXPECT_EQ(*recorder_.recorded, 3);
}

TEST_F(GraphedWorkTest, MoreSizesInTurnThanThereIsRoomForDoNotDriveOneAnotherOut) {
  GraphedWork work = graphed(sums, {.graphs = 2});
  int replayed = 0;
  for (int round = 0; round < 20; ++round) {
    for (int64_t width = 1; width <= 5; ++width) {
      if (work.run(picture_of(width, 1))) ++replayed;
    }
  }
  EXPECT_EQ(*recorder_.recorded, 2);
  EXPECT_EQ(replayed, 2 * 19);
}

TEST_F(GraphedWorkTest, AReplayWithoutMemoryGivesBackThatOfAllAndNothingUp) {
  bool is_full = false;
  class Full : public DeviceGraph {
   public:
    Full(std::unique_ptr<DeviceGraph> graph, bool& is_full)
        : graph_(std::move(graph)), is_full_(is_full) {
      outputs_ = graph_->outputs();
    }
    void replay() override {
      if (is_full_) fail(ErrorCode::out_of_memory, "GPU memory: none left");
      graph_->replay();
      outputs_ = graph_->outputs();
    }

   private:
    std::unique_ptr<DeviceGraph> graph_;
    bool& is_full_;
  };
  const RecordGraph recorder = recorder_;
  GraphedWork work(sums, at::kCPU,
                   [&](at::Device device, const DeviceWork& task,
                       const DeviceGraph* beside) -> std::unique_ptr<DeviceGraph> {
                     return std::make_unique<Full>(recorder(device, task, beside), is_full);
                   });
  for (const int64_t width : {1, 1, 2, 2}) work.run(picture_of(width, 1));
  EXPECT_EQ(work.graphs(), 2);
  is_full = true;
  EXPECT_FALSE(work.run(picture_of(2, 1)).has_value());
  EXPECT_EQ(work.graphs(), 0);
  is_full = false;
  EXPECT_TRUE(work.run(picture_of(2, 1)).has_value());
}

TEST_F(GraphedWorkTest, BytesBoundWhatIsKeptButForTheLast) {
  GraphedWork work = graphed(sums, {.bytes = 1});
  for (const int64_t width : {1, 1, 2, 2}) work.run(picture_of(width, 1));
  EXPECT_EQ(work.graphs(), 1);
  EXPECT_TRUE(work.run(picture_of(2, 1)).has_value());
}

TEST_F(GraphedWorkTest, SizesThatCameOnceAreForgotten) {
  GraphedWork work = graphed(sums, {.known_sizes = 3});
  for (const int64_t width : {1, 1, 2, 3, 4, 2, 1}) work.run(picture_of(width, 1));
  EXPECT_EQ(*recorder_.recorded, 1);  // of 1, which stays; 2 was forgotten behind 3 and 4
  EXPECT_EQ(work.graphs(), 1);
}

TEST_F(GraphedWorkTest, WhereRecordingFailsThePlainWayIsLeftAndItIsToldOnce) {
  int tries = 0;
  GraphedWork work(
      sums, at::kCPU,
      [&](at::Device, const DeviceWork&, const DeviceGraph*) -> std::unique_ptr<DeviceGraph> {
        ++tries;
        throw std::runtime_error("no room\nfor it");
      },
      [this](LogLevel, const std::string& text) { told_.push_back(text); });
  for (int64_t width = 1; width <= 5; ++width) {
    for (int times = 0; times < 3; ++times) {
      EXPECT_FALSE(work.run(picture_of(width, 1)).has_value());
    }
  }
  EXPECT_EQ(tries, 3);  // of three sizes, once each; then no more
  ASSERT_EQ(told_.size(), 1);
  EXPECT_EQ(told_.front(),
            "pictures of one size are not replayed from a recording, and take longer: internal "
            "error: no room; "
            "FCCLIP_CUDA_GRAPHS=0 records none");
}

TEST_F(GraphedWorkTest, OneSizeThatCanNotBeRecordedIsThatSizesAffair) {
  GraphedWork work = graphed([](const at::Tensor& pixels) {
    if (pixels.size(2) == 7) fail(ErrorCode::out_of_memory, "too large");
    return sums(pixels);
  });
  for (const int64_t width : {1, 1, 7, 7, 7}) work.run(picture_of(width, 1));
  EXPECT_EQ(*recorder_.recorded, 2);
  EXPECT_EQ(told_.size(), 1);
  EXPECT_TRUE(work.run(picture_of(1, 1)).has_value());
  EXPECT_EQ(work.graphs(), 1);
}

struct WidthKey {
  int64_t width;
  bool operator==(const WidthKey&) const = default;
};

// What a graph reads of a cache with room for one.
class GraphedConstants : public GraphedWorkTest {
 protected:
  at::Tensor constant(int64_t width) {
    return cache_.get(
        {width}, [&] { return at::full({width}, 2.0); },
        [](const at::Tensor& made) { return static_cast<int64_t>(made.nbytes()); });
  }
  Tensors scaled(const at::Tensor& pixels) {
    const at::Tensor by = constant(pixels.size(2));
    read_ = by.data_ptr();
    return sums(pixels * by.unsqueeze(1));
  }
  KeptTensors<WidthKey, at::Tensor> cache_{8 * sizeof(float)};
  void* read_ = nullptr;
};

TEST_F(GraphedConstants, StayWhereTheGraphReadsThemWhenTheCacheHasDroppedThem) {
  auto work = std::make_unique<GraphedWork>(
      [this](const at::Tensor& pixels) { return scaled(pixels); }, at::kCPU, recorder_);
  work->run(picture_of(5, 1));
  work->run(picture_of(5, 1));
  c10::weak_intrusive_ptr<c10::TensorImpl> kept(constant(5).getIntrusivePtr());
  const void* const place = read_;
  constant(6);  // 5 goes
  EXPECT_FALSE(kept.expired());
  EXPECT_NE(constant(5).data_ptr(), place);
  EXPECT_EQ(work->run(picture_of(5, 3))->at(0).item<float>(), 180);
  EXPECT_EQ(read_, place);
  work.reset();
  EXPECT_TRUE(kept.expired());
}

TEST_F(GraphedConstants, NoneIsMadeWhileAGraphIsRecorded) {
  int64_t width = 1;
  GraphedWork work = graphed([&](const at::Tensor& pixels) {
    constant(width++);
    return sums(pixels);
  });
  work.run(picture_of(5, 1));
  EXPECT_FALSE(work.run(picture_of(5, 1)).has_value());
  ASSERT_EQ(told_.size(), 1);
  EXPECT_NE(told_.front().find("a constant that its first run did not"), std::string::npos);
}

}  // namespace graphed_work_test
}  // namespace fcclip::ops
