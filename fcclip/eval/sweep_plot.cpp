#include "fcclip/eval/sweep_plot.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "fcclip/eval/html_text.h"
#include "fcclip/eval/sweep_scores.h"

namespace fcclip::eval {
namespace {

// printf for the few numbers of a drawing.
template <typename... Values>
void draw(std::ostream& out, const char* format, Values... values) {
  char text[320];
  std::snprintf(text, sizeof text, format, values...);
  out << text;
}

// One headline over the rows of a sweep.
struct Curve {
  std::string name;
  std::vector<Score> values;
  size_t best = 0;  ///< its own
  double low = 0, high = 0;
};

std::vector<Curve> curves_of(const SweepScores& sweep) {
  std::vector<Curve> curves;
  const size_t count = headlines(sweep.rows.front().scores).size();
  for (size_t h = 0; h < count; ++h) {
    Curve curve{headlines(sweep.rows.front().scores)[h].name, {}};
    for (const SweepRow& row : sweep.rows) curve.values.push_back(headlines(row.scores)[h].value);
    const auto best = std::ranges::max_element(curve.values);
    if (!*best) continue;
    curve.best = static_cast<size_t>(best - curve.values.begin());
    curve.low = curve.high = **best;
    for (const Score& value : curve.values) {
      if (value) curve.low = std::min(curve.low, *value);
    }
    curves.push_back(std::move(curve));
  }
  return curves;
}

// The step of about `count` round numbers in a range.
double round_step(double range, int count) {
  const double raw = range / count, power = std::pow(10, std::floor(std::log10(raw)));
  for (const double step : {1.0, 2.0, 5.0}) {
    if (raw <= step * power) return step * power;
  }
  return 10 * power;
}

// A line over one axis in a frame.
class LinePlot {
 public:
  LinePlot(const SettingValues& axis, const Curve& curve) : axis_(axis), curve_(curve) {
    const double range = std::max(curve.high - curve.low, 0.1);
    step_ = round_step(range, 4);
    bottom_ = std::floor(curve.low / step_ - 0.2) * step_;
    top_ = std::ceil(curve.high / step_ + 0.2) * step_;
    const auto [least, most] = std::ranges::minmax(axis.values);
    least_ = least;
    most_ = most;
  }

  void write(std::ostream& out) const {
    draw(out, "<svg class=plot viewBox=\"0 0 %g %g\" width=%g height=%g role=img>", kWidth, kHeight,
         kWidth, kHeight);
    out << "<text class=head x=" << kLeft << " y=16>" << html_escaped(curve_.name) << "</text>";
    write_frame(out);
    write_values(out);
    out << "</svg>\n";
  }

 private:
  static constexpr double kWidth = 360, kHeight = 240, kLeft = 46, kRight = 346, kTop = 28,
                          kBottom = 196;

  double x(double value) const {
    return kLeft + 12 + (kRight - kLeft - 24) * (value - least_) / (most_ - least_);
  }
  double y(double value) const {
    return kBottom - (kBottom - kTop) * (value - bottom_) / (top_ - bottom_);
  }

  void write_frame(std::ostream& out) const {
    const int digits = step_ < 0.1 ? 2 : step_ < 1 ? 1 : 0;
    for (double value = bottom_; value < top_ + step_ / 2; value += step_) {
      draw(out, "<path class=grid d=\"M%g %.1fH%g\"/>", kLeft, y(value), kRight);
      draw(out, "<text class=y x=%g y=%.1f>%.*f</text>", kLeft - 6, y(value) + 4, digits, value);
    }
    double free_from = 0;  // labels must not touch
    std::vector<double> values = axis_.values;
    std::ranges::sort(values);
    for (const double value : values) {
      const std::string text = number_text(value);
      const double half = 3.4 * static_cast<double>(text.size()) + 3;
      if (x(value) - half < free_from) continue;
      free_from = x(value) + half;
      draw(out, "<text class=x x=%.1f y=%g>%s</text>", x(value), kBottom + 16, text.c_str());
    }
    draw(out, "<text class=x x=%g y=%g>%s</text>", (kLeft + kRight) / 2, kBottom + 36,
         setting_label(axis_.setting).c_str());
  }

  void write_values(std::ostream& out) const {
    std::vector<size_t> order;
    for (size_t i = 0; i < curve_.values.size(); ++i) {
      if (curve_.values[i]) order.push_back(i);
    }
    std::ranges::sort(order, {}, [this](size_t i) { return axis_.values[i]; });
    out << "<path class=line d=\"";
    for (size_t i = 0; i < order.size(); ++i) {
      draw(out, "%s%.1f %.1f", i == 0 ? "M" : "L", x(axis_.values[order[i]]),
           y(*curve_.values[order[i]]));
    }
    out << "\"/>";
    for (const size_t i : order) {
      const double at_x = x(axis_.values[i]), at_y = y(*curve_.values[i]);
      draw(out, "<circle class=%s cx=%.1f cy=%.1f r=%d><title>%s: %.2f</title></circle>",
           i == curve_.best ? "best" : "dot", at_x, at_y, i == curve_.best ? 5 : 3,
           number_text(axis_.values[i]).c_str(), *curve_.values[i]);
      if (i == curve_.best) {
        draw(out, "<text class=x x=%.1f y=%.1f>%.2f</text>",
             std::clamp(at_x, kLeft + 18, kRight - 18), at_y - 10, *curve_.values[i]);
      }
    }
  }

