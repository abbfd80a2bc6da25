#pragma once
// A run's settings: one TOML file, overridden on the command line, printed as TOML.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace fcclip::engine {

class Settings;

/// Tables of one kind, [[section.key]] in TOML, each with settings of its own.
class TableList {
 public:
  virtual ~TableList() = default;
  virtual int64_t size() const = 0;
  /// New tables have the defaults.
  virtual void resize(int64_t size) = 0;
  /// Binds the members of a table under names that begin with `prefix`.
  virtual void bind(Settings& settings, const std::string& prefix, int64_t index) = 0;
  /// An empty list of the same kind, with tables of its own.
  virtual std::unique_ptr<TableList> another() const = 0;
};

/// A list of structs.
template <typename Table>
class TablesOf final : public TableList {
 public:
  using Bind = void (*)(Settings& settings, const std::string& prefix, Table& table);
  /// `tables` must outlive this; nullptr: a list of this object's own.
  TablesOf(std::vector<Table>* tables, Bind bind)
      : tables_(tables == nullptr ? &own_ : tables), bind_(bind) {}
  int64_t size() const override { return static_cast<int64_t>(tables_->size()); }
  void resize(int64_t size) override { tables_->resize(static_cast<size_t>(size)); }
  void bind(Settings& settings, const std::string& prefix, int64_t index) override {
    bind_(settings, prefix, tables_->at(static_cast<size_t>(index)));
  }
  std::unique_ptr<TableList> another() const override {
    return std::make_unique<TablesOf>(nullptr, bind_);
  }

 private:
  std::vector<Table> own_;
  std::vector<Table>* tables_;
  Bind bind_;
};

/// Binds "section.key" names to members of option structs. The members' values at binding are the
/// defaults. All must outlive this object.
class Settings {
 public:
  using Member = std::variant<bool*, int64_t*, double*, std::string*, std::vector<int64_t>*,
                              std::vector<double>*>;
  /// help: one line, printed as a comment.
  void bind(std::string key, Member member, std::string help);
  /// A list of tables, the last of its section; `help` is printed while there is none.
  void bind_tables(std::string key, std::shared_ptr<TableList> tables, std::string help);

  /// Throws Error{invalid_argument} naming file, line and key: a key that is not bound, a value of
  /// another type; Error{not_found}, Error{bad_format} for TOML that cannot be parsed. A file may
  /// also be in UTF-16, as PowerShell redirects what --print-config prints.
  void read_file(const std::filesystem::path& path);
  void read_text(std::string_view toml, const std::string& name);
  /// "section.key=value", value in TOML's form; a bare word is text. Of a list of tables
  /// "section.key=[{…}, {…}]" or, of one table, "section.key.0.name=value", where the number behind
  /// the last makes a new one. Throws Error{invalid_argument}.
  void set(const std::string& assignment);

  /// "section.key = 3, was 2" for each value that differs from that of another run's document. Keys
  /// of which one of them knows nothing are passed over. Throws Error{bad_format}.
  std::vector<std::string> changes_since(std::string_view toml, const std::string& name) const;
  /// Since the run whose config.toml the folder holds. Without one, or with one that can't be read
  /// (it is only a record, which somebody may have edited), nothing.
  std::vector<std::string> changes_since_run(const std::filesystem::path& folder) const;

  /// All values as a TOML document with the help as comments; read_text() of it changes nothing.
  std::string to_toml() const;

 private:
  struct Entry {
    std::string key;
    Member member;
    std::string help;
    std::shared_ptr<TableList> tables;  // of a list; nullptr: a member
  };
  struct Assigning;
  static std::string table_prefix(const Entry& entry, int64_t index);
  static Settings table_of(const Entry& entry, int64_t index);
  static std::string inline_text(const Entry& list);
  static std::string line_of(const Entry& entry, size_t prefix);
  static std::string text_of_tables(const Entry& list);
  bool set_in_table(const std::string& key, const std::string& assignment);
  std::vector<std::string> similar_keys(std::string_view key) const;
  const Entry& find(std::string_view key, const std::string& where) const;

  std::vector<Entry> entries_;
};

}  // namespace fcclip::engine
