// @ts-check
// The scaling curve of one commit beside another's, with the laws fitted to both.
/** @import { CommitView, Pair } from "./commit.js" */
/** @import { Numbers } from "./numbers.js" */
import { fitsAt, LAW_NAMES, lawTable } from "./laws.js";
import { color, DASHED } from "./style.js";
import { DataTable } from "./tables.js";

/** @typedef {{ n: number, s: number, low: number, high: number }} Point */
/** @typedef {{ name: string, points: Point[], fits: import("./laws.js").Fit[] }} Side */

/** @param {CommitView} view @param {Numbers} numbers @param {number} revision @returns {Side} */
function sideOf(view, numbers, revision) {
  const i = numbers.index.get(revision) ?? NaN;
  const points = numbers
    .lines("speedup")
    .map(({ threads, value, low, high }) => ({
      n: Number(threads),
      s: value[i],
      low: low?.[i] ?? NaN,
      high: high?.[i] ?? NaN,
    }))
    .filter(({ s }) => !Number.isNaN(s));
  return { name: view.page.name(revision), points, fits: fitsAt(numbers, revision) };
}

/**
 * Draw the speedup over threads at two commits, with the laws fitted to the first.
 * @param {CommitView} view @param {HTMLElement} box @param {Environment} environment @param {Numbers} numbers
 * @param {Pair} pair
 */
export function drawScaling(view, box, environment, numbers, { now, base }) {
  const cpus = numbers.cpusAt(now) ?? Infinity;
  const sides = (base === now ? [now] : [now, base]).map((revision) => sideOf(view, numbers, revision));
  const [own, other] = sides;
  const told = other ? `${own.name} beside ${other.name}` : `of ${own.name}`;
  const { plot, legend, after } = view.card(box, "Scaling curve", told);
  const measured = sides.filter((side) => side === own || side.points.length);
  const what = ["speedup", "99 % low", "99 % high"];
  const columns = ["threads", "ideal", ...sides.flatMap(({ name }) => what.map((one) => `${name}: ${one}`))];
  const rows = () =>
    numbers.counts.map((n) => {
      const found = sides.map(({ points }) => points.find((point) => point.n === n));
      const values = found.flatMap((p) => (p ? [p.s, p.low, p.high] : [NaN, NaN, NaN]));
      return [String(n), Math.min(n, cpus), ...values];
    });
  after.append(
    lawTable(measured.map(({ name, fits }) => [name, fits])),
    new DataTable(`scaling-${environment.id}`, "Scaling curve as a table", columns, rows).box,
  );
  legend.append(
    view.key("line-now", own.name),
    ...measured.slice(1).map(({ name }) => view.key("line-base", name)),
    view.key("line-ideal", "ideal"),
    ...own.fits.map(({ law }, i) => view.key(`line-law-${i}`, LAW_NAMES[law])),
  );
  return () => view.show(figureOfCurves(view, numbers.counts, cpus, sides), plot);
}

/** @param {CommitView} view @param {number[]} counts @param {number} cpus @param {Side[]} sides */
function figureOfCurves(view, counts, cpus, sides) {
  const points = sides.flatMap((side) => side.points);
  const most = Math.max(...counts);
  const highest = Math.max(...points.map(({ s }) => s), Math.min(most, cpus), 1);
  // A few samples make wide intervals: one that reaches far out must not flatten the curve.
  const ends = points.map(({ s, high }) => (high > s ? Math.min(high, 1.5 * highest) : s));
  const x_range = new Bokeh.Range1d({ start: 0.6, end: most + 0.5 });
  const y_range = new Bokeh.Range1d({ start: 0, end: Math.max(highest, ...ends) * 1.08 });
  const figure = view.figure({ x_range, y_range }, "threads", "speedup");
  figure.xaxes[0].ticker = new Bokeh.FixedTicker({ ticks: counts });
  const dense = (/** @type {number} */ to) => Array.from({ length: 61 }, (_, i) => 1 + ((to - 1) * i) / 60);
  const ideal = dense(most).map((n) => Math.min(n, cpus));
  figure.line({ x: dense(most), y: ideal, line_color: color("--muted"), line_dash: DASHED });
  sides[0].fits.forEach(({ predict }, i) => {
    const x = dense(Math.min(most, cpus));
    const look = i
      ? { line_color: color("--thread-4"), line_dash: [2, 3] }
      : { line_color: color("--thread-3"), line_dash: [8, 3, 2, 3] };
    figure.line({ x, y: x.map(predict), line_width: 1.5, ...look });
  });
  curve(figure, sides[1]?.points ?? [], color("--muted"), "square", [5, 3]);
  curve(figure, sides[0].points, color("--accent"), "circle", "solid");
  return figure;
}

/**
 * @param {BokehFigure} figure @param {Point[]} points @param {string} ink @param {string} marker
 * @param {string | number[]} line_dash
 */
function curve(figure, points, ink, marker, line_dash) {
  const [x, y] = [points.map(({ n }) => n), points.map(({ s }) => s)];
  const bounded = points.filter(({ low }) => !Number.isNaN(low));
  const [y0, y1] = [bounded.map(({ low }) => low), bounded.map(({ high }) => high)];
  const at = bounded.map(({ n }) => n);
  figure.segment({ x0: at, x1: at, y0, y1, line_color: ink, line_width: 5, line_alpha: 0.35 });
  figure.line({ x, y, line_color: ink, line_width: 2, line_dash });
  figure.scatter({ x, y, marker, size: 8, fill_color: ink, line_color: color("--surface") });
}
