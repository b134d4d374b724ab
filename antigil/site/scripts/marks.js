// @ts-check
// What a history chart shows behind and above its lines: ideals, the ceiling, changes, tags, chosen commits.
/** @import { HistoryChart } from "./chart.js" */
import { changeText } from "./changes.js";
import { color, DASHED } from "./style.js";

/** Between the line of a tag and its name, in pixels. */
const TAG_GAP = 4;
/** What the name of the ceiling takes, in pixels. */
const CEILING_WIDTH = 100;

/** @typedef {{ label: BokehLabel, weight: number }} Weighed */

export class Marks {
  /** @param {HistoryChart} chart */
  constructor(chart) {
    this.chart = chart;
    this.changes = /** @type {Weighed[]} */ ([]);
    this.tags = /** @type {Weighed[]} */ ([]);
    this.chosen = /** @type {{ span: BokehSpan, label: BokehLabel }[]} */ ([]);
  }

  /** The ideal min(n, CPUs) of each thread count, and the ceiling 1 ÷ held. */
  drawBackground() {
    const { quantity, numbers, counts, hidden } = this.chart;
    if (quantity === "efficiency") {
      this.ideal([[-Infinity, 1]], "ideal");
    }
    if (quantity !== "speedup") {
      return;
    }
    const seen = new Set();
    for (const n of counts.filter((count) => count > 1 && !hidden.has(count))) {
      const levels = numbers.cpusByRevision.map(([from, cpus]) => [from, Math.min(n, cpus ?? n)]);
      const key = levels.map(([, level]) => level).join();
      if (!seen.has(key)) {
        seen.add(key);
        this.ideal(levels, `ideal ${levels[0][1]}×`);
      }
    }
    this.ceiling();
  }

  /** A level line with a step wherever the level changes. @param {number[][]} levels @param {string} text */
  ideal(levels, text) {
    const { byDate, last, figure } = this.chart;
    const xs = [this.chart.whole()[0]];
    const ys = [levels[0][1]];
    for (const [revision, level] of levels.slice(1)) {
      const at = byDate ? this.chart.place(revision) : revision - 0.5;
      xs.push(at, at);
      ys.push(ys[ys.length - 1], level);
    }
    const look = { line_color: color("--muted"), line_dash: DASHED, line_width: 1, line_alpha: 0.8 };
    figure.line({ x: [...xs, last], y: [...ys, ys[ys.length - 1]], ...look });
    this.chart.label(text, 6, ys[0], color("--muted"), { x_units: "screen", y_offset: 3 });
  }

  ceiling() {
    const { chart } = this;
    const { top, sorted, last } = chart;
    const y = chart.inOrder(chart.numbers.ceiling() ?? []).map((v) => (v <= top * 1.5 ? v : NaN));
    const first = y.findIndex((v) => v <= top);
    if (first < 0) {
      return;
    }
    const look = { line_color: color("--lost"), line_dash: [2, 3], line_width: 1.5 };
    chart.figure.step({ x: sorted, y, mode: "center", ...look });
    const late = (last - sorted[first]) * this.scale() < CEILING_WIDTH;
    chart.label("ceiling 1 ÷ held", sorted[first], y[first], color("--lost"), {
      text_align: late ? "right" : "left",
      x_offset: late ? -4 : 4,
      y_offset: 3,
    });
  }

  /** A cross on the axis where a commit failed. @param {Line} line */
  drawFailed({ absent }) {
    const { figure, x, top } = this.chart;
    const failed = [...absent].filter(([, why]) => why === "failed").map(([i]) => x[i]);
    if (failed.length) {
      const look = { marker: "x", size: 8, line_color: color("--lost"), line_width: 2 };
      figure.scatter({ x: failed, y: failed.map(() => top * 0.015), ...look });
    }
  }

