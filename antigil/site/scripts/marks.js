// @ts-check
// What a history chart shows behind and above its lines: ideals, the ceiling, changes, tags, chosen commits.
import { changeText } from "./changes.js";
import { runsOf } from "./numbers.js";
import { color, DASHED, FONT, look } from "./style.js";

/** Between the line of a tag and its name, in pixels. */
const TAG_GAP = 4;
/** What the name of the ceiling takes, in pixels. */
const CEILING_WIDTH = 100;

export class Marks {
  /** Draw all but the lines, and before them. @param {HistoryChart} chart */
  constructor(chart) {
    this.chart = chart;
    this.drawIdeals();
    this.ceiling = this.drawCeiling();
    this.drawFailed();
    this.drawEndLabels();
    const { changes, tags } = chart.environment;
    this.changes = changes.map((change) => this.change(change));
    this.tags = tags.flatMap((tag) => this.tag(...tag));
    this.chosen = ["commit", "beside"].map((name) => this.choosable(name));
  }

  /** The ideal min(n, CPUs) of each thread count. */
  drawIdeals() {
    const { quantity, numbers, page } = this.chart;
    const hidden = page.hidden();
    const counts = numbers.counts.filter((n) => n > 1 && !hidden.has(n));
    const ideals = numbers.ideals(quantity, counts);
    // Where CPUs are few, several counts have the same ideal.
    for (const levels of new Map(ideals.map((one) => [one.join(), one])).values()) {
      this.ideal(levels, quantity === "speedup" ? `ideal ${levels[0][1]}×` : "ideal");
    }
  }

  /** A level line with a step wherever the level changes. @param {number[][]} levels @param {string} text */
  ideal(levels, text) {
    const { chart } = this;
    const xs = [chart.whole()[0]];
    const ys = [levels[0][1]];
    for (const [revision, level] of levels.slice(1)) {
      const at = chart.placeBefore(revision);
      xs.push(at, at);
      ys.push(ys[ys.length - 1], level);
    }
    const look = { line_color: color("--muted"), line_dash: DASHED, line_width: 1, line_alpha: 0.8 };
    chart.figure.line({ x: [...xs, chart.last], y: [...ys, ys[ys.length - 1]], ...look });
    this.label(text, 6, ys[0], color("--muted"), { x_units: "screen", y_offset: 3 });
  }

  /** The ceiling 1 ÷ held of the speedup, a short line where one stands alone; return its label, if any. */
  drawCeiling() {
    const { chart } = this;
    const { figure, numbers, quantity, sorted, top } = chart;
    const held = quantity === "speedup" ? numbers.ceiling() : undefined;
    const y = chart.inOrder(held ?? []).map((v) => (v <= top * 1.5 ? v : NaN));
    const first = y.findIndex((v) => v <= top);
    if (first < 0) {
      return null;
    }
    const look = { line_color: color("--lost"), line_width: 1.5 };
    figure.step({ x: sorted, y, mode: "center", line_dash: [2, 3], ...look });
    const alone = runsOf(y).filter((run) => run.length === 1).flat();
    const [at, level] = [sorted, y].map((column) => alone.map((i) => column[i]));
    figure.scatter({ x: at, y: level, marker: "dash", size: 14, ...look });
    return this.label("ceiling 1 ÷ held", sorted[first], y[first], color("--lost"), { y_offset: 3 });
  }

  /** A cross on the axis where a commit failed. */
  drawFailed() {
    const { figure, lines, x, top } = this.chart;
    const absent = lines.flatMap((line) => [...line.absent]);
    const failed = new Set(absent.filter(([, why]) => why === "failed").map(([i]) => x[i]));
    const look = { marker: "x", size: 8, line_color: color("--lost"), line_width: 2 };
    figure.scatter({ x: [...failed], y: Array(failed.size).fill(top * 0.015), ...look });
  }

