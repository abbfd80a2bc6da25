#include "fcclip/eval/video_quality.h"

#include <cmath>
#include <map>
#include <set>

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "fcclip/core/random.h"
#include "fcclip/data/truth_masks.h"
#include "fcclip/eval/score_video.h"
#include "fcclip/image/id_colours.h"
#include "fcclip/image/image_file.h"
#include "fcclip/io/atomic_file.h"
#include "tests/io/temporary_folder.h"
#include "tests/support/errors.h"

namespace fcclip::eval {
namespace video_quality_test {

namespace fs = std::filesystem;
using nlohmann::json;

// Ids of a row of pixels, and the category of each id.
using Row = std::vector<int>;
using Categories = std::map<int64_t, int64_t>;

PanopticMap map_of(const Row& ids, const Categories& categories, int64_t crowd = -1) {
  PanopticMap map{at::tensor(ids, at::kInt).view({1, -1}), {}};
  for (const auto& [id, area] : data::areas_of_ids(map.ids)) {
    if (id != 0) map.segments.push_back({id, categories.at(id), area, id == crowd});
  }
  return map;
}

struct Film {
  Categories truths, predictions;  // things have category 0 or 1, stuff 2
  std::vector<Row> truth, prediction;
  int64_t crowd = -1;

  std::vector<PairedSegments> frames() const {
    std::vector<PairedSegments> frames;
    for (size_t t = 0; t < truth.size(); ++t) {
      frames.push_back(pair_segments(map_of(truth[t], truths, crowd),
                                     map_of(prediction[t], predictions), "film"));
    }
    return frames;
  }
};

const std::vector<bool> kThings = {true, true, false};
const std::vector<int64_t> kAll = {0, 1, 2};

double vpq_of(const Film& film, std::vector<int64_t> windows) {
  VideoPanopticQuality quality(std::move(windows));
  quality.add(film.frames(), "film");
  return quality.mean(kAll).pq;
}

TrackingQuality tracking_of(const Film& film) {
  TrackingQuality quality(kThings);
  quality.add(film.frames());
  return quality;
}

// One thing of 2 pixels and stuff; in the second frame the thing has another id.
//   k = 1: every frame is perfect.
//   k = 2: thing: the tube of 4 pixels meets two of 2, IoU 1/2 each, which is no match: 0.
//          stuff: 4 of 4 pixels: 1. The mean of both categories is 1/2.
TEST(Vpq, ABrokenTubeCostsTheLongerWindows) {
  const Film film{{{1, 0}, {2, 2}},
                  {{7, 0}, {8, 0}, {9, 2}},
                  {{1, 1, 2, 2}, {1, 1, 2, 2}},
                  {{7, 7, 9, 9}, {8, 8, 9, 9}}};
  EXPECT_DOUBLE_EQ(vpq_of(film, {1}), 1);
  EXPECT_DOUBLE_EQ(vpq_of(film, {2}), 0.5);
  EXPECT_DOUBLE_EQ(vpq_of(film, {1, 2}), 0.75);
  const IdSwitches ids = count_id_switches(film.frames(), kThings);
  EXPECT_EQ(ids.switches, 1);
  EXPECT_EQ(ids.matched, 2);
  EXPECT_EQ(ids.objects, 1);
}

// A thing of 2, 2 and 1 pixels; the prediction has 2, 1 and 1 of them, all under one id.
//   k = 2, frames 1, 2: 3 of 4 pixels, IoU 3/4; frames 2, 3: 2 of 3, IoU 2/3. Both match:
//   PQ = (3/4 + 2/3) / 2 = 17/24. A film of 3 frames has no stretch of 5: nothing counts.
TEST(Vpq, EveryStretchCounts) {
  const Film film{{{1, 0}},
                  {{5, 0}},
                  {{1, 1, 0, 0}, {0, 1, 1, 0}, {0, 0, 1, 0}},
                  {{5, 5, 0, 0}, {0, 5, 0, 0}, {0, 0, 5, 0}}};
  EXPECT_DOUBLE_EQ(vpq_of(film, {2}), 17.0 / 24);
  EXPECT_DOUBLE_EQ(vpq_of(film, {5}), 0);
}

// A thing of 4 pixels in 3 frames, found exactly, under id 5 in two and 6 in one:
//   AQ = 1/12 · (8 · 8/12 + 4 · 4/12) = 80/144. Classes are right: SQ = 1.
TEST(Stq, AssociationIsWeighedByPixels) {
  const Row truth = {1, 1, 1, 1, 2, 2};
  const Film film{{{1, 0}, {2, 2}},
                  {{5, 0}, {6, 0}, {9, 2}},
                  {truth, truth, truth},
                  {{5, 5, 5, 5, 9, 9}, {5, 5, 5, 5, 9, 9}, {6, 6, 6, 6, 9, 9}}};
  const TrackingQuality quality = tracking_of(film);
  EXPECT_DOUBLE_EQ(quality.aq(), 80.0 / 144);
  EXPECT_DOUBLE_EQ(quality.sq(), 1);
  EXPECT_DOUBLE_EQ(quality.stq(), std::sqrt(80.0 / 144));
  EXPECT_EQ(quality.tubes(), 1);
}

// The wrong class costs SQ alone. Two things of category 0, 2 pixels each; one is called category 1.
//   IoU of 0: 2/4, of 1: 0/2; SQ = 1/4. AQ = 1.
TEST(Stq, AWrongNameIsNoWrongTrack) {
  const Film film{{{1, 0}, {2, 0}}, {{5, 0}, {6, 1}}, {{1, 1, 2, 2}}, {{5, 5, 6, 6}}};
  EXPECT_DOUBLE_EQ(tracking_of(film).aq(), 1);
  EXPECT_DOUBLE_EQ(tracking_of(film).sq(), 0.25);
}

// What is found where the truth is void or a crowd costs no association.
TEST(Stq, VoidAndCrowdsCountForNothing) {
  Film film{{{1, 0}, {3, 1}}, {{5, 0}}, {{1, 1, 0, 3}}, {{5, 5, 5, 5}}};
  film.crowd = 3;
  EXPECT_DOUBLE_EQ(tracking_of(film).aq(), 1);
  EXPECT_EQ(tracking_of(film).tubes(), 1);
  // Of category 0: 2 pixels of 3 that are not void; category 1: none of 1.
  EXPECT_DOUBLE_EQ(tracking_of(film).sq(), (2.0 / 3 + 0) / 2);
}

// The definitions once more, pixel by pixel.
double plain_vpq(const Film& film, size_t window, int64_t category) {
  double iou_sum = 0;
  int64_t matched = 0, others = 0;
  for (size_t first = 0; first + window <= film.truth.size(); ++first) {
    std::map<int64_t, std::set<std::pair<size_t, size_t>>> truths, predictions;
    std::set<std::pair<size_t, size_t>> empty;
    for (size_t t = first; t < first + window; ++t) {
      for (size_t x = 0; x < film.truth[t].size(); ++x) {
        const int truth = film.truth[t][x], prediction = film.prediction[t][x];
        if (truth == 0) empty.insert({t, x});
        if (truth != 0 && film.truths.at(truth) == category) truths[truth].insert({t, x});
        if (prediction != 0 && film.predictions.at(prediction) == category) {
          predictions[prediction].insert({t, x});
        }
      }
    }
    std::set<int64_t> taken_truths, taken_predictions;
    for (const auto& [truth, true_pixels] : truths) {
      for (const auto& [prediction, pixels] : predictions) {
        double common = 0, lost = 0;
        for (const auto& pixel : pixels) {
          common += static_cast<double>(true_pixels.count(pixel));
          lost += static_cast<double>(empty.count(pixel));
        }
        const double iou =
            common / (static_cast<double>(true_pixels.size() + pixels.size()) - common - lost);
        if (iou <= 0.5) continue;
        iou_sum += iou;
        ++matched;
        taken_truths.insert(truth);
        taken_predictions.insert(prediction);
      }
    }
    others += std::ssize(truths) - std::ssize(taken_truths);
    for (const auto& [prediction, pixels] : predictions) {
      if (taken_predictions.contains(prediction)) continue;
      size_t lost = 0;
      for (const auto& pixel : pixels) lost += empty.count(pixel);
      if (2 * lost <= pixels.size()) ++others;
    }
  }
  return matched + others == 0
             ? -1
             : iou_sum / (static_cast<double>(matched) + 0.5 * static_cast<double>(others));
}

double plain_aq(const Film& film) {
  double sum = 0;
  std::set<int64_t> things;
  const auto is_thing = [](const Categories& categories, int id) {
    return id != 0 && categories.at(id) != 2;
  };
  const auto count = [&](int64_t truth, int64_t prediction) {
    double pixels = 0;
    for (size_t t = 0; t < film.truth.size(); ++t) {
      for (size_t x = 0; x < film.truth[t].size(); ++x) {
        const int is = film.truth[t][x], found = film.prediction[t][x];
        if (is == 0) continue;
        pixels += (truth < 0 || is == truth) && (prediction < 0 || found == prediction) ? 1 : 0;
      }
    }
    return pixels;
  };
  for (const Row& row : film.truth) {
    for (const int id : row) {
      if (is_thing(film.truths, id)) things.insert(id);
    }
  }
  for (const int64_t truth : things) {
    for (const auto& [prediction, category] : film.predictions) {
      if (category == 2) continue;
      const double common = count(truth, prediction);
      const double united = count(truth, -1) + count(-1, prediction) - common;
      sum += common * (united > 0 ? common / united : 0) / count(truth, -1);
    }
  }
  return things.empty() ? 0 : sum / static_cast<double>(things.size());
}

// Six pixels wide, six frames; things shift, break and vanish by chance.
Film random_film(uint64_t seed) {
  Random random(seed, 0);
  Film film{{{1, 0}, {2, 1}, {3, 0}, {4, 2}}, {{5, 0}, {6, 1}, {7, 0}, {8, 2}}, {}, {}};
  for (int t = 0; t < 6; ++t) {
    Row truth, prediction;
    for (int x = 0; x < 6; ++x) {
      truth.push_back(random.chance(0.1) ? 0 : 1 + (x / 2 + (random.chance(0.2) ? 1 : 0)) % 4);
      const int same = truth.back() == 0 ? 5 : truth.back() + 4;
      prediction.push_back(random.chance(0.7) ? same : static_cast<int>(random.below(5)) + 4);
      if (prediction.back() == 4) prediction.back() = 0;
    }
    film.truth.push_back(truth);
    film.prediction.push_back(prediction);
  }
  return film;
}

TEST(VideoQuality, EqualsTheDefinitionsPixelByPixel) {
  for (uint64_t seed = 0; seed < 60; ++seed) {
    const Film film = random_film(seed);
    for (const size_t window : {1, 2, 4}) {
      VideoPanopticQuality quality({static_cast<int64_t>(window)});
      quality.add(film.frames(), "film");
      for (const int64_t category : kAll) {
        const double expected = plain_vpq(film, window, category);
        const MatchCounts counts = quality.quality()[0].counts(category);
        ASSERT_EQ(counts.empty(), expected < 0);
        if (expected >= 0) {
          ASSERT_NEAR(quality_of(counts).pq, expected, 1e-12) << seed << " " << window;
        }
      }
    }
    ASSERT_NEAR(tracking_of(film).aq(), plain_aq(film), 1e-12) << seed;
  }
}

class ScoreVideo : public testing::Test {
 protected:
  // Both of a film's frames as PNGs, and their list.
  void write(const std::string& side, const std::vector<Row>& rows, const Categories& categories) {
    json frames = json::array();
    for (size_t t = 0; t < rows.size(); ++t) {
      const std::string file = "00" + std::to_string(t) + ".png";
      const PanopticMap map = map_of(rows[t], categories);
      image::write_png(folder_.path() / side / "clip" / file, image::rgb_of_ids(map.ids));
      json segments = json::array();
      for (const MapSegment& one : map.segments) {
        segments.push_back({{"id", one.id}, {"category_id", one.class_index + 1}});
      }
      frames.push_back({{"file_name", file}, {"segments_info", segments}});
    }
    const json document = {{"annotations", {{{"video_id", "clip"}, {"annotations", frames}}}},
                           {"categories",
                            {{{"id", 1}, {"name", "cat"}, {"isthing", 1}},
                             {{"id", 2}, {"name", "dog"}, {"isthing", 1}},
                             {{"id", 3}, {"name", "sky"}, {"isthing", 0}}}}};
    io::write_atomically(json_of(side), document.dump());
  }
  fs::path json_of(const std::string& side) const { return folder_.path() / (side + ".json"); }
  VideoScore score() const { return score_video({json_of("truth"), json_of("found")}, {1, 2}); }

