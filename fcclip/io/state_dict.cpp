#include "fcclip/io/state_dict.h"

#include <algorithm>
#include <array>
#include <set>

#include "fcclip/core/error.h"
#include "fcclip/core/listed.h"
#include "fcclip/text/printable.h"

namespace fcclip::io {
namespace {

constexpr int kDeepest = 3;

// Beside the weights: what training needs to go on.
constexpr std::array<std::string_view, 8> kNotWeights = {
    "optim", "scheduler", "lr_sched", "scaler", "callbacks", "hyper_param", "rng", "loops"};

struct Candidate {
  PickleRef dict;
  std::string path;
  int64_t tensors;
};

bool is_training_state(std::string_view key) {
  return std::any_of(kNotWeights.begin(), kNotWeights.end(),
                     [&](std::string_view start) { return key.starts_with(start); });
}

int64_t count_tensors(const PickleDocument& document, const PickleValue& dict) {
  int64_t count = 0;
  for (size_t i = 0; i + 1 < dict.items.size(); i += 2) {
    count += document.at(dict.items[i]).kind == PickleKind::text &&
             document.at(dict.items[i + 1]).kind == PickleKind::tensor;
  }
  return count;
}

class Search {
 public:
  explicit Search(const PickleDocument& document) : document_(document) {}

  std::vector<Candidate> run() {
    visit(document_.root, "", 0);
    return std::move(found_);
  }

 private:
  // Every dict once: a pickle may hold one in many places, or inside itself.
  void visit(PickleRef ref, const std::string& path, int depth) {
    const PickleValue& value = document_.at(ref);
    if (value.kind != PickleKind::dict || !visited_.insert(ref).second) return;
    const int64_t tensors = count_tensors(document_, value);
    if (tensors > 0 && 2 * tensors >= std::ssize(value.items) / 2) {
      found_.push_back({ref, path, tensors});
      return;
    }
    if (depth == kDeepest) return;
    for (size_t i = 0; i + 1 < value.items.size(); i += 2) {
      const PickleValue& key = document_.at(value.items[i]);
      if (key.kind != PickleKind::text || is_training_state(key.text)) continue;
      visit(value.items[i + 1], path.empty() ? key.text : path + "." + key.text, depth + 1);
    }
  }

  const PickleDocument& document_;
  std::set<PickleRef> visited_;
  std::vector<Candidate> found_;
};

/// The longest path that is `wanted` or begins it.
const Candidate* named(const std::vector<Candidate>& all, const std::string& wanted) {
  const Candidate* best = nullptr;
  for (const Candidate& one : all) {
    const bool fits =
        wanted == one.path || (!one.path.empty() && wanted.starts_with(one.path + "."));
    if (fits && (best == nullptr || one.path.size() > best->path.size())) best = &one;
  }
  return best;
}

std::vector<Candidate> large_ones(std::vector<Candidate> all) {
  int64_t most = 0;
  for (const Candidate& one : all) most = std::max(most, one.tensors);
  std::erase_if(all, [&](const Candidate& one) { return one.tensors * 4 <= most; });
  return all;
}

[[noreturn]] void refuse_choice(const std::vector<Candidate>& all, const std::string& wanted,
                                const std::string& file) {
  const std::string list = listed(all, [](const Candidate& one) {
    return text::printable(one.path) + " (" + std::to_string(one.tensors) + " tensors)";
  });
  fail(ErrorCode::bad_format, file, " holds several sets of weights: ", list,
       wanted.empty() ? "" : "; none is called " + wanted,
       "; choose one with --container NAME, such as --container ",
       text::printable(all.front().path));
}

std::string keys_of(const PickleDocument& document, const PickleValue& dict) {
  constexpr size_t kShown = 6;
  std::string list;
  for (size_t i = 0; i + 1 < dict.items.size(); i += 2) {
    if (i == 2 * kShown) return list + ", …";
    const PickleValue& key = document.at(dict.items[i]);
    add_to_list(list, key.kind == PickleKind::text ? text::printable(key.text)
                                                   : std::string(describe(key.kind)));
  }
  return list;
}

[[noreturn]] void refuse_empty(const PickleDocument& document, const std::string& file) {
  const PickleValue& root = document.at(document.root);
  for (const char* key : {"model", "state_dict", "ema", "module"}) {
    const PickleValue* inner = document.find(root, key);
    if (inner == nullptr || inner->kind == PickleKind::dict) continue;
    fail(ErrorCode::bad_format, file, ": \"", key, "\" is ", describe(inner->kind),
         ", expected a dict of tensors (a whole pickled model can't be read, save its "
         "state_dict())");
  }
  fail(ErrorCode::bad_format, file, " holds no weights: a dict with the keys ",
       keys_of(document, root), ", none of them with tensors by their names");
}

void describe_others(const PickleDocument& document, StateDict& out) {
  const std::string first = out.path.substr(0, out.path.find('.'));
  const PickleValue& root = document.at(document.root);
  for (size_t i = 0; i + 1 < root.items.size(); i += 2) {
    const PickleValue& key = document.at(root.items[i]);
    const PickleValue& value = document.at(root.items[i + 1]);
    if (key.kind != PickleKind::text || key.text == first || value.kind == PickleKind::tensor) {
      continue;
    }
    out.others.push_back(text::printable(key.text));
    if (key.text == "iteration" && value.kind == PickleKind::integer) out.iteration = value.integer;
  }
}

}  // namespace

StateDict find_state_dict(const PickleDocument& document, const std::string& wanted,
                          const std::string& file) {
  const PickleValue& root = document.at(document.root);
  if (root.kind != PickleKind::dict) {
    fail(ErrorCode::bad_format, file, " holds ", describe(root.kind),
         ", expected a dict of tensors; not a model's checkpoint");
  }
  if (root.items.empty()) return {document.root, "", {}, {}};
  const std::vector<Candidate> all = Search(document).run();
  if (all.empty()) refuse_empty(document, file);
  const Candidate* chosen = wanted.empty() ? nullptr : named(all, wanted);
  const std::vector<Candidate> large = large_ones(all);
  if (chosen == nullptr && large.size() > 1) refuse_choice(large, wanted, file);
  if (chosen == nullptr) chosen = &large.front();
  StateDict out{chosen->dict, chosen->path, {}, {}};
  describe_others(document, out);
  return out;
}

}  // namespace fcclip::io