  /** The thread count beside the end of each line, apart where lines end close together, and in sight. */
  drawEndLabels() {
    const { top, lines, sorted, page } = this.chart;
    const last = sorted[sorted.length - 1];
    const gap = top * 0.075;
    const level = (/** @type {{ y: number }} */ { y }) => Math.round(y / gap);
    const ends = lines
      .map(({ threads, value }) => ({ threads, y: value.findLast((v) => !Number.isNaN(v)) ?? NaN }))
      .filter(({ threads, y }) => threads && !Number.isNaN(y))
      .sort((a, b) => level(a) - level(b) || Number(a.threads) - Number(b.threads));
    ends.forEach((end, i) => {
      end.y = i ? Math.max(end.y, ends[i - 1].y + gap) : end.y;
    });
    let most = top * 0.96;
    for (const end of ends.toReversed()) {
      end.y = Math.min(end.y, most);
      most = end.y - gap;
    }
    for (const { threads, y } of ends) {
      const border_line_color = look(threads, page.counts).color;
      const frame = { border_line_color, border_line_width: 1.5, border_radius: 4, padding: 2 };
      const font = { text_font_style: "bold", text_baseline: "middle", background_fill_alpha: 1 };
      this.label(`${threads} thr`, last, y, color("--ink"), { x_offset: 8, ...font, ...frame });
    }
  }

  /** @param {string} text @param {number} x @param {number} y @param {string} ink @param {object} more */
  label(text, x, y, ink, more) {
    const plain = new Bokeh.PlainText({ text }); // of a string Bokeh would typeset what stands between $$
    const font = { text_font: FONT, text_font_size: "11px", text_baseline: "bottom", text_color: ink };
    const ground = { background_fill_color: color("--surface"), background_fill_alpha: 0.7 };
    const made = new Bokeh.Label({ x, y, text: plain, ...font, ...ground, ...more });
    this.chart.figure.add_layout(made);
    return made;
  }

  /**
   * A label on a coloured ground, about the line that it names.
   * @param {string} text @param {number} x @param {number} y @param {string} ground @param {object} more
   */
  badge(text, x, y, ground, more) {
    const look = { text_align: "center", background_fill_color: ground, padding: 4, border_radius: 4 };
    return this.label(text, x, y, color("--surface"), { ...look, ...more });
  }

  /** @param {Change} change */
  change(change) {
    const { chart } = this;
    const x = chart.placeBefore(change.revision);
    const ink = color(change.direction === "lost" ? "--lost" : "--gained");
    const line_dash = change.confirmed ? "solid" : [3, 3];
    this.span({ location: x, line_color: ink, line_dash, line_alpha: 0.75 });
    const label = this.badge(changeText(change), x, chart.top * 0.985, ink, {
      text_font_style: "bold",
      text_baseline: "top",
      background_fill_alpha: change.confirmed ? 1 : 0.7,
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
    const label = this.label(name, x, chart.top * 0.03, color("--muted"), { x_offset: TAG_GAP });
    return [{ label, weight: revision }];
  }

  /** What marks a chosen commit, ready to be shown by `choose`. @param {string} name */
  choosable(name) {
    const { sorted, top } = this.chart;
    const ink = color("--ink");
    const span = this.span({ location: 0, line_color: ink, line_dash: [4, 2], visible: false });
    const look = { background_fill_alpha: 0.85, padding: 3, border_radius: 3, visible: false };
    return { span, label: this.badge(name, sorted[0], top * 0.1, ink, look) };
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
    if (this.ceiling) {
      const { range, sorted } = this.chart;
      const before = (this.ceiling.x - range.start) * this.scale();
      const after = (sorted[sorted.length - 1] - this.ceiling.x) * this.scale();
      const late = after < Math.min(CEILING_WIDTH, before);
      const side = late ? { text_align: "right", x_offset: -4 } : { text_align: "left", x_offset: 4 };
      Object.assign(this.ceiling, side);
    }
  }

  /** Pixels per commit, or per millisecond. */
  scale() {
    const { range, host } = this.chart;
    return Math.max(host.clientWidth - 100, 100) / (range.end - range.start);
  }

  /** @param {{ label: BokehLabel, weight: number }[]} labels @param {number} rows @param {number} align */
  arrange(labels, rows, align) {
    const { range, sorted } = this.chart;
    const { start, end } = range;
    const scale = this.scale();
    const margin = (sorted[sorted.length - 1] - start) * scale;
    const taken = Array.from({ length: rows }, () => /** @type {number[][]} */ ([]));
    for (const { label } of labels.toSorted((a, b) => b.weight - a.weight)) {
      const width = 7.5 * label.text.text.length + 12;
      const wanted = (label.x - start) * scale - align * width;
      const left = align ? Math.max(0, Math.min(wanted, margin - width)) : wanted;
      const row = taken.findIndex((others) => others.every(([from, to]) => left + width < from || left > to));
      label.visible = row >= 0 && label.x >= start && label.x <= end;
      if (label.visible) {
        taken[row].push([left, left + width]);
        label.x_offset = align ? left - wanted : TAG_GAP;
        label.y_offset = -24 * row;
      }
    }
  }
}
