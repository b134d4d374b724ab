// @ts-check
// One history chart: an environment's lines of one quantity, with bands, ideals, ceiling, changes and tags.
/** @import { Commits, Numbers } from "./numbers.js" */
import { drawAxes, placeTicks } from "./axes.js";
import { html } from "./dom.js";
import { Marks } from "./marks.js";
import { color, FONT, forget, look, newFigure, show } from "./style.js";

/** Points are drawn as markers only while commits in sight are at least this many pixels apart. */
const APART = 9;
/** A pointer that moved further than this between down and up, in pixels, dragged and did not click. */
const DRAG = 4;
/** Half a day: the least room beside the first and last commit on an axis of dates. */
const HALF_DAY = 43200000;

/**
 * @typedef {object} Told what a chart is of
 * @property {Numbers} numbers
 * @property {Commits} commits
 * @property {Environment} environment
 * @property {QuantityName} quantity
 * @property {boolean} byDate
 * @property {Set<number | null>} hidden thread counts
 * @property {number[]} counts all thread counts of the page
 * @property {number} top end of the upper axis
 *
 * @typedef {object} Heard who listens
 * @property {(position: number | null, event?: MouseEvent) => void} onPoint
 * @property {(position: number, beside: boolean) => void} onChoose
 * @property {(from: number, to: number) => void} onRange
 */

export class HistoryChart {
  /** @param {HTMLElement} host element that the chart fills @param {Told} told @param {Heard} heard */
  constructor(host, told, heard) {
    this.host = host;
    this.heard = heard;
    this.numbers = told.numbers;
    this.commits = told.commits;
    this.environment = told.environment;
    this.quantity = told.quantity;
    this.byDate = told.byDate;
    this.hidden = told.hidden;
    this.counts = told.counts;
    this.top = told.top;
    this.lines = this.numbers.lines(this.quantity).filter((line) => !this.hidden.has(line.threads));
    this.pointed = /** @type {number | null} */ (null);
    this.x = this.numbers.revisions.map((revision) => this.place(revision));
    this.order = this.byDate ? [...this.x.keys()].sort((a, b) => this.x[a] - this.x[b]) : null;
    this.sorted = this.inOrder(this.x);
    this.last = this.sorted[this.sorted.length - 1];
    const [start, end] = this.whole();
    this.range = new Bokeh.Range1d({ start, end, bounds: [start, end] });
    this.figure = this.newFigure();
    this.marks = new Marks(this);
    this.markers = /** @type {BokehModel[]} */ ([]);
    this.cross = html`<div class="cross" hidden></div>`;
    this.view = /** @type {BokehView | null} */ (null);
  }

  newFigure() {
    const pan = new Bokeh.PanTool({ dimensions: "width" });
    const wheel = new Bokeh.WheelZoomTool({ dimensions: "width", modifiers: { ctrl: true } });
    const figure = newFigure({
      height: 330,
      x_range: this.range,
      tools: [pan, wheel],
      y_range: new Bokeh.Range1d({ start: 0, end: this.top }),
      x_axis_type: this.byDate ? "datetime" : "linear",
      min_border_right: 44,
      min_border_left: 56,
    });
    figure.toolbar.active_drag = matchMedia("(pointer: coarse)").matches ? null : pan;
    return figure;
  }

  /** @param {number} [from] @param {number} [to] */
  async draw(from, to) {
    this.show(from ?? this.range.start, to ?? this.range.end);
    drawAxes(this);
    this.marks.drawBackground();
    this.lines.forEach((line) => this.drawLine(line));
    this.endLabels();
    this.marks.drawForeground();
    this.host.replaceChildren();
    this.view = await show(this.figure, this.host);
    this.listen();
    this.sight();
  }

  /** Let go of the drawing. */
  close() {
    if (this.view) {
      forget(this.view, this.figure);
    }
  }

  /** Return the ends of the axis: all commits, and room beside them. @returns {[number, number]} */
  whole() {
    const [first] = this.sorted;
    const spare = Math.max((this.last - first) * 0.02, this.byDate ? HALF_DAY : 0.8);
    const labels = ((this.last - first + 2 * spare) * 50) / Math.max(this.host.clientWidth - 130, 100);
    return [first - spare, this.last + Math.max(labels, spare)];
  }

  /** Return where a commit stands on the axis. @param {number} revision */
  place(revision) {
    return this.byDate ? this.commits.dateOf(revision) : revision;
  }

  /** Return a column of the numbers in the axis' order. @param {number[]} column */
  inOrder(column) {
    return this.order ? this.order.map((i) => column[i]) : column;
  }

  /** @param {Line} line */
  drawLine(line) {
    const { color: ink, marker, size } = look(line.threads, this.counts);
    const x = this.sorted;
    const y = this.inOrder(line.value);
    if (line.low && line.high) {
      const [y1, y2] = [this.inOrder(line.low), this.inOrder(line.high)];
      this.figure.varea({ x, y1, y2, fill_color: ink, fill_alpha: 0.18 });
    }
    const line_width = line.threads === 1 ? 1 : 2;
    this.figure.line({ x, y, line_color: ink, line_width, line_join: "round" });
    const look_of = { marker, size, fill_color: ink, line_color: null, visible: false };
    this.markers.push(this.figure.scatter({ x, y, ...look_of }));
    this.marks.drawFailed(line);
  }

