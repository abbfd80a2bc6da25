#include "fcclip/io/file_kind.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

#include "fcclip/io/mapped_file.h"
#include "fcclip/text/printable.h"

namespace fcclip::io {
namespace {

using std::string_view_literals::operator""sv;

struct KnownBytes {
  size_t offset;
  std::string_view bytes, what, advice = {};
};

constexpr std::string_view kUnpack = "unpack it and name the file in it";
constexpr std::string_view kNotTorch =
    "only weights saved by PyTorch or as safetensors can be used";
constexpr std::string_view kLfs = "fetch the file with `git lfs pull`";
constexpr std::string_view kPage =
    "the address leads to a page, not to the file: download it in a browser";

// The first that fits counts.
constexpr std::array kKnownBytes = {
    KnownBytes{0, "\xff\xd8\xff", "a JPEG picture"},
    KnownBytes{0, "\x89PNG\r\n\x1a\n", "a PNG picture"},
    KnownBytes{8, "WEBP", "a WebP picture"},
    KnownBytes{0, "II*\0"sv, "a TIFF picture"},
    KnownBytes{0, "MM\0*"sv, "a TIFF picture"},
    KnownBytes{0, "II+\0"sv, "a TIFF picture"},
    KnownBytes{0, "MM\0+"sv, "a TIFF picture"},
    KnownBytes{0, "GIF8", "a GIF picture"},
    KnownBytes{0, "BM", "a BMP picture"},
    KnownBytes{4, "ftypavif", "an AVIF picture"},
    KnownBytes{4, "ftyphei", "a HEIC picture"},
    KnownBytes{4, "ftypmif1", "a HEIF picture"},
    KnownBytes{4, "ftyp", "a video (MP4 or QuickTime)"},
    KnownBytes{0, "\xff\x0a", "a JPEG XL picture"},
    KnownBytes{4, "JXL ", "a JPEG XL picture"},
    KnownBytes{4, "jP  ", "a JPEG 2000 picture"},
    KnownBytes{0, "8BPS", "a Photoshop document"},
    KnownBytes{0, "\x1a\x45\xdf\xa3", "a video (Matroska or WebM)"},
    KnownBytes{0, "%PDF", "a PDF document"},
    KnownBytes{0, "GGUF", "a GGUF file (llama.cpp)", kNotTorch},
    KnownBytes{0, "\x89HDF\r\n\x1a\n", "an HDF5 file (Keras?)", kNotTorch},
    KnownBytes{4, "TFL3", "a TensorFlow Lite model", kNotTorch},
    KnownBytes{0, "\x93NUMPY", "a NumPy array"},
    KnownBytes{0, "PAR1", "a Parquet file"},
    KnownBytes{0, "SQLite format 3\0"sv, "an SQLite database"},
    KnownBytes{0,
               "\x7f"
               "ELF",
               "a program"},
    KnownBytes{0, "\x1f\x8b", "gzipped data", kUnpack},
    KnownBytes{0, "BZh", "bzip2 data", kUnpack},
    KnownBytes{0,
               "\xfd"
               "7zXZ",
               "xz data", kUnpack},
    KnownBytes{0, "\x28\xb5\x2f\xfd", "zstd data", kUnpack},
    KnownBytes{0, "7z\xbc\xaf\x27\x1c", "a 7z archive", kUnpack},
    KnownBytes{0, "Rar!\x1a", "a RAR archive", kUnpack},
    KnownBytes{257, "ustar", "a tar archive", kUnpack},
    KnownBytes{0, "version https://git-lfs", "a Git LFS pointer", kLfs},
};

constexpr char kBrace = '\x7b';

bool has_at(std::string_view bytes, size_t offset, std::string_view wanted) {
  return bytes.size() >= offset && bytes.substr(offset, wanted.size()) == wanted;
}

FileKind kind_of(std::string_view what, std::string_view advice = {},
                 WeightForm form = WeightForm::none) {
  return {std::string(what), std::string(advice), form};
}

constexpr std::string_view kCheckpoint = "a PyTorch checkpoint";
constexpr std::string_view kConvert = "make a model file of it with `fcclip convert`";
constexpr std::string_view kStateDict =
    "only plain weights can be read: load it in Python and torch.save its state_dict()";

/// A zip file's first record stands at its beginning, the directory at its end; names are plain in
/// both.
FileKind zip_kind(std::string_view bytes) {
  constexpr size_t kHead = 4096, kDirectory = size_t{1} << 20;
  const std::string_view head = bytes.substr(0, kHead);
  const std::string_view tail = bytes.substr(bytes.size() - std::min(bytes.size(), kDirectory));
  const auto names = [&](std::string_view name) {
    return head.find(name) != std::string_view::npos || tail.find(name) != std::string_view::npos;
  };
  if (names("/constants.pkl")) return kind_of("a TorchScript program", kStateDict);
  if (names("/data.pkl")) return kind_of(kCheckpoint, kConvert, WeightForm::torch);
  if (names(".npy")) return kind_of("a NumPy archive (.npz)");
  if (names("word/document")) return kind_of("a Word document");
  if (names("xl/workbook")) return kind_of("an Excel workbook", "save it as CSV");
  return kind_of("a ZIP archive", kUnpack);
}

/// Python's pickles of protocol 2 to 5; torch.save's older form is one whose first value is a magic
/// number.
FileKind pickle_kind(std::string_view bytes) {
  constexpr std::string_view kMagic = "\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";
  if (bytes.substr(0, 64).find(kMagic) != std::string_view::npos) {
    return kind_of(kCheckpoint, kConvert, WeightForm::torch);
  }
  return kind_of("a Python pickle", kStateDict);
}

/// A length of eight bytes, then JSON.
bool is_safetensors(std::string_view bytes) {
  return bytes.size() > 9 && bytes[8] == kBrace && has_at(bytes, 5, "\0\0\0"sv);
}

/// protobuf: field 1 (the version) is small, then a producer's name, or the graph.
bool is_onnx(std::string_view bytes) {
  return bytes.size() > 16 && bytes[0] == '\x08' && bytes[1] > 2 && bytes[1] < 32 &&
         (bytes[2] == '\x12' || bytes[2] == '\x3a') && bytes.find("\x0a") != std::string_view::npos;
}

bool is_plain_text(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 || byte == '\n' || byte == '\r' || byte == '\t';
  });
}

