// What waits for a device and what does not, seen on one that is made for it (ctest's ops.fake_device).

#include "tests/ops/fake_device.h"

#include <cstdlib>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "fcclip/ops/host.h"
#include "fcclip/ops/stream_fork.h"
#include "fcclip/ops/upload.h"

namespace fcclip::ops {
namespace fake_device_test {

using fake_device::kDevice;
using fake_device::state;

class FakeDevice : public ::testing::Test {
 protected:
  void SetUp() override {
    if (std::getenv("FCCLIP_FAKE_DEVICE") == nullptr)
      GTEST_SKIP() << "ctest's ops.fake_device runs it";
    fake_device::install();
    state().wait(fake_device::current_stream());
    state().waits = 0;
    state().recorded.clear();
  }

  // What the device's memory holds now, asked of nobody.
  static at::Tensor held(const at::Tensor& there) {
    return fake_device::on_the_host(there).clone();
  }
};

TEST_F(FakeDevice, APlainCopyWaits) {
  const at::Tensor x = at::arange(5);
  EXPECT_TRUE(held(x.to(kDevice)).equal(x));
  EXPECT_EQ(state().waits, 1);
}

TEST_F(FakeDevice, WhatIsSentDoesNotWaitAndMayBeChangedAtOnce) {
  at::Tensor x = at::arange(12).view({3, 4}).t();
  const at::Tensor want = x.clone(), there = on_device(x, kDevice);
  x.zero_();
  EXPECT_EQ(state().waits, 0);
  EXPECT_TRUE(there.is_privateuseone());
  EXPECT_TRUE(there.is_contiguous());
  state().wait(0);
  EXPECT_TRUE(held(there).equal(want));
  EXPECT_TRUE(on_device(there, kDevice).is_same(there));
}

TEST_F(FakeDevice, SeveralComeWithOneWait) {
  const at::Tensor x = at::arange(6), y = at::rand({2, 2}), z = at::ones({3});
  const std::vector<at::Tensor> here =
      together_on_host({on_device(x, kDevice), on_device(y, kDevice), z});
  EXPECT_EQ(state().waits, 1);
  EXPECT_TRUE(here[0].equal(x) && here[1].equal(y) && here[2].is_same(z));
  EXPECT_TRUE(here[0].is_pinned() && here[1].is_pinned());
}

TEST_F(FakeDevice, SeveralArePutInTheirPlacesWithOneWait) {
  const at::Tensor x = at::arange(6), y = at::rand({2, 2});
  at::Tensor a = on_device(x, kDevice), b = y;
  bring_to_host({&a, &b});
  EXPECT_EQ(state().waits, 1);
  EXPECT_TRUE(a.is_cpu() && a.equal(x) && b.is_same(y));
}

TEST_F(FakeDevice, WhatIsKeptIsNotPinned) {
  const at::Tensor x = at::arange(6), there = on_device(x, kDevice);
  EXPECT_TRUE(on_host(there).equal(x));
  EXPECT_EQ(state().waits, 1);
  EXPECT_FALSE(on_host(there).is_pinned());
  EXPECT_TRUE(briefly_on_host(there).is_pinned());
  EXPECT_FALSE(to_keep(briefly_on_host(there)).is_pinned());
}

TEST_F(FakeDevice, MuchIsNotPinned) {
  const at::Tensor much = at::zeros({kMostPinnedBytes + 1}, at::kByte);
  const at::Tensor there = on_device(much, kDevice);
  EXPECT_EQ(state().waits, 1);
  EXPECT_FALSE(briefly_on_host(there).is_pinned());
  EXPECT_TRUE(Upload(much, kDevice).arrived().is_same(much));
}

// The network's stream waits, not the host: what comes behind the picture finds it there.
TEST_F(FakeDevice, AnUploadArrivesBeforeWhatFollowsIt) {
  at::Tensor x = at::arange(9), want = x.clone();
  Upload sent;
  std::thread([&] { sent = Upload(x, kDevice); }).join();
  x.zero_();
  const at::Tensor there = sent.arrived();
  EXPECT_EQ(state().waits, 0);
  EXPECT_FALSE(state().streams[0].waiting.empty());
  const at::Tensor result = at::empty_like(there);
  result.copy_(there, /*non_blocking=*/true);  // on this thread's stream
  EXPECT_TRUE(on_host(result).equal(want));
  EXPECT_EQ(state().waits, 1);
}

TEST_F(FakeDevice, AnUploadHasItsOwnStreamAndTellsTheMemoryWhoUsesIt) {
  const at::Tensor x = at::arange(9);
  const size_t before = state().end_of(0);
  const c10::StreamId own = fake_device::current_stream();
  const Upload first(x, kDevice), second(x, at::Device(fake_device::kType));
  EXPECT_EQ(fake_device::current_stream(), own);
  EXPECT_EQ(state().end_of(0), before);
  EXPECT_EQ(state().last_stream, 1);  // both on the one
  EXPECT_TRUE(state().recorded.empty());
  const at::Tensor there = first.arrived();
  EXPECT_TRUE(state().recorded.contains({there.storage().data(), own}));
  EXPECT_TRUE(on_host(second.arrived()).equal(x));
}

// Behind what was there at the fork, in no order with each other; a stream that was left serves the next branch.
TEST_F(FakeDevice, BranchesHaveStreamsOfTheirOwnBehindTheFork) {
  EXPECT_EQ(threads_that_fill(kDevice), 2);
  const c10::StreamId own = fake_device::current_stream();
  const at::Tensor x = at::arange(9), there = on_device(x, kDevice);  // still on its way
  const StreamFork fork(kDevice);
  std::set<c10::StreamId> streams;
  const auto see = [&] { streams.insert(fake_device::current_stream()); };
  {
    const StreamFork::Branch branch(fork);
    see();
    std::thread([&] {
      const StreamFork::Branch other(fork);
      see();
    }).join();
    EXPECT_EQ(state().waits, 0);
    EXPECT_TRUE(on_host(there).equal(x));  // by the branch's stream
  }
  EXPECT_EQ(fake_device::current_stream(), own);
  EXPECT_EQ(streams.size(), 2u);
  EXPECT_FALSE(streams.contains(own));
  const c10::StreamId last = state().last_stream;
  const StreamFork::Branch again(fork);
  see();
  EXPECT_EQ(streams.size(), 2u);
  EXPECT_EQ(state().last_stream, last);
}

}  // namespace fake_device_test
}  // namespace fcclip::ops
