#include "fcclip/scenes/cast.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "fcclip/core/error.h"

namespace fcclip::scenes {
namespace {

// Stuff that one sees upright, behind things. What is in neither list suits both roles.
constexpr std::array<std::string_view, 10> kBackdrops = {
    "sky",        "stars",      "brick wall",       "plaster wall",
    "wallpaper",  "stone wall", "corrugated metal", "hedge",
    "roof tiles", "bark"};
constexpr std::array<std::string_view, 23> kGrounds = {
    "grass",   "flowers",       "moss",          "straw", "sand",         "dirt",
    "gravel",  "cracked earth", "pebbles",       "snow",  "cobblestone",  "paving stones",
    "asphalt", "carpet",        "patterned rug", "ice",   "wooden floor", "wood chips",
    "water",   "lava",          "metal grate",   "tiles", "diamond plate"};

// So often a region's stuff does not care for its role.
constexpr double kAnyStuff = 0.2;

bool is_in(std::string_view name, const auto& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool may_appear(const Picture& picture, const SceneOptions& options) {
  if (options.only_free && !picture.is_free()) return false;
  return picture.held_out == (options.pictures == Pictures::held_out);
}

}  // namespace

Cast::Cast(const World& world, const SceneOptions& options) {
  size_t pyramids = 0;
  for (size_t k = 0; k < world.concepts().size(); ++k) {
    const Concept& from = world.concepts()[k];
    if (from.is_thing && options.concepts == Concepts::seen && !from.is_seen) continue;
    Entry entry{static_cast<int64_t>(k), {}};
    for (const Picture& picture : from.pictures) {
      if (may_appear(picture, options)) entry.pictures.emplace_back(&picture, pyramids++);
    }
    if (entry.pictures.empty()) continue;
    if (from.is_thing) {
      things_.push_back(std::move(entry));
      continue;
    }
    if (!is_in(from.name, kGrounds)) backdrops_.push_back(entry);
    if (!is_in(from.name, kBackdrops)) grounds_.push_back(entry);
    stuff_.push_back(std::move(entry));
  }
  if (things_.empty() || stuff_.empty()) {
    fail(ErrorCode::invalid_argument, "the world has no picture of ",
         things_.empty() ? "a thing" : "stuff", " that the options allow");
  }
  if (backdrops_.empty()) backdrops_ = stuff_;
  if (grounds_.empty()) grounds_ = stuff_;
  pyramids_ = std::make_unique<Pyramids>(pyramids);
}

Actor Cast::pick(Random& random, const std::vector<Entry>& entries) const {
  const Entry& entry = entries[random.below(static_cast<int64_t>(entries.size()))];
  const auto count = static_cast<int64_t>(entry.pictures.size());
  const auto& [picture, number] = entry.pictures[random.below(count)];
  return {entry.class_index, picture, &pyramids_->get(number, picture->pixels)};
}

Actor Cast::pick_thing(Random& random) const {
  return pick(random, things_);
}

Actor Cast::pick_stuff(Random& random, Role role) const {
  const bool is_any = random.chance(kAnyStuff) || role == Role::any;
  return pick(random, is_any ? stuff_ : role == Role::backdrop ? backdrops_ : grounds_);
}

}  // namespace fcclip::scenes
