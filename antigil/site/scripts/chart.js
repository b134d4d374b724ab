// @ts-check
// One history chart: an environment's lines of one quantity, by commit or by date, and what one does with it.
import { html } from "./dom.js";
import { Marks } from "./marks.js";
import { runsOf } from "./numbers.js";
import { day, QUANTITIES, tickText } from "./quantities.js";
import { state } from "./state.js";
import { look, newFigure, show, tickFormatter } from "./style.js";
import { historyTable } from "./tables.js";

/** Points are drawn as markers only while commits in sight are at least this many pixels apart. */
const APART = 9;
/** A pointer that moved further than this between down and up, in pixels, dragged and did not click. */
const DRAG = 4;
/** Half a day: the least room beside the first and last commit on an axis of dates. */
const HALF_DAY = 43200000;
/** Pixels between two ticks of the lower axis, about. */
const TICK_WIDTH = 150;
const DAY = "%Y-%m-%d";

export class HistoryChart {
  /**
   * @param {import("./history.js").History} history @param {HTMLElement} box
   * @param {Environment} environment @param {Numbers} numbers @param {number} top end of the upper axis
   */
  constructor(history, box, environment, numbers, top) {
    this.history = history;
    this.page = history.page;
    this.host = /** @type {HTMLElement} */ (box.querySelector(".plot"));
    this.environment = environment;
    this.numbers = numbers;
    this.top = top;
    this.quantity = this.page.quantity;
    this.byDate = state.get("x") === "date";
    this.lines = numbers.shown(this.quantity, this.page.hidden());
    this.pointed = /** @type {number | null} */ (null);
    // Of all charts beside each other: they share one range.
    this.places = history.revisions.map((revision) => this.place(revision)).sort((a, b) => a - b);
    this.first = this.places[0];
    this.last = this.places[this.places.length - 1];
    this.x = numbers.revisions.map((revision) => this.place(revision));
    this.order = [...this.x.keys()].sort((a, b) => this.x[a] - this.x[b]);
    this.sorted = this.inOrder(this.x);
    const [start, end] = this.whole();
    this.range = new Bokeh.Range1d({ start, end, bounds: [start, end] });
    this.show(...history.wanted());
    this.figure = this.newFigure();
    this.marks = new Marks(this);
    this.markers = this.lines.map((line) => this.drawLine(line));
    this.cross = html`<div class="cross" hidden></div>`;
    this.view = /** @type {BokehView | null} */ (null);
    this.table = historyTable(this);
    box.append(this.table.box);
  }

  newFigure() {
    const pan = new Bokeh.PanTool({ dimensions: "width" });
    const wheel = new Bokeh.WheelZoomTool({ dimensions: "width", modifiers: { ctrl: true } });
    const x_axis_type = this.byDate ? "datetime" : "linear";
    const y_range = new Bokeh.Range1d({ start: 0, end: this.top });
    const room = { height: 330, min_border_right: 44, min_border_left: 56 };
    const figure = newFigure({ tools: [pan, wheel], x_axis_type, x_range: this.range, y_range, ...room });
    figure.toolbar.active_drag = matchMedia("(pointer: coarse)").matches ? null : pan;
    const [x, y] = [figure.xaxes[0], figure.yaxes[0]];
    y.axis_label = QUANTITIES[this.quantity].axis;
    y.formatter = tickFormatter((ticks) => ticks.map((v) => tickText(this.quantity, v)));
    if (this.byDate) {
      const formats = { hours: `${DAY} %H:%M`, days: DAY, months: "%Y-%m", years: "%Y" };
      x.formatter = new Bokeh.DatetimeTickFormatter(formats);
      x.ticker.desired_num_ticks = this.mostTicks();
    } else {
      x.ticker = new Bokeh.FixedTicker({ ticks: [] });
      x.formatter = tickFormatter((ticks) => this.commitTicks(ticks));
    }
    return figure;
  }

