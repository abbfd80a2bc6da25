#include "fcclip/classify/text_classifier.h"

#include <algorithm>
#include <set>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "fcclip/classify/fill_template.h"
#include "fcclip/core/error.h"
#include "fcclip/nn/unit.h"
#include "fcclip/ops/host.h"
#include "fcclip/text/printable.h"

namespace fcclip::classify {
namespace {

// Names encoded and cached together. With 14 templates about 4,000 distinct prefixes: two full
// trees of the text tower, of which the templates' own words are 1 %.
constexpr int64_t kNamesPerGroup = 64;

void check(const Vocabulary& vocabulary, const std::vector<std::string>& templates) {
  if (vocabulary.classes.empty()) {
    fail(ErrorCode::invalid_argument, "the vocabulary has no classes; name at least one");
  }
  for (size_t k = 0; k < vocabulary.classes.size(); ++k) {
    if (vocabulary.classes[k].synonyms.empty()) {
      fail(ErrorCode::invalid_argument, "class ", k, " of the vocabulary has no synonyms");
    }
  }
  if (templates.empty()) fail(ErrorCode::invalid_argument, "no templates; give at least \"{}\"");
  for (const std::string& pattern : templates) {
    if (pattern.find("{}") == std::string::npos) {
      fail(ErrorCode::invalid_argument, "template \"", text::printable(pattern),
           "\" has no {} for the name");
    }
  }
}

void check_rows(const VocabularyClass& entry, int64_t width) {
  for (const std::vector<float>* row :
       {&entry.rows->in_vocabulary, &entry.rows->out_of_vocabulary}) {
    if (std::ssize(*row) == width) continue;
    fail(ErrorCode::invalid_argument, "class \"", text::printable(entry.synonyms.front()),
         "\": its rows have ", row->size(), " numbers, this model's ", width,
         "; they were made with another model");
  }
}

// Sorted, so that names that begin alike share a group.
std::vector<std::string> distinct_names(const Vocabulary& vocabulary) {
  std::set<std::string> names;
  for (const VocabularyClass& entry : vocabulary.classes) {
    if (!entry.rows) names.insert(entry.synonyms.begin(), entry.synonyms.end());
  }
  return {names.begin(), names.end()};
}

class Encoder {
 public:
  Encoder(const clip::TextTower& tower, const clip::Tokenizer& tokenizer,
          const EncodeOptions& options)
      : tower_(tower), tokenizer_(tokenizer), options_(options), cache_(options.cache) {}

  // [names, D] on the CPU
  at::Tensor rows(const std::vector<std::string>& names) {
    const at::Tensor rows = at::empty({std::ssize(names), tower_.embed_dim()}, at::kFloat);
    const std::vector<int64_t> missing = take_cached(names, rows);
    int64_t done = std::ssize(names) - std::ssize(missing);
    cached_ = done;
    report(done, std::ssize(names));
    for (size_t begin = 0; begin < missing.size(); begin += kNamesPerGroup) {
      const size_t end = std::min<size_t>(begin + kNamesPerGroup, missing.size());
      const std::vector<int64_t> which(missing.begin() + begin, missing.begin() + end);
      std::vector<std::string> group;
      for (const int64_t index : which) group.push_back(names[index]);
      const at::Tensor computed = compute(group);
      rows.index_copy_(0, at::tensor(which, at::kLong), computed);
      keep(group, computed);
      done += std::ssize(group);
      report(done, std::ssize(names));
    }
    return rows;
  }
  int64_t cached() const { return cached_; }

 private:
  // Fills the rows that the cache has; which ones it has not.
  std::vector<int64_t> take_cached(const std::vector<std::string>& names, const at::Tensor& rows) {
    std::vector<int64_t> missing;
    for (int64_t i = 0; i < std::ssize(names); ++i) {
      std::optional<at::Tensor> row;
      if (cache_ != nullptr) row = cache_->find(options_.templates, names[i]);
      if (row && row->numel() == rows.size(1)) {
        rows[i].copy_(*row);
      } else {
        missing.push_back(i);
      }
    }
    return missing;
  }

  at::Tensor compute(const std::vector<std::string>& names) const {
    std::vector<std::vector<int64_t>> prompts;
    for (const std::string& name : names) {
      for (const std::string& pattern : options_.templates) {
        prompts.push_back(tokenizer_.encode(fill_template(pattern, name)));
      }
    }
    const at::Tensor features =
        nn::unit(tower_.encode(prompts)).unflatten(0, {std::ssize(names), -1});
    return ops::on_host(nn::unit(features.mean(1)));
  }

  // A cache that can't be written costs time, never the answer: said once, then left alone.
  void keep(const std::vector<std::string>& names, const at::Tensor& rows) {
    if (cache_ == nullptr) return;
    try {
      cache_->store(options_.templates, names, rows);
    } catch (const Error& error) {
      cache_ = nullptr;
      if (options_.log) options_.log(LogLevel::warning, error.what());
    }
  }

  void report(int64_t done, int64_t total) const {
    report_progress(options_.progress, done, total, "words");
  }

  const clip::TextTower& tower_;
  const clip::Tokenizer& tokenizer_;
  const EncodeOptions& options_;
  const TextCache* cache_;
  int64_t cached_ = 0;
};

}  // namespace

TextClassifier TextClassifier::in_vocabulary() const {
  TextClassifier same = *this;
  if (in_rows.defined()) same.rows = in_rows;
  return same;
}

TextClassifier encode_vocabulary(const clip::TextTower& tower, const clip::Tokenizer& tokenizer,
                                 const Vocabulary& vocabulary, const EncodeOptions& options) {
  check(vocabulary, options.templates);
  const at::NoGradGuard no_grad;
  const std::vector<std::string> names = distinct_names(vocabulary);
  Encoder encoder(tower, tokenizer, options);
  const at::Tensor rows = encoder.rows(names);
  TextClassifier classifier;
  classifier.cached = encoder.cached();
  classifier.computed = std::ssize(names) - encoder.cached();
  std::vector<int64_t> order;  // a row that a class brings stands behind those of the words
  std::vector<at::Tensor> in_rows = {rows}, out_rows = {rows};
  for (const VocabularyClass& entry : vocabulary.classes) {
    if (entry.rows) {
      check_rows(entry, tower.embed_dim());
      order.push_back(std::ssize(names) + std::ssize(in_rows) - 1);
      in_rows.push_back(at::tensor(entry.rows->in_vocabulary, at::kFloat).unsqueeze(0));
      out_rows.push_back(at::tensor(entry.rows->out_of_vocabulary, at::kFloat).unsqueeze(0));
      classifier.synonyms_per_class.push_back(1);
      continue;
    }
    classifier.synonyms_per_class.push_back(std::ssize(entry.synonyms));
    for (const std::string& synonym : entry.synonyms) {
      order.push_back(std::lower_bound(names.begin(), names.end(), synonym) - names.begin());
    }
  }
  const at::Device device = tower.weights().front().device();
  const at::Tensor which = at::tensor(order, at::kLong);
  classifier.rows = at::cat(out_rows).index_select(0, which).to(device);
  if (in_rows.size() > 1) classifier.in_rows = at::cat(in_rows).index_select(0, which).to(device);
  return classifier;
}

}  // namespace fcclip::classify
