#pragma once
// A device of LibTorch's that only copies, for tests of what waits for what: it has streams, events and
// pinned memory, and a copy without a wait happens as late as it may, when somebody waits for it. Its
// memory is the host's. Once a process has it, LibTorch takes it for its accelerator: tests run it in a
// process of their own (ctest's ops.fake_device, which sets FCCLIP_FAKE_DEVICE).

#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <utility>

#include <ATen/ATen.h>
#include <ATen/detail/PrivateUse1HooksInterface.h>
#include <c10/core/DeviceType.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <torch/library.h>

namespace fcclip::ops::fake_device {

inline constexpr c10::DeviceType kType = c10::DeviceType::PrivateUse1;
inline const at::Device kDevice(kType, 0);
inline constexpr c10::DispatchKeySet kKeys(c10::DispatchKey::PrivateUse1);

/// Work in the order in which it was given; how much of it is done.
struct FakeStream {
  std::deque<std::function<void()>> waiting;
  size_t done = 0;
};

/// The state of the device, and what was asked of it.
struct State {
  std::recursive_mutex mutex;
  std::map<c10::StreamId, FakeStream> streams;
  c10::StreamId last_stream = 0;
  int waits = 0;  ///< of the host
  std::set<std::pair<const void*, c10::StreamId>> recorded;
  std::set<const void*> pinned;

