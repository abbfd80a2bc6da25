#include "fcclip/runs/ordered_work.h"

#include <atomic>
#include <chrono>
#include <stdexcept>

#include <gtest/gtest.h>

namespace fcclip::runs {
namespace {

using std::chrono::milliseconds;

TEST(OrderedWork, FinishesInOrder) {
  std::vector<int> order;
  OrderedWork work(4, 1 << 20);
  for (int i = 0; i < 50; ++i) {
    work.add(
        [i, &order]() -> OrderedWork::Finish {
          std::this_thread::sleep_for(milliseconds(i % 5));
          return [i, &order] { order.push_back(i); };
        },
        1);
  }
  work.finish();
  ASSERT_EQ(order.size(), 50);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(order[i], i);
}

// Pieces come from two threads, the earlier ones later; memory has room for one.
TEST(OrderedWork, PiecesHavePlacesInTheRow) {
  std::vector<int> order;
  OrderedWork work(2, 1);
  const auto give = [&](int i) {
    work.add_at(
        i, [i, &order]() -> OrderedWork::Finish { return [i, &order] { order.push_back(i); }; }, 1);
  };
  std::thread odd([&] {
    for (int i = 1; i < 40; i += 2) give(i);
  });
  for (int i = 0; i < 40; i += 2) {
    std::this_thread::sleep_for(milliseconds(1));
    give(i);
  }
  odd.join();
  work.finish();
  ASSERT_EQ(order.size(), 40);
  for (int i = 0; i < 40; ++i) EXPECT_EQ(order[i], i);
}

TEST(OrderedWork, HoldsOnlySoMuch) {
  std::atomic<int> held = 0, most = 0;
  OrderedWork work(3, 10);
  for (int i = 0; i < 20; ++i) {
    work.add(
        [&]() -> OrderedWork::Finish {
          most = std::max<int>(most, ++held);
          std::this_thread::sleep_for(milliseconds(1));
          return [&] { --held; };
        },
        5);
  }
  work.finish();
  EXPECT_LE(most, 2);
  work.add([]() -> OrderedWork::Finish { return {}; }, 1000);  // larger than the limit: alone
  work.finish();
}

TEST(OrderedWork, ErrorsReachTheCaller) {
  for (const bool in_finish : {false, true}) {
    OrderedWork work(2, 1);
    work.add(
        [in_finish]() -> OrderedWork::Finish {
          if (!in_finish) throw std::runtime_error("work");
          return [] { throw std::runtime_error("finish"); };
        },
        1);
    EXPECT_THROW(work.finish(), std::runtime_error);
    EXPECT_THROW(work.add([]() -> OrderedWork::Finish { return {}; }, 1), OrderedWork::Stopped);
  }
}

TEST(OrderedWork, DropsWhatHasNotBegun) {
  std::atomic<int> begun = 0;
  {
    OrderedWork work(1, 1000);
    for (int i = 0; i < 100; ++i) {
      work.add(
          [&]() -> OrderedWork::Finish {
            ++begun;
            std::this_thread::sleep_for(milliseconds(5));
            return {};
          },
          1);
    }
  }
  EXPECT_LT(begun, 100);
}

}  // namespace
}  // namespace fcclip::runs
