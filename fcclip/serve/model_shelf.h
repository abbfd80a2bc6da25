#pragma once
// The models that are served, loaded while the server already answers.

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "fcclip/fcclip.h"

namespace fcclip::serve {

struct ModelPlace {
  std::string name, path;
  bool is_bundled = false;
};

/// Of every model a copy on each device, counted from 0. Safe to use from several threads.
class ModelShelf {
 public:
  /// Names must differ; at least one. Throws Error{invalid_argument}.
  explicit ModelShelf(std::vector<ModelPlace> places, size_t devices = 1);

  /// One after the other, each on all `devices`, in place of options.device. Throws as Model::load.
  void load_all(LoadOptions options, const std::vector<std::string>& devices);
  /// In place of loading, for tests.
  void put(const std::string& name, Model model, size_t device = 0);

  bool all_ready() const;
  const std::vector<ModelPlace>& places() const { return places_; }
  size_t devices() const { return devices_; }
  /// Nothing while it is not loaded on all devices. Throws Error{not_found} for a name that is not
  /// served.
  std::optional<Model> find(const std::string& name, size_t device = 0) const;
  /// The first where `name` is empty. Throws Error{invalid_value} for a name that is not served,
  /// Error{unavailable} while it is loading.
  Model get(const std::string& name, size_t device = 0) const;
  const std::string& default_name() const { return places_.front().name; }

 private:
  size_t position(const std::string& name) const;  ///< or places_.size()
  std::string names() const;

  const std::vector<ModelPlace> places_;
  const size_t devices_;
  mutable std::mutex mutex_;
  std::vector<std::vector<std::optional<Model>>> models_;  ///< by place and device
};

}  // namespace fcclip::serve
