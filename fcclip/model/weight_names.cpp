#include "fcclip/model/weight_names.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>

#include "fcclip/core/error.h"
#include "fcclip/core/listed.h"
#include "fcclip/text/printable.h"

namespace fcclip::model {
namespace {

constexpr std::string_view kPublishedClip = "backbone.clip_model.";

// A name of the network begins with one of the first, or is one of the second.
constexpr std::array<std::string_view, 9> kNetworkStarts = {
    "backbone.clip_model.",   "mask_adapter.",         "cdt.cross_atten.",
    "sem_seg_head.",          "void_embedding.weight", "visual.",
    "transformer.resblocks.", "token_embedding.",      "ln_final."};
constexpr std::array<std::string_view, 4> kNetworkNames = {
    "positional_embedding", "text_projection", "logit_scale", "attn_mask"};

// Components that are part of no network's own names.
constexpr std::array<std::string_view, 5> kWrappers = {
    "module", "_orig_mod", "_forward_module", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"};

// A second CLIP of the training run: no set of weights of its own.
constexpr std::array<std::string_view, 2> kTrainingParts = {"frozen_backbone", "backbone_t"};

bool is_of_training(std::string_view name) {
  return std::any_of(kTrainingParts.begin(), kTrainingParts.end(), [&](std::string_view part) {
    const size_t at = name.find(part);
    return at != std::string_view::npos && (at == 0 || name[at - 1] == '.') &&
           name.substr(at + part.size()).starts_with('.');
  });
}

bool is_network_name(std::string_view name) {
  return std::any_of(kNetworkStarts.begin(), kNetworkStarts.end(),
                     [&](std::string_view start) { return name.starts_with(start); }) ||
         std::find(kNetworkNames.begin(), kNetworkNames.end(), name) != kNetworkNames.end();
}

std::string without_wrappers(std::string_view name) {
  std::string out;
  while (true) {
    const size_t end = std::min(name.find('.'), name.size());
    const std::string_view part = name.substr(0, end);
    if (std::find(kWrappers.begin(), kWrappers.end(), part) == kWrappers.end()) {
      out += (out.empty() ? "" : ".") + std::string(part);
    }
    if (end == name.size()) return out;
    name.remove_prefix(end + 1);
  }
}

/// Bytes before the network's own part of the name, nothing where it has none.
std::optional<size_t> network_begin(std::string_view name) {
  if (is_of_training(name)) return std::nullopt;
  for (size_t at = 0; at < name.size();) {
    if (is_network_name(name.substr(at))) return at;
    const size_t dot = name.find('.', at);
    if (dot == std::string_view::npos) return std::nullopt;
    at = dot + 1;
  }
  return std::nullopt;
}

struct NameGroups {
  std::map<std::string, std::vector<size_t>> by_prefix;  ///< without the last dot
  std::vector<size_t> rest;                              ///< no names of the network
  std::vector<std::string> plain;                        ///< every name without wrappers
};

NameGroups group_names(const io::NamedTensors& tensors) {
  NameGroups groups;
  for (size_t i = 0; i < tensors.size(); ++i) {
    groups.plain.push_back(without_wrappers(tensors[i].first));
    const auto begin = network_begin(groups.plain.back());
    if (!begin) {
      groups.rest.push_back(i);
      continue;
    }
    groups.by_prefix[*begin == 0 ? "" : groups.plain.back().substr(0, *begin - 1)].push_back(i);
  }
  return groups;
}

std::string own_part(const std::string& name, const std::string& prefix) {
  return published_name(prefix.empty() ? name : name.substr(prefix.size() + 1));
}

[[noreturn]] void refuse_prefixes(const NameGroups& groups, const std::string& wanted,
                                  const std::string& file) {
  std::string list;
  for (const auto& [prefix, members] : groups.by_prefix) {
    add_to_list(list, (prefix.empty() ? std::string(".") : text::printable(prefix)) + " (" +
                          std::to_string(members.size()) + " tensors)");
  }
  fail(ErrorCode::bad_format, file,
       wanted.empty() ? " holds several sets of weights: " : " has these sets of weights: ", list,
       wanted.empty() ? "" : "; none is called " + wanted, "; choose one with --container NAME");
}

bool has_repeated_name(const NameGroups& groups) {
  std::map<std::string, std::string> prefix_of;
  for (const auto& [prefix, members] : groups.by_prefix) {
    for (const size_t i : members) {
      const auto [known, is_new] = prefix_of.emplace(own_part(groups.plain[i], prefix), prefix);
      if (!is_new && known->second != prefix) return true;
    }
  }
  return false;
}

/// What of `container` is left for prefixes: "." is the set without one.
std::string prefix_wanted(const std::string& container, const io::Checkpoint& checkpoint) {
  if (container == checkpoint.container) return "";
  const std::string start = checkpoint.container + ".";
  if (!checkpoint.container.empty() && container.starts_with(start)) {
    return container.substr(start.size());
  }
  return container;
}

void check_distinct(const io::NamedTensors& tensors, const std::string& file) {
  std::set<std::string_view> known;
  for (const auto& [name, tensor] : tensors) {
    if (known.insert(name).second) continue;
    fail(ErrorCode::bad_format, file, ": tensor ", text::printable(name),
         " is there twice, with and without the name of a wrapper before it");
  }
}

}  // namespace

std::string published_name(const std::string& name) {
  const bool is_clip = is_network_name(name) && !name.starts_with(kPublishedClip) &&
                       !name.starts_with("sem_seg_head.") && !name.starts_with("void_embedding.") &&
                       !name.starts_with("mask_adapter.") && !name.starts_with("cdt.");
  return is_clip ? std::string(kPublishedClip) + name : name;
}

PublishedWeights published_weights(const io::Checkpoint& checkpoint, const std::string& container,
                                   const std::string& file) {
  NameGroups groups = group_names(checkpoint.tensors);
  const std::string wanted = prefix_wanted(container, checkpoint);
  PublishedWeights out;
  const auto chosen = groups.by_prefix.find(wanted == "." ? "" : wanted);
  out.is_chosen = !container.empty() && (wanted.empty() || chosen != groups.by_prefix.end());
  if (!wanted.empty() && chosen != groups.by_prefix.end()) {
    for (const auto& [prefix, members] : groups.by_prefix) {
      if (prefix != chosen->first) out.left_out.push_back(prefix);
    }
    const auto only = *chosen;
    groups.by_prefix = {only};
  } else if (groups.by_prefix.size() > 1 && has_repeated_name(groups)) {
    refuse_prefixes(groups, wanted, file);
  }
  size_t most = 0;
  for (const auto& [prefix, members] : groups.by_prefix) {
    if (members.size() > most) out.prefix = prefix;
    most = std::max(most, members.size());
    for (const size_t i : members) {
      out.tensors.emplace_back(own_part(groups.plain[i], prefix), checkpoint.tensors[i].second);
    }
  }
  for (const size_t i : groups.rest) {
    const std::string& name = groups.plain[i];
    const bool inside = out.prefix.empty() || name.starts_with(out.prefix + ".");
    if (inside) {
      out.tensors.emplace_back(own_part(name, out.prefix), checkpoint.tensors[i].second);
    } else {
      out.left_out.push_back(name);
    }
  }
  check_distinct(out.tensors, file);
  return out;
}

std::string foreign_form(const TensorShapes& shapes) {
  const auto any = [&](std::string_view part) {
    return std::any_of(shapes.begin(), shapes.end(), [&](const auto& entry) {
      return entry.first.find(part) != std::string::npos;
    });
  };
  if (any("text_model.encoder.layers.") || any("vision_model.encoder.layers.")) {
    return "these are CLIP's weights in the form of Hugging Face's transformers; take the file in "
           "open_clip's form (open_clip_pytorch_model.bin, open_clip_model.safetensors), of a "
           "ConvNeXt or ResNet";
  }
  if (any("model.layers.0.self_attn.q_proj") || any("transformer.h.0.attn")) {
    return "these are the weights of a language model, not of CLIP or FC-CLIP";
  }
  if (any("model.diffusion_model.") || any("down_blocks.0.")) {
    return "these are the weights of an image generator, not of CLIP or FC-CLIP";
  }
  return {};
}

}  // namespace fcclip::model
