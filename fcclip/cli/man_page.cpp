#include "fcclip/cli/man_page.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <sstream>

#include "fcclip/cli/help_entries.h"
#include "fcclip/cli/roff.h"
#include "fcclip/cli/usage_error.h"
#include "fcclip/core/error.h"
#include "fcclip/core/utc_time.h"

namespace fcclip::cli {
namespace {

char changed_case(char c, int change(int)) {
  return static_cast<char>(change(static_cast<unsigned char>(c)));
}

std::string tagged(const std::string& tag, const std::string& text) {
  return ".TP\n" + tag + '\n' + roff_paragraph(text);
}

// The examples of a footer, and what else it says; `when`: "In ~/.bashrc".
struct Footer {
  std::vector<std::string> examples, paragraphs;
  std::string when;
};

Footer footer_of(const CLI::App& command) {
  Footer footer;
  // The program's has notes, which have sections of their own; a command without one inherits it.
  const CLI::App* parent = command.get_parent();
  if (parent == nullptr || parent->get_footer() == command.get_footer()) return footer;
  std::istringstream lines(command.get_footer());
  bool goes_on = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("  ")) {
      footer.examples.push_back(line.substr(2));
    } else if (line.starts_with("Example") && line.ends_with(':')) {
      const size_t comma = line.find(", ");
      if (comma == std::string::npos) continue;
      footer.when = line.substr(comma + 2);
      footer.when[0] = changed_case(footer.when[0], std::toupper);
    } else if (goes_on) {
      footer.paragraphs.back() += ' ' + line;
      continue;
    } else if (!line.empty()) {
      footer.paragraphs.push_back(line);
      goes_on = true;
      continue;
    }
    goes_on = false;
  }
  return footer;
}

// As the line behind a name: no capital, unless the whole word is written so.
std::string uncapitalized(std::string text) {
  if (text.size() > 1 && changed_case(text[1], std::toupper) != text[1]) {
    text[0] = changed_case(text[0], std::tolower);
  }
  return text;
}

std::string page_reference(const std::string& name) {
  return "\\fB\\%" + roff_text(name) + "\\fR(1)";
}

std::string option_tag(const CLI::Option& option) {
  std::string tag;
  const auto add = [&tag](const std::string& dashes, const std::string& name) {
    tag += (tag.empty() ? "\\fB" : ", \\fB") + roff_text(dashes + name) + "\\fR";
  };
  for (const std::string& name : option.get_snames()) add("-", name);
  for (const std::string& name : option.get_lnames()) add("--", name);
  if (option.get_items_expected_max() == 0) return tag;
  return tag + " \\fI" + roff_text(option.get_type_name()) + "\\fR";
}

std::string description_section(const CLI::App& command, const Footer& footer) {
  std::string text = ".SH DESCRIPTION\n" + roff_paragraph(command.get_description() + '.');
  for (const std::string& one : footer.paragraphs) text += ".PP\n" + roff_paragraph(one);
  return text;
}

std::string arguments_section(const CLI::App& command) {
  std::string text;
  for (const CLI::Option* option : command.get_options()) {
    if (!option->get_positional()) continue;
    text += tagged("\\fI" + roff_text(positional_name(*option)) + "\\fR", option_meaning(*option));
  }
  return text.empty() ? "" : ".SH ARGUMENTS\n" + text;
}

std::string parts_section(const CLI::App& command) {
  std::string text;
  const std::vector<PartGroup> groups = part_groups(command);
  for (const PartGroup& group : groups) {
    if (groups.size() > 1) text += ".SS " + roff_text(group.title) + '\n';
    for (const CLI::App* part : group.parts) {
      text += tagged(page_reference(man_page_name(*part)), part->get_description());
    }
  }
  if (text.empty()) return "";
  return std::string(".SH ") + (command.get_parent() == nullptr ? "COMMANDS" : "KINDS") + '\n' +
         text;
}

