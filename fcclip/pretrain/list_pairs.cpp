#include "fcclip/pretrain/list_pairs.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <sstream>

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include "fcclip/core/error.h"
#include "fcclip/image/image_file.h"
#include "fcclip/io/atomic_file.h"
#include "fcclip/ops/resize_u8.h"
#include "fcclip/pretrain/augment.h"
#include "fcclip/world/random.h"

namespace fcclip::pretrain {
namespace {

class ListReader {
 public:
  explicit ListReader(const std::filesystem::path& list) : list_(list) {}
  std::vector<ListedPicture> read();

 private:
  template <typename... Parts>
  [[noreturn]] void refuse(const Parts&... parts) const {
    fail(ErrorCode::bad_format, list_.string(), ", line ", number_, ": ", parts...);
  }

  ListedPicture& picture(const std::string& path) {
    const auto [found, fresh] = by_path_.try_emplace(path, pictures_.size());
    if (fresh) pictures_.push_back({list_.parent_path() / path, {}, {}});
    return pictures_[found->second];
  }

  void add_tabs(const std::string& line) {
    const size_t tab = line.find('\t');
    if (tab == std::string::npos || tab == 0 || tab + 1 == line.size()) {
      refuse("expected \"path <tab> caption\" or a JSON object");
    }
    if (line.find('\t', tab + 1) != std::string::npos) {
      refuse("more than two columns; expected \"path <tab> caption\"");
    }
    picture(line.substr(0, tab)).captions.push_back(line.substr(tab + 1));
  }

  void add_json(const std::string& line) {
    try {
      const nlohmann::json entry = nlohmann::json::parse(line);
      for (const auto& [key, value] : entry.items()) {
        if (key != "image" && key != "caption" && key != "captions" && key != "names") {
          refuse("unknown key \"", key, "\"; expected image, caption or captions, names");
        }
      }
      ListedPicture& listed = picture(entry.at("image").get<std::string>());
      if (entry.contains("caption")) listed.captions.push_back(entry["caption"]);
      for (const auto& caption : entry.value("captions", nlohmann::json::array())) {
        listed.captions.push_back(caption);
      }
      for (const auto& name : entry.value("names", nlohmann::json::array())) {
        listed.names.push_back(name);
      }
      if (listed.captions.empty()) refuse("no \"caption\" or \"captions\"");
    } catch (const nlohmann::json::exception& error) {
      const std::string_view what = error.what();
      refuse("not {\"image\": path, \"captions\": [text, …]}: ", what.substr(0, what.find('\n')));
    }
  }

  const std::filesystem::path& list_;
  int64_t number_ = 0;
  std::vector<ListedPicture> pictures_;
  std::map<std::string, size_t> by_path_;
};

std::vector<ListedPicture> ListReader::read() {
  std::istringstream lines(io::read_file(list_));
  std::string line;
  while (std::getline(lines, line)) {
    ++number_;
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.find_first_not_of(" \t") == std::string::npos) continue;
    line.front() == '{' ? add_json(line) : add_tabs(line);
  }
  if (pictures_.empty()) fail(ErrorCode::bad_format, list_.string(), ": lists no picture");
  return std::move(pictures_);
}

// Position i of round `round`'s order of `count` things: a Fisher-Yates shuffle, made anew.
std::vector<int64_t> shuffled(int64_t count, uint64_t seed, int64_t round) {
  std::vector<int64_t> order(count);
  std::iota(order.begin(), order.end(), 0);
  world::Random random(seed ^ world::hash_text("order"), static_cast<uint64_t>(round));
  for (int64_t i = count - 1; i > 0; --i) std::swap(order[i], order[random.below(i + 1)]);
  return order;
}

}  // namespace

std::vector<ListedPicture> read_picture_list(const std::filesystem::path& list) {
  return ListReader(list).read();
}

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
  const ListedPicture& picture = pictures_[number];
  world::Random random(options_.seed + static_cast<uint64_t>(request.step) * world::kGolden,
                       static_cast<uint64_t>(number));
  const at::Tensor rgb = image::read_rgb(picture.path);
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
  Pair pair;
  pair.rgb = augment_colours(crop, strength, random);
  pair.caption = picture.captions[random.below(std::ssize(picture.captions))];
  pair.present = pair.named = present_[number];
  return pair;
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