  const SettingValues& axis_;
  const Curve& curve_;
  double step_ = 1, bottom_ = 0, top_ = 1, least_ = 0, most_ = 1;
};

// Two axes of a sweep, the others at the values of the best row.
class HeatMap {
 public:
  HeatMap(const SweepScores& sweep, const Curve& curve) : sweep_(sweep), curve_(curve) {}

  void write(std::ostream& out) const {
    const double width = kLeft + kCell * columns() + 8, height = kTop + kRow * rows() + 44;
    draw(out, "<svg class=plot viewBox=\"0 0 %g %g\" width=%g height=%g role=img>", width, height,
         width, height);
    out << "<text class=head x=8 y=16>" << html_escaped(curve_.name) << "</text>";
    write_labels(out);
    std::optional<size_t> best;
    for (size_t i = 0; i < sweep_.rows.size(); ++i) {
      if (!is_shown(sweep_.rows[i].point) || !curve_.values[i]) continue;
      write_cell(out, i);
      if (!best || *curve_.values[i] > *curve_.values[*best]) best = i;
    }
    if (best) {
      draw(out, "<rect class=frame x=%g y=%g width=%g height=%g />", left(*best), top(*best),
           kCell - 2, kRow - 2);
    }
    out << "</svg>\n";
  }

 private:
  static constexpr double kLeft = 72, kTop = 30, kCell = 46, kRow = 26;

  const std::vector<double>& down() const { return sweep_.axes[0].values; }
  const std::vector<double>& right() const { return sweep_.axes[1].values; }
  double rows() const { return static_cast<double>(down().size()); }
  double columns() const { return static_cast<double>(right().size()); }
  double left(size_t row) const { return left_of(sweep_.rows[row].point[1]); }
  double top(size_t row) const { return top_of(sweep_.rows[row].point[0]); }
  double left_of(double value) const {
    return kLeft + 1 +
           kCell * static_cast<double>(std::ranges::find(right(), value) - right().begin());
  }
  double top_of(double value) const {
    return kTop + 1 + kRow * static_cast<double>(std::ranges::find(down(), value) - down().begin());
  }

  bool is_shown(const std::vector<double>& point) const {
    return std::equal(point.begin() + 2, point.end(), sweep_.rows[sweep_.best].point.begin() + 2);
  }

  void write_labels(std::ostream& out) const {
    for (const double value : down()) {
      draw(out, "<text class=y x=%g y=%g>%s</text>", kLeft - 6, top_of(value) + 16,
           number_text(value).c_str());
    }
    const double below = kTop + kRow * rows();
    for (const double value : right()) {
      draw(out, "<text class=x x=%g y=%g>%s</text>", left_of(value) + kCell / 2, below + 16,
           number_text(value).c_str());
    }
    draw(out, "<text class=x x=%g y=%g>%s</text>", kLeft + kCell * columns() / 2, below + 36,
         setting_label(sweep_.axes[1].setting).c_str());
    draw(out, "<text class=x x=%g y=%g transform=\"rotate(-90 %g %g)\">%s</text>", 20.0,
         kTop + kRow * rows() / 2, 20.0, kTop + kRow * rows() / 2,
         setting_label(sweep_.axes[0].setting).c_str());
  }

  void write_cell(std::ostream& out, size_t row) const {
    const double value = *curve_.values[row], range = curve_.high - curve_.low;
    const double share = range > 0 ? (value - curve_.low) / range : 1;
    draw(out, "<rect x=%g y=%g width=%g height=%g fill=\"rgb(%.0f,%.0f,%.0f)\"><title>", left(row),
         top(row), kCell - 2, kRow - 2, 240 - 187 * share, 244 - 130 * share, 249 - 73 * share);
    out << html_escaped(point_text(sweep_.axes, sweep_.rows[row].point));
    draw(out, ": %.2f</title></rect><text class=%s x=%g y=%g>%.2f</text>", value,
         share > 0.55 ? "light" : "x", left(row) + kCell / 2 - 1, top(row) + 16, value);
  }

  const SweepScores& sweep_;
  const Curve& curve_;
};

}  // namespace

void write_sweep_plots(std::ostream& out, const SweepScores& sweep) {
  out << "<div class=plots>\n";
  for (const Curve& curve : curves_of(sweep)) {
    if (sweep.axes.size() == 1) {
      LinePlot(sweep.axes.front(), curve).write(out);
    } else {
      HeatMap(sweep, curve).write(out);
    }
  }
  out << "</div>\n";
}

}  // namespace fcclip::eval
