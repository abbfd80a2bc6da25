#include "fcclip/engine/process_backends.h"

#include <chrono>

#include <torch/csrc/distributed/c10d/PrefixStore.hpp>

#if __has_include(<gloo/rendezvous/store.h>)
// The wheel holds Gloo but not its headers; Debian's (libgloo-dev) serve, as only pointers to its
// types are handled here.
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#endif
#if defined(USE_C10D_NCCL) && __has_include(<nccl.h>)
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#define FCCLIP_HAS_NCCL 1
#endif

#include "fcclip/core/error.h"

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
#ifdef FCCLIP_HAS_NCCL
  using Nccl = c10d::ProcessGroupNCCL;
  auto options = Nccl::Options::create();
  options->timeout = kTimeout;
  auto backend = c10::make_intrusive<Nccl>(c10::make_intrusive<c10d::PrefixStore>("nccl", store),
                                           group.getRank(), group.getSize(), std::move(options));
  group.setBackend(at::kCUDA, Group::BackendType::NCCL, backend);
#else
  fail(ErrorCode::unsupported,
       "this build knows no NCCL, so it cannot train on several GPUs; build with a CUDA LibTorch "
       "and NCCL's headers");
#endif
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

}  // namespace fcclip::engine
