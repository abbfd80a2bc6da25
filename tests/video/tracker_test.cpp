#include "fcclip/video/tracker.h"

#include <algorithm>
#include <set>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/core/random.h"
#include "tests/support/errors.h"

namespace fcclip::video {
namespace {

using Ids = std::vector<int64_t>;

// Looks are directions of their own: 0, 1, 2, … are at right angles, and `noise` turns one a little.
at::Tensor look(int64_t which, double noise = 0) {
  at::Tensor embedding = at::zeros({8});
  embedding[which] = 1;
  embedding[7] = noise;
  return embedding / embedding.norm();
}

// A square of 8×8 pixels whose left upper corner is at (x, y), on 64×64.
at::Tensor square_at(int64_t x, int64_t y) {
  at::Tensor mask = at::zeros({64, 64}, at::kBool);
  mask.slice(0, y, y + 8).slice(1, x, x + 8).fill_(true);
  return mask;
}

Observation thing(int64_t which, int64_t x, int64_t y, double noise = 0, int64_t class_index = 0) {
  return {class_index, true, look(which, noise), square_at(x, y)};
}

Observation stuff(int64_t class_index, int64_t x, int64_t y) {
  return {class_index, false, look(6), square_at(x, y)};
}

TEST(Tracker, FollowsWhatMoves) {
  Tracker tracker;
  EXPECT_EQ(tracker.next({thing(0, 0, 0), thing(1, 40, 40)}), (Ids{1, 2}));
  for (int64_t t = 1; t < 10; ++t) {
    // In the list they change places at every frame.
    const std::vector<Observation> both = {thing(0, 5 * t, 0, 0.1), thing(1, 40 - 3 * t, 40, 0.1)};
    if (t % 2 == 0) {
      EXPECT_EQ(tracker.next(both), (Ids{1, 2}));
    } else {
      EXPECT_EQ(tracker.next({both[1], both[0]}), (Ids{2, 1}));
    }
  }
}

// Two of one look are told apart by their places, two at one place by their looks.
TEST(Tracker, TwinsKeepTheirPlaces) {
  Tracker tracker;
  EXPECT_EQ(tracker.next({thing(0, 0, 0), thing(0, 30, 0)}), (Ids{1, 2}));
  for (int64_t t = 1; t < 8; ++t) {
    EXPECT_EQ(tracker.next({thing(0, 30 + t, 0), thing(0, t, 0)}), (Ids{2, 1}));
  }
}

TEST(Tracker, PassingOneAnotherChangesNothing) {
  Tracker tracker;
  EXPECT_EQ(tracker.next({thing(0, 0, 20), thing(1, 50, 20)}), (Ids{1, 2}));
  for (int64_t t = 1; t <= 10; ++t) {
    EXPECT_EQ(tracker.next({thing(0, 5 * t, 20), thing(1, 50 - 5 * t, 20)}), (Ids{1, 2})) << t;
  }
}

// From one frame to the next each is where the other was.
TEST(Tracker, SwapIsSeenByTheLooks) {
  Tracker tracker;
  EXPECT_EQ(tracker.next({thing(0, 0, 0), thing(1, 12, 0)}), (Ids{1, 2}));
  EXPECT_EQ(tracker.next({thing(0, 12, 0), thing(1, 0, 0)}), (Ids{1, 2}));
}

TEST(Tracker, WhatWasHiddenComesBackAsItself) {
  Tracker tracker({.longest_gap = 5});
  EXPECT_EQ(tracker.next({thing(0, 0, 0), thing(1, 40, 40)}), (Ids{1, 2}));
  for (int t = 0; t < 5; ++t) EXPECT_EQ(tracker.next({thing(1, 40, 40)}), Ids{2});
  EXPECT_EQ(tracker.next({thing(0, 50, 0, 0.2), thing(1, 40, 40)}), (Ids{1, 2}));
}

TEST(Tracker, TooLongAwayIsForgotten) {
  Tracker tracker({.longest_gap = 5});
  EXPECT_EQ(tracker.next({thing(0, 0, 0)}), Ids{1});
  for (int t = 0; t < 6; ++t) EXPECT_EQ(tracker.next({}), Ids{});
  EXPECT_EQ(tracker.next({thing(0, 0, 0)}), Ids{2});
}

TEST(Tracker, AnotherThingIsNotTheOneThatLeft) {
  Tracker tracker;
  EXPECT_EQ(tracker.next({thing(0, 0, 0)}), Ids{1});
  EXPECT_EQ(tracker.next({}), Ids{});
  EXPECT_EQ(tracker.next({thing(2, 0, 0)}), Ids{2});  // another look
  EXPECT_EQ(tracker.next({}), Ids{});
  EXPECT_EQ(tracker.next({thing(0, 0, 0, 0.9, 3)}), Ids{3});  // like the first, with another name
}

TEST(Tracker, NewThingsGetNewIds) {
  Tracker tracker;
  EXPECT_EQ(tracker.next({thing(0, 0, 0)}), Ids{1});
  EXPECT_EQ(tracker.next({thing(3, 40, 0), thing(0, 2, 0)}), (Ids{2, 1}));
  EXPECT_EQ(tracker.next({thing(3, 42, 0), thing(0, 4, 0), thing(0, 40, 50)}), (Ids{2, 1, 3}));
}

// After a cut other things are elsewhere: nothing of before goes on.
TEST(Tracker, CutBeginsAnew) {
  Tracker tracker;
  EXPECT_EQ(tracker.next({thing(0, 0, 0), thing(1, 40, 40), stuff(9, 0, 50)}), (Ids{2, 3, 1}));
  EXPECT_EQ(tracker.next({thing(2, 20, 0), thing(3, 0, 40), stuff(9, 0, 50)}), (Ids{4, 5, 1}));
}

TEST(Tracker, AClassOfStuffHasOneId) {
  Tracker tracker;
  EXPECT_EQ(tracker.next({stuff(4, 0, 0)}), Ids{1});
  EXPECT_EQ(tracker.next({}), Ids{});
  EXPECT_EQ(tracker.next({stuff(5, 0, 0), stuff(4, 50, 50)}), (Ids{2, 1}));
}

// A name that flickers does not break what overlaps and looks the same.
TEST(Tracker, ANameThatFlickersIsTheSameThing) {
  Tracker tracker;
  EXPECT_EQ(tracker.next({thing(0, 10, 10, 0, 1)}), Ids{1});
  EXPECT_EQ(tracker.next({thing(0, 11, 10, 0.1, 2)}), Ids{1});
  EXPECT_EQ(tracker.next({thing(0, 12, 10, 0, 1)}), Ids{1});
}

// Whatever comes, ids of one frame differ and the same input gives the same ids.
TEST(Tracker, IdsOfAFrameDiffer) {
  Tracker first, second;
  Random random(7, 0);
  for (int t = 0; t < 40; ++t) {
    std::vector<Observation> frame;
    for (int64_t k = random.below(7); k > 0; --k) {
      frame.push_back(thing(random.below(4), random.below(56), random.below(56),
                            random.uniform(-0.5, 0.5), random.below(2)));
    }
    const Ids ids = first.next(frame);
    EXPECT_EQ(std::set<int64_t>(ids.begin(), ids.end()).size(), ids.size());
    EXPECT_EQ(second.next(frame), ids);
  }
}

TEST(Tracker, MasksOfAnotherSizeAreRefused) {
  Tracker tracker;
  tracker.next({thing(0, 0, 0)});
  EXPECT_ERROR(shape_mismatch, "a segment's mask",
               tracker.next({{0, true, look(0), at::zeros({32, 64}, at::kBool)}}));
}

}  // namespace
}  // namespace fcclip::video
