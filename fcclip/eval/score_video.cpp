#include "fcclip/eval/score_video.h"

#include <map>

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include "fcclip/core/error.h"
#include "fcclip/data/file_table.h"
#include "fcclip/eval/parallel_pictures.h"
#include "fcclip/eval/score_folders.h"
#include "fcclip/eval/video_files.h"
#include "fcclip/image/label_file.h"

namespace fcclip::eval {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

struct FramePair {
  const PanopticEntry* truth;
  const PanopticEntry* prediction;
};
struct FilmPair {
  std::string film;
  std::vector<FramePair> frames;
};

const FilmEntry& film_named(const std::vector<FilmEntry>& films, const std::string& name,
                            const fs::path& file) {
  for (const FilmEntry& film : films) {
    if (film.film == name) return film;
  }
  fail(ErrorCode::bad_format, file.string(), ": no film '", name, "' in it");
}

// Frames belong together by their names.
FilmPair pair_frames(const FilmEntry& truth, const FilmEntry& prediction, const VideoFiles& files) {
  std::map<std::string, const PanopticEntry*> found;
  for (const PanopticEntry& frame : prediction.frames) found[frame.image_id] = &frame;
  FilmPair pair{truth.film, {}};
  for (const PanopticEntry& frame : truth.frames) {
    const auto one = found.find(frame.image_id);
    if (one == found.end()) {
      fail(ErrorCode::bad_format, files.prediction_json.string(), ": no frame ", frame.image_id,
           " of film '", truth.film, "' in it");
    }
    pair.frames.push_back({&frame, one->second});
    found.erase(one);
  }
  if (found.empty()) return pair;
  fail(ErrorCode::bad_format, files.prediction_json.string(), ": frame ", found.begin()->first,
       " of film '", truth.film, "' is not in the truth");
}

std::vector<FilmPair> pair_films(const std::vector<FilmEntry>& truth,
                                 const std::vector<FilmEntry>& prediction,
                                 const VideoFiles& files) {
  if (truth.empty()) fail(ErrorCode::bad_format, files.truth_json.string(), ": no films in it");
  std::vector<FilmPair> pairs;
  for (const FilmEntry& film : truth) {
    pairs.push_back(
        pair_frames(film, film_named(prediction, film.film, files.prediction_json), files));
  }
  for (const FilmEntry& film : prediction) film_named(truth, film.film, files.truth_json);
  return pairs;
}

// Areas are the map's own, also where the list says others.
PanopticMap read_map(const PanopticEntry& entry, const fs::path& folder) {
  PanopticMap map{image::read_id_map(data::file_below(folder, entry.png)), entry.segments};
  std::map<int64_t, int64_t> areas = data::areas_of_ids(map.ids);
  for (MapSegment& segment : map.segments) segment.area_px = areas[segment.id];
  return map;
}

/// Sums over films.
struct FilmSums {
  VideoPanopticQuality vpq;
  TrackingQuality tracking;
  IdSwitches ids;

  void merge(const FilmSums& other) {
    vpq.merge(other.vpq);
    tracking.merge(other.tracking);
    ids.matched += other.ids.matched;
    ids.switches += other.ids.switches;
    ids.objects += other.ids.objects;
  }
};

std::vector<bool> things_of(const std::vector<Category>& categories) {
  std::vector<bool> things;
  for (const Category& category : categories) things.push_back(category.is_thing);
  return things;
}

json vpq_json(const VideoScore& score, bool things, bool stuff) {
  const std::vector<int64_t> chosen = score.chosen(things, stuff);
  json by_window = json::array();
  for (const PanopticQuality& one : score.vpq.quality()) by_window.push_back(one.mean(chosen).pq);
  const MeanQuality mean = score.vpq.mean(chosen);
  return {{"by_window", by_window}, {"vpq", mean.pq}, {"n", mean.count}};
}

}  // namespace

std::vector<int64_t> VideoScore::chosen(bool things, bool stuff) const {
  return chosen_categories(categories, things, stuff);
}

VideoScore score_video(const VideoFiles& files, const std::vector<int64_t>& windows,
                       const Progress& progress) {
  CategoryTable table;
  const Tick tick = [&progress] { report_progress(progress, 0, 0, "films"); };
  const std::vector<FilmEntry> truth = read_film_file(files.truth_json, table, tick);
  const std::vector<FilmEntry> prediction = read_film_file(files.prediction_json, table, tick);
  const std::vector<FilmPair> pairs = pair_films(truth, prediction, files);
  const fs::path truth_pngs = png_folder(files.truth_pngs, files.truth_json);
  const fs::path prediction_pngs = png_folder(files.prediction_pngs, files.prediction_json);
  const std::vector<bool> things = things_of(table.categories);
  const auto one = [&](int64_t index, FilmSums& sums) {
    std::vector<PairedSegments> frames;
    for (const FramePair& frame : pairs[index].frames) {
      frames.push_back(pair_segments(read_map(*frame.truth, truth_pngs),
                                     read_map(*frame.prediction, prediction_pngs),
                                     (prediction_pngs / frame.prediction->png).string()));
    }
    sums.vpq.add(frames, pairs[index].film);
    sums.tracking.add(frames);
    const IdSwitches ids = count_id_switches(frames, things);
    sums.merge({VideoPanopticQuality(windows), TrackingQuality(things), ids});
  };
  const FilmSums empty{VideoPanopticQuality(windows), TrackingQuality(things), {}};
  FilmSums sums = parallel_pictures<FilmSums>(std::ssize(pairs), empty, one, progress);
  VideoScore score{std::move(table.categories), std::move(sums.vpq), std::move(sums.tracking),
                   sums.ids, std::ssize(pairs)};
  for (const FilmPair& film : pairs) score.frames += std::ssize(film.frames);
  return score;
}

json to_json(const VideoScore& score) {
  return {{"films", score.films},
          {"frames", score.frames},
          {"VPQ",
           {{"windows", score.vpq.windows()},
            {"All", vpq_json(score, true, true)},
            {"Things", vpq_json(score, true, false)},
            {"Stuff", vpq_json(score, false, true)}}},
          {"STQ",
           {{"stq", score.tracking.stq()},
            {"aq", score.tracking.aq()},
            {"sq", score.tracking.sq()},
            {"tubes", score.tracking.tubes()}}},
          {"ids",
           {{"switches", score.ids.switches},
            {"matched", score.ids.matched},
            {"objects", score.ids.objects}}}};
}

}  // namespace fcclip::eval
