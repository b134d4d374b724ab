// @ts-check
// Where the speedup went. Of n threads, the speedup S is what arrives: for the share S ÷ n of its time a
// thread works, waits and is queued as in one thread's call. What it does beyond that adds up to n − S, as
//   S(n) = n × on(n) ÷ on(1) ÷ inflation(n),   on = 1 − waiting − queued, the share of time on a CPU
//   waiting     n × waiting(n) − S × waiting(1)
//   queued      n × queued(n) − S × queued(1)
//   inflation   n × on(n) − S × on(1) = S × on(1) × (inflation(n) − 1)
// While n ≤ CPUs the stored speedup is free of queueing, so the shares are freed of it in the same way
// (antigil/scaling/rounds.py: time lost to other programs is given back): on becomes on ÷ kept, the rest of
// it is waiting, and nothing is queued. Medians over rounds do not keep the identity to the last digit, and
// stored numbers may lack some: what the three parts do not account for is shown as unexplained. Parts that
// come to more than n − S are scaled down to it.
import { html } from "./dom.js";
import { hasGil } from "./quantities.js";
import { color, figureOver, FONT } from "./style.js";
import { DataTable } from "./tables.js";

const PARTS = /** @type {const} */ (["speedup", "waiting", "queued", "inflation", "unexplained"]);
const HATCH = { speedup: " ", waiting: "/", queued: ".", inflation: "x", unexplained: "-" };
/** What each part is, for the legend. */
const MEANING = {
  speedup: "speedup",
  waiting: "waiting: for the GIL, a lock, or what works for the call",
  waitingWithoutGil: "waiting: for a lock, a stop of all threads, or what works for the call",
  queued: "queued for a CPU",
  inflation: "inflation: more CPU time per call",
  unexplained: "unexplained",
};
/** @param {(typeof PARTS)[number]} part @param {boolean} gil */
const meaning = (part, gil) => MEANING[part === "waiting" && !gil ? "waitingWithoutGil" : part];
/** A part of n smaller than this is not named, and a rest, which rounding leaves, not drawn. */
const SMALL = 0.01;

/** @typedef {(quantity: QuantityName, threads: number) => number} Value NaN where there is no number */

/**
 * Return the shares of time of n threads: as they were measured, or freed of queueing.
 * @param {Value} value @param {number} n @param {boolean} served
 */
function shares(value, n, served) {
  const [waiting, queued] = [value("waiting", n), value("queued", n)];
  if (!served) {
    return { waiting, queued };
  }
  const [on, alone] = [1 - waiting - queued, value("waiting", 1)];
  const part = on / (1 - alone - value("queued", 1)) / (value("inflation", n) || 1); // raw S ÷ n
  const waits = Math.max(0, waiting - alone * part);
  const kept = Math.max(1 - queued / (1 - waits), on);
  return { waiting: 1 - on / kept, queued: 0 };
}

/**
 * Divide n threads at one commit into parts that add up to n (to the speedup, where it exceeds n).
 * Without a speedup there are none: null.
 * @param {Value} value @param {number} threads @param {boolean} served by a CPU each
 */
export function divide(value, threads, served) {
  const speedup = value("speedup", threads);
  if (Number.isNaN(speedup)) {
    return null;
  }
  const [one, all] = [shares(value, 1, served), shares(value, threads, served)];
  const on = 1 - one.waiting - one.queued;
  const sizes = [
    threads * all.waiting - speedup * one.waiting,
    threads * all.queued - speedup * one.queued,
    speedup * on * (value("inflation", threads) - 1),
  ].map((size) => (size > 0 && size < Infinity ? size : 0)); // NaN, for want of a number, explains nothing
  const missing = Math.max(0, threads - speedup);
  const total = sizes[0] + sizes[1] + sizes[2];
  const scale = total > missing ? missing / total : 1;
  const [waiting, queued, inflation] = sizes.map((size) => size * scale);
  return { threads, speedup, waiting, queued, inflation, unexplained: Math.max(0, missing - total) };
}

/** Divide n threads at a commit. @param {Numbers} numbers @param {number} revision @param {number} threads */
function split(numbers, revision, threads) {
  const position = numbers.index.get(revision) ?? NaN;
  const cpus = numbers.cpusAt(revision);
  /** @type {Value} */
  const value = (quantity, n) => numbers.line(quantity, n)?.value[position] ?? NaN;
  return divide(value, threads, cpus !== null && threads <= cpus);
}

/**
 * Divide the threads of each count into speedup, waiting, queued and inflation, at one commit; null where
 * none of these was ever recorded.
 * @param {Page} page @param {Environment} environment @param {Numbers} numbers @param {{ now: number }} pair
 */
export function whereItWent(page, environment, numbers, { now }) {
  if (!numbers.has("waiting")) {
    return null;
  }
  const counts = numbers.counts.filter((n) => n > 1);
  const splits = counts.map((n) => split(numbers, now, n)).filter((one) => one !== null);
  const heads = { title: "Where the speedup went", note: `of n threads at ${page.name(now)}` };
  if (!splits.length) {
    return { ...heads, plot: "Nothing was measured at this commit.", keys: [], after: [] };
  }
  const parts = PARTS.filter((part) => splits.some((s) => s[part] > 0.0005));
  const named = parts.filter((part) => splits.some((s) => s[part] >= SMALL * s.threads));
  const drawn = parts.filter((part) => part !== "unexplained" || named.includes(part));
  const rows = () => splits.map((s) => [String(s.threads), ...parts.map((part) => s[part])]);
  const title = "Where the speedup went, as a table";
  const functions = environment.functions[String(now)] ?? [];
  return {
    ...heads,
    plot: figureOf(splits, drawn),
    keys: named.map((part) => ({ swatch: `part-${part}`, text: meaning(part, hasGil(environment)) })),
    after: [
      ...functions.map((text) => html`<p class="functions">${text}</p>`),
      new DataTable(`where-${environment.id}`, title, ["threads", ...parts], rows).box,
    ],
  };
}

/** @param {NonNullable<ReturnType<typeof divide>>[]} splits @param {(typeof PARTS)[number][]} drawn */
function figureOf(splits, drawn) {
  const x = splits.map((s) => String(s.threads));
  const end = Math.max(...splits.map((s) => Math.max(s.threads, s.speedup))) * 1.04;
  const figure = figureOver(x, end, "threads’ worth of work");
  const surface = color("--surface");
  const hatch = { hatch_color: surface, hatch_alpha: 0.55, hatch_scale: 9 };
  let bottom = splits.map(() => 0);
  for (const part of drawn) {
    const top = bottom.map((v, i) => v + splits[i][part]);
    const look = { fill_color: color(`--part-${part}`), line_color: surface, hatch_pattern: HATCH[part] };
    figure.vbar({ x, top, bottom, width: 0.62, ...look, ...hatch });
    bottom = top;
  }
  const font = { text_font: FONT, text_font_size: "12px", text_font_style: "bold", text_color: surface };
  const text = splits.map((s) => `${s.speedup.toFixed(2)}×`);
  const y = splits.map((s) => s.speedup / 2);
  figure.text({ x, y, text, text_align: "center", text_baseline: "middle", ...font });
  return figure;
}
