#include "fcclip/video/film_ledger.h"

#include <fstream>

#include "fcclip/core/error.h"
#include "fcclip/runs/run_files.h"
#include "fcclip/runs/run_record.h"
#include "fcclip/video/film_list.h"

namespace fcclip::video {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

// Pictures of the same folder have their stems for keys.
std::string ledger_key(const fs::path& film) {
  return "film:" + film_name(film);
}

json settings_with_frames(const FilmPlan& plan) {
  if (plan.settings.is_null()) return nullptr;
  json settings = plan.settings;
  json& film = settings["film"];
  film = {{"every", plan.range.every}, {"linked_ids", plan.linked}, {"fps", plan.folder_rate}};
  if (plan.range.start > 0) film["start_seconds"] = plan.range.start;
  if (plan.range.end) film["end_seconds"] = *plan.range.end;
  return settings;
}

void refuse_taken(const fs::path& path) {
  fail(ErrorCode::invalid_argument, path.string(),
       " is there already; name another folder with -o, or replace it with "
       "--overwrite");
}

bool any_exists(const FilmPlace& place) {
  const std::vector<fs::path> paths = place.paths();
  return !maps_there(place).empty() ||
         std::ranges::any_of(paths, [](const fs::path& path) { return fs::exists(path); });
}

}  // namespace

FilmLedger::FilmLedger(const FilmPlan& plan, const segmenter::PreparedVocabulary& vocabulary)
    : plan_(plan), vocabulary_(vocabulary), settings_(settings_with_frames(plan)) {
  if (!settings_.is_null()) {
    id_ = runs::settings_id(settings_);
    circumstances_ = runs::circumstances_json();
  }
  if (plan.outputs.empty() || !fs::exists(plan.folder)) return;
  for (size_t i = 0; i < plan.films.size(); ++i) {
    if (plan.shard.takes(static_cast<int64_t>(i))) look_at(plan.films[i]);
  }
  const fs::path list = plan.folder / "panoptic.json";
  if (plan.overwrite || !sums_up() || !fs::exists(list)) return;
  if (!plan.resume || !folder().may_write(list)) refuse_taken(list);
}

// Finished, begun, of other settings, or not there.
void FilmLedger::look_at(const fs::path& film) {
  const FilmPlace place = place_of(film);
  if (plan_.resume && is_finished(film)) {
    skipped_.insert(place.film);
    return;
  }
  if (plan_.resume && any_exists(place)) remarks_[place.film] = why_anew(film);
  if (plan_.overwrite) return;
  if (plan_.resume)
    check_free_or_ours(place);
  else
    check_free(place);
}

std::string FilmLedger::why_anew(const fs::path& film) {
  const runs::FinishedPicture* before = folder().finished(ledger_key(film));
  const std::string name = film_name(film);
  if (before == nullptr) {
    return name + ": not finished before, so it begins anew, as ids go on from its first frame";
  }
  if (before->run != id_) {
    return name + ": answered anew, as the results there are of other words, settings or model";
  }
  return name + ": answered anew, as the film has changed, or more is to be written";
}

void FilmLedger::check_free_or_ours(const FilmPlace& place) {
  std::vector<fs::path> there = place.paths();
  for (const fs::path& map : maps_there(place)) there.push_back(map);
  for (const fs::path& path : there) {
    if (fs::is_regular_file(path) && !folder().may_write(path)) refuse_taken(path);
  }
}

runs::OutputFolder& FilmLedger::folder() {
  std::call_once(opened_, [this] { folder_.emplace(plan_.folder, plan_.overwrite); });
  return *folder_;
}

FilmPlace FilmLedger::place_of(const fs::path& film) const {
  return {plan_.folder, film_name(film), plan_.outputs};
}

bool FilmLedger::is_finished(const fs::path& film) {
  const runs::FinishedPicture* before = folder().finished(ledger_key(film));
  if (before == nullptr || before->run != id_ || id_.empty()) return false;
  const std::string state = film_state(film);
  if (state.empty() || before->picture != state) return false;
  const std::vector<fs::path> paths = place_of(film).paths();
  return std::ranges::all_of(paths, [](const fs::path& path) { return fs::exists(path); });
}

std::string FilmLedger::remark(const fs::path& film) const {
  const auto found = remarks_.find(film_name(film));
  return found == remarks_.end() ? "" : found->second;
}

void FilmLedger::clear(const fs::path& film) {
  if (plan_.overwrite || plan_.resume) remove_maps(place_of(film));
}

void FilmLedger::ended(const fs::path& film, const std::vector<fs::path>& files, bool whole) {
  ended_.insert(film_name(film));
  if (!whole || id_.empty() || files.empty()) return;
  runs::FinishedPicture finished{id_, film_state(film), {}};
  for (const fs::path& file : files) finished.files.push_back(folder().key(file));
  if (!finished.picture.empty()) folder().finish(ledger_key(film), finished);
}

void FilmLedger::failed(const fs::path& film, const std::string& why) {
  failures_.push_back({{"film", film.string()}, {"error", why}});
}

void FilmLedger::record(const std::string& status, const FilmCount& count) {
  if (id_.empty() || plan_.outputs.empty()) return;
  const classify::TextClassifier& words = vocabulary_.classifier;
  const runs::RunState state{status,       id_,
                             plan_.shard,  {count.films, count.done, count.failed, count.skipped},
                             words.cached, words.computed};
  json all = runs::record_json(circumstances_, state, "films");
  all["settings"] = settings_;
  all["frames"] = count.frames;
  all["failures"] = failures_;
  all["seconds"] = {{"wall", watch_.seconds()}};
  runs::write_record(folder(), runs::record_names(plan_.shard), all);
}

bool FilmLedger::all_complete() {
  return runs::all_shards_complete(plan_.folder, plan_.shard.count, id_);
}

void FilmLedger::write_list() {
  if (!sums_up()) return;
  if (!plan_.shard.is_all()) folder().refresh();
  std::vector<fs::path> lists;
  for (size_t i = 0; i < plan_.films.size(); ++i) {
    const fs::path& film = plan_.films[i];
    const std::string name = film_name(film);
    const bool others = !plan_.shard.takes(static_cast<int64_t>(i));
    if (ended_.contains(name) || skipped_.contains(name) || (others && is_finished(film))) {
      lists.push_back(place_of(film).list());
    }
  }
  if (lists.empty()) return;
  const fs::path path = plan_.folder / "panoptic.json";
  write_film_file(folder(), path, [&](std::ostream& out) {
    join_video_panoptic(out, lists, vocabulary_.vocabulary);
  });
}

}  // namespace fcclip::video