std::string lower_start(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  std::string out(first == std::string_view::npos ? "" : text.substr(first, 16));
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::string first_words(std::string_view bytes) {
  std::string words;
  for (const char c : bytes.substr(0, 24)) {
    const auto byte = static_cast<unsigned char>(c);
    words += byte >= 0x20 && byte < 0x7f ? c : ' ';
  }
  return words;
}

std::string first_bytes(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes.substr(0, 8)) {
    const auto byte = static_cast<unsigned char>(c);
    if (!text.empty()) text += ' ';
    text += {kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return text;
}

FileKind text_kind(std::string_view head) {
  const std::string start = lower_start(head);
  if (start.starts_with("<!doctype html") || start.starts_with("<html")) {
    return kind_of("an HTML page", kPage);
  }
  if (start.starts_with("<")) return kind_of("XML or HTML text");
  if (head.find("\"weight_map\"") != std::string_view::npos) {
    return kind_of("the list of a checkpoint in several files",
                   "name those files themselves, all of them, to fcclip convert");
  }
  if (start.starts_with(kBrace) || start.starts_with("[")) {
    return kind_of("JSON text (\"" + first_words(head) + "\")");
  }
  return kind_of("text (\"" + first_words(head) + "\")");
}

}  // namespace

FileKind file_kind(std::string_view bytes) {
  if (bytes.empty()) return kind_of("an empty file (0 bytes)", "download or write it again");
  for (const KnownBytes& known : kKnownBytes) {
    if (has_at(bytes, known.offset, known.bytes)) return kind_of(known.what, known.advice);
  }
  if (bytes.starts_with("PK\x03\x04")) return zip_kind(bytes);
  if (is_safetensors(bytes)) return kind_of("a safetensors file", {}, WeightForm::safetensors);
  if (bytes.size() > 2 && bytes[0] == '\x80' && bytes[1] >= 2 && bytes[1] <= 5) {
    return pickle_kind(bytes);
  }
  const std::string_view head = bytes.substr(0, 512);
  if (head.find_first_not_of('\0') == std::string_view::npos) {
    return kind_of(bytes.size() > head.size() ? "a file that begins with zero bytes"
                                              : "nothing but zero bytes");
  }
  if (is_onnx(head)) return kind_of("an ONNX model", kNotTorch);
  if (is_plain_text(head)) return text_kind(bytes.substr(0, 4096));
  return kind_of("unknown data (first bytes " + first_bytes(bytes) + ")");
}

FileKind file_kind_at(const std::filesystem::path& path) {
  const auto file = MappedFile::open(path);
  const auto bytes = file->bytes();
  return file_kind({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

std::string describe_bytes(std::string_view bytes) {
  const FileKind kind = file_kind(bytes);
  return kind.advice.empty() ? kind.what : kind.what + " (" + kind.advice + ")";
}

std::string folder_advice(const std::filesystem::path& folder) {
  std::vector<std::string> found;
  std::error_code error;
  for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end;
       it.increment(error)) {
    const std::string ending = it->path().extension().string();
    if (ending == ".safetensors" || ending == ".pth" || ending == ".pt" || ending == ".bin") {
      found.push_back(text::printable(it->path().string()));
    }
  }
  std::sort(found.begin(), found.end());
  if (found.empty()) return "name a file";
  std::string advice = "name a file in it: " + found.front();
  for (size_t i = 1; i < std::min<size_t>(found.size(), 3); ++i) advice += ", " + found[i];
  return found.size() > 3 ? advice + ", …" : advice;
}

}  // namespace fcclip::io
