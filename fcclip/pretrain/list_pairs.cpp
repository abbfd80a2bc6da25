#include "fcclip/pretrain/list_pairs.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include <ATen/ATen.h>

#include "fcclip/core/random.h"
#include "fcclip/image/image_file.h"
#include "fcclip/ops/resize_u8.h"
#include "fcclip/pretrain/augment.h"

namespace fcclip::pretrain {
namespace {

// Position i of round `round`'s order of `count` things: a Fisher-Yates shuffle, made anew.
std::vector<int64_t> shuffled(int64_t count, uint64_t seed, int64_t round) {
  std::vector<int64_t> order(count);
  std::iota(order.begin(), order.end(), 0);
  Random random(seed ^ seed_of_text("order"), static_cast<uint64_t>(round));
  for (int64_t i = count - 1; i > 0; --i) std::swap(order[i], order[random.below(i + 1)]);
  return order;
}

}  // namespace

ListPairs::ListPairs(std::vector<ListedPicture> pictures, const ListPairOptions& options,
                     int64_t batch_size)
    : pictures_(std::move(pictures)), options_(options), batch_size_(batch_size) {
  std::map<std::string, int64_t> ids;
  for (const ListedPicture& picture : pictures_) {
    std::vector<int64_t>& present = present_.emplace_back();
    for (const std::string& name : picture.names) {
      const auto [found, fresh] = ids.try_emplace(name, std::ssize(names_));
      if (fresh) names_.push_back(name);
      present.push_back(found->second);
    }
  }
  // Every picture is a name of its own too: its captions are no negatives of one another.
  for (int64_t i = 0; i < std::ssize(present_); ++i) present_[i].push_back(std::ssize(names_) + i);
}

std::vector<Pair> ListPairs::draw(const PairRequest& request) const {
  std::vector<Pair> pairs;
  const int64_t count = std::ssize(pictures_);
  int64_t round = -1;
  std::vector<int64_t> order;
  for (int64_t i = 0; i < request.count; ++i) {
    const int64_t number = request.step * batch_size_ + request.first + i;
    if (number / count != round) {
      round = number / count;
      order = shuffled(count, options_.seed, round);
    }
    pairs.push_back(draw_one(request, order[number % count]));
  }
  return pairs;
}

Pair ListPairs::draw_one(const PairRequest& request, int64_t number) const {
  Pair pair;
  const int64_t most = engine::most_bad_pictures(pictures(), options_.bad_share);
  const auto usable =
      engine::first_usable(number, pictures(), most, pair.instead_of, [&](int64_t candidate) {
        return std::pair(candidate, image::read_rgb(pictures_[candidate].path));
      });
  if (!usable) {  // so many are bad that the run stops before it would look at this one
    pair.rgb = at::zeros({request.side, request.side, 3}, at::kByte);
    return pair;
  }
  fill_pair(request, usable->first, usable->second, pair);
  return pair;
}

void ListPairs::fill_pair(const PairRequest& request, int64_t number, const at::Tensor& rgb,
                          Pair& pair) const {
  const ListedPicture& picture = pictures_[number];
  Random random(options_.seed + static_cast<uint64_t>(request.step) * kGolden,
                static_cast<uint64_t>(number));
  const double strength =
      options_.ramp <= 0 ? 1.0 : std::min(1.0, request.progress / options_.ramp);
  const int64_t shorter = std::min(rgb.size(0), rgb.size(1));
  const double area = random.uniform(1 - (1 - options_.least_area) * strength, 1.0);
  const int64_t side = std::clamp<int64_t>(std::lround(shorter * std::sqrt(area)), 1, shorter);
  at::Tensor crop = rgb.narrow(0, random.below(rgb.size(0) - side + 1), side)
                        .narrow(1, random.below(rgb.size(1) - side + 1), side)
                        .contiguous();
  crop = ops::resize_bilinear_u8(crop, {request.side, request.side});
  if (random.chance(0.5)) crop = crop.flip(1);
  pair.rgb = augment_colours(crop, strength, random);
  pair.caption = picture.captions[random.below(std::ssize(picture.captions))];
  pair.present = pair.named = present_[number];
}

std::vector<std::string> ListPairs::texts() const {
  std::vector<std::string> texts;
  for (const ListedPicture& picture : pictures_) {
    texts.insert(texts.end(), picture.captions.begin(), picture.captions.end());
    texts.insert(texts.end(), picture.names.begin(), picture.names.end());
  }
  return texts;
}

}  // namespace fcclip::pretrain
