#pragma once
// FC-CLIP for programs: load a model, encode a picture once, ask it any words any number of times.
//
//     const auto model = fcclip::Model::load("fcclip-large.safetensors");
//     const auto picture = fcclip::read_picture("street.jpg");
//     const auto image = model.encode(picture.view());                    // the network runs here
//     const auto words = model.prepare(fcclip::parse_words("car, person | pedestrian, road"));
//     for (const auto& segment : model.ask(image, words).segments) …      // milliseconds
//
// Nothing of LibTorch, JSON or a codec is in this header; fcclip/fcclip_torch.h gives tensors to
// those who have LibTorch, fcclip/capi/fcclip_c.h is the same face in C.
//
// Errors: every function throws fcclip::Error and nothing else (but what a callback of yours
// throws, which passes through); its code says what kind, its text is one line for people.
//
// Threads: Model, Image, PreparedWords and Picture are handles of values that never change; copies
// share them. Any number of threads may use one object at once, but for assigning to it. Callbacks
// are called in the thread that called the library. A call uses the processor's cores by itself:
// two calls at once share them, they are not twice as fast.

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fcclip/core/error.h"
#include "fcclip/core/export.h"
#include "fcclip/core/log.h"
#include "fcclip/core/progress.h"
#include "fcclip/core/size.h"

