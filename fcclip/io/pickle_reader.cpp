#include "fcclip/io/pickle_reader.h"

#include <bit>
#include <unordered_map>

#include "fcclip/core/error.h"
#include "fcclip/io/byte_reader.h"
#include "fcclip/io/pickle_objects.h"
#include "fcclip/text/printable.h"

namespace fcclip::io {
namespace {

// Checkpoints have some ten thousand objects; a file that makes millions wants the memory.
constexpr size_t kMostValues = 4'000'000;
constexpr size_t kLongestName = 256;
constexpr uint8_t kNewestProtocol = 5;

enum Code : uint8_t {
  kProto = 0x80,
  kFrame = 0x95,
  kStop = '.',
  kMark = '(',
  kPop = '0',
  kPopMark = '1',
  kDup = '2',
  kNone = 'N',
  kNewTrue = 0x88,
  kNewFalse = 0x89,
  kBinInt = 'J',
  kBinInt1 = 'K',
  kBinInt2 = 'M',
  kLong1 = 0x8A,
  kLong4 = 0x8B,
  kBinFloat = 'G',
  kBinUnicode = 'X',
  kShortBinUnicode = 0x8C,
  kBinUnicode8 = 0x8D,
  kBinString = 'T',
  kShortBinString = 'U',
  kBinBytes = 'B',
  kShortBinBytes = 'C',
  kBinBytes8 = 0x8E,
  kByteArray8 = 0x96,
  kEmptyTuple = ')',
  kTuple = 't',
  kTuple1 = 0x85,
  kTuple2 = 0x86,
  kTuple3 = 0x87,
  kEmptyList = ']',
  kList = 'l',
  kAppend = 'a',
  kAppends = 'e',
  kEmptyDict = '}',
  kDict = 'd',
  kSetItem = 's',
  kSetItems = 'u',
  kEmptySet = 0x8F,
  kAddItems = 0x90,
  kFrozenSet = 0x91,
  kBinGet = 'h',
  kLongBinGet = 'j',
  kBinPut = 'q',
  kLongBinPut = 'r',
  kMemoize = 0x94,
  kGlobal = 'c',
  kStackGlobal = 0x93,
  kInst = 'i',
  kReduce = 'R',
  kNewObj = 0x81,
  kNewObjEx = 0x92,
  kBuild = 'b',
  kBinPersId = 'Q',
};

class Machine {
 public:
  Machine(std::span<const std::byte> bytes, const std::string& file) : reader_(bytes, file) {}

  PickleDocument run() {
    while (true) {
      const uint8_t code = reader_.byte();
      if (code == kStop) break;
      if (!scalar(code) && !text(code) && !container(code) && !memo(code) && !object(code)) {
        stack_code(code);
      }
    }
    document_.root = pop();
    document_.consumed = reader_.position();
    return std::move(document_);
  }

 private:
  [[noreturn]] void malformed(const char* what) const {
    fail(ErrorCode::bad_format, reader_.file(), ": damaged pickle, ", what, " before byte ",
         reader_.position());
  }

  PickleRef add(PickleValue value) {
    if (document_.values.size() >= kMostValues || stack_.size() >= kMostValues) {
      malformed("over four million objects");
    }
    document_.values.push_back(std::move(value));
    return static_cast<PickleRef>(document_.values.size() - 1);
  }
  void push(PickleValue value) { stack_.push_back(add(std::move(value))); }
  void push(PickleKind kind) { push(PickleValue{kind}); }
  void push_integer(int64_t integer, PickleKind kind = PickleKind::integer) {
    PickleValue value{kind};
    value.integer = integer;
    push(std::move(value));
  }
  void push_text(PickleKind kind, uint64_t count) {
    PickleValue value{kind};
    value.text = reader_.text(count);
    push(std::move(value));
  }
  size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }
  PickleRef top() const {
    if (stack_.size() <= floor()) malformed("nothing on the stack");
    return stack_.back();
  }
  PickleRef pop() {
    const PickleRef ref = top();
    stack_.pop_back();
    return ref;
  }
  std::vector<PickleRef> pop_to_mark() {
    if (marks_.empty()) malformed("no mark on the stack");
    const auto first = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
    std::vector<PickleRef> items(first, stack_.end());
    stack_.erase(first, stack_.end());
    marks_.pop_back();
    return items;
  }
  PickleValue& top_of_kind(PickleKind kind) {
    PickleValue& value = document_.values[top()];
    if (value.kind != kind) malformed("a value of the wrong kind");
    return value;
  }
  void push_items(PickleKind kind, std::vector<PickleRef> items) {
    if (kind == PickleKind::dict && items.size() % 2 != 0) malformed("a key without a value");
    PickleValue value{kind};
    value.items = std::move(items);
    push(std::move(value));
  }
  void push_tuple(size_t count) {
    std::vector<PickleRef> items(count);
    while (count-- > 0) items[count] = pop();
    push_items(PickleKind::tuple, std::move(items));
  }
  void extend(PickleKind kind, const std::vector<PickleRef>& items) {
    if (kind == PickleKind::dict && items.size() % 2 != 0) malformed("a key without a value");
    PickleValue& value = document_.values[top()];
    // Counters, namespaces and the like are filled in the same way; their content does not matter.
    if (value.kind == PickleKind::opaque) return;
    PickleValue& target = top_of_kind(kind);
    target.items.insert(target.items.end(), items.begin(), items.end());
  }