std::string options_section(const CLI::App& command) {
  std::string text = ".SH OPTIONS\n";
  const std::vector<OptionGroup> groups = option_groups(command);
  for (const OptionGroup& group : groups) {
    if (group.title != "Options" && groups.size() > 1) {
      text += ".SS " + roff_text(group.title) + '\n';
    }
    for (const CLI::Option* option : group.options) {
      text += tagged(option_tag(*option), option_meaning(*option));
    }
  }
  return text;
}

std::string notes_section(const CLI::App& command, const char* title,
                          const std::vector<HelpNote>& notes) {
  std::string text;
  for (const HelpNote& note : notes) {
    if (!concerns(note, command)) continue;
    text += tagged("\\fB" + roff_text(note.name) + "\\fR", note.meaning);
  }
  return text.empty() ? "" : std::string(".SH ") + title + '\n' + text;
}

std::string examples_section(const Footer& footer) {
  if (footer.examples.empty()) return "";
  std::string text = ".SH EXAMPLES\n";
  if (!footer.when.empty()) text += roff_text(footer.when) + "\n.PP\n";
  text += ".EX\n";
  for (const std::string& example : footer.examples) {
    std::istringstream lines(folded_command(example));
    for (std::string line; std::getline(lines, line);) text += roff_text(line) + '\n';
  }
  return text + ".EE\n";
}

// The pages above and below, and those of the same group.
std::string see_also_section(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::App* part : command.get_subcommands({})) names.push_back(man_page_name(*part));
  if (const CLI::App* parent = command.get_parent()) {
    for (const CLI::App* part : parent->get_subcommands({})) {
      if (part != &command && part->get_group() == command.get_group()) {
        names.push_back(man_page_name(*part));
      }
    }
    for (; parent != nullptr; parent = parent->get_parent()) {
      names.insert(names.begin(), man_page_name(*parent));
    }
  }
  std::string text = ".SH \"SEE ALSO\"\n";
  for (const std::string& name : names) {
    text += page_reference(name) + (&name == &names.back() ? "\n" : ",\n");
  }
  return text;
}

const CLI::App& program_of(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  return parent == nullptr ? command : program_of(*parent);
}

}  // namespace

std::string man_page_name(const CLI::App& command) {
  std::string name = command_path(command);
  std::replace(name.begin(), name.end(), ' ', '-');
  return name;
}

std::string man_page(const CLI::App& command, const ManualParts& parts) {
  const std::string name = man_page_name(command);
  std::string title = name;
  for (char& c : title) c = changed_case(c, std::toupper);
  const Footer footer = footer_of(command);
  return ".TH " + roff_text(title) + " 1 " + parts.date + " \"" + parts.version + "\" \"" +
         program_of(command).get_name() +
         " manual\"\n"
         ".SH NAME\n" +
         roff_paragraph(name + " - " + uncapitalized(command.get_description())) +
         ".SH SYNOPSIS\n" + roff_usage(command_usage(command)) + '\n' +
         description_section(command, footer) + arguments_section(command) +
         parts_section(command) + options_section(command) +
         notes_section(command, "\"EXIT STATUS\"", parts.exits) +
         notes_section(command, "ENVIRONMENT", parts.environment) +
         notes_section(command, "FILES", parts.files) + examples_section(footer) +
         see_also_section(command);
}

void write_man_pages(const CLI::App& command, const ManualParts& parts,
                     const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) fail(ErrorCode::io_failure, folder.string(), ": ", error.message());
  const std::filesystem::path path = folder / (man_page_name(command) + ".1");
  std::ofstream file(path, std::ios::binary);
  file << man_page(command, parts);
  file.close();
  if (!file) fail(ErrorCode::io_failure, path.string(), ": cannot be written");
  for (const CLI::App* part : command.get_subcommands({})) write_man_pages(*part, parts, folder);
}

std::string page_date() {
  const char* const told = std::getenv("SOURCE_DATE_EPOCH");
  const std::time_t now = told != nullptr ? std::strtoll(told, nullptr, 10) : std::time(nullptr);
  std::string text = utc_text(now, "%Y-%m-%d");
  if (text.empty()) {
    fail(ErrorCode::invalid_argument, "SOURCE_DATE_EPOCH=", told,
         ": no date; expected seconds since 1970");
  }
  return text;
}

}  // namespace fcclip::cli
