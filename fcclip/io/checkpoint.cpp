#include "fcclip/io/checkpoint.h"

#include <array>
#include <map>
#include <set>

#include <ATen/ATen.h>

#include "fcclip/core/error.h"
#include "fcclip/io/byte_reader.h"
#include "fcclip/io/file_kind.h"
#include "fcclip/io/mapped_file.h"
#include "fcclip/io/pickle_reader.h"
#include "fcclip/io/state_dict.h"
#include "fcclip/io/zip_reader.h"
#include "fcclip/text/printable.h"

namespace fcclip::io {
namespace {

using FilePtr = std::shared_ptr<const MappedFile>;

/// Where each storage's bytes are, in the order of PickleDocument::storages.
struct StoragePlace {
  size_t begin = 0;
  uint64_t bytes = 0;
};

uint64_t storage_bytes(const PickledStorage& storage) {
  const uint64_t size = at::elementSize(storage.dtype);
  const auto count =
      static_cast<uint64_t>(storage.size) + static_cast<uint64_t>(storage.view_offset);
  return count > UINT64_MAX / size ? UINT64_MAX : count * size;
}

void check_storage(const PickledStorage& storage, uint64_t bytes, const std::string& file) {
  if (storage_bytes(storage) <= bytes) return;
  fail(ErrorCode::bad_format, file, ": storage ", text::printable(storage.key), " has ", bytes,
       " bytes, its tensors need ", storage_bytes(storage), "; the file is truncated or damaged");
}

/// Python dicts keep the first place and the last value of a repeated key; so does this.
class TensorList {
 public:
  explicit TensorList(NamedTensors& out) : out_(out) {}
  void set(const std::string& name, at::Tensor tensor) {
    const auto [place, is_new] = index_.emplace(name, out_.size());
    if (is_new) {
      out_.emplace_back(name, std::move(tensor));
    } else {
      out_[place->second].second = std::move(tensor);
    }
  }

