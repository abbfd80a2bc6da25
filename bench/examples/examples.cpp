// "Like this": of each concept some pictures are shown (scenes of known pictures), and asked for are
// held-out pictures of it among all words of the world. One concept at a time is shown, the others
// stay words. Printed: mean over the concepts of the average precision (masks ordered by their score
// of the concept) and of F1 (masks whose best name is the concept).

#include <cstdio>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "bench/examples/measure.h"
#include "bench/examples/pool.h"

namespace {

using namespace fcclip;

// All masks of all scenes as if they were one picture's.
segmenter::EncodedImage joined(const std::vector<bench::Tested>& tested) {
  std::vector<at::Tensor> in, out, valid;
  for (const bench::Tested& one : tested) {
    in.push_back(one.image.class_embed);
    out.push_back(one.image.clip_embed);
    valid.push_back(one.image.valid);
  }
  segmenter::EncodedImage all = tested.front().image;
  all.class_embed = at::cat(in);
  all.clip_embed = at::cat(out);
  all.valid = at::cat(valid);
  return all;
}

struct Found {
  double average_precision = 0, f1 = 0;
};

// log_probs [M, K+1]; is_one [M] bool.
Found found(const at::Tensor& log_probs, const at::Tensor& is_one, int64_t concept_index) {
  const at::Tensor order = log_probs.select(1, concept_index).argsort(0, true);
  const at::Tensor right = is_one.index_select(0, order).to(at::kDouble);
  const at::Tensor hits = right.cumsum(0);
  const at::Tensor ranks = at::arange(1, right.size(0) + 1, at::kDouble);
  const double all = right.sum().item<double>();
  const at::Tensor named = log_probs.argmax(1).eq(concept_index);
  const double both = (named & is_one).sum().item<double>();
  return {(right * hits / ranks).sum().item<double>() / all,
          2 * both / (named.sum().item<double>() + all)};
}

class Table {
 public:
  explicit Table(const char* title) : title_(title) {}
  void add(const Found& one) {
    sum_.average_precision += one.average_precision;
    sum_.f1 += one.f1;
    ++count_;
  }
  void print() const {
    if (count_ == 0) {
      std::printf("%-28s no concept is in the scenes often enough; take more\n", title_.c_str());
      return;
    }
    std::printf("%-28s AP %5.1f  F1 %5.1f  (%d concepts)\n", title_.c_str(),
                100 * sum_.average_precision / count_, 100 * sum_.f1 / count_, count_);
  }

 private:
  std::string title_;
  Found sum_;
  int count_ = 0;
};

class Measurement {
 public:
  Measurement(const segmenter::Segmenter& segmenter, const std::vector<bench::Tested>& tested,
              const scenes::World& world)
      : segmenter_(segmenter), world_(world), all_(joined(tested)) {
    std::vector<int64_t> classes;
    for (const bench::Tested& one : tested) {
      classes.insert(classes.end(), one.class_of_query.begin(), one.class_of_query.end());
    }
    classes_ = at::tensor(classes, at::kLong);
    words_ = segmenter.prepare(world.vocabulary());
  }

  int64_t masks_of(int64_t k) const { return classes_.eq(k).sum().item<int64_t>(); }
  const segmenter::PreparedVocabulary& words() const { return words_; }

  Found by_word(int64_t k) const { return ask(words_, k); }
  // `count` examples in place of the word, or beside it.
  Found by_examples(int64_t k, std::span<const segmenter::Example> shown, bool mixed) const {
    classify::Vocabulary vocabulary = world_.vocabulary();
    vocabulary.classes[k].rows =
        segmenter::rows_of_examples(segmenter_, shown, words_, mixed ? k : -1);
    return ask(segmenter_.prepare(vocabulary), k);
  }

 private:
  Found ask(const segmenter::PreparedVocabulary& vocabulary, int64_t k) const {
    const classify::Classification classes =
        segmenter_.name_masks(all_, vocabulary, segmenter_.ask_defaults().ensemble);
    return found(classes.log_probs[0], classes_.eq(k), k);
  }

  const segmenter::Segmenter& segmenter_;
  const scenes::World& world_;
  segmenter::EncodedImage all_;
  at::Tensor classes_;
  segmenter::PreparedVocabulary words_;
};

void measure(const Measurement& measurement, const scenes::World& world,
             const std::vector<std::vector<segmenter::Example>>& examples, int64_t every) {
  const std::vector<size_t> counts = {1, 3, 5};
  for (const bool seen : {true, false}) {
    Table word("the word");
    std::vector<Table> alone, mixed;
    for (const size_t count : counts) {
      alone.emplace_back((std::to_string(count) + " shown, no word").c_str());
      mixed.emplace_back((std::to_string(count) + " shown, and the word").c_str());
    }
    for (int64_t k = 0; k < std::ssize(world.concepts()); k += every) {
      const scenes::Concept& one = world.concepts()[k];
      if (!one.is_thing || one.is_seen != seen || examples[k].size() < counts.back() ||
          measurement.masks_of(k) == 0)
        continue;
      word.add(measurement.by_word(k));
      for (size_t i = 0; i < counts.size(); ++i) {
        const std::span shown(examples[k].data(), counts[i]);
        alone[i].add(measurement.by_examples(k, shown, false));
        mixed[i].add(measurement.by_examples(k, shown, true));
      }
    }
    std::printf("concepts that the mask generator %s\n", seen ? "was trained on" : "never saw");
    word.print();
    for (const Table& table : alone) table.print();
    for (const Table& table : mixed) table.print();
  }
}

}  // namespace

void bench::measure_examples(const segmenter::Segmenter& segmenter,
                             const std::shared_ptr<const scenes::World>& world,
                             const SceneCounts& counts) {
  const FirstScenes known(world, scenes::Pictures::known, 77, counts.known, 320);
  const FirstScenes held_out(world, scenes::Pictures::held_out, 78, counts.held_out, 320);
  const std::vector<Tested> tested = encode_scenes(segmenter, held_out);
  const Measurement measurement(segmenter, tested, *world);
  measure(measurement, *world, examples_of_classes(segmenter, known, measurement.words(), 5),
          counts.every);
}
