#include <iostream>
#include <new>

#include "apps/commands.h"
#include "fcclip/core/error.h"

namespace fcclip::apps {
namespace {

// A later failure must not be reported over several lines: messages from libraries are cut at the
// first.
std::string first_line(const char* text) {
  std::string line(text);
  return line.substr(0, line.find('\n'));
}

int usage_error(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
  std::cerr << "fcclip: " << first_line(error.what()) << " (see fcclip --help)\n";
  return 2;
}

}  // namespace

int run(int argc, const char* const* argv) {
  CLI::App app("Open-vocabulary panoptic, instance and semantic segmentation (FC-CLIP)", "fcclip");
  app.set_version_flag("--version", std::string("fcclip ") + FCCLIP_VERSION);
  app.require_subcommand(1);
  add_classes(app);
  add_convert(app);
  add_eval(app);
  add_info(app);
  add_init(app);
  add_prepare(app);
  add_score(app);
  add_segment(app);
  add_tokenize(app);
  add_trace(app);
  try {
    app.parse(argc, argv);
    return 0;
  } catch (const CLI::ParseError& error) {
    return usage_error(app, error);
  } catch (const Error& error) {
    std::cerr << "fcclip: " << first_line(error.what()) << '\n';
    return exit_status(error.code());
  } catch (const std::bad_alloc&) {
    std::cerr << "fcclip: out of memory; try a smaller --short-side or fewer classes\n";
    return 1;
  } catch (const std::exception& error) {
    std::cerr << "fcclip: internal error: " << first_line(error.what()) << '\n';
    return 1;
  }
}

}  // namespace fcclip::apps
