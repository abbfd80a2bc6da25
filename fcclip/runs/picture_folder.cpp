#include "fcclip/runs/picture_folder.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <deque>
#include <memory>
#include <sys/stat.h>

#include "fcclip/core/counted.h"
#include "fcclip/core/error.h"
#include "fcclip/image/image_file.h"
#include "fcclip/runs/natural_order.h"
#include "fcclip/runs/written_files.h"

namespace fcclip::runs {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 6> kSystemFolders = {
    "__MACOSX", "@eaDir", "#recycle", "$RECYCLE.BIN", "System Volume Information", "lost+found"};

// Of pictures that `segment` writes; such a file beside the picture it belongs to is a result.
constexpr std::array<std::string_view, 6> kResultEndings = {
    ".overlay", ".panoptic", ".semantic", ".labelIds", ".instanceIds", ".ade20k"};

std::string ending_of(const fs::path& file) {
  std::string ending = file.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return ending.empty() ? ending : ending.substr(1);
}

// The stem of the picture that `file` would be a result of, or nothing.
std::string owner_of(const fs::path& file) {
  std::string stem = file.stem().string();
  for (const std::string_view ending : kResultEndings) {
    if (stem.size() > ending.size() && stem.ends_with(ending)) {
      return stem.substr(0, stem.size() - ending.size());
    }
  }
  return "";
}

// a.2, where the second question's results are told by ".2" -> a
std::string without_number(const std::string& stem) {
  const size_t dot = stem.rfind('.');
  if (dot == std::string::npos || dot == 0 || dot + 1 == stem.size()) return stem;
  return stem.find_first_not_of("0123456789", dot + 1) == std::string::npos ? stem.substr(0, dot)
                                                                            : stem;
}

// Drops the results that lie beside their pictures in one folder.
int64_t drop_results_by_ending(std::vector<fs::path>& pictures) {
  std::set<std::string> stems;
  for (const fs::path& picture : pictures) {
    stems.insert(picture.stem().string());
    stems.insert(picture.filename().string());  // a.jpg.overlay.png, where a.png is there too
  }
  return static_cast<int64_t>(std::erase_if(pictures, [&](const fs::path& picture) {
    const std::string owner = owner_of(picture);
    return !owner.empty() && (stems.contains(owner) || stems.contains(without_number(owner)));
  }));
}

class Walk {
 public:
  Walk(const fs::path& root, const fs::path& output_folder) : root_(root) {
    std::error_code error;
    const bool same = fs::equivalent(root, output_folder, error);
    if (!output_folder.empty() && !same) visit_once(output_folder);  // so it is passed over
    root_canonical_ = fs::weakly_canonical(root, error);
    // A part of a result folder, whose list lies above.
    if (!output_folder.empty() && !same && is_above(output_folder)) add_list(output_folder);
  }

  FolderListing work() {
    std::error_code error;
    visit_once(root_);
    folder(root_, error);
    if (error) fail(ErrorCode::io_failure, root_.string(), ": ", error.message());
    // Real folders first: what a link shows again is not taken twice.
    while (!links_.empty()) {
      const fs::path link = std::move(links_.front());
      links_.pop_front();
      // A link upwards would bring in whatever lies around the folder.
      if (!is_above(link) && visit_once(link)) inner_folder(link);
    }
    std::sort(listing_.pictures.begin(), listing_.pictures.end(),
              [](const fs::path& a, const fs::path& b) {
                return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                                    [](const fs::path& x, const fs::path& y) {
                                                      return natural_less(x.native(), y.native());
                                                    });
              });
    return std::move(listing_);
  }

 private:
  // By device and number, so that loops of links end.
  bool visit_once(const fs::path& folder) {
    struct stat about {};
    if (::stat(folder.c_str(), &about) != 0) return false;
    return visited_.insert({about.st_dev, about.st_ino}).second;
  }

