#include "apps/evaluation_record.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <fstream>

#include <ATen/Parallel.h>
#include <torch/version.h>

#include "fcclip/classify/hash.h"
#include "fcclip/core/error.h"
#include "fcclip/ops/isa.h"

namespace fcclip::apps {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

std::string date_and_time() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  localtime_r(&now, &parts);
  std::array<char, 40> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S%z", &parts);
  return text.data();
}

// The command line as it was typed, nearly: words with blanks in quotation marks.
std::string typed_command() {
  std::ifstream in("/proc/self/cmdline", std::ios::binary);
  std::string command;
  for (std::string word; std::getline(in, word, '\0');) {
    const bool plain = !word.empty() && word.find_first_of(" \t\n\"'") == std::string::npos;
    command += (command.empty() ? "" : " ") + (plain ? word : "'" + word + "'");
  }
  return command;
}

const char* oracle_name(eval::Oracle oracle) {
  switch (oracle) {
    case eval::Oracle::names:
      return "names";
    case eval::Oracle::masks:
      return "masks";
    default:
      return "none";
  }
}

}  // namespace

std::string model_fingerprint(const fs::path& model) {
  constexpr std::streamoff kBeginning = 1 << 20, kPiece = 4096, kPieces = 256;
  std::ifstream in(model, std::ios::binary | std::ios::ate);
  if (!in) fail(ErrorCode::not_found, "can't open ", model.string());
  const std::streamoff size = in.tellg();
  classify::Hash hash = classify::hash_text(std::to_string(size));
  std::string piece(kBeginning, '\0');
  const auto add = [&](std::streamoff position, std::streamoff bytes) {
    in.clear();
    in.seekg(position);
    in.read(piece.data(), bytes);
    hash = classify::hash_bytes(piece.data(), static_cast<size_t>(in.gcount()), hash);
  };
  add(0, kBeginning);
  for (std::streamoff i = 1; i <= kPieces && size > kBeginning; ++i) {
    add(kBeginning + (size - kBeginning) / kPieces * i - kPiece, kPiece);
  }
  return classify::hex(hash);
}

json evaluation_record(const fs::path& model, const Segmenter& segmenter,
                       const eval::EvaluateOptions& options) {
  const ModelConfig& config = segmenter.config();
  json classifiers = json::object();
  for (const eval::Classifier& one : options.classifiers) {
    classifiers[one.name] = {{"alpha", one.ensemble.alpha}, {"beta", one.ensemble.beta}};
  }
  std::error_code error;
  return {{"model", fs::absolute(model, error).string()},
          {"model_name", config.name},
          {"provenance", config.provenance},
          {"fingerprint", model_fingerprint(model)},
          {"classifiers", classifiers},
          {"input_size",
           {{"short_side", options.size.short_side}, {"max_side", options.size.max_side}}},
          {"thresholds",
           {{"object_mask_threshold", options.panoptic_options.object_mask_threshold},
            {"overlap_threshold", options.panoptic_options.overlap_threshold},
            {"top_k", options.instance_options.top_k}}},
          {"oracle", oracle_name(options.oracle)},
          {"program", std::string("fcclip ") + FCCLIP_VERSION},
          {"libtorch", TORCH_VERSION},
          {"instruction_set", std::string(ops::name(ops::chosen_isa()))},
          {"threads", at::get_num_threads()},
          {"date", date_and_time()},
          {"command", typed_command()},
          {"folder", fs::current_path(error).string()}};
}

}  // namespace fcclip::apps
