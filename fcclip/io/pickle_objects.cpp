#include "fcclip/io/pickle_objects.h"

#include <array>

#include <ATen/ATen.h>

#include "fcclip/core/error.h"
#include "fcclip/io/mapped_file.h"

namespace fcclip::io {
namespace {

enum class Meaning {
  storage_type,
  dtype,
  tensor_v2,
  tensor_v3,
  parameter,
  tensor_subclass,
  ordered_dict,
  container,
  numpy_scalar,
  numpy_array,
  encode,
  opaque,
};

struct Global {
  std::string_view name;
  Meaning meaning;
};

// The whole list. `opaque` objects are those that training code leaves beside the weights.
constexpr std::array kGlobals = {
    Global{"torch._utils._rebuild_tensor_v2", Meaning::tensor_v2},
    Global{"torch._utils._rebuild_tensor_v3", Meaning::tensor_v3},
    Global{"torch._utils._rebuild_parameter", Meaning::parameter},
    Global{"torch._utils._rebuild_parameter_with_state", Meaning::parameter},
    Global{"torch._tensor._rebuild_from_type_v2", Meaning::tensor_subclass},
    Global{"torch.Tensor", Meaning::opaque},
    Global{"torch.nn.parameter.Parameter", Meaning::opaque},
    Global{"torch.Size", Meaning::opaque},
    Global{"torch.device", Meaning::opaque},
    Global{"torch.torch_version.TorchVersion", Meaning::opaque},
    Global{"torch.serialization._get_layout", Meaning::opaque},
    Global{"collections.OrderedDict", Meaning::ordered_dict},
    Global{"collections.defaultdict", Meaning::container},
    Global{"collections.Counter", Meaning::container},
    Global{"builtins.dict", Meaning::container},
    Global{"builtins.list", Meaning::opaque},
    Global{"builtins.tuple", Meaning::opaque},
    Global{"builtins.set", Meaning::opaque},
    Global{"builtins.frozenset", Meaning::opaque},
    Global{"builtins.int", Meaning::opaque},
    Global{"builtins.float", Meaning::opaque},
    Global{"builtins.complex", Meaning::opaque},
    Global{"builtins.bytearray", Meaning::opaque},
    Global{"__builtin__.set", Meaning::opaque},
    Global{"__builtin__.bytearray", Meaning::opaque},
    Global{"_codecs.encode", Meaning::encode},
    Global{"numpy.dtype", Meaning::opaque},
    Global{"numpy.ndarray", Meaning::opaque},
    Global{"numpy.core.multiarray.scalar", Meaning::numpy_scalar},
    Global{"numpy._core.multiarray.scalar", Meaning::numpy_scalar},
    Global{"numpy.core.multiarray._reconstruct", Meaning::numpy_array},
    Global{"numpy._core.multiarray._reconstruct", Meaning::numpy_array},
    Global{"argparse.Namespace", Meaning::opaque},
};

struct StorageType {
  std::string_view name;
  at::ScalarType dtype;
};

constexpr std::array kStorageTypes = {
    StorageType{"DoubleStorage", at::kDouble},
    StorageType{"FloatStorage", at::kFloat},
    StorageType{"HalfStorage", at::kHalf},
    StorageType{"BFloat16Storage", at::kBFloat16},
    StorageType{"LongStorage", at::kLong},
    StorageType{"IntStorage", at::kInt},
    StorageType{"ShortStorage", at::kShort},
    StorageType{"CharStorage", at::kChar},
    StorageType{"ByteStorage", at::kByte},
    StorageType{"BoolStorage", at::kBool},
    StorageType{"ComplexFloatStorage", at::kComplexFloat},
    StorageType{"ComplexDoubleStorage", at::kComplexDouble},
};

constexpr std::array kTorchDtypes = {
    StorageType{"torch.float64", at::kDouble},
    StorageType{"torch.float32", at::kFloat},
    StorageType{"torch.float16", at::kHalf},
    StorageType{"torch.bfloat16", at::kBFloat16},
    StorageType{"torch.int64", at::kLong},
    StorageType{"torch.int32", at::kInt},
    StorageType{"torch.int16", at::kShort},
    StorageType{"torch.int8", at::kChar},
    StorageType{"torch.uint8", at::kByte},
    StorageType{"torch.bool", at::kBool},
    StorageType{"torch.uint16", at::kUInt16},
    StorageType{"torch.uint32", at::kUInt32},
    StorageType{"torch.uint64", at::kUInt64},
    StorageType{"torch.complex64", at::kComplexFloat},
    StorageType{"torch.complex128", at::kComplexDouble},
    StorageType{"torch.float8_e4m3fn", at::kFloat8_e4m3fn},
    StorageType{"torch.float8_e5m2", at::kFloat8_e5m2},
};

constexpr std::string_view kUntyped = "torch.storage.UntypedStorage";

template <size_t N>
std::optional<at::ScalarType> lookup(const std::array<StorageType, N>& table,
                                     std::string_view name) {
  for (const StorageType& row : table) {
    if (row.name == name) return row.dtype;
  }
  return std::nullopt;
}

std::optional<at::ScalarType> storage_dtype(std::string_view name) {
  for (const std::string_view module : {"torch.cuda.", "torch."}) {
    if (name.starts_with(module)) return lookup(kStorageTypes, name.substr(module.size()));
  }
  return std::nullopt;
}

std::optional<Meaning> meaning_of(std::string_view name) {
  for (const Global& row : kGlobals) {
    if (row.name == name) return row.meaning;
  }
  if (name == kUntyped || storage_dtype(name)) return Meaning::storage_type;
  if (lookup(kTorchDtypes, name)) return Meaning::dtype;
  return std::nullopt;
}

[[noreturn]] void malformed(const std::string& file, const char* what) {
  fail(ErrorCode::bad_format, file, ": ", what,
       " is not as torch.save writes it; the file is damaged");
}

const PickleValue& argument(const PickleDocument& document, const PickleValue& tuple, size_t index,
                            PickleKind kind, const std::string& file) {
  if (tuple.kind != PickleKind::tuple || index >= tuple.items.size() ||
      document.at(tuple.items[index]).kind != kind) {
    malformed(file, "a tensor's description");
  }
  return document.at(tuple.items[index]);
}

std::vector<int64_t> extents(const PickleDocument& document, const PickleValue& tuple,
                             const std::string& file) {
  std::vector<int64_t> values;
  for (size_t i = 0; i < tuple.items.size(); ++i) {
    values.push_back(argument(document, tuple, i, PickleKind::integer, file).integer);
  }
  return values;
}

/// Whether every element lies inside the storage. Products are checked before they are made.
bool fits(const PickledTensor& tensor, int64_t storage_size) {
  constexpr size_t kMostDimensions = 64;
  const int64_t numel = checked_numel(tensor.shape);
  if (numel < 0 || tensor.offset < 0 || tensor.shape.size() > kMostDimensions ||
      tensor.strides.size() != tensor.shape.size()) {
    return false;
  }
  for (const int64_t stride : tensor.strides) {
    if (stride < 0) return false;
  }
  if (numel == 0) return true;
  int64_t last = tensor.offset;
  for (size_t i = 0; i < tensor.shape.size(); ++i) {
    const int64_t steps = tensor.shape[i] - 1, stride = tensor.strides[i];
    if (steps > 0 && stride > (INT64_MAX - last) / steps) return false;
    last += steps * stride;
  }
  return last < storage_size;
}

PickleValue make_tensor(PickleDocument& document, const PickleValue& arguments, bool has_dtype,
                        const std::string& file) {
  const auto& storage = argument(document, arguments, 0, PickleKind::storage, file);
  PickledTensor tensor;
  tensor.storage = static_cast<size_t>(storage.integer);
  tensor.offset = argument(document, arguments, 1, PickleKind::integer, file).integer;
  tensor.shape = extents(document, argument(document, arguments, 2, PickleKind::tuple, file), file);
  tensor.strides =
      extents(document, argument(document, arguments, 3, PickleKind::tuple, file), file);
  const PickledStorage& memory = document.storages[tensor.storage];
  tensor.dtype = memory.dtype;
  if (has_dtype) {
    const auto dtype =
        lookup(kTorchDtypes, argument(document, arguments, 6, PickleKind::global, file).text);
    if (!dtype) malformed(file, "a tensor's dtype");
    tensor.dtype = *dtype;
  }
  const int64_t unit = memory.untyped ? static_cast<int64_t>(at::elementSize(tensor.dtype)) : 1;
  if (memory.untyped != has_dtype && tensor.dtype != memory.dtype) {
    malformed(file, "a tensor's dtype");
  }
  if (!fits(tensor, memory.size / unit)) {
    fail(ErrorCode::bad_format, file, ": a tensor of shape ", at::IntArrayRef(tensor.shape),
         ", strides ", at::IntArrayRef(tensor.strides), ", offset ", tensor.offset,
         " reaches outside its storage of ", memory.size / unit, " elements; the file is damaged");
  }
  PickleValue value;
  value.kind = PickleKind::tensor;
  value.integer = static_cast<int64_t>(document.tensors.size());
  document.tensors.push_back(std::move(tensor));
  return value;
}

/// _rebuild_from_type_v2(function, type, arguments, state): a tensor with attributes, which are
/// dropped.
PickleValue make_subclass(PickleDocument& document, const PickleValue& arguments,
                          const std::string& file) {
  const PickleValue function = argument(document, arguments, 0, PickleKind::global, file);
  const PickleValue inner = argument(document, arguments, 2, PickleKind::tuple, file);
  const auto meaning = meaning_of(function.text);
  if (meaning != Meaning::tensor_v2 && meaning != Meaning::tensor_v3) {
    malformed(file, "a tensor with attributes");
  }
  return make_object(document, function, inner, file);
}

/// scalar(dtype, bytes): the number itself where it is a plain integer or real, else opaque.
PickleValue make_scalar(const PickleDocument& document, const PickleValue& arguments) {
  PickleValue value;
  value.kind = PickleKind::opaque;
  if (arguments.items.size() != 2) return value;
  const std::string& dtype = document.at(arguments.items[0]).text;
  const std::string& bytes = document.at(arguments.items[1]).text;
  if (dtype == "i8" && bytes.size() == sizeof value.integer) {
    value.kind = PickleKind::integer;
    std::memcpy(&value.integer, bytes.data(), sizeof value.integer);
  } else if (dtype == "f8" && bytes.size() == sizeof value.real) {
    value.kind = PickleKind::real;
    std::memcpy(&value.real, bytes.data(), sizeof value.real);
  }
  return value;
}

/// _codecs.encode(text, "latin1"): how protocol 2 writes bytes. Code points above 255 end the
/// bytes.
PickleValue make_bytes(const PickleDocument& document, const PickleValue& arguments,
                       const std::string& file) {
  PickleValue value;
  value.kind = PickleKind::bytes;
  const std::string& text = argument(document, arguments, 0, PickleKind::text, file).text;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto lead = static_cast<unsigned char>(text[i]);
    if (lead < 0x80) {
      value.text += text[i];
    } else if ((lead == 0xC2 || lead == 0xC3) && i + 1 < text.size()) {
      value.text += static_cast<char>((lead & 3) << 6 | (text[++i] & 0x3F));
    } else {
      malformed(file, "a byte string");
    }
  }
  return value;
}

PickleValue of_kind(PickleKind kind) {
  PickleValue value;
  value.kind = kind;
  return value;
}

/// dtype("i8", …), Size(…): the first text tells what it is and is kept.
PickleValue make_opaque(const PickleDocument& document, const PickleValue& arguments) {
  PickleValue value = of_kind(PickleKind::opaque);
  if (!arguments.items.empty()) {
    const PickleValue& first = document.at(arguments.items[0]);
    if (first.kind == PickleKind::text) value.text = first.text;
  }
  return value;
}

/// OrderedDict(), or OrderedDict([[key, value], …]) as Python 2 wrote it.
PickleValue make_dict(const PickleDocument& document, const PickleValue& arguments,
                      const std::string& file) {
  PickleValue value = of_kind(PickleKind::dict);
  if (arguments.items.empty()) return value;
  for (const PickleRef pair : argument(document, arguments, 0, PickleKind::list, file).items) {
    const std::vector<PickleRef>& both = document.at(pair).items;
    if (both.size() != 2) malformed(file, "a dict");
    value.items.insert(value.items.end(), both.begin(), both.end());
  }
  return value;
}

}  // namespace