  /** The thread count beside the end of each line, apart where lines end close together, and in sight. */
  endLabels() {
    const gap = this.top * 0.075;
    const level = (/** @type {{ y: number }} */ { y }) => Math.round(y / gap);
    const ends = this.lines
      .map(({ threads, value }) => ({
        threads: Number(threads),
        y: value.findLast((v) => !Number.isNaN(v)) ?? NaN,
      }))
      .filter(({ threads, y }) => threads && !Number.isNaN(y))
      .sort((a, b) => level(a) - level(b) || a.threads - b.threads);
    ends.forEach((end, i) => {
      end.y = i ? Math.max(end.y, ends[i - 1].y + gap) : end.y;
    });
    let most = this.top * 0.96;
    for (const end of ends.toReversed()) {
      end.y = Math.min(end.y, most);
      most = end.y - gap;
    }
    for (const { threads, y } of ends) {
      this.label(`${threads} thr`, this.last, y, color("--ink"), {
        x_offset: 8,
        text_font_style: "bold",
        text_baseline: "middle",
        background_fill_alpha: 1,
        border_line_color: look(threads, this.counts).color,
        border_line_width: 1.5,
        border_radius: 4,
        padding: 2,
      });
    }
  }

  /** @param {string} text @param {number} x @param {number} y @param {string} ink @param {object} more */
  label(text, x, y, ink, more) {
    const made = new Bokeh.Label({
      x,
      y,
      text: new Bokeh.PlainText({ text }), // of a string Bokeh would typeset what stands between $$
      text_color: ink,
      text_font_size: "11px",
      text_baseline: "bottom",
      text_font: FONT,
      background_fill_color: color("--surface"),
      background_fill_alpha: 0.7,
      ...more,
    });
    this.figure.add_layout(made);
    return made;
  }

  listen() {
    const { start, end } = this.range.properties;
    for (const side of [start, end]) {
      side.change.connect(() => this.sight(), this);
    }
    this.host.append(this.cross);
    this.host.addEventListener("mousemove", (event) => {
      const { bbox, x_scale } = this.frame();
      const at = event.clientX - this.host.getBoundingClientRect().left;
      const inside = at >= bbox.left && at <= bbox.right;
      this.point(inside ? this.nearest(x_scale.invert(at)) : null, event);
    });
    this.host.addEventListener("mouseleave", () => this.point(null));
    let pressed = { x: 0, y: 0 };
    this.host.addEventListener("pointerdown", ({ clientX: x, clientY: y }) => {
      pressed = { x, y };
    });
    this.host.addEventListener("click", (event) => {
      const dragged = Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) > DRAG;
      if (this.pointed !== null && !dragged) {
        this.heard.onChoose(this.pointed, event.shiftKey);
      }
    });
  }

  frame() {
    const view = /** @type {BokehView} */ (this.view);
    return view.frame || view.frame_view;
  }

  /**
   * Return the position (in the numbers' order) of the commit nearest to a place on the axis.
   * @param {number} x
   */
  nearest(x) {
    return this.x.reduce((best, v, i) => (Math.abs(v - x) <= Math.abs(this.x[best] - x) ? i : best), 0);
  }

  /**
   * Show the line at a commit, or hide it; tell who listens.
   * @param {number | null} position @param {MouseEvent} [event]
   */
  point(position, event) {
    this.pointed = position;
    this.cross.hidden = position === null;
    if (position !== null) {
      const { bbox, x_scale } = this.frame();
      const left = x_scale.compute(this.x[position]);
      this.cross.hidden = left < bbox.left || left > bbox.right;
      const place = { left: `${left}px`, top: `${bbox.top}px`, height: `${bbox.height}px` };
      Object.assign(this.cross.style, place);
    }
    this.heard.onPoint(position, event);
  }

  /** After a zoom: markers only while commits are few; tell who listens. */
  sight() {
    const { start, end } = this.range;
    const inside = this.sorted.filter((x) => x >= start && x <= end).length;
    for (const points of this.markers) {
      points.visible = inside * APART <= this.host.clientWidth;
    }
    this.marks.settle();
    placeTicks(this);
    this.heard.onRange(start, end);
  }

  /** Move the range, if need be, so that a commit is in sight. @param {number} position */
  reveal(position) {
    const { start, end } = this.range;
    const x = this.x[position];
    if (x < start || x > end) {
      const [first, last] = this.whole();
      const from = Math.min(Math.max(x - (end - start) / 2, first), last - (end - start));
      this.show(from, from + end - start);
    }
  }

  /** @param {number} start @param {number} end */
  show(start, end) {
    this.range.setv({ start, end });
  }
}
