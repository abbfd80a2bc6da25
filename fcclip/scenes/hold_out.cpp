#include "fcclip/scenes/hold_out.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

#include "fcclip/core/random.h"

namespace fcclip::scenes {
namespace {

struct Group {
  std::vector<size_t> members;  // positions in Concept::pictures
  bool has_extra = false;
};

std::map<int64_t, Group> groups_of(const Concept& entry) {
  std::map<int64_t, Group> groups;
  for (size_t k = 0; k < entry.pictures.size(); ++k) {
    Group& group = groups[entry.pictures[k].look_alikes];
    group.members.push_back(k);
    group.has_extra |= entry.pictures[k].is_extra;
  }
  return groups;
}

}  // namespace

void hold_out(Concept& entry) {
  const std::map<int64_t, Group> groups = groups_of(entry);
  if (groups.size() < 2) return;
  std::map<std::string, size_t> of_style;
  for (const Picture& picture : entry.pictures) ++of_style[picture.style];

  using Rank = std::tuple<size_t, bool, uint64_t>;
  std::optional<Rank> best;
  const Group* chosen = nullptr;
  for (const auto& [number, group] : groups) {
    if (group.has_extra) continue;
    const Picture& first = entry.pictures[group.members.front()];
    const bool is_lone_style = of_style[first.style] == group.members.size();
    const Rank rank{group.members.size(), is_lone_style, seed_of_text(first.id)};
    if (!best || rank < *best) {
      best = rank;
      chosen = &group;
    }
  }
  if (chosen == nullptr) return;
  for (const size_t k : chosen->members) entry.pictures[k].held_out = true;
}

}  // namespace fcclip::scenes
