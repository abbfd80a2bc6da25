#include "apps/shard_flag.h"

#include "fcclip/core/error.h"

namespace fcclip::apps {
namespace {

std::string check_shard(std::string& text) {
  try {
    shard_of(text);
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

}  // namespace

void add_shard_flag(CLI::App& command, std::optional<Shard>& shard) {
  command
      .add_option_function<std::string>(
          "--shard", [&shard](const std::string& text) { shard = shard_of(text); },
          "Only every N-th picture, from the K-th on: of N processes with one output folder each "
          "takes another K from 1 to N, and the last one to finish sums up")
      ->type_name("K/N")
      ->check(CLI::Validator(check_shard, ""));
}

}  // namespace fcclip::apps
