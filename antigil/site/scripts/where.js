// @ts-check
// The chart that divides n threads into speedup, waiting, queued and inflation, at one commit.
/** @import { CommitView, Pair } from "./commit.js" */
/** @import { Numbers } from "./numbers.js" */
import { html } from "./dom.js";
import { PARTS, split } from "./split.js";
import { color, FONT } from "./style.js";
import { DataTable } from "./tables.js";

const HATCH = { speedup: " ", waiting: "/", queued: ".", inflation: "x", unexplained: "-" };
/** What each part is, for the legend. */
const MEANING = {
  speedup: "speedup",
  waiting: "waiting for the GIL or another lock",
  queued: "queued for a CPU",
  inflation: "inflation: more CPU time per call",
  unexplained: "unexplained",
};
/** A part of n smaller than this is not named, and a rest, which rounding leaves, not drawn. */
const SMALL = 0.01;

/** @typedef {NonNullable<ReturnType<typeof split>>} Split */

/**
 * Draw n split into speedup, waiting, queued and inflation.
 * @param {CommitView} view @param {HTMLElement} box @param {Environment} environment @param {Numbers} numbers
 * @param {Pair} pair
 */
export function drawWhere(view, box, environment, numbers, { now }) {
  const counts = numbers.counts.filter((n) => n > 1);
  const splits = counts.map((n) => split(numbers, now, n)).filter((one) => one !== null);
  const name = view.page.name(now);
  const { plot, legend, after } = view.card(box, "Where the speedup went", `of n threads at ${name}`);
  if (!numbers.has("waiting") || !splits.length) {
    const why = splits.length
      ? "Only asv’s times are known of this benchmark, so the missing speedup cannot be divided."
      : "Nothing was measured at this commit.";
    plot.replaceWith(html`<p class="muted">${why}</p>`);
    return async () => {};
  }
  const parts = PARTS.filter((part) => splits.some((s) => s[part] > 0.0005));
  const named = parts.filter((part) => splits.some((s) => s[part] >= SMALL * s.threads));
  const drawn = parts.filter((part) => part !== "unexplained" || named.includes(part));
  const rows = () => splits.map((s) => [String(s.threads), ...parts.map((part) => s[part])]);
  const title = "Where the speedup went, as a table";
  after.append(new DataTable(`where-${environment.id}`, title, ["threads", ...parts], rows).box);
  legend.append(...named.map((part) => view.key(`part-${part}`, MEANING[part])));
  return () => view.show(figureOf(view, splits, drawn), plot);
}

/** @param {CommitView} view @param {Split[]} splits @param {(typeof PARTS)[number][]} drawn */
function figureOf(view, splits, drawn) {
  const x = splits.map((s) => String(s.threads));
  const end = Math.max(...splits.map((s) => Math.max(s.threads, s.speedup))) * 1.04;
  const y_range = new Bokeh.Range1d({ start: 0, end });
  const figure = view.figure({ x_range: x, y_range }, "threads", "threads’ worth of work");
  let bottom = splits.map(() => 0);
  for (const part of drawn) {
    const top = bottom.map((v, i) => v + splits[i][part]);
    figure.vbar({
      x,
      top,
      bottom,
      width: 0.62,
      fill_color: color(`--part-${part}`),
      line_color: color("--surface"),
      hatch_pattern: HATCH[part],
      hatch_color: color("--surface"),
      hatch_alpha: 0.55,
      hatch_scale: 9,
    });
    bottom = top;
  }
  figure.text({
    x,
    y: splits.map((s) => s.speedup / 2),
    text: splits.map((s) => `${s.speedup.toFixed(2)}×`),
    text_align: "center",
    text_baseline: "middle",
    text_font_size: "12px",
    text_font_style: "bold",
    text_font: FONT,
    text_color: color("--surface"),
  });
  return figure;
}
