#pragma once
// Python's pickle format, read as data: nothing is imported, called or run.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace fcclip::io {

/// What values a checkpoint's pickle may hold.
enum class PickleKind {
  none,
  boolean,
  integer,
  big_integer,
  real,
  text,
  bytes,
  tuple,
  list,
  dict,
  set,
  global,   ///< an allowed name, not yet called
  storage,  ///< a persistent reference to a tensor's memory
  tensor,
  array,   ///< a numpy array: only that it is one is known
  opaque,  ///< an allowed object whose content does not matter
};

/// "a string", "a list" …, for messages.
std::string_view describe(PickleKind kind);

/// Position in PickleDocument::values. Positions instead of pointers: pickles may hold cycles and a
/// million levels of nesting, and neither may matter.
using PickleRef = uint32_t;

/// One value; which members mean something is said by its kind.
struct PickleValue {
  PickleKind kind = PickleKind::none;
  int64_t integer = 0;  ///< also booleans, and positions in storages / tensors
  double real = 0;
  std::string text;  ///< also bytes, big integers (little-endian), "module.name" of globals
  std::vector<PickleRef> items;  ///< of tuples, lists, sets; dicts: key, value, key, value …
};

/// torch's persistent identifier of a tensor's memory.
struct PickledStorage {
  std::string key;
  at::ScalarType dtype;
  bool untyped = false;     ///< `size` counts bytes and the dtype comes with the tensor
  int64_t size = 0;         ///< elements
  int64_t view_offset = 0;  ///< of legacy files: first element inside the storage that is stored
};

/// A tensor as torch pickles it: a view of a storage.
struct PickledTensor {
  size_t storage = 0;  ///< in PickleDocument::storages
  at::ScalarType dtype;
  int64_t offset = 0;  ///< elements
  std::vector<int64_t> shape, strides;
};

/// Every value of one pickle.
struct PickleDocument {
  std::vector<PickleValue> values;
  std::vector<PickledStorage> storages;
  std::vector<PickledTensor> tensors;
  PickleRef root = 0;
  size_t consumed = 0;  ///< bytes up to and with the STOP code

  const PickleValue& at(PickleRef ref) const { return values[ref]; }
  /// The value of a text key in a dict; the last one counts; nullptr when there is none.
  const PickleValue* find(const PickleValue& dict, std::string_view key) const;
};

/// Reads one pickle of protocols 2 to 5 (what protocol 1 shares with them included). Only the names
/// on the list in pickle_objects.cpp may occur. Throws Error{unsafe_file} naming any other,
/// Error{bad_format} for truncated or malformed input, Error{unsupported} for opcodes no checkpoint
/// needs; `file` is named.
PickleDocument read_pickle(std::span<const std::byte> bytes, const std::string& file);

}  // namespace fcclip::io
