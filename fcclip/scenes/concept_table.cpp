#include "fcclip/scenes/concept_table.h"

#include <algorithm>
#include <iomanip>
#include <sstream>

namespace fcclip::scenes {

std::string concept_table(const World& world) {
  std::ostringstream table;
  const auto row = [&table](const auto& name, const auto& group, const auto& split,
                            const auto& pictures, const auto& held_out) {
    table << std::left << std::setw(24) << name << ' ' << std::setw(12) << group << ' '
          << std::setw(7) << split << ' ' << std::right << std::setw(8) << pictures << ' '
          << std::setw(9) << held_out << '\n';
  };
  row("name", "group", "split", "pictures", "held out");
  for (const Concept& entry : world.concepts()) {
    row(entry.name, entry.group, entry.is_seen ? "seen" : "unseen", entry.pictures.size(),
        std::ranges::count_if(entry.pictures, &Picture::held_out));
  }
  return table.str();
}

}  // namespace fcclip::scenes
