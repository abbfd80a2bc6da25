#include "fcclip/scenes/world.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <unordered_map>

#include <nlohmann/json.hpp>

#include "fcclip/core/error.h"
#include "fcclip/io/safetensors.h"
#include "fcclip/scenes/hold_out.h"

namespace fcclip::scenes {
namespace {

using nlohmann::json;

constexpr const char* kFormat = "fcclip-world-1";
constexpr const char* kAdvice = "make it with `make world`";

[[noreturn]] void refuse(const std::filesystem::path& pack, const std::string& what) {
  fail(ErrorCode::bad_format, pack.string(), " is not a world of pictures: ", what, "; ", kAdvice);
}

json table(const io::Metadata& metadata, const char* key, const std::filesystem::path& pack) {
  const auto found = metadata.find(key);
  if (found == metadata.end()) refuse(pack, std::string("its metadata lacks \"") + key + "\"");
  json rows = json::parse(found->second, nullptr, false);
  if (!rows.is_array()) refuse(pack, std::string("\"") + key + "\" is not a JSON list");
  return rows;
}

at::Tensor pixels_of(const io::SafetensorsFile& file, const std::string& id,
                     const std::filesystem::path& pack) {
  if (!file.contains(id)) refuse(pack, "picture " + id + " is missing");
  at::Tensor pixels = file.tensor(id);
  const bool good = pixels.scalar_type() == at::kByte && pixels.dim() == 3 && pixels.size(2) == 4 &&
                    pixels.numel() > 0;
  if (!good) refuse(pack, "picture " + id + " is not [h, w, 4] uint8");
  return pixels;
}

Picture picture_of(const json& row) {
  Picture picture;
  row.at("id").get_to(picture.id);
  row.at("caption").get_to(picture.caption);
  row.at("style").get_to(picture.style);
  row.at("licence").get_to(picture.licence);
  row.at("synonyms").get_to(picture.synonyms);
  row.at("tileable").get_to(picture.tileable);
  row.at("is_extra").get_to(picture.is_extra);
  return picture;
}

Concept concept_of(const json& row) {
  Concept entry;
  row.at("name").get_to(entry.name);
  row.at("synonyms").get_to(entry.synonyms);
  row.at("broader").get_to(entry.broader);
  row.at("group").get_to(entry.group);
  row.at("is_thing").get_to(entry.is_thing);
  row.at("is_seen").get_to(entry.is_seen);
  return entry;
}

std::vector<Concept> read_concepts(const json& rows, int64_t min_pictures) {
  std::vector<Concept> concepts;
  for (const json& row : rows) {
    // Stuff always is part of the world: the names with few textures are still needed as ground.
    const bool is_kept =
        row.at("count").get<int64_t>() >= min_pictures || !row.at("is_thing").get<bool>();
    if (is_kept) concepts.push_back(concept_of(row));
  }
  std::stable_partition(concepts.begin(), concepts.end(),
                        [](const Concept& entry) { return entry.is_thing; });
  return concepts;
}

void add_pictures(const json& rows, const io::SafetensorsFile& file,
                  const std::filesystem::path& pack, std::vector<Concept>& concepts) {
  std::unordered_map<std::string, size_t> index;
  for (size_t k = 0; k < concepts.size(); ++k) index[concepts[k].name] = k;
  std::map<std::string, int64_t> groups;
  for (const json& row : rows) {
    const auto found = index.find(row.at("name").get<std::string>());
    if (found == index.end()) continue;
    Picture picture = picture_of(row);
    picture.pixels = pixels_of(file, picture.id, pack);
    const int64_t next = static_cast<int64_t>(groups.size());
    picture.look_alikes =
        groups.emplace(row.at("look_alikes").get<std::string>(), next).first->second;
    concepts[found->second].pictures.push_back(std::move(picture));
  }
}

classify::Vocabulary vocabulary_of(const std::vector<Concept>& concepts) {
  classify::Vocabulary vocabulary;
  vocabulary.name = "world";
  for (const Concept& entry : concepts) {
    classify::VocabularyClass item;
    item.id = static_cast<int64_t>(vocabulary.classes.size()) + 1;
    item.synonyms = {entry.name};
    item.synonyms.insert(item.synonyms.end(), entry.synonyms.begin(), entry.synonyms.end());
    item.is_thing = entry.is_thing;
    vocabulary.classes.push_back(std::move(item));
  }
  return vocabulary;
}

}  // namespace

bool Picture::is_free() const {
  return licence == "public-domain" || licence == "CC0-1.0" || licence == "OFL-1.1";
}

std::shared_ptr<const World> World::open(const std::filesystem::path& pack,
                                         const Options& options) {
  if (!std::filesystem::exists(pack)) {
    fail(ErrorCode::not_found, "no world of pictures at ", pack.string(), "; ", kAdvice);
  }
  const io::SafetensorsFile file(pack);
  const io::Metadata& metadata = file.metadata();
  const auto format = metadata.find("format");
  if (format == metadata.end() || format->second != kFormat) {
    refuse(pack, std::string("its format is not \"") + kFormat + "\"");
  }
  auto world = std::make_shared<World>();
  try {
    world->concepts_ = read_concepts(table(metadata, "concepts", pack), options.min_pictures);
    add_pictures(table(metadata, "pictures", pack), file, pack, world->concepts_);
  } catch (const json::exception& error) {
    refuse(pack, error.what());
  }
  for (Concept& entry : world->concepts_) {
    if (entry.pictures.empty()) refuse(pack, "concept \"" + entry.name + "\" has no picture");
    hold_out(entry);
  }
  world->vocabulary_ = vocabulary_of(world->concepts_);
  return world;
}

std::string vocabulary_text(const World& world, bool only_seen) {
  std::string things, stuff;
  for (const Concept& entry : world.concepts()) {
    if (only_seen && !entry.is_seen) continue;
    std::string line = entry.name;
    for (const std::string& synonym : entry.synonyms) line += " | " + synonym;
    (entry.is_thing ? things : stuff) += line + '\n';
  }
  return "[things]\n" + things + "[stuff]\n" + stuff;
}

std::string default_world() {
  const char* cache = std::getenv("FCCLIP_WORLD_CACHE");
  const bool is_set = cache != nullptr && *cache != '\0';
  return (std::filesystem::path(is_set ? cache : ".cache/world") / "world.safetensors").string();
}

}  // namespace fcclip::scenes
