#include "fcclip/data/match_pictures.h"

#include <array>
#include <functional>
#include <list>
#include <map>
#include <set>

#include "fcclip/core/error.h"
#include "fcclip/data/folder_index.h"

namespace fcclip::data {
namespace {

// What tools put between a picture's name and the ending of its mask.
constexpr std::array<std::string_view, 9> kMaskEndings = {
    "_mask", "_masks", "_label", "_labels", "_seg", "_segmentation", "_gt", "-mask", "_L"};

std::string before_mask_ending(const std::string& name) {
  for (const std::string_view ending : kMaskEndings) {
    if (name.size() > ending.size() && name.ends_with(ending)) {
      return name.substr(0, name.size() - ending.size());
    }
  }
  return "";
}

const ListedFile* picture_of_label(const ListedFile& label, const FileTable& pictures) {
  for (const std::string& bare : {label.bare, before_mask_ending(label.bare)}) {
    const ListedFile* found = nullptr;
    for (const ListedFile* picture : pictures.with_bare(bare)) {
      if (picture->path == label.path) continue;
      if (found != nullptr) {
        fail(ErrorCode::bad_format, found->path.string(), " and ", picture->path.string(),
             " may both be the picture of ", label.path.string());
      }
      found = picture;
    }
    if (found != nullptr) return found;
  }
  for (const std::string& name : {label.name, before_mask_ending(label.name)}) {
    const ListedFile* picture = name.empty() ? nullptr : pictures.named(name);
    if (picture != nullptr && picture->path != label.path) return picture;
  }
  return nullptr;
}

// Where folder + file_name is not there.
const ListedFile* similar_picture(const CocoPicture& entry, const FileTable& files,
                                  const std::string& panoptic_suffix) {
  if (!entry.file_name.empty()) {
    if (const ListedFile* alike = files.like(entry.file_name)) return alike;
    if (entry.png.empty()) return nullptr;
  }
  std::vector<std::string> names = {entry.id_text, stem_of(entry.png)};
  if (entry.png.ends_with(panoptic_suffix)) {
    names.push_back(entry.png.substr(0, entry.png.size() - panoptic_suffix.size()));
  }
  for (const std::string& name : names) {
    if (const ListedFile* found = files.named(name)) return found;
  }
  return nullptr;
}

// The file of each entry; nullptr where there is none. What is named as it stands is nobody else's.
std::vector<const ListedFile*> files_of(const std::vector<CocoPicture>& entries,
                                        const FileTable& files, const NamedBy& by) {
  std::vector<const ListedFile*> found(entries.size(), nullptr);
  std::set<const ListedFile*> exact;
  for (size_t i = 0; i < entries.size(); ++i) {
    if (!entries[i].file_name.empty()) found[i] = files.at(entries[i].file_name);
    if (found[i] != nullptr) exact.insert(found[i]);
  }
  std::map<const ListedFile*, const CocoPicture*> taken;
  for (size_t i = 0; i < entries.size(); ++i) {
    if (found[i] != nullptr) continue;
    const ListedFile* similar = similar_picture(entries[i], files, by.panoptic_suffix);
    if (similar == nullptr || exact.contains(similar)) continue;
    found[i] = similar;
    const auto [first, is_new] = taken.emplace(similar, &entries[i]);
    if (is_new || first->second->file_name == entries[i].file_name) continue;
    fail(ErrorCode::bad_format, by.json.string(), ": \"", first->second->file_name, "\" and \"",
         entries[i].file_name, "\" both lead to ", similar->path.string(),
         "; where is the other picture?");
  }
  return found;
}

// Where the picture of an entry should be.
ListedFile file_of_entry(const CocoPicture& entry, const FileTable& files) {
  const std::string name = entry.file_name.empty() ? entry.id_text : entry.file_name;
  const std::string bare = std::filesystem::path(name).replace_extension().string();
  return {files.folder() / name, name, bare, stem_of(name)};
}

}  // namespace

const ListedFile* find_picture(const CocoPicture& entry, const FileTable& files,
                               const std::string& panoptic_suffix) {
  const ListedFile* exact = entry.file_name.empty() ? nullptr : files.at(entry.file_name);
  return exact != nullptr ? exact : similar_picture(entry, files, panoptic_suffix);
}

std::vector<std::string> unique_names(const std::vector<const ListedFile*>& files,
                                      const std::vector<std::string>& ids) {
  std::vector<std::string> names(files.size());
  for (size_t i = 0; i < files.size(); ++i) names[i] = files[i]->name;
  const std::array<std::function<std::string(size_t)>, 3> longer = {
      [&](size_t i) { return files[i]->bare; }, [&](size_t i) { return files[i]->relative; },
      [&](size_t i) { return files[i]->relative + "." + ids[i]; }};
  for (const auto& lengthen : longer) {
    std::map<std::string, int64_t> count;
    for (const std::string& name : names) ++count[name];
    for (size_t i = 0; i < names.size(); ++i) {
      if (count[names[i]] > 1) names[i] = lengthen(i);
    }
  }
  return names;
}

std::vector<Picture> match_pictures(const std::vector<CocoPicture>& entries, const FileTable& files,
                                    const NamedBy& by) {
  std::vector<const ListedFile*> found = files_of(entries, files, by);
  std::vector<std::string> ids;
  const CocoPicture* missing = nullptr;
  int64_t missing_count = 0;
  for (size_t i = 0; i < entries.size(); ++i) {
    ids.push_back(entries[i].id_text);
    if (found[i] == nullptr && missing_count++ == 0) missing = &entries[i];
  }
  std::list<ListedFile> absent;
  const bool may_lack = by.may_lack_pictures && missing_count < std::ssize(entries);
  for (size_t i = 0; may_lack && i < entries.size(); ++i) {
    if (found[i] == nullptr) found[i] = &absent.emplace_back(file_of_entry(entries[i], files));
  }
  if (missing != nullptr && !may_lack) {
    const std::string more =
        missing_count > 1 ? " (and " + std::to_string(missing_count - 1) + " more)" : "";
    fail(ErrorCode::not_found, files.folder().string(), ": no picture ",
         missing->file_name.empty() ? missing->id_text : missing->file_name, ", which ",
         by.json.string(), " names", more, by.advice);
  }
  const std::vector<std::string> names = unique_names(found, ids);
  std::vector<Picture> pictures;
  for (size_t i = 0; i < entries.size(); ++i) {
    pictures.push_back({names[i], entries[i].id_json, found[i]->path, entries[i].size});
  }
  if (pictures.empty()) fail(ErrorCode::bad_format, by.json.string(), ": no pictures in it");
  return pictures;
}

std::vector<LabelPair> pair_labels(const FileTable& labels, const FileTable& pictures,
                                   const std::string& advice) {
  std::vector<LabelPair> pairs;
  std::vector<const ListedFile*> alone;
  std::set<std::filesystem::path> used;
  for (const ListedFile& label : labels.files()) {
    const ListedFile* picture = picture_of_label(label, pictures);
    if (picture == nullptr) {
      alone.push_back(&label);
      continue;
    }
    pairs.push_back({picture, &label});
    used.insert(picture->path);
  }
  // Where pictures and maps share a folder, what is the picture of a map is no map itself.
  for (const ListedFile* label : alone) {
    if (used.contains(label->path)) continue;
    fail(ErrorCode::not_found, pictures.folder().string(), ": no picture ", label->bare,
         ".*, whose labels are ", label->path.string(), advice);
  }
  return pairs;
}

const ListedFile* find_label(const ListedFile& picture, const FileTable& labels) {
  for (const std::string_view ending : {"", "_mask", "_label", "_labels", "_seg", "_gt"}) {
    for (const ListedFile* label : labels.with_bare(picture.bare + std::string(ending))) {
      if (label->path != picture.path) return label;
    }
  }
  return labels.named(picture.name);
}

}  // namespace fcclip::data
