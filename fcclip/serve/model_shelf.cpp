#include "fcclip/serve/model_shelf.h"

#include <algorithm>

#include "fcclip/core/listed.h"
#include "fcclip/serve/problem.h"
#include "fcclip/text/printable.h"

namespace fcclip::serve {
namespace {

bool is_loaded(const std::vector<std::optional<Model>>& copies) {
  return std::ranges::all_of(copies, [](const auto& model) { return model.has_value(); });
}

}  // namespace

ModelShelf::ModelShelf(std::vector<ModelPlace> places, size_t devices)
    : places_(std::move(places)),
      devices_(devices),
      models_(places_.size(), std::vector<std::optional<Model>>(devices)) {
  if (places_.empty()) fail(ErrorCode::invalid_argument, "no model to serve");
  for (size_t i = 0; i < places_.size(); ++i) {
    if (position(places_[i].name) == i) continue;
    fail(ErrorCode::invalid_argument, "two models are called '", places_[i].name,
         "'; name them: --model small=a.safetensors --model large=b.safetensors");
  }
}

void ModelShelf::load_all(LoadOptions options, const std::vector<std::string>& devices) {
  for (const ModelPlace& place : places_) {
    for (size_t device = 0; device < devices.size(); ++device) {
      options.device = devices[device];
      put(place.name, Model::load(place.path, options), device);
    }
  }
}

void ModelShelf::put(const std::string& name, Model model, size_t device) {
  const std::lock_guard lock(mutex_);
  models_.at(position(name)).at(device) = std::move(model);
}

bool ModelShelf::all_ready() const {
  const std::lock_guard lock(mutex_);
  return std::ranges::all_of(models_, is_loaded);
}

std::optional<Model> ModelShelf::find(const std::string& name, size_t device) const {
  const size_t i = position(name);
  if (i == places_.size()) {
    fail(ErrorCode::not_found, "no model '", text::printable(name, 40), "'; there are ", names());
  }
  const std::lock_guard lock(mutex_);
  return is_loaded(models_[i]) ? models_[i].at(device) : std::nullopt;
}

Model ModelShelf::get(const std::string& name, size_t device) const {
  const std::string& wanted = name.empty() ? default_name() : name;
  if (position(wanted) == places_.size())
    refuse_field("model", "no model '", text::printable(wanted, 40), "'; there are ", names());
  std::optional<Model> model = find(wanted, device);
  if (!model) fail(ErrorCode::unavailable, "the model '", wanted, "' is still loading");
  return *std::move(model);
}

size_t ModelShelf::position(const std::string& name) const {
  return static_cast<size_t>(std::ranges::find(places_, name, &ModelPlace::name) - places_.begin());
}

std::string ModelShelf::names() const {
  return listed(places_, &ModelPlace::name);
}

}  // namespace fcclip::serve