  void push_long(uint64_t count) {
    const std::string_view bytes = reader_.text(count);
    if (count > 8) {
      PickleValue value{PickleKind::big_integer};
      value.text = bytes;
      return push(std::move(value));
    }
    const bool negative = !bytes.empty() && (bytes.back() & 0x80) != 0;
    uint64_t integer = negative ? ~uint64_t{0} : 0;
    for (size_t i = bytes.size(); i-- > 0;) {
      integer = integer << 8 | static_cast<unsigned char>(bytes[i]);
    }
    push_integer(static_cast<int64_t>(integer));
  }
  void push_real() {
    PickleValue value{PickleKind::real};
    uint64_t bits = 0;  // the one big-endian number of the format
    for (int i = 0; i < 8; ++i) bits = bits << 8 | reader_.byte();
    value.real = std::bit_cast<double>(bits);
    push(std::move(value));
  }

  bool scalar(uint8_t code) {
    switch (code) {
      case kNone:
        push(PickleKind::none);
        return true;
      case kNewTrue:
        push_integer(1, PickleKind::boolean);
        return true;
      case kNewFalse:
        push_integer(0, PickleKind::boolean);
        return true;
      case kBinInt:
        push_integer(static_cast<int32_t>(reader_.unsigned_int(4)));
        return true;
      case kBinInt1:
        push_integer(reader_.byte());
        return true;
      case kBinInt2:
        push_integer(static_cast<int64_t>(reader_.unsigned_int(2)));
        return true;
      case kLong1:
        push_long(reader_.byte());
        return true;
      case kLong4:
        push_long(reader_.unsigned_int(4));
        return true;
      case kBinFloat:
        push_real();
        return true;
      default:
        return false;
    }
  }

  bool text(uint8_t code) {
    switch (code) {
      case kBinUnicode:
        push_text(PickleKind::text, reader_.unsigned_int(4));
        return true;
      case kShortBinUnicode:
        push_text(PickleKind::text, reader_.byte());
        return true;
      case kBinUnicode8:
        push_text(PickleKind::text, reader_.unsigned_int(8));
        return true;
      case kBinString:
        push_text(PickleKind::text, reader_.unsigned_int(4));
        return true;
      case kShortBinString:
        push_text(PickleKind::text, reader_.byte());
        return true;
      case kBinBytes:
        push_text(PickleKind::bytes, reader_.unsigned_int(4));
        return true;
      case kShortBinBytes:
        push_text(PickleKind::bytes, reader_.byte());
        return true;
      case kBinBytes8:
      case kByteArray8:
        push_text(PickleKind::bytes, reader_.unsigned_int(8));
        return true;
      default:
        return false;
    }
  }

  bool container(uint8_t code) {
    switch (code) {
      case kEmptyTuple:
        push(PickleKind::tuple);
        return true;
      case kEmptyList:
        push(PickleKind::list);
        return true;
      case kEmptyDict:
        push(PickleKind::dict);
        return true;
      case kEmptySet:
        push(PickleKind::set);
        return true;
      case kTuple:
        push_items(PickleKind::tuple, pop_to_mark());
        return true;
      case kList:
        push_items(PickleKind::list, pop_to_mark());
        return true;
      case kDict:
        push_items(PickleKind::dict, pop_to_mark());
        return true;
      case kFrozenSet:
        push_items(PickleKind::set, pop_to_mark());
        return true;
      case kTuple1:
        push_tuple(1);
        return true;
      case kTuple2:
        push_tuple(2);
        return true;
      case kTuple3:
        push_tuple(3);
        return true;
      default:
        return filling(code);
    }
  }

  // Opcodes that put values into a container made before.
  bool filling(uint8_t code) {
    switch (code) {
      case kAppend: {
        const PickleRef item = pop();
        extend(PickleKind::list, {item});
        return true;
      }
      case kSetItem: {
        const PickleRef value = pop(), key = pop();
        extend(PickleKind::dict, {key, value});
        return true;
      }
      case kAppends:
        extend(PickleKind::list, pop_to_mark());
        return true;
      case kSetItems:
        extend(PickleKind::dict, pop_to_mark());
        return true;
      case kAddItems:
        extend(PickleKind::set, pop_to_mark());
        return true;
      default:
        return false;
    }
  }

  void get(uint64_t index) {
    const auto found = memo_.find(index);
    if (found == memo_.end()) malformed("a reference to nothing");
    if (stack_.size() >= kMostValues) malformed("over four million objects");
    stack_.push_back(found->second);
  }

