// @ts-check
// The scaling curve of one commit beside another's, with the laws that were fitted to both at publishing.
import { html } from "./dom.js";
import { color, DASHED, figureOver } from "./style.js";
import { DataTable } from "./tables.js";

const LAW_NAMES = { amdahl: "Amdahl", usl: "Universal Scalability Law (USL)" };

/** @typedef {ReturnType<typeof fitsAt>[number]} Fit */
/** @typedef {ReturnType<typeof sideOf>} Side what is shown of a commit */

/** Return the laws that could be fitted at a position. @param {Numbers} numbers @param {number} i */
function fitsAt({ laws }, i) {
  const fits = /** @type {LawName[]} */ (Object.keys(laws)).map((law) => {
    const told = Object.entries(laws[law] ?? {});
    const entries = told.map(([name, [values, errors]]) => [name, { value: values[i], error: errors[i] }]);
    /** @type {{ [name: string]: { value: number, error: number } }} */
    const parameters = Object.fromEntries(entries);
    const { f, alpha = f, beta = { value: 0 } } = parameters; // Amdahl's law is the USL without beta
    const predict = (/** @type {number} */ n) => n / (1 + alpha.value * (n - 1) + beta.value * n * (n - 1));
    return { law, predict, parameters, known: alpha.value >= 0 };
  });
  return fits.filter(({ known }) => known);
}

/** @param {number} v */
const digits = (v) => String(+v.toPrecision(3));
/** A parameter with its standard error, or why it has none. @param {string} name */
const parameter = (name) => (/** @type {Fit} */ fit) => {
  const { value, error } = fit.parameters[name];
  if (Number.isNaN(error)) {
    return `${digits(value)} (at its bound)`;
  }
  const told = Number.isFinite(error) ? `± ${+error.toPrecision(2)}` : "(through its points)";
  return `${digits(value)} ${told}`;
};

/** @param {Fit} fit */
function peak({ parameters: { alpha, beta }, predict }) {
  const n = Math.max(Math.sqrt((1 - alpha.value) / beta.value), 1);
  return beta.value > 0 ? `${digits(predict(n))}× at ${digits(n)} threads` : "none, beta is 0";
}

/** @type {[string, LawName, (fit: Fit) => string][]} */
const ROWS = [
  ["Amdahl: f", "amdahl", parameter("f")],
  ["USL: alpha", "usl", parameter("alpha")],
  ["USL: beta", "usl", parameter("beta")],
  ["USL: peak", "usl", peak],
];

/** The fitted parameters, with a column per commit. @param {Side[]} sides */
function lawTable(sides) {
  const known = new Set(sides.flatMap(({ fits }) => fits.map(({ law }) => law)));
  if (!known.size) {
    const why = "No law can be fitted: no count of two or more threads that the cores serve was measured.";
    return html`<p class="muted">${why}</p>`;
  }
  const heads = sides.map(({ name }) => html`<th scope="col"><code>${name}</code></th>`);
  const rows = ROWS.filter(([, law]) => known.has(law)).map(([name, law, write]) => {
    const found = sides.map(({ fits }) => fits.find((fit) => fit.law === law));
    const cells = found.map((fit) => html`<td>${fit ? write(fit) : "too few thread counts"}</td>`);
    return html`<tr><th scope="row">${name}</th>${cells}</tr>`;
  });
  const note = known.has("usl") ? "" : " The USL needs two of them.";
  return html`<div>
    <table class="laws"><caption class="visually-hidden">Fitted laws</caption>
      <thead><tr><th scope="col">Law</th>${heads}</tr></thead><tbody>${rows}</tbody></table>
    <p class="muted">Fitted to the thread counts from 2 on that the cores serve; ± is a standard
      error.${note}</p>
  </div>`;
}

/** @param {Page} page @param {Numbers} numbers @param {number} revision */
function sideOf(page, numbers, revision) {
  const i = numbers.index.get(revision) ?? NaN;
  const all = numbers.lines("speedup").map(({ threads, value, low, high }) => {
    return { n: Number(threads), s: value[i], low: low?.[i] ?? NaN, high: high?.[i] ?? NaN };
  });
  const points = all.filter(({ s }) => !Number.isNaN(s));
  return { name: page.name(revision), points, fits: fitsAt(numbers, i) };
}

/**
 * Show the speedup over threads at two commits, with the laws fitted to the first.
 * @param {Page} page @param {Environment} environment @param {Numbers} numbers
 * @param {{ now: number, base: number }} pair
 */
export function scalingCurve(page, environment, numbers, { now, base }) {
  const cores = numbers.coresAt(now) ?? Infinity;
  const sides = (base === now ? [now] : [now, base]).map((revision) => sideOf(page, numbers, revision));
  const [own, other] = sides;
  const what = ["speedup", "99 % low", "99 % high"];
  const columns = ["threads", "ideal", ...sides.flatMap(({ name }) => what.map((one) => `${name}: ${one}`))];
  const rows = () =>
    numbers.counts.map((n) => {
      const found = sides.map(({ points }) => points.find((point) => point.n === n));
      const values = found.flatMap((p) => (p ? [p.s, p.low, p.high] : [NaN, NaN, NaN]));
      return [String(n), Math.min(n, cores), ...values];
    });
  const table = new DataTable(`scaling-${environment.id}`, "Scaling curve as a table", columns, rows);
  const beside = other?.points.length ? [other] : [];
  return {
    title: "Scaling curve",
    note: other ? `${own.name} beside ${other.name}` : `of ${own.name}`,
    plot: figureOfCurves(numbers.counts, cores, sides),
    keys: [
      { swatch: "line-now", text: own.name },
      ...beside.map(({ name }) => ({ swatch: "line-base", text: name })),
      { swatch: "line-ideal", text: "ideal" },
      ...own.fits.map(({ law }, i) => ({ swatch: `line-law-${i}`, text: LAW_NAMES[law] })),
    ],
    after: [lawTable([own, ...beside]), table.box],
  };
}

/** @param {number[]} counts @param {number} cores @param {Side[]} sides */
function figureOfCurves(counts, cores, sides) {
  const points = sides.flatMap((side) => side.points);
  const most = Math.max(...counts);
  const highest = Math.max(...points.map(({ s }) => s), Math.min(most, cores), 1);
  // A few samples make wide intervals: one that reaches far out must not flatten the curve.
  const ends = points.map(({ s, high }) => (high > s ? Math.min(high, 1.5 * highest) : s));
  const x_range = new Bokeh.Range1d({ start: 0.6, end: most + 0.5 });
  const figure = figureOver(x_range, Math.max(highest, ...ends) * 1.08, "speedup");
  figure.xaxes[0].ticker = new Bokeh.FixedTicker({ ticks: counts });
  const dense = (/** @type {number} */ to) => Array.from({ length: 61 }, (_, i) => 1 + ((to - 1) * i) / 60);
  const ideal = dense(most).map((n) => Math.min(n, cores));
  figure.line({ x: dense(most), y: ideal, line_color: color("--muted"), line_dash: DASHED });
  sides[0].fits.forEach(({ predict }, i) => {
    const x = dense(Math.min(most, cores));
    const look = { line_color: color(`--thread-${3 + i}`), line_dash: i ? [2, 3] : [8, 3, 2, 3] };
    figure.line({ x, y: x.map(predict), line_width: 1.5, ...look });
  });
  curve(figure, sides[1]?.points ?? [], color("--muted"), "square", [5, 3]);
  curve(figure, sides[0].points, color("--accent"), "circle", "solid");
  return figure;
}

/**
 * @param {BokehFigure} figure @param {Side["points"]} points @param {string} ink @param {string} marker
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
