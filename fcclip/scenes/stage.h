#pragma once
// A scene before it is painted: what stands where, in which light. Internal to the folder.

#include <vector>

#include "fcclip/core/random.h"
#include "fcclip/scenes/cast.h"
#include "fcclip/scenes/paint.h"
#include "fcclip/scenes/regions.h"

namespace fcclip::scenes {

/// A region of stuff.
struct StagedGround {
  Actor actor;
  Coverage coverage;
  Ground ground;
};

/// A thing; those that come later stand before it.
struct StagedThing {
  Actor actor;
  double longer_px = 0;  ///< its longer side on the canvas
  Thing thing;
};

/// The whole picture in a light that changes across it.
struct Daylight {
  double level = 1, across = 0, down = 0;
};

/// All of a scene.
struct Stage {
  std::vector<StagedGround> grounds;
  std::vector<StagedThing> things;
  Daylight daylight;
};

/// Chooses everything; a function of the random numbers alone.
Stage set_stage(Random& random, const Cast& cast, const SceneOptions& options);

/// Everything painted, in the order of Canvas::owner: number k is entry k − 1.
struct Painted {
  Actor actor;
  double whole_px = 0;  ///< things: area if nothing hid it
};

/// The stage as a picture.
struct Painting {
  Canvas canvas;
  std::vector<Painted> painted;
};
Painting paint_stage(const Stage& stage, Size size);

/// [height, width, 3] uint8.
at::Tensor lit(const Canvas& canvas, const Daylight& light);

/// Which segment (1 … N, 0 void) each painted number is part of.
struct Segments {
  std::vector<int32_t> of_painted;    ///< by number − 1
  std::vector<const Painted*> shown;  ///< by segment − 1; stuff: the first region of its name
  std::vector<int64_t> areas_px;
};
/// By the rule that SceneDataset documents. Points into `painting`.
Segments find_segments(const Painting& painting, const World& world);

/// For every pixel ids[of_painted]: [height, width] int32.
at::Tensor map_of(const Canvas& canvas, const std::vector<int32_t>& id_of_painted);

}  // namespace fcclip::scenes