  bool memo(uint8_t code) {
    switch (code) {
      case kBinGet:
        get(reader_.byte());
        return true;
      case kLongBinGet:
        get(reader_.unsigned_int(4));
        return true;
      case kBinPut:
        memo_[reader_.byte()] = top();
        return true;
      case kLongBinPut:
        memo_[reader_.unsigned_int(4)] = top();
        return true;
      case kMemoize:
        memo_[memo_.size()] = top();
        return true;
      default:
        return false;
    }
  }

  std::string_view line() {
    const size_t begin = reader_.position();
    size_t count = 0;
    while (reader_.byte() != '\n') {
      if (++count > kLongestName) malformed("a name without an end");
    }
    reader_.seek(begin);
    const std::string_view name = reader_.text(count);
    reader_.byte();
    return name;
  }

  std::string allowed_name(std::string_view module, std::string_view name) const {
    std::string full = std::string(module) + "." + std::string(name);
    if (!is_allowed_global(full)) {
      fail(ErrorCode::unsafe_file, reader_.file(), " asks for ", text::printable(full),
           "; only tensors and plain containers are read, nothing was run");
    }
    return full;
  }
  void push_global(std::string_view module, std::string_view name) {
    PickleValue value{PickleKind::global};
    value.text = allowed_name(module, name);
    push(std::move(value));
  }

  void call(PickleRef callable, PickleRef arguments) {
    push(make_object(document_, document_.at(callable), document_.at(arguments), reader_.file()));
  }

  bool object(uint8_t code) {
    switch (code) {
      case kGlobal:
      case kInst: {
        const std::string_view module = line(), name = line();
        if (code == kInst) allowed_name(module, name);
        if (code == kInst) malformed("an opcode of protocol 0");
        push_global(module, name);
        return true;
      }
      case kStackGlobal: {
        const PickleValue name = document_.at(pop()), module = document_.at(pop());
        if (name.kind != PickleKind::text || module.kind != PickleKind::text) {
          malformed("a name that is no text");
        }
        push_global(module.text, name.text);
        return true;
      }
      case kNewObjEx:
        pop();
        [[fallthrough]];  // keyword arguments
      case kReduce:
      case kNewObj: {
        const PickleRef arguments = pop(), callable = pop();
        call(callable, arguments);
        return true;
      }
      case kBuild:
        pop();
        apply_state(document_.values[top()], reader_.file());
        return true;
      case kBinPersId: {
        const PickleRef id = pop();
        push(make_storage(document_, document_.at(id), reader_.file()));
        return true;
      }
      default:
        return false;
    }
  }

  void stack_code(uint8_t code) {
    switch (code) {
      case kProto:
        if (reader_.byte() > kNewestProtocol) {
          fail(ErrorCode::unsupported, reader_.file(), ": a pickle newer than protocol 5");
        }
        return;
      case kFrame:
        reader_.take(8);
        return;  // only a hint for buffering
      case kMark:
        if (marks_.size() >= kMostValues) malformed("over four million marks");
        marks_.push_back(stack_.size());
        return;
      case kPop:
        pop();
        return;
      case kPopMark:
        pop_to_mark();
        return;
      case kDup: {
        const PickleRef ref = top();
        if (stack_.size() >= kMostValues) malformed("over four million objects");
        stack_.push_back(ref);
        return;
      }
      default:
        malformed("an opcode that checkpoints don't have");
    }
  }

  ByteReader reader_;
  PickleDocument document_;
  std::vector<PickleRef> stack_;
  std::vector<size_t> marks_;
  std::unordered_map<uint64_t, PickleRef> memo_;
};

}  // namespace

std::string_view describe(PickleKind kind) {
  switch (kind) {
    case PickleKind::none:
      return "None";
    case PickleKind::boolean:
      return "a boolean";
    case PickleKind::integer:
    case PickleKind::big_integer:
      return "an integer";
    case PickleKind::real:
      return "a number";
    case PickleKind::text:
      return "a string";
    case PickleKind::bytes:
      return "bytes";
    case PickleKind::tuple:
      return "a tuple";
    case PickleKind::list:
      return "a list";
    case PickleKind::dict:
      return "a dict";
    case PickleKind::set:
      return "a set";
    case PickleKind::global:
      return "a name";
    case PickleKind::storage:
      return "a storage";
    case PickleKind::tensor:
      return "a tensor";
    case PickleKind::array:
      return "a numpy array";
    case PickleKind::opaque:
      return "an object";
  }
  return "an object";
}

const PickleValue* PickleDocument::find(const PickleValue& dict, std::string_view key) const {
  if (dict.kind != PickleKind::dict) return nullptr;
  for (size_t i = dict.items.size(); i >= 2; i -= 2) {
    const PickleValue& candidate = at(dict.items[i - 2]);
    if (candidate.kind == PickleKind::text && candidate.text == key) return &at(dict.items[i - 1]);
  }
  return nullptr;
}

PickleDocument read_pickle(std::span<const std::byte> bytes, const std::string& file) {
  return Machine(bytes, file).run();
}

}  // namespace fcclip::io
