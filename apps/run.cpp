#include <iostream>

#include "apps/commands.h"
#include "apps/failure.h"
#include "fcclip/core/error.h"

namespace fcclip::apps {
namespace {

int usage_error(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
  std::cerr << "fcclip: " << failure_line(Error(ErrorCode::invalid_argument, error.what()))
            << " (see fcclip --help)\n";
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
  add_pretrain(app);
  add_score(app);
  add_segment(app);
  add_synth(app);
  add_tokenize(app);
  add_trace(app);
  add_train(app);
  try {
    app.parse(argc, argv);
    return 0;
  } catch (const CLI::ParseError& error) {
    return usage_error(app, error);
  } catch (const std::exception& error) {
    std::cerr << "fcclip: " << failure_line(error) << '\n';
    return failure_status(error);
  }
}

}  // namespace fcclip::apps
