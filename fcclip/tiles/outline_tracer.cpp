// Around a corner of four pixels run up to four edges: up, left, down, right. Between one edge and
// the next in that order lie pixels of one id, whose outline comes in along the first and goes out
// along the second. An edge belongs to two outlines, of the pixels on its two sides, in opposite
// directions: down along the left pixels, up along the right ones; right along the lower ones, left
// along the upper ones. So where an edge leads on to corners that are visited later, the outline of
// its left or lower pixels has its head there, that of the other pixels its tail.

#include "fcclip/tiles/outline_tracer.h"

#include <algorithm>
#include <iterator>

#include "fcclip/outputs/contours.h"

namespace fcclip::tiles {

using outputs::Point;
using outputs::Ring;

OutlineTracer::OutlineTracer(int64_t width, double tolerance_px, Sink sink)
    : width_(width), tolerance_px_(tolerance_px), sink_(std::move(sink)) {
  const auto most = static_cast<size_t>(width) + 1;
  edges_above_.reserve(most);
  edges_below_.reserve(most);
  above_ = {{static_cast<int32_t>(width), 0, kNone}};
}

void OutlineTracer::add_row(const int32_t* ids) {
  read_runs(ids);
  connect_components();
  visit_corners();
  ++y_;
}

void OutlineTracer::finish() {
  const std::vector<int32_t> nothing(static_cast<size_t>(width_), 0);
  add_row(nothing.data());
}

// Only where an id begins: the first run of nothing is left out.
void OutlineTracer::read_runs(const int32_t* ids) {
  row_.clear();
  int32_t before = 0;
  for (int32_t x = 0; x < width_; ++x) {
    if (ids[x] != before) row_.push_back({x, ids[x], kNone});
    before = ids[x];
  }
  // Closed even where the row's last pixel has no id, so that every run has an end.
  row_.push_back({static_cast<int32_t>(width_), 0, kNone});
}

void OutlineTracer::connect_components() {
  size_t up = 0;
  for (size_t i = 0; i + 1 < row_.size(); ++i) {
    Run& run = row_[i];
    if (run.id == 0) continue;
    while (up + 1 < above_.size() && above_[up + 1].begin <= run.begin) ++up;
    for (size_t j = up; j + 1 < above_.size() && above_[j].begin < row_[i + 1].begin; ++j) {
      if (above_[j].id != run.id || above_[j + 1].begin <= run.begin) continue;
      const int other = root(above_[j].component);
      if (run.component == kNone) {
        run.component = other;
      } else if (const int own = root(run.component); own != other) {
        components_[static_cast<size_t>(other)] = own;
        if (auto found = holes_.extract(other)) {
          auto& into = holes_[own];
          std::move(found.mapped().begin(), found.mapped().end(), std::back_inserter(into));
        }
      }
    }
    if (run.component != kNone) continue;
    run.component = static_cast<int>(components_.size());
    components_.push_back(run.component);
  }
}

int OutlineTracer::root(int component) {
  for (int* parent = &components_[static_cast<size_t>(component)]; *parent != component;
       parent = &components_[static_cast<size_t>(component)]) {
    *parent = components_[static_cast<size_t>(*parent)];  // half as far the next time
    component = *parent;
  }
  return component;
}

void OutlineTracer::visit_corners() {
  static constexpr Run kNothing{0, 0, kNone};
  edges_below_.clear();
  left_ = {};
  const Run *up_left = &kNothing, *down_left = &kNothing;
  size_t i = 0, j = 0;  // in above_, row_
  while (i < above_.size() || j < row_.size()) {
    const int32_t x = std::min(i < above_.size() ? above_[i].begin : INT32_MAX,
                               j < row_.size() ? row_[j].begin : INT32_MAX);
    Corner corner = {
        x, {nullptr, nullptr, nullptr, nullptr}, {up_left, down_left, down_left, up_left}};
    if (i < above_.size() && above_[i].begin == x) {
      // The last run may follow one that has no id either.
      if (i < edges_above_.size()) corner.edges[0] = &edges_above_[i];
      up_left = corner.pixels[3] = &above_[i++];
    }
    if (j < row_.size() && row_[j].begin == x) {
      edges_below_.emplace_back();
      corner.edges[2] = &edges_below_.back();
      down_left = corner.pixels[2] = &row_[j++];
    }
    const auto differ = [&corner](int one, int other) {
      return corner.pixels[one]->id != corner.pixels[other]->id;
    };
    if (!differ(0, 3)) corner.edges[0] = nullptr;
    if (!differ(1, 2)) corner.edges[2] = nullptr;
    if (differ(0, 1)) corner.edges[1] = &left_;
    if (differ(2, 3)) corner.edges[3] = &right_;
    visit(corner);
    left_ = right_;
    if (left_.head.chain != kNone) set_head(left_.head.chain, &left_.head);
    if (left_.tail.chain != kNone) set_tail(left_.tail.chain, &left_.tail);
    right_ = {};
  }
  std::swap(above_, row_);
  std::swap(edges_above_, edges_below_);
}

void OutlineTracer::visit(const Corner& corner) {
  int first = 0;
  while (first < 4 && corner.edges[first] == nullptr) ++first;
  if (first == 4) return;
  for (int from = first, turned = 0; turned < 4;) {
    int step = 1;
    while (corner.edges[(from + step) % 4] == nullptr) ++step;
    const Run& pixel = *corner.pixels[from];
    if (pixel.id != 0) join(corner, from, (from + step) % 4, pixel);
    from = (from + step) % 4;
    turned += step;
  }
}

// The outline of `pixel` comes in along the edge `from` and goes out along `to`.
void OutlineTracer::join(const Corner& corner, int from, int to, const Run& pixel) {
  constexpr int kDown = 2;  // up and left were visited before, down and right come later
  const bool turns = (from + 2) % 4 != to;
  const int coming = from < kDown ? corner.edges[from]->head.chain : kNone;
  const int going = to < kDown ? corner.edges[to]->tail.chain : kNone;
  if (coming != kNone && going != kNone) {
    append(coming, corner.x);
    if (coming == going) return close(coming, pixel);
    Chain &one = chains_[static_cast<size_t>(coming)], &other = chains_[static_cast<size_t>(going)];
    nodes_[static_cast<size_t>(one.last)].next = other.first;
    one.last = other.last;
    set_head(coming, other.head);
    free_chains_.push_back(going);
  } else if (coming != kNone) {
    if (turns) append(coming, corner.x);
    set_head(coming, &corner.edges[to]->head);
  } else if (going != kNone) {
    if (turns) prepend(going, corner.x);
    set_tail(going, &corner.edges[from]->tail);
  } else {
    const int chain = new_chain();
    append(chain, corner.x);
    set_head(chain, &corner.edges[to]->head);
    set_tail(chain, &corner.edges[from]->tail);
  }
}

void OutlineTracer::close(int chain, const Run& pixel) {
  Ring ring;
  for (int node = chains_[static_cast<size_t>(chain)].first; node != kNone;) {
    const Node& at = nodes_[static_cast<size_t>(node)];
    ring.push_back({static_cast<double>(at.x), static_cast<double>(at.y)});
    free_nodes_.push_back(node);
    node = at.next;
  }
  free_chains_.push_back(chain);
  const int component = root(pixel.component);
  if (outputs::signed_area(ring) < 0) {
    holes_[component].push_back(std::move(ring));
    return;
  }
  std::vector<Ring> rings = {std::move(ring)};
  if (auto found = holes_.extract(component)) {
    std::move(found.mapped().begin(), found.mapped().end(), std::back_inserter(rings));
  }
  sink_(pixel.id, outputs::polygons_of_rings(rings, tolerance_px_));
}

int OutlineTracer::new_node(int32_t x) {
  if (free_nodes_.empty()) {
    nodes_.push_back({x, y_, kNone});
    return static_cast<int>(nodes_.size()) - 1;
  }
  const int node = free_nodes_.back();
  free_nodes_.pop_back();
  nodes_[static_cast<size_t>(node)] = {x, y_, kNone};
  return node;
}

int OutlineTracer::new_chain() {
  if (free_chains_.empty()) {
    chains_.emplace_back();
    return static_cast<int>(chains_.size()) - 1;
  }
  const int chain = free_chains_.back();
  free_chains_.pop_back();
  chains_[static_cast<size_t>(chain)] = {};
  return chain;
}

void OutlineTracer::append(int chain, int32_t x) {
  const int node = new_node(x);
  Chain& at = chains_[static_cast<size_t>(chain)];
  if (at.last == kNone) {
    at.first = node;
  } else {
    nodes_[static_cast<size_t>(at.last)].next = node;
  }
  at.last = node;
}

void OutlineTracer::prepend(int chain, int32_t x) {
  const int node = new_node(x);
  Chain& at = chains_[static_cast<size_t>(chain)];
  nodes_[static_cast<size_t>(node)].next = at.first;
  at.first = node;
}

void OutlineTracer::set_head(int chain, End* end) {
  chains_[static_cast<size_t>(chain)].head = end;
  end->chain = chain;
}

void OutlineTracer::set_tail(int chain, End* end) {
  chains_[static_cast<size_t>(chain)].tail = end;
  end->chain = chain;
}

}  // namespace fcclip::tiles
