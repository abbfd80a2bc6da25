#pragma once
// A library that is opened while the program runs: what may be missing on a machine.

#include <string>

namespace fcclip {

/// Stays open until the process ends: NVIDIA's libraries do not like to be closed.
class SharedLibrary {
 public:
  SharedLibrary() = default;
  /// By path, or by a name that the system looks for (a library of that name that the process has
  /// already comes first). Not there: is_open() is false and failure() says why.
  explicit SharedLibrary(const std::string& name);

  bool is_open() const { return handle_ != nullptr; }
  /// The loader's words; empty when it is open.
  const std::string& failure() const { return failure_; }
  /// The file; empty when it is not open.
  std::string path() const;

  /// A function of it or of a library that it is linked to; null when there is none.
  ///   Function  a function's type
  template <typename Function>
  Function* function(const char* name) const {
    return reinterpret_cast<Function*>(symbol(name));
  }

 private:
  void* symbol(const char* name) const;

  void* handle_ = nullptr;
  std::string failure_;
};

/// The file of the library or program that holds `address`; empty when it is in none.
std::string file_of_address(const void* address);

}  // namespace fcclip