  async draw() {
    this.view = await show(this.figure, this.host);
    this.listen();
    this.sight();
  }

  /** Return the ends of the axis: all commits, and room beside them. @returns {[number, number]} */
  whole() {
    const { first, last } = this;
    const spare = Math.max((last - first) * 0.02, this.byDate ? HALF_DAY : 0.8);
    const labels = ((last - first + 2 * spare) * 50) / Math.max(this.host.clientWidth - 130, 100);
    return [first - spare, last + Math.max(labels, spare)];
  }

  /** Return where a commit stands on the axis. @param {number} revision */
  place(revision) {
    return this.byDate ? this.page.commits.dateOf(revision) : revision;
  }

  /** Return where the axis comes to a commit from those before it. @param {number} revision */
  placeBefore(revision) {
    return this.byDate ? this.place(revision) : revision - 0.5;
  }

  /** Return a column of the numbers in the axis' order. @param {number[]} column */
  inOrder(column) {
    return this.order.map((i) => column[i]);
  }

  mostTicks() {
    return Math.max(2, Math.round(this.host.clientWidth / TICK_WIDTH));
  }

  /** Write commits as days; as hashes where two have the same day. @param {number[]} revisions */
  commitTicks(revisions) {
    const shown = revisions.map((revision) => this.page.commits.at(revision));
    const days = shown.map((commit) => day(commit.date));
    return new Set(days).size === days.length ? days : shown.map(({ hash }) => this.page.short(hash));
  }

  /** Put the axis' ticks on commits in sight, as evenly as these lie; dates have even ones of their own. */
  placeTicks() {
    if (this.byDate) {
      return;
    }
    const { start, end } = this.range;
    const step = (end - start) / this.mostTicks();
    const wanted = Array.from({ length: this.mostTicks() }, (_, i) => start + (i + 0.5) * step);
    const near = new Set(wanted.map((x) => this.x[this.nearest(x)]));
    const kept = [...near].filter((x) => x >= start && x <= end);
    this.figure.xaxes[0].ticker.ticks = kept.filter((x, i) => i === 0 || x - kept[i - 1] >= 0.6 * step);
  }

  /** Draw a line with its band; return its markers. @param {Line} line */
  drawLine(line) {
    const { color: ink, marker, size } = look(line.threads, this.page.counts);
    const x = this.sorted;
    const y = this.inOrder(line.value);
    if (line.low && line.high) {
      this.drawIntervals(this.inOrder(line.low), this.inOrder(line.high), ink);
    }
    const line_width = line.threads === 1 ? 1 : 2;
    this.figure.line({ x, y, line_color: ink, line_width, line_join: "round" });
    const filled = { marker, size, fill_color: ink, line_color: null, visible: false };
    return this.figure.scatter({ x, y, ...filled });
  }

