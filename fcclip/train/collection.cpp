#include "fcclip/train/collection.h"

#include <algorithm>

#include "fcclip/core/endless.h"
#include "fcclip/core/error.h"
#include "fcclip/core/random.h"
#include "fcclip/data/repeat_factors.h"

namespace fcclip::train {
namespace {

bool same_words(const classify::Vocabulary& a, const classify::Vocabulary& b) {
  return std::ranges::equal(a.classes, b.classes, [](const auto& one, const auto& other) {
    return one.synonyms == other.synonyms && one.is_thing == other.is_thing;
  });
}

std::vector<int64_t> classes_or_none(const Source& source, int64_t index) {
  try {
    return source.classes_of(index);
  } catch (const Error& error) {
    if (!engine::is_about_a_picture(error)) throw;
    return {};  // the run leaves it out, and says so
  }
}

data::Stream<int64_t> order_of(const Source& source, const DataSettings& settings, int64_t seed) {
  const int64_t size = source.dataset->size();
  if (settings.sampler != "repeat_factor") return data::shuffled(size, seed);
  if (size >= kEndless) {
    fail(ErrorCode::invalid_argument, "data.sampler repeat_factor needs a data set with an end");
  }
  std::vector<std::vector<int64_t>> classes;
  for (int64_t i = 0; i < size; ++i) classes.push_back(classes_or_none(source, i));
  return data::repeated(
      data::repeat_factors(classes, settings.repeat_threshold, settings.repeat_root), seed);
}

}  // namespace

Collection::Collection(const SegmentationConfig& config) {
  const std::vector<DataSettings> settings = data_sets(config);
  std::vector<double> weights;
  for (const DataSettings& one : settings) {
    // The first one alone is shuffled as a run on it would be.
    const auto number = static_cast<uint64_t>(sets_.size());
    const auto seed = static_cast<uint64_t>(config.run.seed);
    add(one, static_cast<int64_t>(number == 0 ? seed : mix_bits(seed + number * kGolden)));
    const int64_t own = sets_.back().source.dataset->size();
    if (settings.size() > 1 && one.weight == 0 && own >= kEndless) {
      fail(ErrorCode::invalid_argument, "data.sets.", number,
           ".weight must be above 0: the data set has no end");
    }
    weights.push_back(one.weight > 0 ? one.weight : static_cast<double>(own));
  }
  mixed_ = data::mixed(weights, config.run.seed);
}

void Collection::add(const DataSettings& settings, int64_t seed) {
  CollectedSet set;
  set.source = open_source(settings, Purpose::training, seed);
  set.order = order_of(set.source, settings, seed);
  set.first = size_;
  set.is_semantic = settings.kind == "semantic";
  const auto known = std::ranges::find_if(vocabularies_, [&](const classify::Vocabulary& words) {
    return same_words(words, set.source.vocabulary);
  });
  set.words = known - vocabularies_.begin();
  if (known == vocabularies_.end()) vocabularies_.push_back(set.source.vocabulary);
  size_ = std::min(kEndless, size_ + set.source.dataset->size());
  sets_.push_back(std::move(set));
}

Drawn Collection::draw(int64_t position, int64_t most) const {
  const data::Mixed place = mixed_(position);
  const CollectedSet& set = sets_[place.stream];
  Drawn drawn{{}, place.stream, {}};
  drawn.sample = engine::first_usable(set.order(place.position), set.source.dataset->size(), most,
                                      drawn.bad, [&](int64_t i) { return set.source.get(i); });
  for (engine::BadPicture& bad : drawn.bad) bad.index += set.first;
  return drawn;
}

classify::Vocabulary Collection::all_words() const {
  classify::Vocabulary all = vocabularies_.front();
  for (size_t i = 1; i < vocabularies_.size(); ++i) {
    all.name += " + " + vocabularies_[i].name;
    const std::string name = all.name;
    all = classify::merge(all, vocabularies_[i]);
    all.name = name;
  }
  return all;
}

std::vector<std::string> Collection::remarks() const {
  std::vector<std::string> lines;
  for (const CollectedSet& set : sets_) {
    const std::vector<std::string> own = set.source.dataset->remarks();
    lines.insert(lines.end(), own.begin(), own.end());
  }
  return lines;
}

}  // namespace fcclip::train