bool is_allowed_global(std::string_view name) {
  return meaning_of(name).has_value();
}

PickleValue make_object(PickleDocument& document, const PickleValue& callable,
                        const PickleValue& arguments, const std::string& file) {
  const auto meaning =
      callable.kind == PickleKind::global ? meaning_of(callable.text) : std::nullopt;
  if (!meaning) {
    fail(ErrorCode::unsafe_file, file, " asks to call ", describe(callable.kind),
         "; only tensors and plain containers are read, nothing was run");
  }
  if (arguments.kind != PickleKind::tuple) malformed(file, "an object's arguments");
  switch (*meaning) {
    case Meaning::tensor_v2:
      return make_tensor(document, arguments, false, file);
    case Meaning::tensor_v3:
      return make_tensor(document, arguments, true, file);
    case Meaning::parameter:
      return argument(document, arguments, 0, PickleKind::tensor, file);
    case Meaning::tensor_subclass:
      return make_subclass(document, arguments, file);
    case Meaning::ordered_dict:
      return make_dict(document, arguments, file);
    case Meaning::container:
      return of_kind(PickleKind::dict);
    case Meaning::numpy_scalar:
      return make_scalar(document, arguments);
    case Meaning::numpy_array:
      return of_kind(PickleKind::array);
    case Meaning::encode:
      return make_bytes(document, arguments, file);
    case Meaning::opaque:
      return make_opaque(document, arguments);
    case Meaning::storage_type:
    case Meaning::dtype:
      break;
  }
  malformed(file, "an object");
}

