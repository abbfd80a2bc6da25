#include "apps/top_words_flag.h"

#include "apps/option_checks.h"
#include "fcclip/core/error.h"

namespace fcclip::apps {

void add_top_words_flag(CLI::App& command, int64_t& count) {
  command.option_defaults()->group("Answer");
  command
      .add_option("--top", count,
                  "Also list the N words that fit anything in the picture best, whatever segment "
                  "they lost to; with -v everything: what is here?")
      ->type_name("N")
      ->check(whole_number(1, 10000));
}

void check_top_words(int64_t count, bool at_place) {
  if (count == 0 || !at_place) return;
  fail(ErrorCode::invalid_argument,
       "--top: the words of the whole picture are not asked at a place; leave out --top, or --at "
       "and --box");
}

}  // namespace fcclip::apps
