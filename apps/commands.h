#pragma once
// One function per subcommand: declares its options and what runs. main() only walks this list.

#include <memory>

#include <CLI/CLI.hpp>

namespace fcclip::apps {

/// Adds a subcommand to `app`; its callback does the work and throws fcclip::Error on failure.
void add_adapt(CLI::App& app);
void add_bench(CLI::App& app);
void add_classes(CLI::App& app);
void add_completion(CLI::App& app);
void add_convert(CLI::App& app);
void add_eval(CLI::App& app);
void add_info(CLI::App& app);
void add_init(CLI::App& app);
void add_manual(CLI::App& app);
void add_prepare(CLI::App& app);
void add_pretrain(CLI::App& app);
void add_score(CLI::App& app);
void add_segment(CLI::App& app);
void add_serve(CLI::App& app);
void add_synth(CLI::App& app);
void add_tokenize(CLI::App& app);
void add_trace(CLI::App& app);
void add_train(CLI::App& app);
void add_words(CLI::App& app);

/// Adds all commands and what they have in common to an empty program.
void build_command_line(CLI::App& app);

/// Runs the program: parses, dispatches, prints one-line errors; returns the exit status
/// (0; 1 failure; 2 usage; 130 interrupted).
int run(int argc, const char* const* argv);

}  // namespace fcclip::apps
