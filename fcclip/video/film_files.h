#pragma once
// The files of a film that is being segmented: they grow frame by frame and appear whole.

#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "fcclip/outputs/overlay_style.h"
#include "fcclip/runs/output_folder.h"
#include "fcclip/video/films.h"
#include "fcclip/video/frame_source.h"
#include "fcclip/video/track_book.h"

namespace fcclip::video {

enum class FilmOutput {
  overlay,   ///< <film>.overlay.mp4
  panoptic,  ///< panoptic/<film>/<frame>.png, their list panoptic/<film>.json,
             ///< and panoptic.json of all films
  frames,    ///< <film>.frames.jsonl: a JSON object a frame
  tracks,    ///< <film>.tracks.json
  mot        ///< <film>.mot.txt
};

/// "overlay, tracks", "all", "none"; empty: all. Throws Error{invalid_argument} naming the kinds.
std::set<FilmOutput> parse_film_outputs(const std::string& text);
/// "overlay, panoptic, …": for help and messages.
std::string film_output_names();

/// Where a film's files go.
struct FilmPlace {
  std::filesystem::path folder;
  std::string film;
  std::set<FilmOutput> outputs;

  std::filesystem::path overlay() const { return folder / (film + ".overlay.mp4"); }
  std::filesystem::path maps() const { return folder / "panoptic" / film; }
  std::filesystem::path frames() const { return folder / (film + ".frames.jsonl"); }
  std::filesystem::path tracks() const { return folder / (film + ".tracks.json"); }
  std::filesystem::path mot() const { return folder / (film + ".mot.txt"); }
  /// The maps' list, of this film alone.
  std::filesystem::path list() const { return folder / "panoptic" / (film + ".json"); }
  /// Of all outputs, but for the maps themselves.
  std::vector<std::filesystem::path> paths() const;
};

/// Throws Error{invalid_argument} naming a file of the film that is there already.
void check_free(const FilmPlace& place);
/// Id maps that an earlier run left.
std::vector<std::filesystem::path> maps_there(const FilmPlace& place);
void remove_maps(const FilmPlace& place);

/// A file that `write` streams, known again by its size. Throws Error{io_failure};
/// Error{invalid_argument} where somebody else's stands.
void write_film_file(runs::OutputFolder& folder, const std::filesystem::path& path,
                     const std::function<void(std::ostream&)>& write);

/// A frame with its answer, whose ids are final.
struct AnsweredFrame {
  Frame frame;
  results::Segmentation answer;
  int64_t bytes() const;
};

/// What is made of a frame by any thread.
struct DrawnFrame {
  at::Tensor overlay;  ///< undefined: not wanted
  std::string map;     ///< PNG; empty: not wanted
  std::string line;    ///< JSON
  TrackedFrame record;
};

/// How frames look.
struct FilmLook {
  const classify::Vocabulary& vocabulary;
  outputs::OverlayStyle style;
};

/// Things are shown with their ids, all segments in colours that go with their ids.
DrawnFrame draw_frame(const AnsweredFrame& answered, const FilmPlace& place, const FilmLook& look);

/// Takes frames in their order.
class FilmFiles {
 public:
  /// folder: made by its first call, which is that of the first frame.
  FilmFiles(FilmPlace place, double frames_per_second, bool one_name,
            std::function<runs::OutputFolder&()> folder);
  /// What finish() did not complete is removed, but for id maps.
  ~FilmFiles();

  /// Throws Error{io_failure}.
  void add(DrawnFrame drawn);
  /// Throws Error{io_failure}. Without a frame nothing is written.
  void finish(const classify::Vocabulary& vocabulary);
  const TrackBook& book() const { return book_; }
  /// What was written, maps among it.
  const std::vector<std::filesystem::path>& written() const { return written_; }

 private:
  void add_line(const std::string& line);
  void put(const std::filesystem::path& path, const std::string& bytes);
  void finish_overlay();
  void finish_lines();

  FilmPlace place_;
  std::function<runs::OutputFolder&()> folder_;
  std::vector<std::filesystem::path> written_;
  double rate_;
  TrackBook book_;
  std::unique_ptr<FilmWriter> overlay_;
  std::filesystem::path growing_;
  std::ofstream lines_;
};

}  // namespace fcclip::video