  /** Changes, tags and, ready to be shown by `choose`, the two chosen commits. */
  drawForeground() {
    const { environment } = this.chart;
    this.changes = environment.changes.map((change) => this.change(change));
    this.tags = environment.tags.flatMap((tag) => this.tag(...tag));
    this.chosen = ["commit", "beside"].map((name) => this.choosable(name));
  }

  /** @param {Change} change */
  change(change) {
    const { chart } = this;
    const x = chart.byDate ? chart.place(change.revision) : change.revision - 0.5;
    const ink = color(change.direction === "lost" ? "--lost" : "--gained");
    const line_dash = change.confirmed ? "solid" : [3, 3];
    this.span({ location: x, line_color: ink, line_dash, line_alpha: 0.75 });
    const label = chart.label(changeText(change), x, chart.top * 0.985, color("--surface"), {
      text_font_style: "bold",
      text_baseline: "top",
      text_align: "center",
      background_fill_color: ink,
      background_fill_alpha: change.confirmed ? 1 : 0.7,
      padding: 4,
      border_radius: 4,
    });
    return { label, weight: Math.abs(change.headline.size) + (change.confirmed ? 10 : 0) };
  }

  /** @param {number} revision @param {string} name @param {number | null} date */
  tag(revision, name, date) {
    const { chart } = this;
    const x = chart.byDate ? date : revision;
    if (x === null) {
      return [];
    }
    this.span({ location: x, line_color: color("--muted"), line_dash: [1, 4] });
    const label = chart.label(name, x, chart.top * 0.03, color("--muted"), { x_offset: TAG_GAP });
    return [{ label, weight: revision }];
  }

  /** @param {string} name */
  choosable(name) {
    const { chart } = this;
    const ink = color("--ink");
    const span = this.span({ location: 0, line_color: ink, line_dash: [4, 2], visible: false });
    const label = chart.label(name, chart.sorted[0], chart.top * 0.1, color("--surface"), {
      text_align: "center",
      background_fill_color: ink,
      background_fill_alpha: 0.85,
      padding: 3,
      border_radius: 3,
      visible: false,
    });
    return { span, label };
  }

  /** @param {object} given */
  span(given) {
    const span = new Bokeh.Span({ dimension: "height", ...given });
    this.chart.figure.add_layout(span);
    return span;
  }

  /** Mark two commits on the axis. @param {(number | null)[]} revisions */
  choose(...revisions) {
    this.chosen.forEach(({ span, label }, i) => {
      const revision = revisions[i];
      const x = revision === null ? NaN : this.chart.place(revision);
      const visible = !Number.isNaN(x);
      if (visible) {
        span.location = label.x = x;
      }
      span.visible = label.visible = visible;
    });
  }

  /**
   * Put labels that would cover each other into rows; of more than fit, show those that weigh most. Those
   * of changes keep out of the margin, where the names of the lines stand.
   */
  settle() {
    this.arrange(this.changes, 3, 0.5);
    this.arrange(this.tags, 1, 0);
  }

  /** Pixels per commit, or per millisecond. */
  scale() {
    const { range, host } = this.chart;
    return Math.max(host.clientWidth - 100, 100) / (range.end - range.start);
  }

  /** @param {Weighed[]} labels @param {number} rows @param {number} align */
  arrange(labels, rows, align) {
    const { start } = this.chart.range;
    const scale = this.scale();
    const margin = (this.chart.last - start) * scale;
    const taken = Array.from({ length: rows }, () => /** @type {number[][]} */ ([]));
    for (const { label } of labels.toSorted((a, b) => b.weight - a.weight)) {
      const width = 7.5 * label.text.text.length + 12;
      const wanted = (label.x - start) * scale - align * width;
      const left = align ? Math.min(wanted, margin - width) : wanted;
      const row = taken.findIndex((others) => others.every(([from, to]) => left + width < from || left > to));
      label.visible = row >= 0;
      if (row >= 0) {
        taken[row].push([left, left + width]);
        label.x_offset = align ? left - wanted : TAG_GAP;
        label.y_offset = -24 * row;
      }
    }
  }
}
