#pragma once
// A run's settings: one TOML file, overridden on the command line, printed as TOML.

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace fcclip::engine {

/// Binds "section.key" names to members of option structs. The members' values at binding are the
/// defaults. All must outlive this object.
class Settings {
 public:
  using Member = std::variant<bool*, int64_t*, double*, std::string*, std::vector<int64_t>*,
                              std::vector<double>*>;
  /// help: one line, printed as a comment.
  void bind(std::string key, Member member, std::string help);

  /// Throws Error{invalid_argument} naming file, line and key: a key that is not bound, a value of
  /// another type; Error{not_found}, Error{bad_format} for TOML that cannot be parsed. A file may
  /// also be in UTF-16, as PowerShell redirects what --print-config prints.
  void read_file(const std::filesystem::path& path);
  void read_text(std::string_view toml, const std::string& name);
  /// "section.key=value", value in TOML's form; a bare word is text. Throws
  /// Error{invalid_argument}.
  void set(const std::string& assignment);

  /// "section.key = 3, was 2" for each value that differs from that of another run's document. Keys
  /// of which one of them knows nothing are passed over. Throws Error{bad_format}.
  std::vector<std::string> changes_since(std::string_view toml, const std::string& name) const;

  /// All values as a TOML document with the help as comments; read_text() of it changes nothing.
  std::string to_toml() const;

 private:
  struct Entry {
    std::string key;
    Member member;
    std::string help;
  };
  std::vector<std::string> similar_keys(std::string_view key) const;
  const Entry& find(std::string_view key, const std::string& where) const;

  std::vector<Entry> entries_;
};

}  // namespace fcclip::engine