  bool is_above(const fs::path& folder) const {
    std::error_code error;
    const fs::path canonical = fs::weakly_canonical(folder, error);
    return std::mismatch(canonical.begin(), canonical.end(), root_canonical_.begin(),
                         root_canonical_.end())
               .first == canonical.end();
  }

  void inner_folder(const fs::path& path) {
    std::error_code error;
    folder(path, error);
    if (error) ++listing_.closed;
  }

  void folder(const fs::path& path, std::error_code& error) {
    const size_t lists = lists_.size();
    add_list(path);
    std::vector<fs::path> found, folders;
    for (fs::directory_iterator it(path, error), end; !error && it != end; it.increment(error)) {
      entry(*it, found, folders);
    }
    listing_.results += drop_results_by_ending(found);
    listing_.pictures.insert(listing_.pictures.end(), found.begin(), found.end());
    for (const fs::path& inner : folders) {
      if (visit_once(inner)) inner_folder(inner);
    }
    lists_.resize(lists);
  }

  void entry(const fs::directory_entry& entry, std::vector<fs::path>& found,
             std::vector<fs::path>& folders) {
    const std::string name = entry.path().filename().string();
    if (name.front() == '.') return;
    std::error_code error;
    const fs::file_status status = entry.status(error);
    if (fs::is_directory(status)) {
      if (std::find(kSystemFolders.begin(), kSystemFolders.end(), name) != kSystemFolders.end()) {
        return;
      }
      if (entry.is_symlink(error)) {
        links_.push_back(entry.path());
      } else {
        folders.push_back(entry.path());
      }
    } else if (fs::is_regular_file(status)) {
      file(entry.path(), found);
    } else if (!fs::exists(status) && image::has_image_extension(entry.path())) {
      ++listing_.dangling;
    }
  }

  void file(const fs::path& path, std::vector<fs::path>& found) {
    const bool own = path.filename() == WrittenFiles::kName ||
                     std::any_of(lists_.begin(), lists_.end(),
                                 [&](const auto& list) { return list->lists(path); });
    if (!image::has_image_extension(path)) {
      if (own) return;
      ++listing_.others;
      listing_.other_endings.insert(ending_of(path));
    } else if (own) {
      ++listing_.results;
    } else {
      found.push_back(path);
    }
  }

  void add_list(const fs::path& folder) {
    std::error_code error;
    if (!fs::exists(folder / WrittenFiles::kName, error)) return;
    lists_.push_back(std::make_shared<WrittenFiles>(folder));
  }

  const fs::path& root_;
  fs::path root_canonical_;
  FolderListing listing_;
  std::set<std::pair<dev_t, ino_t>> visited_;
  std::deque<fs::path> links_;
  std::vector<std::shared_ptr<WrittenFiles>> lists_;  ///< of the folders above the current one
};

}  // namespace

FolderListing list_pictures(const fs::path& folder, const fs::path& output_folder) {
  return Walk(folder, output_folder).work();
}

std::string left_out(const FolderListing& listing) {
  constexpr size_t kShown = 6;
  std::vector<std::string> parts;
  if (listing.others > 0) {
    std::string endings;
    size_t shown = 0;
    for (const std::string& ending : listing.other_endings) {
      if (ending.empty() || ++shown > kShown) continue;
      endings += (endings.empty() ? " (" : ", ") + ending;
    }
    if (!endings.empty()) endings += shown > kShown ? ", …)" : ")";
    parts.push_back(counted(listing.others, "file is no picture", "files are no pictures") +
                    endings);
  }
  if (listing.results > 0) {
    parts.push_back(counted(listing.results, "picture is a result", "pictures are results") +
                    " of fcclip");
  }
  if (listing.dangling > 0) {
    parts.push_back(counted(listing.dangling, "link leads", "links lead") + " nowhere");
  }
  if (listing.closed > 0) {
    parts.push_back(counted(listing.closed, "folder", "folders") + " may not be read");
  }
  std::string line;
  for (const std::string& part : parts) line += (line.empty() ? "" : "; ") + part;
  return line;
}

}  // namespace fcclip::runs
