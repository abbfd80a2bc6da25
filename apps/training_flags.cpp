#include "apps/training_flags.h"

#include "apps/option_checks.h"
#include "apps/place_flags.h"
#include "fcclip/model/model_file.h"

namespace fcclip::apps {

void add_training_flags(CLI::App& command, TrainingFlags& flags, const TrainingNames& names) {
  const auto short_for = [](const std::string& key) { return "Short for --set " + key + "="; };
  command
      .add_option("config", flags.config,
                  "TOML file of settings; --print-config shows what it may hold")
      ->type_name("CONFIG");
  command.option_defaults()->group("Settings");
  command.add_option("--set", flags.overrides, "section.key=value, over the file; repeatable")
      ->type_name("SETTING");
  command.add_option("--steps", flags.steps, short_for(names.steps) + "NUMBER")
      ->check(whole_number(1));
  command.add_option("--seed", flags.seed, short_for(names.section + ".seed") + "NUMBER")
      ->check(whole_number(0));
  command
      .add_option("--dtype", flags.dtype,
                  "Of the weights in " + names.written +
                      ": float32, float16 or bfloat16; short for --set " + names.section +
                      ".export_dtype=TYPE")
      ->check(one_of(names_of(model::weight_dtypes())))
      ->type_name("TYPE")
      ->capture_default_str();
  command.add_flag("--print-config", flags.print_config, "Print all settings as TOML and stop");
  command.option_defaults()->group("Run");
  command
      .add_option("-o,--output", flags.output, "Folder of checkpoints, logs and " + names.written)
      ->type_name("FOLDER");
  command.add_flag("--resume", flags.resume, "Go on from the folder's newest checkpoint");
  command.add_option("--stop-after", flags.stop_after, "Stop after NUMBER steps, to be resumed")
      ->check(whole_number(1));
  command.add_option("--stop-after-s", flags.stop_after_s, "Stop after so many seconds")
      ->check(number(0));
  add_place_flags(command, flags.device, flags.threads);
}

void read_settings(const CLI::App& command, const TrainingFlags& flags, const TrainingNames& names,
                   engine::Settings& settings) {
  if (!flags.config.empty()) settings.read_file(flags.config);
  for (const std::string& assignment : flags.overrides) settings.set(assignment);
  const auto set = [&](const char* option, const std::string& key, const std::string& value) {
    if (command.count(option) > 0) settings.set(key + "=" + value);
  };
  set("--steps", names.steps, std::to_string(flags.steps));
  set("--seed", names.section + ".seed", std::to_string(flags.seed));
  set("--dtype", names.section + ".export_dtype", "\"" + flags.dtype + "\"");
  set("--device", names.section + ".device", "\"" + flags.device + "\"");
  set("--threads", names.section + ".threads", std::to_string(flags.threads));
}

void apply_call(const TrainingFlags& flags, engine::LoopOptions& loop) {
  loop.folder = flags.output;
  loop.resume = flags.resume;
  loop.stop_after = flags.stop_after;
  loop.stop_after_s = flags.stop_after_s;
}

}  // namespace fcclip::apps