 private:
  NamedTensors& out_;
  std::map<std::string, size_t> index_;
};

at::Tensor materialise(const FilePtr& file, const PickleDocument& document,
                       const PickledTensor& tensor, const std::vector<StoragePlace>& places) {
  const PickledStorage& storage = document.storages[tensor.storage];
  const size_t size = at::elementSize(tensor.dtype);
  TensorView view{0, tensor.shape, tensor.strides, tensor.dtype};
  // Both offsets were checked to lie inside the storage, and the storage inside the file.
  view.begin_byte =
      places[tensor.storage].begin +
      static_cast<size_t>(storage.view_offset) * at::elementSize(storage.dtype) +
      (checked_numel(tensor.shape) == 0 ? 0 : static_cast<size_t>(tensor.offset) * size);
  return tensor_of(file, view);
}

bool is_weight(const PickleValue& key, const PickleValue& value) {
  return key.kind == PickleKind::text && value.kind == PickleKind::tensor;
}

// Beside the tensors of a bare dict may stand numbers such as "epoch"; what is named as a weight
// is one, and a tensor has a name.
void refuse_odd_entry(const PickleValue& key, const PickleValue& value, const std::string& file) {
  const bool named = key.kind == PickleKind::text;
  if (named ? key.text.find('.') == std::string::npos : value.kind != PickleKind::tensor) return;
  fail(ErrorCode::bad_format, file, ": ",
       named ? text::printable(key.text) : std::string(describe(key.kind)), " is ",
       describe(value.kind), ", expected a tensor by its name");
}

Checkpoint collect(const FilePtr& file, const PickleDocument& document,
                   const std::vector<StoragePlace>& places, const std::string& container) {
  const std::string name = file->path().string();
  Checkpoint checkpoint;
  StateDict found = find_state_dict(document, container, name);
  checkpoint.container = std::move(found.path);
  checkpoint.others = std::move(found.others);
  checkpoint.iteration = found.iteration;
  TensorList list(checkpoint.tensors);
  const PickleValue& dict = document.at(found.dict);
  for (size_t i = 0; i + 1 < dict.items.size(); i += 2) {
    const PickleValue& key = document.at(dict.items[i]);
    const PickleValue& value = document.at(dict.items[i + 1]);
    if (!is_weight(key, value)) {
      refuse_odd_entry(key, value, name);
      continue;
    }
    list.set(key.text, materialise(file, document,
                                   document.tensors[static_cast<size_t>(value.integer)], places));
  }
  return checkpoint;
}

/// Records stand in one folder that is named after the file as it was saved.
std::string archive_folder(const ZipFile& zip, const std::string& file) {
  constexpr std::string_view kPickle = "/data.pkl";
  std::string folder;
  bool is_script = false;
  for (const auto& [name, record] : zip.records()) {
    if (name.ends_with("/constants.pkl")) is_script = true;
    if (name.ends_with(kPickle) && std::count(name.begin(), name.end(), '/') == 1) {
      folder = name.substr(0, name.size() - kPickle.size());
    }
  }
  if (is_script) {
    fail(ErrorCode::unsupported, file,
         " is a TorchScript program, which would have to be run; expected a state dict saved by "
         "torch.save");
  }
  if (folder.empty()) {
    fail(ErrorCode::bad_format, file,
         " is a zip file without data.pkl: not a checkpoint of torch.save, or a damaged one");
  }
  return folder;
}

Checkpoint open_zip(const FilePtr& file, const OpenOptions& options) {
  const std::string name = file->path().string();
  const ZipFile zip(file);
  if (options.checksums == Checksums::verify) zip.verify_checksums();
  const std::string folder = archive_folder(zip, name);
  if (const ZipRecord* order = zip.find(folder + "/byteorder")) {
    const auto bytes = zip.bytes(*order);
    if (std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()) != "little") {
      fail(ErrorCode::unsupported, name, " was saved on a big-endian machine");
    }
  }
  const PickleDocument document = read_pickle(zip.bytes(*zip.find(folder + "/data.pkl")), name);
  std::vector<StoragePlace> places;
  for (const PickledStorage& storage : document.storages) {
    const ZipRecord* record = zip.find(folder + "/data/" + storage.key);
    if (record == nullptr) {
      fail(ErrorCode::bad_format, name, ": the data of storage ", text::printable(storage.key),
           " is not in the file; it is damaged");
    }
    check_storage(storage, record->size, name);
    places.push_back({record->begin, record->size});
  }
  Checkpoint checkpoint = collect(file, document, places, options.container);
  checkpoint.format = "torch zip";
  return checkpoint;
}

// torch.serialization's magic number, 0x1950a86a20f9469cfc6c, as the pickle stores it.
constexpr std::string_view kLegacyMagic = "\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";
constexpr int64_t kLegacyProtocol = 1001;

PickleDocument next_pickle(ByteReader& reader, const MappedFile& file) {
  PickleDocument document =
      read_pickle(file.bytes().subspan(reader.position()), file.path().string());
  reader.take(document.consumed);
  return document;
}

void check_legacy_start(const PickleDocument& magic, const std::string& file) {
  const PickleValue& value = magic.at(magic.root);
  if (value.kind == PickleKind::big_integer && value.text == kLegacyMagic) return;
  fail(ErrorCode::bad_format, file, " is a Python pickle of ", describe(value.kind),
       ", not a checkpoint written by torch.save; save the model's state_dict() with it");
}

void check_legacy_system(const PickleDocument& protocol, const PickleDocument& system,
                         const std::string& file) {
  if (protocol.at(protocol.root).integer != kLegacyProtocol) {
    fail(ErrorCode::unsupported, file, ": an unknown version of torch.save's older format");
  }
  const PickleValue* little = system.find(system.at(system.root), "little_endian");
  if (little != nullptr && little->kind == PickleKind::boolean && little->integer == 0) {
    fail(ErrorCode::unsupported, file, " was saved on a big-endian machine");
  }
}

/// After the pickles: for each key, the number of elements and then the elements.
std::map<std::string, StoragePlace> legacy_places(ByteReader& reader,
                                                  const PickleDocument& document,
                                                  const PickleDocument& keys) {
  std::map<std::string, uint64_t> element_sizes;
  for (const PickledStorage& storage : document.storages) {
    const uint64_t size = at::elementSize(storage.dtype);
    const auto [known, is_new] = element_sizes.emplace(storage.key, size);
    if (!is_new && known->second != size) {
      fail(ErrorCode::bad_format, reader.file(), ": storage ", text::printable(storage.key),
           " has two element types; the file is damaged");
    }
  }
  std::map<std::string, StoragePlace> places;
  for (const PickleRef ref : keys.at(keys.root).items) {
    const std::string& key = keys.at(ref).text;
    const auto size = element_sizes.find(key);
    const uint64_t count = reader.unsigned_int(8);
    const uint64_t element = size == element_sizes.end() ? 0 : size->second;
    if (element == 0 || count > reader.remaining() / element || places.contains(key)) {
      fail(ErrorCode::bad_format, reader.file(), ": storage ", text::printable(key), " of ", count,
           " elements does not fit the file; it is truncated or damaged");
    }
    places[key] = {reader.position(), count * element};
    reader.take(count * element);
  }
  return places;
}

Checkpoint open_legacy(const FilePtr& file, const OpenOptions& options) {
  const std::string name = file->path().string();
  ByteReader reader(file->bytes(), name);
  check_legacy_start(next_pickle(reader, *file), name);
  const PickleDocument protocol = next_pickle(reader, *file), system = next_pickle(reader, *file);
  check_legacy_system(protocol, system, name);
  const PickleDocument document = next_pickle(reader, *file);
  const PickleDocument keys = next_pickle(reader, *file);
  const auto by_key = legacy_places(reader, document, keys);
  std::vector<StoragePlace> places;
  for (const PickledStorage& storage : document.storages) {
    const auto found = by_key.find(storage.key);
    if (found == by_key.end()) {
      fail(ErrorCode::bad_format, name, ": the data of storage ", text::printable(storage.key),
           " is not in the file; it is damaged");
    }
    check_storage(storage, found->second.bytes, name);
    places.push_back(found->second);
  }
  Checkpoint checkpoint = collect(file, document, places, options.container);
  checkpoint.format = "torch legacy";
  return checkpoint;
}

Checkpoint open_safetensors(const FilePtr& mapped) {
  const SafetensorsFile file(mapped);
  Checkpoint checkpoint;
  checkpoint.format = "safetensors";
  checkpoint.metadata = file.metadata();
  for (const std::string& name : file.names())
    checkpoint.tensors.emplace_back(name, file.tensor(name));
  return checkpoint;
}

/// What torch's DistributedDataParallel puts before every name.
void strip_prefix(Checkpoint& checkpoint) {
  constexpr std::string_view kPrefix = "module.";
  for (const auto& [name, tensor] : checkpoint.tensors) {
    if (!name.starts_with(kPrefix)) return;
  }
  for (auto& entry : checkpoint.tensors) entry.first.erase(0, kPrefix.size());
}

bool starts_with(const MappedFile& file, std::string_view start) {
  const auto bytes = file.bytes();
  return bytes.size() >= start.size() && std::memcmp(bytes.data(), start.data(), start.size()) == 0;
}

std::string_view text_of(const MappedFile& file) {
  const auto bytes = file.bytes();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool looks_like_safetensors(const MappedFile& file) {
  const WeightForm form = file_kind(text_of(file)).form;
  const bool is_named_so = file.path().extension() == ".safetensors" && file.bytes().size() > 8;
  return form == WeightForm::safetensors || (form == WeightForm::none && is_named_so);
}

Checkpoint open_any(const FilePtr& file, const OpenOptions& options) {
  const std::string path = file->path().string();
  if (starts_with(*file, "PK")) return open_zip(file, options);
  // A header of 128 bytes begins as a pickle does: its own form comes first.
  if (!file->bytes().empty() && looks_like_safetensors(*file)) return open_safetensors(file);
  if (starts_with(*file, "\x80")) return open_legacy(file, options);
  const FileKind kind = file_kind(text_of(*file));
  fail(ErrorCode::bad_format, path, " is ", kind.what, ", no checkpoint; ",
       kind.advice.empty() ? "expected a file of torch.save (.pth, .pt, .bin) or safetensors"
                           : kind.advice);
}

}  // namespace

at::Tensor Checkpoint::find(const std::string& name) const {
  for (const auto& [candidate, tensor] : tensors) {
    if (candidate == name) return tensor;
  }
  return {};
}

Metadata open_metadata(const std::filesystem::path& path) {
  const FilePtr file = MappedFile::open(path);
  if (file->bytes().empty() || !looks_like_safetensors(*file)) return {};
  return SafetensorsFile(file).metadata();
}

Checkpoint open_checkpoint(const std::filesystem::path& path, const OpenOptions& options) {
  return open_checkpoint(MappedFile::open(path), options);
}

Checkpoint open_checkpoint(std::shared_ptr<const MappedFile> file, const OpenOptions& options) {
  Checkpoint checkpoint = open_any(file, options);
  strip_prefix(checkpoint);
  return checkpoint;
}

}  // namespace fcclip::io
