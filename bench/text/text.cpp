// CPU seconds of the text tower on the first prompts of a vocabulary, and what the whole vocabulary
// costs.
//   text_bench CHECKPOINT.safetensors MERGES.txt VOCABULARY OUT.safetensors [prompts] [threads]
// CHECKPOINT has the tensors "backbone.clip_model.*" (bench/whole/make_checkpoint.py makes one
// without published weights); MERGES is CLIP's merge file, unpacked. OUT gets "tokens" and
// "features", which bench/text/torch_peer.py computes again.

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include "fcclip/classify/text_cache.h"
#include "fcclip/clip/prefix_tree.h"
#include "fcclip/clip/text_tower.h"
#include "fcclip/clip/tokenizer.h"
#include "fcclip/core/error.h"
#include "fcclip/io/atomic_file.h"
#include "fcclip/io/safetensors.h"
#include "fcclip/words/load_vocabulary.h"

namespace {

using namespace fcclip;

const std::string kPrefix = "backbone.clip_model";

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

clip::ClipConfig config_of(const io::SafetensorsFile& file) {
  clip::ClipConfig config;
  const at::Tensor embedding = file.tensor(kPrefix + ".token_embedding.weight");
  config.text.vocab_size = embedding.size(0);
  config.text.width = embedding.size(1);
  config.text.heads = config.text.width / 64;  // in every published model
  config.text.context_length = file.tensor(kPrefix + ".positional_embedding").size(0);
  config.text.layers = 0;
  const auto has_layer = [&](int64_t i) {
    return file.contains(kPrefix + ".transformer.resblocks." + std::to_string(i) + ".ln_1.weight");
  };
  while (has_layer(config.text.layers)) ++config.text.layers;
  config.embed_dim = file.tensor(kPrefix + ".text_projection").size(1);
  return config;
}

clip::TextTower open_tower(const io::SafetensorsFile& file) {
  clip::TextTower tower(config_of(file));
  nn::WeightTable table;
  tower.declare(table, kPrefix);
  nn::load_weights(
      table, [&](const std::string& name) { return file.tensor(name); }, at::kCPU);
  tower.prepare();
  return tower;
}

std::vector<clip::TokenRow> prompts_of(const classify::Vocabulary& vocabulary,
                                       const clip::Tokenizer& tokenizer) {
  std::vector<clip::TokenRow> rows;
  for (const classify::VocabularyClass& entry : vocabulary.classes) {
    for (const std::string& synonym : entry.synonyms) {
      for (std::string text : classify::default_templates()) {
        text.replace(text.find("{}"), 2, synonym);
        rows.push_back(tokenizer.encode(text));
      }
    }
  }
  return rows;
}

// Multiply-adds of the blocks: 12 W² a node and layer; one layer less but for its keys and values.
double gflop(const clip::TextConfig& text, double nodes) {
  const double width = static_cast<double>(text.width);
  return 2e-9 * nodes * width * width * (12.0 * static_cast<double>(text.layers - 1) + 2.0);
}

double count_nodes(const std::vector<clip::TokenRow>& rows) {
  double nodes = 0;
  for (const clip::PrefixTree& tree : clip::build_prefix_trees(rows, 2048)) {
    nodes += static_cast<double>(tree.tokens.size(0));
  }
  return nodes;
}

void measure_cache(const clip::TextTower& tower) {
  double start = cpu_seconds();
  const std::string print = classify::fingerprint(tower.weights(), "");
  std::printf("fingerprint: %.3f CPU seconds\n", cpu_seconds() - start);
  std::string pattern = (std::filesystem::temp_directory_path() / "text_bench_XXXXXX").string();
  const std::filesystem::path folder = mkdtemp(pattern.data());
  std::vector<std::string> names(3000);
  for (size_t i = 0; i < names.size(); ++i) names[i] = "name " + std::to_string(i);
  const std::vector<std::string>& templates = classify::default_templates();
  classify::TextCache(folder, print)
      .store(templates, names, at::randn({std::ssize(names), tower.embed_dim()}));
  start = cpu_seconds();
  const classify::TextCache cache(folder, print);
  int64_t found = 0;
  for (const std::string& name : names) found += cache.find(templates, name).has_value();
  std::printf("cache: %lld rows found in %.3f CPU seconds\n", static_cast<long long>(found),
              cpu_seconds() - start);
  std::filesystem::remove_all(folder);
}

void count(const std::vector<clip::TokenRow>& rows, const clip::TextConfig& text) {
  const double nodes = count_nodes(rows);
  double tokens = 0;
  for (const clip::TokenRow& row : rows) tokens += static_cast<double>(row.size());
  const double padded = static_cast<double>(rows.size()) * static_cast<double>(text.context_length);
  std::printf(
      "whole vocabulary: %zu prompts, %.0f positions padded, %.0f tokens, %.0f distinct "
      "prefixes, %.0f GFLOP instead of %.0f\n",
      rows.size(), padded, tokens, nodes, gflop(text, nodes), gflop(text, padded));
}

at::Tensor padded(const std::vector<clip::TokenRow>& rows, int64_t length) {
  at::Tensor tokens = at::zeros({std::ssize(rows), length}, at::kLong);
  for (int64_t n = 0; n < std::ssize(rows); ++n) {
    tokens[n].narrow(0, 0, std::ssize(rows[n])).copy_(at::tensor(rows[n], at::kLong));
  }
  return tokens;
}

void run(char** argument, size_t prompts, int threads) {
  at::set_num_threads(threads);
  const c10::InferenceMode guard;
  const io::SafetensorsFile file(argument[1]);
  const clip::TextConfig text = config_of(file).text;
  const clip::TextTower tower = open_tower(file);
  const clip::Tokenizer tokenizer(io::read_file(argument[2]));
  std::vector<clip::TokenRow> rows = prompts_of(words::load_vocabulary(argument[3]), tokenizer);
  count(rows, text);
  rows.resize(std::min(rows.size(), prompts));
  tower.encode({rows.front()});  // pages of the file come in here
  const double start = cpu_seconds();
  const at::Tensor features = tower.encode(rows);
  const double seconds = cpu_seconds() - start;
  std::printf("fcclip: %zu prompts, %d threads, %.2f CPU seconds, %.0f GFLOP/s\n", rows.size(),
              threads, seconds, gflop(text, count_nodes(rows)) / seconds);
  measure_cache(tower);
  io::save_safetensors(argument[4],
                       {{"tokens", padded(rows, text.context_length)}, {"features", features}});
}

}  // namespace

int main(int count, char** argument) {
  if (count < 5) {
    std::fprintf(stderr,
                 "usage: text_bench CHECKPOINT MERGES VOCABULARY OUT [prompts] [threads]\n");
    return 2;
  }
  try {
    run(argument, count > 5 ? std::strtoul(argument[5], nullptr, 10) : 128,
        count > 6 ? std::atoi(argument[6]) : 1);
  } catch (const Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
