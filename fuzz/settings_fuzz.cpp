// A run's TOML: what was read is printed and read again without a difference.

#include "fcclip/engine/settings.h"
#include "fuzz/expect.h"

namespace {

struct Options {
  bool flag = false;
  int64_t whole = 1;
  double number = 2;
  std::string word = "a";
  std::vector<int64_t> wholes = {1, 2};
  std::vector<double> numbers = {0.5};
};

fcclip::engine::Settings bound(Options& options) {
  fcclip::engine::Settings settings;
  settings.bind("a.flag", &options.flag, "");
  settings.bind("a.whole", &options.whole, "");
  settings.bind("a.number", &options.number, "");
  settings.bind("b.word", &options.word, "");
  settings.bind("b.wholes", &options.wholes, "");
  settings.bind("b.numbers", &options.numbers, "");
  return settings;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace fcclip;
  const std::string_view text = fuzz::text(data, size);
  fuzz::result_or_error([&] {
    Options first, second;
    engine::Settings settings = bound(first);
    settings.read_text(text, "fuzz");
    const std::string printed = settings.to_toml();
    engine::Settings again = bound(second);
    again.read_text(printed, "fuzz");
    if (again.to_toml() != printed) std::abort();
  });
  return fuzz::result_or_error([&] {
    Options options;
    engine::Settings settings = bound(options);
    settings.changes_since(text, "fuzz");
    settings.set(std::string(text));
  });
}
