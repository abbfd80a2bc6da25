#pragma once
// Pictures at halved sizes, made when first needed. Internal to the folder.

#include <cstdint>
#include <deque>
#include <mutex>
#include <vector>

#include "fcclip/scenes/world.h"

namespace fcclip::scenes {

/// A picture at one size: rows of RGBA, not padded.
struct Level {
  const uint8_t* rgba = nullptr;
  int width = 0, height = 0;
};

/// Level 0 is the picture itself (not premultiplied); each further one averages 2×2 pixels of the
/// one before, premultiplied, down to one pixel.
class Pyramid {
 public:
  /// pixels [H, W, 4] uint8, red, green, blue, alpha; must outlive this.
  explicit Pyramid(const at::Tensor& pixels);
  const std::vector<Level>& levels() const { return levels_; }
  /// The finest level whose longer side is at most `side` pixels.
  const Level& at_most(int side) const;
  /// Sum of alpha (0 … 1) over the picture, in pixels of level 0.
  double opaque_px() const { return opaque_px_; }

 private:
  std::vector<Level> levels_;
  std::vector<std::vector<uint8_t>> storage_;
  double opaque_px_ = 0;
};

/// The pyramids of a list of pictures. Thread-safe.
class Pyramids {
 public:
  explicit Pyramids(size_t count) : slots_(count) {}
  /// pixels [H, W, 4] uint8: of picture `index`; the same at every call.
  const Pyramid& get(size_t index, const at::Tensor& pixels) const;

 private:
  struct Slot {
    std::once_flag once;
    std::unique_ptr<Pyramid> pyramid;
  };
  mutable std::deque<Slot> slots_;
};

}  // namespace fcclip::scenes