namespace fcclip {
/// The version of this interface: part of every symbol, so that programs built against another one
/// do not link by mistake.
inline namespace v1 {

// ---- Pictures -----------------------------------------------------------------------------------

/// What one pixel holds, 8 bits a channel. Alpha is ignored.
enum class PixelOrder { rgb, bgr, rgba, bgra, grey };

/// Pixels that belong to somebody else, the upper left one first.
struct PictureView {
  const uint8_t* data = nullptr;
  int64_t height = 0, width = 0;
  int64_t stride = 0;  ///< bytes from one row to the next; 0: rows without a gap
  PixelOrder order = PixelOrder::rgb;
};

/// Pixels of our own, [height, width, 3] bytes, red, green, blue.
class FCCLIP_API Picture {
 public:
  int64_t height() const;
  int64_t width() const;
  /// Valid as long as this Picture or a copy of it.
  PictureView view() const;

  struct Pixels;  ///< inside the library
  explicit Picture(std::shared_ptr<const Pixels> pixels) : pixels_(std::move(pixels)) {}
  const std::shared_ptr<const Pixels>& pixels() const { return pixels_; }

 private:
  std::shared_ptr<const Pixels> pixels_;
};

/// Pixels of our own that are those of `picture`. Throws Error{invalid_argument} for a view without
/// pixels or with an impossible stride.
FCCLIP_API Picture copy_picture(const PictureView& picture);

// ---- Words --------------------------------------------------------------------------------------

/// Things are counted one by one, stuff is not. Background takes the pixels that none of the other
/// words should have, and is left out of answers.
enum class WordKind { thing, stuff, background };

/// Classifier rows that stand in the place of those of a class's words; of a file of words with rows
/// (load_words), or Model::like.
struct ClassRows {
  std::vector<float> in_vocabulary, out_of_vocabulary;  ///< [D] each, unit length or less
  std::string model;                                    ///< which model they are of
};

/// One class of a question.
struct WordClass {
  std::vector<std::string> synonyms = {};  ///< UTF-8, at least one; the first is the name shown
  WordKind kind = WordKind::thing;
  int64_t id = 0;                                         ///< in files; 0: position + 1
  std::optional<std::array<uint8_t, 3>> colour_rgb = {};  ///< in overlays; none: chosen by the name
  std::shared_ptr<const ClassRows> rows = {};             ///< null: those of its words
};

/// The words of a question, in the order that Segment::class_index counts.
struct Words {
  std::string name = {};
  std::vector<WordClass> classes = {};
};

/// Words of a question that are not things: each names classes as parse_words has them; one that
/// was not asked for is added.
struct WordMarks {
  std::string things = {}, stuff = {}, background = {};
};

/// "cat, dog | puppy, grass": classes at commas, synonyms at bars. A repeated word counts once.
/// Throws Error{invalid_argument} when no word remains, or for text that is not UTF-8.
FCCLIP_API Words parse_words(std::string_view text, const WordMarks& marks = {});

/// Words with these marks as well. Throws as parse_words.
FCCLIP_API Words marked_words(const Words& words, const WordMarks& marks);
/// The classes of both, a's first; a word that both have counts once.
FCCLIP_API Words joined_words(const Words& a, const Words& b);

/// "coco_panoptic_133", …: the vocabularies in the library.
FCCLIP_API std::vector<std::string> builtin_words();
/// One of them, also by a shorter name ("coco"), or "everything": all of them together. Throws
/// Error{not_found} naming the nearest.
FCCLIP_API Words builtin_words(const std::string& name);

// ---- Answers ------------------------------------------------------------------------------------

/// What kind of answer.
enum class Task { panoptic, instance, semantic };

/// A word and how well it fits, 0 … 1.
struct NameScore {
  std::string name = {};
  double score = 0;
};

/// One region of the picture and what it is called.
struct Segment {
  int64_t id = 0;            ///< its pixels' value in Segmentation::ids, from 1
  int64_t class_index = 0;   ///< position in the words asked for
  std::string name = {};     ///< the class's first synonym
  std::string synonym = {};  ///< the synonym that won
  bool is_thing = true;
  double score = 0;  ///< 0 … 1: of the class; of instances times the mask's quality
  double in_vocabulary_score = 0, out_of_vocabulary_score = 0;  ///< 0 … 1: the two classifiers
  std::vector<NameScore> next_best = {};
  int64_t area_px = 0;
  std::array<int64_t, 4> box_xywh_px = {0, 0, 0, 0};
  std::vector<uint32_t> rle_counts = {};  ///< of instances: COCO's run lengths, down the columns
  int64_t query = -1;                     ///< which of the model's masks made it
};

/// A plain value: change it, filter it, keep it.
struct Segmentation {
  Task task = Task::panoptic;
  Size size = {};
  std::vector<Segment> segments = {};
  /// [height · width], rows first: Segment::id of each pixel, 0 where there is none. Empty for
  /// instances, which may overlap.
  std::vector<int32_t> ids = {};
  double min_score = 0;         ///< the least score that was reported
  int64_t below_min_score = 0;  ///< segments left out for a smaller one
};

/// [height · width], rows first: 1 inside the segment, else 0. Throws Error{shape_mismatch} when
/// the sizes do not fit each other.
FCCLIP_API std::vector<uint8_t> mask_of(const Segmentation& answer, const Segment& segment);
/// The mask as COCO's compressed run lengths. Throws as above.
FCCLIP_API std::string rle_of(const Segmentation& answer, const Segment& segment);

/// How each segment's pixels are given beside its words.
enum class MaskForm {
  none,
  rle,  ///< "mask": {"size": [h, w], "counts": "…"}: COCO's compressed run lengths
  png   ///< "mask_png": base64 of a PNG as large as the box, 255 inside the segment
};

/// Where "what is this?" is asked, in pixels of the picture: points, or a box.
struct Place {
  std::vector<std::array<double, 2>> points_xy_px = {};   ///< all inside the mask
  std::optional<std::array<double, 4>> box_xywh_px = {};  ///< the mask's box is near this one
};

// ---- Model --------------------------------------------------------------------------------------

/// Where and how a model runs.
struct LoadOptions {
  std::string device = "cpu";     ///< "cpu", "cuda", "cuda:1"
  bool use_text_cache = true;     ///< features of words on disk, shared by all processes
  std::string cache_folder = {};  ///< empty: $XDG_CACHE_HOME/fcclip or ~/.cache/fcclip
  int64_t cache_bytes = 0;        ///< of the cache at most, in memory as on disk; 0: no bound
  LogCallback log = {};           ///< told what went wrong without harm
  /// Of the network's large products: "float32", exact; "bfloat16", faster on GPUs from capability
  /// 8.0 and on processors with AVX512-BF16; "int8" on processors with AVX512-VNNI or AVX-VNNI;
  /// "tf32" and "float16" on GPUs; "auto": bfloat16 or float16 where a GPU has it, else float32.
  /// Error{unsupported} where a device can't.
  std::string dtype = "float32";
};

/// How large the network sees a picture. 0: the model's own setting.
struct EncodeOptions {
  int64_t short_side_px = 0, max_side_px = 0;
  int64_t batch = 1;  ///< pictures of one size that run at once, where several are given
  Progress progress = {};
};

/// How words are read.
struct PrepareOptions {
  std::vector<std::string> templates = {};  ///< "a photo of a {}."; empty: the model's own
  Progress progress = {};                   ///< counts synonyms
};

/// A min_score for instances: most of what scores less are second names of masks with a better one.
inline constexpr double kUsualInstanceScore = 0.3;

/// What is not set is as the model's file has it.
struct AskOptions {
  Task task = Task::panoptic;
  std::optional<double> alpha = {}, beta = {};  ///< the ensemble's exponents, 0 … 1
  std::optional<double> object_mask_threshold = {}, overlap_threshold = {};  ///< panoptic, 0 … 1
  std::optional<int64_t> top_k = {};                                         ///< instances at most
  std::optional<bool> things_only = {};  ///< instances of things alone
  int64_t next_best = 3;                 ///< names beside the best
  double min_score = 0;
  Progress progress = {};  ///< counts parts of the picture; perhaps from another thread
  /// How much CLIP's own answer lowers the probability of "none of these", 0 … 1 (docs/heads.md).
  std::optional<double> clip_trust = {};
};

/// What a model file says of itself.
struct ModelInfo {
  std::string name = {}, provenance = {};
  std::string device = {};
  int64_t short_side_px = 0, max_side_px = 0;
  int64_t queries = 0;       ///< masks that one run of the network finds
  AskOptions defaults = {};  ///< every option set
  Words training_words = {};
};

/// A picture as the network left it; small (of FC-CLIP-L: 250 masks at a quarter of the size).
class FCCLIP_API Image {
 public:
  Size size() const;
  /// Bytes of memory that it holds.
  int64_t bytes() const;
  /// Returns when it is done. On a GPU Model::encode comes back as soon as its work is launched; answers wait for
  /// themselves. Throws what went wrong on the device meanwhile.
  void wait() const;

  struct Encoded;  ///< inside the library
  explicit Image(std::shared_ptr<const Encoded> encoded) : encoded_(std::move(encoded)) {}
  const std::shared_ptr<const Encoded>& encoded() const { return encoded_; }

 private:
  std::shared_ptr<const Encoded> encoded_;
};

/// The same in memory of its own, for programs that keep many pictures between runs of the network:
/// among its large, short-lived tensors they would break the heap to pieces. Throws
/// Error{out_of_memory}.
FCCLIP_API Image settled(const Image& image);
FCCLIP_API Picture settled(const Picture& picture);

/// Words as one model's classifier knows them.
class FCCLIP_API PreparedWords {
 public:
  const Words& words() const;
  /// Distinct synonyms that were found in the cache, and that were computed.
  int64_t cached() const;
  int64_t computed() const;

  struct Prepared;  ///< inside the library
  explicit PreparedWords(std::shared_ptr<const Prepared> prepared)
      : prepared_(std::move(prepared)) {}
  const std::shared_ptr<const Prepared>& prepared() const { return prepared_; }

 private:
  std::shared_ptr<const Prepared> prepared_;
};

/// A segment of an encoded picture, as an example: query is Segment::query of any answer.
struct ShownSegment {
  Image image;
  int64_t query = 0;
};

/// A model in memory.
class FCCLIP_API Model {
 public:
  /// A file of `fcclip convert`, `init` or `train`. Throws Error{not_found, io_failure, bad_format,
  /// missing_tensor, shape_mismatch; unsupported when the device is not there}.
  static Model load(const std::string& path, const LoadOptions& options = {});

  const ModelInfo& info() const;

  /// One run of the network. Throws Error{invalid_argument} for a view without pixels or with an
  /// impossible stride, Error{interrupted} when the progress says stop.
  Image encode(const PictureView& picture, const EncodeOptions& options = {}) const;
  /// Pictures of any sizes; neighbours of one size run together, `options.batch` at most.
  std::vector<Image> encode(std::span<const PictureView> pictures,
                            const EncodeOptions& options = {}) const;

  /// Runs the text tower for words that the cache does not have. Throws Error{invalid_argument} for
  /// no words, Error{interrupted}; what was finished by then is in the cache.
  PreparedWords prepare(const Words& words, const PrepareOptions& options = {}) const;

  /// Names the masks of an encoded picture. No run of the network. Throws Error{invalid_argument}
  /// for options out of range, and for an image or words of another model.
  Segmentation ask(const Image& image, const PreparedWords& words,
                   const AskOptions& options = {}) const;

  /// The masks at a place, each with its best name: options.top_k instances at most, best first (by
  /// the name's probability times the mask's quality, times the overlap with a box). Masks that are
  /// nearly one count once; options.task is not looked at. Throws as ask, and
  /// Error{invalid_argument} for a place outside the picture.
  Segmentation at(const Image& image, const PreparedWords& words, const Place& place,
                  const AskOptions& options = {}) const;

  /// What is here? The `count` words at most that fit anything in the picture best, best first, each
  /// once and with the mask that it fits best: instances (their ids are ranks, several may share a
  /// mask), whether or not the word would win a segment. Background does not count; options.task and
  /// options.top_k are not looked at. Throws as ask, and Error{invalid_argument} for a count below 1.
  Segmentation best_words(const Image& image, const PreparedWords& words, int64_t count = 20,
                          const AskOptions& options = {}) const;

  /// "Like this": the words with rows for the class `name` (added as a thing where no class has it):
  /// of its word, moved towards what the segments show, or of these alone. For prepare. Throws Error{invalid_argument} without a segment, for an image of another model, or a
  /// query that it has not; as prepare does.
  Words like(const Words& words, const std::string& name,
             std::span<const ShownSegment> shown) const;

  struct Loaded;  ///< inside the library
  explicit Model(std::shared_ptr<const Loaded> loaded) : loaded_(std::move(loaded)) {}
  const std::shared_ptr<const Loaded>& loaded() const { return loaded_; }

 private:
  std::shared_ptr<const Loaded> loaded_;
};

/// Cores that all calls of this process share; 0: all. Before the first call.
FCCLIP_API void set_threads(int threads);
/// "0.1.0"
FCCLIP_API std::string version();

// ---- Files: only in a library built with the component `pictures` ---------------------------------

/// How picture files are read where they leave a choice.
struct ReadOptions {
  int64_t max_pixels = int64_t{1} << 29;  ///< a header that claims more is Error{too_large}
  LogCallback log = {};                   ///< told where pixels are not simply what was stored
};

/// JPEG, PNG, WebP, TIFF, BMP, GIF, AVIF, HEIC, turned as they say. Throws Error{not_found,
/// io_failure, bad_format, too_large}.
FCCLIP_API Picture read_picture(const std::string& path, const ReadOptions& options = {});
/// The same from memory; `name` is for errors.
FCCLIP_API Picture decode_picture(std::string_view bytes, const std::string& name,
                                  const ReadOptions& options = {});

/// The bytes of a PNG file.
FCCLIP_API std::string encode_png(const PictureView& picture);
/// quality 1 … 100. Throws Error{invalid_argument}.
FCCLIP_API std::string encode_jpeg(const PictureView& picture, int quality = 92);

/// Words by a built-in name, from a file of any tool, or several joined by '+'. Throws
/// Error{not_found, bad_format}.
FCCLIP_API Words load_words(const std::string& name_or_path, const LogCallback& log = {});

/// Everything known about an answer as one line of JSON: {"image", "task", "height", "width",
/// "min_score", "below_min_score", "segments": [{"id", "name", "synonym", "thing", "score",
/// "in_vocabulary_score", "out_of_vocabulary_score", "next_best", "area_px", "box_xywh_px"}]}.
FCCLIP_API std::string to_json(const Segmentation& answer, const std::string& image_name,
                               MaskForm masks = MaskForm::none);

/// What is drawn, and how large.
struct OverlayOptions {
  double fill_opacity = 0.45;  ///< 0 … 1
  bool labels = true, scores = true, outlines = true, boxes = true;
  LogCallback log = {};  ///< told of missing fonts
  /// Data set whose colours words get that it knows ("cityscapes", "ade20k", …); "spread": of none; empty:
  /// the vocabulary's own. Another name is Error{invalid_argument}.
  std::string palette = {};
};

/// The picture with its segments drawn over it, for people; small pictures are enlarged.
FCCLIP_API Picture draw_overlay(const PictureView& picture, const Segmentation& answer,
                                const Words& words, const OverlayOptions& options = {});

/// The picture that results belong to.
struct Source {
  std::string image_name = {};  ///< in the files' texts
  std::string stem = {};        ///< of the files' names
  double tolerance_px = 1;      ///< how far outlines may leave the pixels' edges
  LogCallback log = {};         ///< told what could not be written
  std::string palette = {};     ///< of overlays and pictures of segments: OverlayOptions::palette
};

/// A file ready to be written or sent.
struct OutputFile {
  std::string name = {}, bytes = {};
};

/// "overlay", "segments", "panoptic", "instances", "semantic", "labelme", "yolo", "geojson", "coco",
/// …: what `fcclip segment --write` writes.
FCCLIP_API std::vector<std::string> output_kinds();

/// The only task that a kind shows ("panoptic" shows panoptic answers); nothing where it shows
/// each. Throws Error{invalid_argument} for an unknown kind.
FCCLIP_API std::optional<Task> task_of_kind(const std::string& kind);
/// What is written where nobody says: overlay, segments and the task's own format.
FCCLIP_API std::vector<std::string> default_output_kinds(Task task);

/// An answer as files of one kind; "yolo" brings the data.yaml that names its classes. Throws Error{invalid_argument} for an unknown kind, and for one
/// that shows another task than the answer's.
FCCLIP_API std::vector<OutputFile> render(const std::string& kind, const PictureView& picture,
                                          const Segmentation& answer, const Words& words,
                                          const Source& source);

}  // namespace v1
}  // namespace fcclip
