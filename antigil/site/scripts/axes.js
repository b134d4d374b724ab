// @ts-check
// The axes of a history chart: the quantity's own numbers, and commits or dates.
/** @import { HistoryChart } from "./chart.js" */
import { day, QUANTITIES } from "./quantities.js";
import { tickFormatter } from "./style.js";

/** Pixels between two ticks of the lower axis, about. */
const TICK_WIDTH = 150;
const DAY = "%Y-%m-%d";

/** @param {HistoryChart} chart */
const mostTicks = (chart) => Math.max(2, Math.round(chart.host.clientWidth / TICK_WIDTH));

/** @param {QuantityName} quantity @param {number} v */
function tickText(quantity, v) {
  const { write } = QUANTITIES[quantity];
  if (quantity === "gil_held" && v > 0) {
    return `${write(v)} · ≤ ${(1 / v).toFixed(1)}×`;
  }
  return quantity === "speedup" ? `${+v.toFixed(2)}×` : write(v);
}

/** Write the axes in the quantity's terms, by commit or by date. @param {HistoryChart} chart */
export function drawAxes(chart) {
  const { quantity, figure } = chart;
  const [x, y] = [figure.xaxes[0], figure.yaxes[0]];
  y.axis_label = QUANTITIES[quantity].axis;
  y.formatter = tickFormatter((ticks) => ticks.map((v) => tickText(quantity, v)));
  if (chart.byDate) {
    const formats = { hours: `${DAY} %H:%M`, days: DAY, months: "%Y-%m", years: "%Y" };
    x.formatter = new Bokeh.DatetimeTickFormatter(formats);
    x.ticker.desired_num_ticks = mostTicks(chart);
    return;
  }
  x.ticker = new Bokeh.FixedTicker({ ticks: [] });
  x.formatter = tickFormatter((ticks) => {
    const shown = ticks.map((revision) => chart.page.commits.at(revision));
    const days = shown.map((commit) => day(commit.date));
    return new Set(days).size === days.length ? days : shown.map((commit) => commit.hash.slice(0, 8));
  });
}

/** Put the axis' ticks on commits in sight, as evenly as these lie. @param {HistoryChart} chart */
export function placeTicks(chart) {
  if (chart.byDate) {
    return;
  }
  const { start, end } = chart.range;
  const most = mostTicks(chart);
  const wanted = Array.from({ length: most }, (_, i) => start + ((i + 0.5) * (end - start)) / most);
  const near = new Set(wanted.map((x) => chart.x[chart.nearest(x)]));
  const apart = (0.6 * (end - start)) / most;
  const kept = [...near].filter((x) => x >= start && x <= end);
  chart.figure.xaxes[0].ticker.ticks = kept.filter((x, i) => i === 0 || x - kept[i - 1] >= apart);
}
