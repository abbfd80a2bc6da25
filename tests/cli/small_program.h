#pragma once
// A program of one command, which runs nothing.

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "fcclip/cli/help.h"
#include "fcclip/cli/option_checks.h"

namespace fcclip::cli::test {

/// "oven bake DISH... --heat NUMBER [--fan]"
class SmallProgram {
 public:
  SmallProgram() : app_("An oven", "oven") {
    app_.formatter(help_formatter());
    bake_ = app_.add_subcommand("bake", "Bake dishes");
    bake_->add_option("dish", dishes_, "What is baked")->required()->type_name("DISH");
    bake_->option_defaults()->group("Fire");
    bake_->add_option("--heat", heat_, "Degrees")->required()->capture_default_str();
    bake_->add_flag("--fan", fan_, "Move the air");
    settle_options(app_);
  }
  const CLI::App& app() const { return app_; }
  const CLI::App& bake() const { return *bake_; }
  /// As typed behind the program's name. Throws what CLI11 throws.
  void parse(std::vector<std::string> words) {
    app_.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  }

 private:
  CLI::App app_;
  CLI::App* bake_ = nullptr;
  std::vector<std::string> dishes_;
  double heat_ = 180;
  bool fan_ = false;
};

}  // namespace fcclip::cli::test
