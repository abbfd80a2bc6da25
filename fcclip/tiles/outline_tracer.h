#pragma once
// Outlines of all segments of an id map that is read row by row: what is in memory are the outlines
// that are not closed yet.

#include <cstdint>
#include <functional>
#include <unordered_map>
#include <vector>

#include "fcclip/outputs/polygon.h"

namespace fcclip::tiles {

/// Follows pixel edges from the top down. Pixels of one id that touch at a corner only are separate
/// pieces, as outputs::mask_polygons has it; its polygons are these.
class OutlineTracer {
 public:
  /// Told of each piece of a segment once its outline is closed.
  using Sink = std::function<void(int32_t id, std::vector<outputs::Polygon> polygons)>;

  /// tolerance_px: as for outputs::mask_polygons.
  OutlineTracer(int64_t width, double tolerance_px, Sink sink);

  /// The next row: `width` ids, 0 where there is none.
  void add_row(const int32_t* ids);
  /// After the last row.
  void finish();

 private:
  static constexpr int kNone = -1;

  struct Run {
    int32_t begin, id;  ///< up to the next run's begin
    int component;
  };
  /// Where an outline goes on: the chain that ends there.
  struct End {
    int chain = kNone;
  };
  /// Both sides of an edge: with the pixels left of (or below) it, whose outline ends there, and
  /// with those right of (or above) it, whose outline begins there.
  struct Edge {
    End head, tail;
  };
  struct Node {
    int32_t x, y;
    int next;
  };
  /// A part of an outline, from its first point (tail) to its last (head), with the pixels to the
  /// right of the way.
  struct Chain {
    int first = kNone, last = kNone;
    End *head = nullptr, *tail = nullptr;
  };
  /// Around a corner of pixels: up, left, down, right; null where pixels on both sides are alike.
  struct Corner {
    int32_t x;
    Edge* edges[4];
    const Run*
        pixels[4];  ///< behind each edge in that order: up left, down left, down right, up right
  };

  void read_runs(const int32_t* ids);
  void connect_components();
  void visit_corners();
  void visit(const Corner& corner);
  void join(const Corner& corner, int from, int to, const Run& pixel);
  void close(int chain, const Run& pixel);
  void append(int chain, int32_t x);
  void prepend(int chain, int32_t x);
  int new_node(int32_t x);
  int new_chain();
  int root(int component);
  void set_head(int chain, End* end);
  void set_tail(int chain, End* end);

  int64_t width_;
  double tolerance_px_;
  Sink sink_;
  int32_t y_ = 0;                                ///< of the row of corners
  std::vector<Run> above_, row_;                 ///< runs; each ends with one of id 0 at `width`
  std::vector<Edge> edges_above_, edges_below_;  ///< at the begins of runs; never moved
  Edge left_, right_;                            ///< along the row of corners
  std::vector<Node> nodes_;
  std::vector<Chain> chains_;
  std::vector<int> free_nodes_, free_chains_;
  std::vector<int> components_;                                ///< parents
  std::unordered_map<int, std::vector<outputs::Ring>> holes_;  ///< by component
};

}  // namespace fcclip::tiles