PickleValue make_storage(PickleDocument& document, const PickleValue& id, const std::string& file) {
  if (argument(document, id, 0, PickleKind::text, file).text != "storage") {
    malformed(file, "a storage's identifier");
  }
  const std::string& type = argument(document, id, 1, PickleKind::global, file).text;
  PickledStorage storage;
  storage.key = argument(document, id, 2, PickleKind::text, file).text;
  storage.size = argument(document, id, 4, PickleKind::integer, file).integer;
  storage.untyped = type == kUntyped;
  const auto dtype = storage.untyped ? at::kByte : storage_dtype(type);
  if (!dtype || storage.size < 0) malformed(file, "a storage's identifier");
  storage.dtype = *dtype;
  if (id.items.size() > 5 && document.at(id.items[5]).kind == PickleKind::tuple) {
    const PickleValue& view = document.at(id.items[5]);  // (key, offset, size) of a legacy file
    storage.view_offset = argument(document, view, 1, PickleKind::integer, file).integer;
    storage.size = argument(document, view, 2, PickleKind::integer, file).integer;
    if (storage.view_offset < 0 || storage.size < 0) malformed(file, "a storage's view");
  }
  PickleValue value = of_kind(PickleKind::storage);
  value.integer = static_cast<int64_t>(document.storages.size());
  document.storages.push_back(std::move(storage));
  return value;
}

void apply_state(PickleValue& object, const std::string& file) {
  switch (object.kind) {
    case PickleKind::dict:  // OrderedDict's attributes, such as a state dict's _metadata
    case PickleKind::array:
    case PickleKind::opaque:
    case PickleKind::tensor:
      return;
    default:
      malformed(file, "an object's state");
  }
}

}  // namespace fcclip::io