  /**
   * Draw a band over each run of commits that have an interval, and a bar where one stands alone.
   * @param {number[]} low @param {number[]} high @param {string} ink
   */
  drawIntervals(low, high, ink) {
    const x = this.sorted;
    const runs = runsOf(low.map((v, i) => v + high[i]));
    const several = runs.filter((run) => run.length > 1);
    const around = (/** @type {number[]} */ there, /** @type {number[]} */ back) =>
      several.map((run) => [...run.map((i) => there[i]), ...run.toReversed().map((i) => back[i])]);
    const band = { xs: around(x, x), ys: around(low, high) };
    this.figure.patches({ ...band, fill_color: ink, fill_alpha: 0.18, line_color: null });
    const alone = runs.filter((run) => run.length === 1).flat();
    const [x0, y0, y1] = [x, low, high].map((column) => alone.map((i) => column[i]));
    this.figure.segment({ x0, x1: x0, y0, y1, line_color: ink, line_width: 5, line_alpha: 0.35 });
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
    this.host.addEventListener("keydown", (event) => this.history.key(this, event));
    this.host.addEventListener("mouseleave", () => this.point(null));
    this.host.addEventListener("focusout", () => this.point(null));
    let pressed = { x: 0, y: 0 };
    this.host.addEventListener("pointerdown", ({ clientX: x, clientY: y }) => {
      pressed = { x, y };
    });
    this.host.addEventListener("click", (event) => {
      if (Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) <= DRAG) {
        this.choose(event.shiftKey);
      }
    });
  }

  frame() {
    const view = /** @type {BokehView} */ (this.view);
    return view.frame || view.frame_view;
  }

  /** Return the position (in the numbers' order) of the commit nearest to a place. @param {number} x */
  nearest(x) {
    return this.x.reduce((best, v, i) => (Math.abs(v - x) <= Math.abs(this.x[best] - x) ? i : best), 0);
  }

  /** Point at a commit or none. @param {number | null} position @param {MouseEvent} [event] */
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
    this.history.tell(this, position, event);
  }

  /** Choose the commit that is pointed at. @param {boolean} beside */
  choose(beside) {
    if (this.pointed !== null) {
      this.page.choose(this.numbers.revisions[this.pointed], beside);
    }
  }

  /**
   * Return the ends of what is in sight; one at which the history itself ends is undefined.
   * @returns {[number | undefined, number | undefined]}
   */
  ends() {
    const { start, end } = this.range;
    const [first, last] = this.whole();
    const near = (last - first) * 1e-6;
    return [start - first <= near ? undefined : start, end >= this.last ? undefined : end];
  }

  /** Fit what depends on the width to another one: ticks, labels, and the room beside the newest commit. */
  resize() {
    if (this.byDate) {
      this.figure.xaxes[0].ticker.desired_num_ticks = this.mostTicks();
    }
    this.range.bounds = this.whole();
    this.show(...this.ends());
    this.sight();
  }

  /** After a zoom: markers only while values are few; labels, ticks and the other charts follow. */
  sight() {
    const { start, end } = this.range;
    this.markers.forEach((points, k) => {
      const { value } = this.lines[k];
      const inside = this.x.filter((x, i) => x >= start && x <= end && !Number.isNaN(value[i])).length;
      points.visible = inside * APART <= this.host.clientWidth;
    });
    this.marks.settle();
    this.placeTicks();
    this.table.refresh();
    this.history.follow(this);
  }

  /** Move the range, if need be, so that a commit is in sight. @param {number} position */
  reveal(position) {
    const { start, end } = this.range;
    const x = this.x[position];
    if (x < start || x > end) {
      this.move((x - (start + end) / 2) / (end - start));
    }
  }

  /**
   * Show a part of the history; an end that is not given is the history's own. Where there is none, show all.
   * @param {number} [start] @param {number} [end]
   */
  show(start, end) {
    const [first, whole] = this.whole();
    const from = start ?? first;
    // The room for labels beside the newest commit shrinks with the range.
    const part = from < this.last ? (this.last - from) / (this.last - first) : 1;
    const to = end ?? this.last + part * (whole - this.last);
    this.range.setv(from < to ? { start: from, end: to } : { start: first, end: whole });
  }

  /** Show the newest commits of all charts. @param {number} commits */
  newest(commits) {
    this.show(this.places[Math.max(0, this.places.length - commits)]);
  }

  /** Move by a part of what is in sight, to the end of the history at most. @param {number} part */
  move(part) {
    const [first, last] = this.whole();
    const { start, end } = this.range;
    const by = Math.min(Math.max(part * (end - start), first - start), last - end);
    this.show(start + by, end + by);
  }

  /** Zoom about the commit that is pointed at, else the newest in sight. @param {number} factor */
  zoom(factor) {
    const [first, last] = this.whole();
    const { start, end } = this.range;
    const middle = this.pointed === null ? Math.min(end, this.last) : this.x[this.pointed];
    const [from, to] = [middle - (middle - start) * factor, middle + (end - middle) * factor];
    this.show(Math.max(first, from), Math.min(last, to));
  }
}
