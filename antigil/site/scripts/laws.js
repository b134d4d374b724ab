// @ts-check
// The scaling laws that were fitted at publishing (antigil/laws.py), read from the data file and told.
/** @import { Numbers } from "./numbers.js" */
import { html } from "./dom.js";

export const LAW_NAMES = { amdahl: "Amdahl", usl: "Universal Scalability Law (USL)" };

/**
 * @typedef {object} Fit
 * @property {LawName} law
 * @property {(n: number) => number} predict
 * @property {{ [name: string]: { value: number, error: number } }} parameters
 */

/** Return the laws that have points enough at a commit. @param {Numbers} numbers @param {number} revision */
export function fitsAt(numbers, revision) {
  const i = numbers.index.get(revision) ?? NaN;
  /** @type {Fit[]} */
  const fits = [];
  for (const [law, columns] of Object.entries(numbers.laws)) {
    const parameters = Object.fromEntries(
      Object.entries(columns).map(([name, told]) => [name, { value: told[0][i], error: told[1][i] }]),
    );
    const { f, alpha = f, beta = { value: 0 } } = parameters; // Amdahl's law is the USL without beta
    const predict = (/** @type {number} */ n) => n / (1 + alpha.value * (n - 1) + beta.value * n * (n - 1));
    if (alpha.value >= 0) {
      fits.push({ law: /** @type {LawName} */ (law), predict, parameters });
    }
  }
  return fits;
}

/** @param {number} v */
const digits = (v) => String(+v.toPrecision(3));

/**
 * A parameter with its standard error, or why it has none.
 * @param {string} name @returns {(fit: Fit) => string}
 */
const parameter = (name) => (fit) => {
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

/**
 * The fitted parameters, with a column per commit.
 * @param {[string, Fit[]][]} sides each one's name and fits
 */
export function lawTable(sides) {
  const known = new Set(sides.flatMap(([, fits]) => fits.map(({ law }) => law)));
  if (!known.size) {
    const why = "No law can be fitted: no thread count from 2 to the CPUs allowed was measured.";
    return html`<p class="muted">${why}</p>`;
  }
  const heads = sides.map(([name]) => html`<th scope="col"><code>${name}</code></th>`);
  const rows = ROWS.filter(([, law]) => known.has(law)).map(([name, law, write]) => {
    const found = sides.map(([, fits]) => fits.find((fit) => fit.law === law));
    const cells = found.map((fit) => html`<td>${fit ? write(fit) : "too few thread counts"}</td>`);
    return html`<tr><th scope="row">${name}</th>${cells}</tr>`;
  });
  const note = known.has("usl") ? "" : " The USL needs two of them.";
  return html`<div>
    <table class="laws"><caption class="visually-hidden">Fitted laws</caption>
      <thead><tr><th scope="col">Law</th>${heads}</tr></thead><tbody>${rows}</tbody></table>
    <p class="muted">Fitted to the thread counts from 2 to the CPUs allowed; ± is a standard
      error.${note}</p>
  </div>`;
}
