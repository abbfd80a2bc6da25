#include "fcclip/engine/settings.h"

#include <algorithm>

#include "fcclip/core/nearest_name.h"
#include "fcclip/engine/toml_values.h"
#include "fcclip/io/atomic_file.h"
#include "fcclip/text/printable.h"
#include "fcclip/text/text_encoding.h"

namespace fcclip::engine {
namespace {

/// Where a document comes from: a file, whose lines are told, or a command line.
struct Origin {
  const std::string& name;
  bool has_lines = true;

  std::string of(const toml::node& node) const {
    return has_lines ? name + ":" + std::to_string(node.source().begin.line) : name;
  }
};

}  // namespace

/// TOML nodes into what is bound.
struct Settings::Assigning {
  Settings& settings;

  void set(const std::string& key, const toml::node& node, const Origin& origin) const {
    const std::string where = origin.of(node);
    const Entry& entry = settings.find(key, where);
    if (entry.tables) return set_tables(entry, node, origin);
    if (!std::visit([&](auto* member) { return assign(*member, node); }, entry.member)) {
      fail(ErrorCode::invalid_argument, where, ": ", key, " must be ",
           kSettingTypes[entry.member.index()]);
    }
  }

  static void set_tables(const Entry& entry, const toml::node& node, const Origin& origin) {
    const toml::array* array = node.as_array();
    const bool holds_tables = array != nullptr && std::ranges::all_of(*array, [](const auto& one) {
                                return one.is_table();
                              });
    if (!holds_tables) {
      fail(ErrorCode::invalid_argument, origin.of(node), ": ", entry.key,
           " must be a list of tables: [[", entry.key, "]] before each");
    }
    entry.tables->resize(0);
    entry.tables->resize(static_cast<int64_t>(array->size()));
    for (size_t i = 0; i < array->size(); ++i) {
      Settings table = table_of(entry, static_cast<int64_t>(i));
      for (const auto& [key, value] : *(*array)[i].as_table()) {
        Assigning{table}.set(table_prefix(entry, static_cast<int64_t>(i)) + std::string(key.str()),
                             value, origin);
      }
    }
  }
};

void Settings::bind(std::string key, Member member, std::string help) {
  entries_.push_back({std::move(key), member, std::move(help), nullptr});
}

void Settings::bind_tables(std::string key, std::shared_ptr<TableList> tables, std::string help) {
  entries_.push_back({std::move(key), {}, std::move(help), std::move(tables)});
}

std::string Settings::table_prefix(const Entry& entry, int64_t index) {
  return entry.key + "." + std::to_string(index) + ".";
}

Settings Settings::table_of(const Entry& entry, int64_t index) {
  Settings table;
  entry.tables->bind(table, table_prefix(entry, index), index);
  return table;
}

// The names of the key's section or, of a key without one or of another, all.
std::vector<std::string> Settings::similar_keys(std::string_view key) const {
  const std::string_view section = key.substr(0, key.rfind('.') + 1);
  std::vector<std::string> all, siblings;
  for (const Entry& entry : entries_) {
    all.push_back(entry.key);
    if (!section.empty() && entry.key.starts_with(section)) siblings.push_back(entry.key);
  }
  return siblings.empty() ? all : siblings;
}

const Settings::Entry& Settings::find(std::string_view key, const std::string& where) const {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const Entry& entry) { return entry.key == key; });
  if (found == entries_.end()) {
    fail(ErrorCode::invalid_argument, where, ": no setting is called ", text::printable(key),
         did_you_mean(key, similar_keys(key)), "; --print-config lists them");
  }
  return *found;
}

void Settings::read_file(const std::filesystem::path& path) {
  read_text(text::to_utf8(io::read_file(path), path.string()), path.string());
}

void Settings::read_text(std::string_view text, const std::string& name) {
  const auto set = [&](const std::string& key, const toml::node& node) {
    Assigning{*this}.set(key, node, Origin{name});
  };
  for (const auto& [section, node] : parse_toml(text, name)) {
    if (const toml::table* table = node.as_table()) {
      for (const auto& [key, value] : *table) {
        set(std::string(section.str()) + "." + std::string(key.str()), value);
      }
    } else {
      set(std::string(section.str()), node);
    }
  }
}

void Settings::set(const std::string& assignment) {
  const size_t equal = assignment.find('=');
  if (equal == std::string::npos || equal == 0) {
    fail(ErrorCode::invalid_argument, "--set ", text::printable(assignment, 1000),
         ": expected section.key=value");
  }
  const std::string key = assignment.substr(0, equal), value = assignment.substr(equal + 1);
  const std::string where = "--set " + text::printable(assignment, 1000);
  if (set_in_table(key, assignment)) return;
  const Entry& entry = find(key, where);
  const bool is_text =
      entry.tables == nullptr && std::holds_alternative<std::string*>(entry.member);
  const bool is_bare = value.empty() || (value[0] != '"' && value[0] != '\'');
  const toml::parse_result parsed = [&] {
    try {
      return toml::parse("value = " + (is_text && is_bare ? toml_text(value) : value));
    } catch (const toml::parse_error&) {
      return toml::parse_result();
    }
  }();
  const toml::node* node = parsed.get("value");
  if (node == nullptr || parsed.size() != 1) {
    fail(ErrorCode::invalid_argument, where, ": ", key, " must be ",
         entry.tables ? "a list of tables, [{…}, {…}]" : kSettingTypes[entry.member.index()]);
  }
  Assigning{*this}.set(key, *node, Origin{where, false});
}

bool Settings::set_in_table(const std::string& key, const std::string& assignment) {
  for (const Entry& entry : entries_) {
    const std::string prefix = entry.key + ".";
    if (!entry.tables || !key.starts_with(prefix)) continue;
    int64_t index = -1;
    const char *begin = key.data() + prefix.size(), *end = key.data() + key.size();
    const auto [after, error] = std::from_chars(begin, end, index);
    if (error != std::errc() || after == end || *after != '.' || index < 0 ||
        index > entry.tables->size()) {
      fail(ErrorCode::invalid_argument, "--set ", text::printable(assignment, 1000), ": expected ",
           prefix, "N.key=value, N from 0 to ", entry.tables->size(), " (a new one)");
    }
    if (index == entry.tables->size()) entry.tables->resize(index + 1);
    Settings table = table_of(entry, index);
    table.set(assignment);
    return true;
  }
  return false;
}

std::vector<std::string> Settings::changes_since(std::string_view toml,
                                                 const std::string& name) const {
  const toml::table before = parse_toml(toml, name);
  std::vector<std::string> changes;
  for (const Entry& entry : entries_) {
    const toml::node* node = before.at_path(entry.key).node();
    if (node == nullptr) continue;
    if (entry.tables) {
      const Entry then{entry.key, {}, "", entry.tables->another()};
      Assigning::set_tables(then, *node, Origin{name});
      const std::string now_text = inline_text(entry), then_text = inline_text(then);
      if (now_text != then_text) changes.push_back(now_text + ", was " + then_text);
      continue;
    }
    std::visit(
        [&](auto* member) {
          auto then = *member;
          if (!assign(then, *node) || then == *member) return;
          changes.push_back(entry.key + " = " + toml_text(*member) + ", was " + toml_text(then));
        },
        entry.member);
  }
  return changes;
}

std::vector<std::string> Settings::changes_since_run(const std::filesystem::path& folder) const {
  const std::filesystem::path file = folder / "config.toml";
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(file, ignored)) return {};
  try {
    return changes_since(io::read_file(file), file.string());
  } catch (const Error&) {
    return {};
  }
}

}  // namespace fcclip::engine
