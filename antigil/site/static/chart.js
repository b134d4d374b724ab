"use strict";
// One history chart: an environment's lines of one quantity, with bands, ideals, ceiling, changes and tags.
(function () {
  /** Points are drawn as markers only while commits in sight are at least this many pixels apart. */
  const APART = 9;
  /** A pointer that moved further than this between down and up, in pixels, dragged and did not click. */
  const DRAG = 4;

  const { color, look } = antigil;

  class HistoryChart {
    /**
     * @param host element that the chart fills
     * @param told {numbers, commits, environment, quantity, byDate, hidden, counts, top}
     * @param heard {onPoint(position), onChoose(position), onRange(from, to)}
     */
    constructor(host, told, heard) {
      Object.assign(this, told);
      this.host = host;
      this.heard = heard;
      this.pointed = null;
      const { revisions } = this.numbers;
      this.x = this.byDate ? revisions.map((r) => this.commits.dateOf(r)) : revisions;
      this.order = this.byDate ? [...this.x.keys()].sort((a, b) => this.x[a] - this.x[b]) : null;
      this.sorted = this.order ? this.order.map((i) => this.x[i]) : this.x;
    }

    async draw(from, to) {
      const all = this.whole();
      this.range = new Bokeh.Range1d({ start: from ?? all[0], end: to ?? all[1], bounds: all });
      const tools = [
        new Bokeh.PanTool({ dimensions: "width" }),
        new Bokeh.WheelZoomTool({ dimensions: "width", modifiers: { ctrl: true } }),
      ];
      this.figure = Bokeh.Plotting.figure({
        height: 330,
        sizing_mode: "stretch_width",
        x_range: this.range,
        tools,
        y_range: new Bokeh.Range1d({ start: 0, end: this.top }),
        x_axis_type: this.byDate ? "datetime" : "linear",
        toolbar_location: null,
        min_border_right: 44,
        min_border_left: 56,
      });
      this.figure.toolbar.active_drag = matchMedia("(pointer: coarse)").matches ? null : tools[0];
      antigil.axes.draw(this);
      antigil.styleFigure(this.figure);
      antigil.marks.drawBackground(this);
      this.drawLines();
      antigil.marks.drawChanges(this);
      antigil.marks.drawTags(this);
      antigil.marks.drawChosen(this);
      this.host.replaceChildren();
      this.view = await antigil.show(this.figure, this.host);
      this.listen();
      this.sight();
    }

    /** Let go of the drawing. */
    close() {
      antigil.forget(this.view, this.figure);
    }

    whole() {
      const first = this.sorted[0];
      const last = this.sorted[this.sorted.length - 1];
      const spare = Math.max((last - first) * 0.02, this.byDate ? 43200000 : 0.8);
      const labels = ((last - first + 2 * spare) * 50) / Math.max(this.host.clientWidth - 130, 100);
      return [first - spare, last + Math.max(labels, spare)];
    }

    source(columns) {
      return new Bokeh.ColumnDataSource({ data: columns });
    }

    inOrder(column) {
      return this.order ? this.order.map((i) => column[i]) : column;
    }

    drawLines() {
      const lines = this.numbers.lines(this.quantity).filter((line) => !this.hidden.has(line.threads));
      this.markers = [];
      for (const line of lines) {
        const { color: ink, marker, size } = look(line.threads, this.counts);
        const x = this.sorted;
        const y = this.inOrder(line.value);
        if (line.low) {
          const source = this.source({ x, low: this.inOrder(line.low), high: this.inOrder(line.high) });
          this.figure.varea({
            source,
            x: { field: "x" },
            y1: { field: "low" },
            y2: { field: "high" },
            fill_color: ink,
            fill_alpha: 0.18,
          });
        }
        const source = this.source({ x, y });
        const width = line.threads === 1 ? 1 : 2;
        this.figure.line({
          source,
          x: { field: "x" },
          y: { field: "y" },
          line_color: ink,
          line_width: width,
          line_join: "round",
        });
        const points = this.figure.scatter({
          source,
          x: { field: "x" },
          y: { field: "y" },
          marker,
          size,
          fill_color: ink,
          line_color: null,
          visible: false,
        });
        this.markers.push(points);
        antigil.marks.drawFailed(this, line);
      }
      this.endLabels(lines);
    }

    /** The thread count beside the end of each line, apart where lines end close together, and in sight. */
    endLabels(lines) {
      const ends = [];
      for (const line of lines) {
        const last = line.value.findLastIndex((v) => !Number.isNaN(v));
        if (last >= 0) {
          ends.push({
            y: line.value[last],
            text: line.threads === null ? "" : `${line.threads} thr`,
            threads: line.threads,
          });
        }
      }
      const gap = this.top * 0.075;
      const level = ({ y }) => Math.round(y / gap);
      ends.sort((a, b) => level(a) - level(b) || a.threads - b.threads);
      ends.forEach((end, i) => {
        if (i && end.y < ends[i - 1].y + gap) {
          end.y = ends[i - 1].y + gap;
        }
      });
      let most = this.top * 0.96;
      for (const end of ends.toReversed()) {
        end.y = Math.min(end.y, most);
        most = end.y - gap;
      }
      for (const end of ends) {
        this.label(end.text, this.sorted[this.sorted.length - 1], end.y, color("--ink"), {
          x_offset: 8,
          text_font_style: "bold",
          text_baseline: "middle",
          background_fill_alpha: 1,
          border_line_color: look(end.threads, this.counts).color,
          border_line_width: 1.5,
          border_radius: 4,
          padding: 2,
          visible: end.text !== "",
        });
      }
    }

    label(text, x, y, ink, more) {
      const made = new Bokeh.Label({
        x,
        y,
        text: new Bokeh.PlainText({ text }), // of a string Bokeh would typeset what stands between $$
        text_color: ink,
        text_font_size: "11px",
        text_baseline: "bottom",
        text_font: "system-ui, sans-serif",
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
      this.cross = antigil.element("div", { class: "cross", hidden: true });
      this.host.append(this.cross);
      this.host.addEventListener("mousemove", (event) => {
        const box = this.host.getBoundingClientRect();
        const { bbox, x_scale } = this.frame();
        const at = event.clientX - box.left;
        if (at < bbox.left || at > bbox.right) {
          this.point(null);
          return;
        }
        this.point(this.nearest(x_scale.invert(at)), event);
      });
      this.host.addEventListener("mouseleave", () => this.point(null));
      let pressed = null;
      this.host.addEventListener("pointerdown", (event) => {
        pressed = { x: event.clientX, y: event.clientY };
      });
      this.host.addEventListener("click", (event) => {
        const dragged = pressed && Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) > DRAG;
        if (this.pointed !== null && !dragged) {
          this.heard.onChoose(this.pointed, event.shiftKey);
        }
      });
    }

    frame() {
      return this.view.frame || this.view.frame_view;
    }

    /** Return the position (in the numbers' order) of the commit nearest to a place on the axis. */
    nearest(x) {
      if (!this.order) {
        return this.numbers.nearest(x);
      }
      let best = 0;
      this.sorted.forEach((v, i) => {
        if (Math.abs(v - x) < Math.abs(this.sorted[best] - x)) {
          best = i;
        }
      });
      return this.order[best];
    }

    /** Show the line at a commit, or hide it; tell who listens. */
    point(position, event) {
      this.pointed = position;
      this.cross.hidden = position === null;
      if (position !== null) {
        const { bbox, x_scale } = this.frame();
        const left = x_scale.compute(this.x[position]);
        this.cross.hidden = left < bbox.left || left > bbox.right;
        Object.assign(this.cross.style, {
          left: `${left}px`,
          top: `${bbox.top}px`,
          height: `${bbox.height}px`,
        });
      }
      this.heard.onPoint(position, event);
    }

    /** After a zoom: markers only while commits are few; tell who listens. */
    sight() {
      const inside = this.sorted.filter((x) => x >= this.range.start && x <= this.range.end).length;
      for (const points of this.markers) {
        points.visible = inside * APART <= this.host.clientWidth;
      }
      antigil.marks.settle(this);
      antigil.axes.tick(this);
      this.heard.onRange(this.range.start, this.range.end);
    }

    /** Move the range, if need be, so that a commit is in sight. */
    reveal(position) {
      const { start, end } = this.range;
      const x = this.x[position];
      if (x < start || x > end) {
        const [first, last] = this.whole();
        const from = Math.min(Math.max(x - (end - start) / 2, first), last - (end - start));
        this.show(from, from + end - start);
      }
    }

    show(from, to) {
      this.range.setv({ start: from, end: to });
    }
  }

  antigil.HistoryChart = HistoryChart;
})();