  void run_until(c10::StreamId id, size_t mark) {
    FakeStream& stream = streams[id];
    while (stream.done < mark) {
      const std::function<void()> work = std::move(stream.waiting.front());
      stream.waiting.pop_front();
      ++stream.done;
      work();
    }
  }
  size_t end_of(c10::StreamId id) { return streams[id].done + streams[id].waiting.size(); }
  void wait(c10::StreamId id) {
    ++waits;
    run_until(id, end_of(id));
  }
};

inline State& state() {
  static State state;
  return state;
}

inline c10::StreamId& current_stream() {
  static thread_local c10::StreamId id = 0;
  return id;
}

inline c10::Stream stream_of(c10::StreamId id) {
  return c10::Stream(c10::Stream::UNSAFE, kDevice, id);
}

struct FakeEvent {
  c10::StreamId stream = 0;
  size_t mark = 0;
};

struct Guard final : c10::impl::DeviceGuardImplInterface {
  c10::DeviceType type() const override { return kType; }
  c10::Device exchangeDevice(c10::Device) const override { return kDevice; }
  c10::Device getDevice() const override { return kDevice; }
  void setDevice(c10::Device) const override {}
  void uncheckedSetDevice(c10::Device) const noexcept override {}
  c10::DeviceIndex deviceCount() const noexcept override { return 1; }
  c10::Stream getStream(c10::Device) const override { return stream_of(current_stream()); }
  c10::Stream getDefaultStream(c10::Device) const override { return stream_of(0); }
  c10::Stream getStreamFromGlobalPool(c10::Device, bool) const override {
    const std::lock_guard lock(state().mutex);
    return stream_of(++state().last_stream);
  }
  c10::Stream exchangeStream(c10::Stream stream) const override {
    return stream_of(std::exchange(current_stream(), stream.id()));
  }
  void record(void** event, const c10::Stream& stream, const c10::DeviceIndex,
              const c10::EventFlag) const override {
    const std::lock_guard lock(state().mutex);
    if (*event == nullptr) *event = new FakeEvent;
    *static_cast<FakeEvent*>(*event) = {stream.id(), state().end_of(stream.id())};
  }
  void block(void* event, const c10::Stream& stream) const override {
    const std::lock_guard lock(state().mutex);
    const FakeEvent of = *static_cast<FakeEvent*>(event);
    state().streams[stream.id()].waiting.emplace_back(
        [of] { state().run_until(of.stream, of.mark); });
  }
  void destroyEvent(void* event, const c10::DeviceIndex) const noexcept override {
    delete static_cast<FakeEvent*>(event);
  }
  void synchronizeStream(const c10::Stream& stream) const override {
    const std::lock_guard lock(state().mutex);
    state().wait(stream.id());
  }
  void recordDataPtrOnStream(const c10::DataPtr& memory, const c10::Stream& stream) const override {
    const std::lock_guard lock(state().mutex);
    state().recorded.emplace(memory.get(), stream.id());
  }
};

inline void free_memory(void* memory) {
  const std::lock_guard lock(state().mutex);
  state().pinned.erase(memory);
  std::free(memory);
}

template <bool kPinned>
struct Memory final : c10::Allocator {
  c10::DataPtr allocate(size_t bytes) override {
    void* const memory = std::malloc(bytes + 1);
    const std::lock_guard lock(state().mutex);
    if (kPinned) state().pinned.insert(memory);
    return {memory, memory, free_memory, kPinned ? at::Device(at::kCPU) : kDevice};
  }
  c10::DeleterFnPtr raw_deleter() const override { return free_memory; }
  void copy_data(void* to, const void* from, size_t bytes) const override {
    std::memcpy(to, from, bytes);
  }
};

struct Hooks final : at::PrivateUse1HooksInterface {
  bool isBuilt() const override { return true; }
  bool isAvailable() const override { return true; }
  bool hasPrimaryContext(c10::DeviceIndex) const override { return true; }
  c10::DeviceIndex deviceCount() const override { return 1; }
  c10::DeviceIndex getCurrentDevice() const override { return 0; }
  bool isPinnedPtr(const void* memory) const override {
    const std::lock_guard lock(state().mutex);
    return state().pinned.contains(memory);
  }
  c10::Allocator* getPinnedMemoryAllocator() const override {
    static Memory<true> memory;
    return &memory;
  }
};

inline at::Tensor on_the_host(const at::Tensor& x) {
  return at::from_blob(x.data_ptr(), x.sizes(), x.strides(), x.options().device(at::kCPU));
}

// As CUDA's: to or from what is not pinned the host waits. Whoever holds the memory meanwhile is
// LibTorch's allocators' affair: both tensors are kept.
inline at::Tensor copy_from(const at::Tensor& from, const at::Tensor& to, bool non_blocking) {
  const std::lock_guard lock(state().mutex);
  const c10::StreamId id = current_stream();
  state().streams[id].waiting.emplace_back(
      [from, to] { on_the_host(to).copy_(on_the_host(from)); });
  const at::Tensor& of_host = from.is_cpu() ? from : to;
  const bool pinned = !of_host.is_cpu() || state().pinned.contains(of_host.storage().data());
  if (!non_blocking || !pinned) state().wait(id);
  return to;
}

// Kernels have the parameters of their schemas.
inline void add_kernels(torch::Library& library) {
  using std::optional;
  library.impl("empty_strided",
               [](at::IntArrayRef sizes, at::IntArrayRef strides, optional<at::ScalarType> type,
                  optional<at::Layout>, optional<at::Device>, optional<bool>) -> at::Tensor {
                 return at::detail::empty_strided_generic(sizes, strides, c10::GetAllocator(kType),
                                                          kKeys, type.value_or(at::kFloat));
               });
  library.impl(
      "empty.memory_format",
      [](at::IntArrayRef sizes, optional<at::ScalarType> type, optional<at::Layout>,
         optional<at::Device>, optional<bool>, optional<at::MemoryFormat> format) -> at::Tensor {
        return at::detail::empty_generic(sizes, c10::GetAllocator(kType), kKeys,
                                         type.value_or(at::kFloat), format);
      });
  library.impl("_copy_from", copy_from);
}

/// Makes the device known to LibTorch, once.
inline void install() {
  static Memory<false> memory;
  static Guard guard;
  static Hooks hooks;
  static const c10::impl::DeviceGuardImplRegistrar registrar(kType, &guard);
  static const bool done = [] {
    c10::register_privateuse1_backend("only_copies");
    c10::SetAllocator(kType, &memory);
    at::RegisterPrivateUse1HooksInterface(&hooks);
    return true;
  }();
  static torch::Library library(torch::Library::IMPL, "aten", c10::DispatchKey::PrivateUse1,
                                __FILE__, __LINE__);
  static const bool added = (add_kernels(library), true);
  static_cast<void>(registrar), static_cast<void>(done), static_cast<void>(added);
}

}  // namespace fcclip::ops::fake_device
