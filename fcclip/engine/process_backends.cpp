#include "fcclip/engine/process_backends.h"

#include <chrono>
#include <exception>

#include <torch/csrc/distributed/c10d/PrefixStore.hpp>

#if __has_include(<gloo/rendezvous/store.h>)
// The wheel holds Gloo but not its headers; Debian's (libgloo-dev) serve, as only pointers to its
// types are handled here.
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#endif

#include "fcclip/core/error.h"
#include "fcclip/engine/nccl.h"

namespace fcclip::engine {
namespace {

using Group = c10d::ProcessGroup;
using Store = c10::intrusive_ptr<c10d::Store>;

// A process that waits so long for another one gives up: the other has died.
constexpr std::chrono::minutes kTimeout{10};

void add_gloo(Group& group, const Store& store) {
#if __has_include(<gloo/rendezvous/store.h>)
  using Gloo = c10d::ProcessGroupGloo;
  auto options = Gloo::Options::create(kTimeout);
  options->devices = {Gloo::createDefaultDevice()};
  auto backend = c10::make_intrusive<Gloo>(c10::make_intrusive<c10d::PrefixStore>("gloo", store),
                                           group.getRank(), group.getSize(), std::move(options));
  group.setBackend(at::kCPU, Group::BackendType::GLOO, backend);
#else
  fail(ErrorCode::unsupported,
       "this build knows no Gloo, so it cannot train in several CPU processes; install "
       "libgloo-dev and build again");
#endif
}

void add_nccl(Group& group, const Store& store) {
  const auto milliseconds = std::chrono::milliseconds(kTimeout).count();
  group.setBackend(at::kCUDA, Group::BackendType::NCCL,
                   make_nccl(store, {group.getRank(), group.getSize(), milliseconds}));
}

}  // namespace

c10::intrusive_ptr<Group> make_process_group(const Store& store, int64_t rank, int64_t size,
                                             at::Device device) {
  auto group = c10::make_intrusive<Group>(store, static_cast<int>(rank), static_cast<int>(size));
  if (device.is_cuda()) {
    add_nccl(*group, store);
    group->setDefaultBackend(Group::BackendType::NCCL);
  } else {
    add_gloo(*group, store);
    group->setDefaultBackend(Group::BackendType::GLOO);
  }
  return group;
}

// shutdown() waits until the others have what they need of this process: after an error they may be gone, or wait for another
// thing.
void leave_process_group(Group& group, at::Device device) noexcept {
  if (!device.is_cuda()) return;
  try {
    std::uncaught_exceptions() > 0 ? group.abort() : group.shutdown();
  } catch (const std::exception&) {
    // The process ends, whatever NCCL says.
  }
}

}  // namespace fcclip::engine
