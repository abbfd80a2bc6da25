#pragma once
// Small nouns that a training's input is composed of: each is a function of a position in the run,
// so that any thread, process or resumed run gets the same item.

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace fcclip::data {

/// The item at position 0, 1, … of a run; pure and thread-safe.
template <typename Item>
using Stream = std::function<Item(int64_t position)>;

/// Position -> index: a permutation of a data set of `size` for each epoch, another one each time.
/// A data set without end (kEndless) is read in order; of one or no thing it is index 0.
Stream<int64_t> shuffled(int64_t size, int64_t seed);

/// An item of one of several streams.
struct Mixed {
  int64_t stream = 0, position = 0;  ///< in that stream
};

/// Streams by weight: of every 1024 positions each stream has its share, rounded to whole ones, in
/// random order; its own positions follow one another without a gap. One stream alone is as it
/// was. Throws Error{invalid_argument} for weights of which one is not above 0, or below a
/// thousandth of all.
Stream<Mixed> mixed(const std::vector<double>& weights, int64_t seed);

/// change(item, position) of every item.
template <typename Item, typename Change>
auto mapped(Stream<Item> items, Change change)
    -> Stream<decltype(change(std::declval<Item>(), int64_t{}))> {
  return [items = std::move(items), change = std::move(change)](int64_t position) {
    return change(items(position), position);
  };
}

/// Item b is the list of items b · size … (b + 1) · size − 1.
template <typename Item>
Stream<std::vector<Item>> batched(Stream<Item> items, int64_t size) {
  return [items = std::move(items), size](int64_t batch) {
    std::vector<Item> list;
    list.reserve(static_cast<size_t>(size));
    for (int64_t i = 0; i < size; ++i) list.push_back(items(batch * size + i));
    return list;
  };
}

}  // namespace fcclip::data
