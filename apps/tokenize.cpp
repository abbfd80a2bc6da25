// fcclip tokenize: the token ids of texts, one JSON array a line.

#include <algorithm>
#include <iostream>

#include <nlohmann/json.hpp>

#include "apps/commands.h"
#include "fcclip/clip/tokenizer.h"
#include "fcclip/core/error.h"
#include "fcclip/model/model_file.h"
#include "fcclip/words/merges_file.h"

namespace fcclip::apps {
namespace {

struct TokenizeFlags {
  std::vector<std::string> texts;
  std::string merges, model;
  bool padded = false;
};

clip::Tokenizer tokenizer_of_model(const std::string& path) {
  const model::FileMetadata metadata = model::read_metadata(path);
  if (metadata.merges.empty()) {
    fail(ErrorCode::bad_format, path,
         ": no merges in this file's metadata; expected a model file of fcclip convert");
  }
  return std::move(*model::make_tokenizer(metadata.merges, metadata.config.clip.text));
}

void tokenize(const TokenizeFlags& flags) {
  const clip::Tokenizer tokenizer =
      flags.model.empty() ? words::tokenizer_of_merges(words::find_merges(flags.merges))
                          : tokenizer_of_model(flags.model);
  const auto print = [&](const std::string& text) {
    const std::vector<int64_t> ids =
        flags.padded ? tokenizer.encode_padded(text) : tokenizer.encode(text);
    std::cout << nlohmann::json(ids).dump() << '\n';
  };
  std::string line;
  if (!flags.texts.empty())
    std::for_each(flags.texts.begin(), flags.texts.end(), print);
  else
    while (std::getline(std::cin, line)) print(line);
  if (!std::cout.flush()) fail(ErrorCode::io_failure, "cannot write to the standard output");
}

}  // namespace

void add_tokenize(CLI::App& app) {
  auto flags = std::make_shared<TokenizeFlags>();
  CLI::App* command =
      app.add_subcommand("tokenize", "Print CLIP's token ids of texts, one JSON array a line");
  command->add_option("text", flags->texts, "Texts; without any the lines of standard input")
      ->type_name("TEXT");
  auto* merges = command
                     ->add_option("--merges", flags->merges,
                                  "CLIP's merge file; default $FCCLIP_MERGES or the one installed")
                     ->type_name("FILE");
  command->add_option("-m,--model", flags->model, "Take the merges of this model file")
      ->type_name("FILE")
      ->excludes(merges);
  command->add_flag("--padded", flags->padded, "Fill up with zeros to the context length (77)");
  command->footer(
      "Example:\n"
      "  fcclip tokenize \"a photo of a cat\"");
  command->callback([flags] { tokenize(*flags); });
}

}  // namespace fcclip::apps
