// Settings as a TOML document.

#include "fcclip/engine/settings.h"
#include "fcclip/engine/toml_values.h"

namespace fcclip::engine {

std::string Settings::inline_text(const Entry& list) {
  std::string text = list.key + " = [";
  for (int64_t i = 0; i < list.tables->size(); ++i) {
    const std::string prefix = table_prefix(list, i);
    std::string table;
    for (const Entry& entry : table_of(list, i).entries_) {
      table += (table.empty() ? "" : ", ") + entry.key.substr(prefix.size()) + " = " +
               std::visit([](auto* member) { return toml_text(*member); }, entry.member);
    }
    text += (i > 0 ? ", {" : "{") + table + "}";
  }
  return text + "]";
}

std::string Settings::line_of(const Entry& entry, size_t prefix) {
  return entry.key.substr(prefix) + " = " +
         std::visit([](auto* member) { return toml_text(*member); }, entry.member) + "  # " +
         entry.help + "\n";
}

std::string Settings::text_of_tables(const Entry& list) {
  if (list.tables->size() == 0) return "# [[" + list.key + "]]: " + list.help + "\n";
  std::string text;
  for (int64_t i = 0; i < list.tables->size(); ++i) {
    text += "\n[[" + list.key + "]]\n";
    for (const Entry& entry : table_of(list, i).entries_) {
      text += line_of(entry, table_prefix(list, i).size());
    }
  }
  return text;
}

std::string Settings::to_toml() const {
  std::string text, section;
  for (const Entry& entry : entries_) {
    if (entry.tables) {
      text += text_of_tables(entry);
      continue;
    }
    const size_t dot = entry.key.find('.');
    const std::string own = dot == std::string::npos ? "" : entry.key.substr(0, dot);
    if (own != section) text += (text.empty() ? "[" : "\n[") + own + "]\n";
    section = own;
    text += line_of(entry, dot == std::string::npos ? 0 : dot + 1);
  }
  return text;
}

}  // namespace fcclip::engine
