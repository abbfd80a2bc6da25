// "My own data": rows fitted to so many labelled pictures a concept, PQ over all words of the world
// on other scenes of known pictures and on scenes of held-out ones.

#include <cstdio>
#include <set>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "bench/examples/measure.h"
#include "bench/examples/pool.h"
#include "fcclip/adapt/adapt_words.h"
#include "fcclip/eval/panoptic_quality.h"

namespace fcclip::bench {
namespace {

// Of each class the embeddings of the first `most` pictures that show it; of void those of the
// pictures that are left.
adapt::LabelledEmbeddings first_pictures(const adapt::LabelledEmbeddings& all, int64_t classes,
                                         size_t most) {
  std::vector<std::set<int64_t>> shown(classes);
  std::set<int64_t> used;
  std::vector<int64_t> kept;
  for (size_t i = 0; i < all.classes.size(); ++i) {
    if (all.classes[i] == classes) continue;
    std::set<int64_t>& of_class = shown[all.classes[i]];
    if (of_class.size() >= most && !of_class.contains(all.pictures[i])) continue;
    of_class.insert(all.pictures[i]);
    used.insert(all.pictures[i]);
    kept.push_back(static_cast<int64_t>(i));
  }
  for (size_t i = 0; i < all.classes.size(); ++i) {
    if (all.classes[i] == classes && used.contains(all.pictures[i])) {
      kept.push_back(static_cast<int64_t>(i));
    }
  }
  adapt::LabelledEmbeddings some{all.embeddings.index_select(0, at::tensor(kept, at::kLong)), {}};
  for (const int64_t i : kept) some.classes.push_back(all.classes[i]);
  return some;
}

struct Judged {
  double all = 0, seen = 0, unseen = 0, stuff = 0;
};

Judged judge(const segmenter::Segmenter& segmenter, const std::vector<Tested>& tested,
             const segmenter::PreparedVocabulary& words, const scenes::World& world) {
  eval::PanopticQuality quality;
  for (const Tested& one : tested) {
    const results::Segmentation answer = segmenter.ask(one.image, words, segmenter.ask_defaults());
    const auto& found = std::get<results::PanopticSegmentation>(answer.found);
    data::PanopticMap map{found.ids, {}};
    for (const results::Segment& segment : found.segments) {
      map.segments.push_back({segment.id, segment.class_index, segment.area_px});
    }
    quality.add(one.truth, map, "scene");
  }
  std::vector<int64_t> all, seen, unseen, stuff;
  for (int64_t k = 0; k < std::ssize(world.concepts()); ++k) {
    const scenes::Concept& entry = world.concepts()[k];
    all.push_back(k);
    (entry.is_thing ? entry.is_seen ? seen : unseen : stuff).push_back(k);
  }
  return {quality.mean(all).pq, quality.mean(seen).pq, quality.mean(unseen).pq,
          quality.mean(stuff).pq};
}

void print(const std::string& title, const Judged& one) {
  std::printf("  %-12s all %5.2f  things trained on %5.2f  unseen %5.2f  stuff %5.2f\n",
              title.c_str(), 100 * one.all, 100 * one.seen, 100 * one.unseen, 100 * one.stuff);
  std::fflush(stdout);
}

}  // namespace

void measure_adapt(const segmenter::Segmenter& segmenter,
                   const std::shared_ptr<const scenes::World>& world, const SceneCounts& counts) {
  const FirstScenes labelled(world, scenes::Pictures::known, 11, counts.known);
  const std::vector<Tested> known =
      encode_scenes(segmenter, FirstScenes(world, scenes::Pictures::known, 13, counts.held_out));
  const std::vector<Tested> held_out =
      encode_scenes(segmenter, FirstScenes(world, scenes::Pictures::held_out, 12, counts.held_out));
  segmenter::PreparedVocabulary words;
  adapt::SeenPictures seen;
  {
    const c10::InferenceMode guard;
    words = segmenter.prepare(world->vocabulary());
    seen = adapt::see_pictures(segmenter, labelled, words, {});
  }
  const auto report = [&](const std::string& title, const segmenter::PreparedVocabulary& asked) {
    std::printf("%s\n", title.c_str());
    print("known", judge(segmenter, known, asked, *world));
    print("held out", judge(segmenter, held_out, asked, *world));
  };
  report("words", words);
  for (const size_t most : {1, 2, 4, 8}) {
    const auto classes = std::ssize(world->concepts());
    const adapt::SeenPictures some{first_pictures(seen.in_vocabulary, classes, most),
                                   first_pictures(seen.out_of_vocabulary, classes, most),
                                   seen.pictures};
    report(std::to_string(most) + " pictures a concept",
           segmenter.prepare(adapt::adapted_words(segmenter, some, words, {})));
  }
}

}  // namespace fcclip::bench