  test::TemporaryFolder folder_;
};

TEST_F(ScoreVideo, ReadsFilmsAndTheirMaps) {
  write("truth", {{1, 1, 2, 2}, {1, 1, 2, 2}}, {{1, 0}, {2, 2}});
  write("found", {{7, 7, 9, 9}, {8, 8, 9, 9}}, {{7, 0}, {8, 0}, {9, 2}});
  const json scores = to_json(score());
  EXPECT_EQ(scores["frames"], 2);
  EXPECT_DOUBLE_EQ(scores["VPQ"]["All"]["vpq"], 0.75);
  EXPECT_DOUBLE_EQ(scores["VPQ"]["Things"]["vpq"], 0.5);
  EXPECT_EQ(scores["VPQ"]["Stuff"]["by_window"], (json{1.0, 1.0}));
  EXPECT_DOUBLE_EQ(scores["STQ"]["aq"], 0.5);  // 1/4 · (2 · 2/4 + 2 · 2/4)
  EXPECT_EQ(scores["ids"]["switches"], 1);
}

// Cityscapes-VPS: a flat list, the film is the folder.
TEST_F(ScoreVideo, AFlatListIsReadToo) {
  write("truth", {{1, 1, 2, 2}}, {{1, 0}, {2, 2}});
  write("found", {{7, 7, 9, 9}}, {{7, 0}, {9, 2}});
  json document = json::parse(io::read_file(json_of("found")));
  json flat = document["annotations"][0]["annotations"][0];
  flat["file_name"] = "clip/000.png";
  document["annotations"] = {flat};
  io::write_atomically(json_of("found"), document.dump());
  EXPECT_DOUBLE_EQ(to_json(score())["STQ"]["stq"], 1);
}

TEST_F(ScoreVideo, WhatDoesNotFitIsNamed) {
  write("truth", {{1, 1, 2, 2}, {1, 1, 2, 2}}, {{1, 0}, {2, 2}});
  write("found", {{7, 7, 9, 9}}, {{7, 0}, {9, 2}});
  EXPECT_ERROR(bad_format, "found.json: no frame 001 of film 'clip'", score());
  write("found", {{7, 7, 9}, {7, 7, 9}}, {{7, 0}, {9, 2}});
  EXPECT_ERROR(shape_mismatch, "3x1 pixels, but its truth has 4x1", score());
  write("found", {{7, 7, 9, 9}, {7, 7, 9, 9}}, {{7, 0}, {9, 2}});
  json document = json::parse(io::read_file(json_of("found")));
  document["annotations"][0]["video_id"] = "other";
  io::write_atomically(json_of("found"), document.dump());
  EXPECT_ERROR(bad_format, "found.json: no film 'clip'", score());
  document["annotations"][0]["annotations"][0]["segments_info"][0]["category_id"] = 77;
  io::write_atomically(json_of("found"), document.dump());
  EXPECT_ERROR(bad_format, "unknown category_id 77", score());
  io::write_atomically(json_of("found"), "{}");
  EXPECT_ERROR(bad_format, "found.json", score());
  EXPECT_ERROR(invalid_argument, "a window of 0 frames", VideoPanopticQuality({0}));
}

}  // namespace video_quality_test
}  // namespace fcclip::eval
