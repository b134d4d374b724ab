"use strict";
// What a history chart shows behind and above its lines: ideals, the ceiling, changes, tags, chosen commits.
(function () {
  const { color } = antigil;
  /** Between the line of a tag and its name, in pixels. */
  const TAG_GAP = 4;
  /** What the name of the ceiling takes, in pixels. */
  const CEILING_WIDTH = 100;

  /** The ideal min(n, CPUs) of each thread count, and the ceiling 1 ÷ held. */
  function drawBackground(chart) {
    if (chart.quantity === "efficiency") {
      level(chart, 1, "ideal");
    }
    if (chart.quantity !== "speedup") {
      return;
    }
    const steps = chart.numbers.cpusByRevision;
    const counts = chart.counts.filter((n) => !chart.hidden.has(n) && n > 1);
    const seen = new Set();
    for (const n of counts) {
      const key = steps.map(([, cpus]) => Math.min(n, cpus ?? n)).join();
      if (!seen.has(key)) {
        seen.add(key);
        idealLine(chart, n, steps);
      }
    }
    const ceiling = chart.numbers.ceiling();
    if (ceiling && ceiling.some((v) => v <= chart.top)) {
      const y = chart.inOrder(ceiling).map((v) => (v <= chart.top * 1.5 ? v : NaN));
      chart.figure.step({
        x: chart.sorted,
        y,
        mode: "center",
        line_color: color("--lost"),
        line_dash: [2, 3],
        line_width: 1.5,
      });
      const first = y.findIndex((v) => v <= chart.top);
      const last = chart.sorted[chart.sorted.length - 1];
      const late = (last - chart.sorted[first]) * scaleOf(chart) < CEILING_WIDTH;
      chart.label("ceiling 1 ÷ held", chart.sorted[first], y[first], color("--lost"), {
        text_align: late ? "right" : "left",
        x_offset: late ? -4 : 4,
        y_offset: 3,
      });
    }
  }

  function idealLine(chart, n, steps) {
    const ends = chart.whole();
    const xs = [];
    const ys = [];
    steps.forEach(([revision, cpus], i) => {
      const at = i === 0 ? ends[0] : chart.byDate ? chart.commits.dateOf(revision) : revision - 0.5;
      if (i) {
        xs.push(at);
        ys.push(ys[ys.length - 1]);
      }
      xs.push(at);
      ys.push(Math.min(n, cpus ?? n));
    });
    xs.push(chart.sorted[chart.sorted.length - 1]);
    ys.push(ys[ys.length - 1]);
    chart.figure.line({
      x: xs,
      y: ys,
      line_color: color("--muted"),
      line_dash: [6, 5],
      line_width: 1,
      line_alpha: 0.8,
    });
    chart.label(`ideal ${ys[0]}×`, 6, ys[0], color("--muted"), { x_units: "screen", y_offset: 3 });
  }

  function level(chart, y, text) {
    const ends = [chart.whole()[0], chart.sorted[chart.sorted.length - 1]];
    chart.figure.line({ x: ends, y: [y, y], line_color: color("--muted"), line_dash: [6, 5], line_width: 1 });
    chart.label(text, 6, y, color("--muted"), { x_units: "screen", y_offset: 3 });
  }

  /** A cross on the axis where a commit failed. */
  function drawFailed(chart, line) {
    const failed = [...line.absent].filter(([, why]) => why === "failed").map(([i]) => chart.x[i]);
    if (failed.length) {
      chart.figure.scatter({
        x: failed,
        y: failed.map(() => chart.top * 0.015),
        marker: "x",
        size: 8,
        line_color: color("--lost"),
        line_width: 2,
      });
    }
  }

  function drawChanges(chart) {
    chart.changeLabels = [];
    for (const change of chart.environment.changes) {
      const x = chart.byDate ? chart.commits.dateOf(change.revision) : change.revision - 0.5;
      const ink = color(change.direction === "lost" ? "--lost" : "--gained");
      const dash = change.confirmed ? "solid" : [3, 3];
      chart.figure.add_layout(
        new Bokeh.Span({
          location: x,
          dimension: "height",
          line_color: ink,
          line_dash: dash,
          line_alpha: 0.75,
        }),
      );
      const label = chart.label(antigil.changeText(change), x, chart.top * 0.985, color("--surface"), {
        text_font_style: "bold",
        text_baseline: "top",
        text_align: "center",
        background_fill_color: ink,
        background_fill_alpha: change.confirmed ? 1 : 0.7,
        padding: 4,
        border_radius: 4,
      });
      chart.changeLabels.push({
        label,
        weight: Math.abs(change.headline.size) + (change.confirmed ? 10 : 0),
      });
    }
  }

  /**
   * Put labels that would cover each other into rows; of more than fit, show those that weigh most. Those
   * of changes keep out of the margin, where the names of the lines stand.
   */
  function settle(chart) {
    place(chart, chart.changeLabels, 3, 0.5);
    place(chart, chart.tagLabels, 1, 0);
  }

  /** Pixels per commit, or per millisecond. */
  function scaleOf(chart) {
    const { start, end } = chart.range;
    return Math.max(chart.host.clientWidth - 100, 100) / (end - start);
  }

  function place(chart, labels, rows, align) {
    const { start } = chart.range;
    const scale = scaleOf(chart);
    const margin = (chart.sorted[chart.sorted.length - 1] - start) * scale;
    const taken = Array.from({ length: rows }, () => []);
    for (const { label } of [...labels].sort((a, b) => b.weight - a.weight)) {
      const width = 7.5 * label.text.text.length + 12;
      const wanted = (label.x - start) * scale - align * width;
      const left = align ? Math.min(wanted, margin - width) : wanted;
      const free = ([from, to]) => left + width < from || left > to;
      const row = taken.findIndex((others) => others.every(free));
      label.visible = row >= 0;
      if (row >= 0) {
        taken[row].push([left, left + width]);
        label.x_offset = align ? left - wanted : TAG_GAP;
        label.y_offset = -24 * row;
      }
    }
  }

  function drawTags(chart) {
    chart.tagLabels = [];
    for (const [revision, name, date] of chart.environment.tags) {
      const x = chart.byDate ? date : revision;
      if (x !== null) {
        chart.figure.add_layout(
          new Bokeh.Span({
            location: x,
            dimension: "height",
            line_color: color("--muted"),
            line_dash: [1, 4],
          }),
        );
        const label = chart.label(name, x, chart.top * 0.03, color("--muted"), { x_offset: TAG_GAP });
        chart.tagLabels.push({ label, weight: revision });
      }
    }
  }

  /** Prepare the marks of the two chosen commits; `choose` moves and shows them. */
  function drawChosen(chart) {
    const ink = color("--ink");
    chart.chosen = ["commit", "beside"].map((name) => {
      const span = new Bokeh.Span({
        location: 0,
        dimension: "height",
        line_color: ink,
        line_dash: [4, 2],
        visible: false,
      });
      chart.figure.add_layout(span);
      const label = chart.label(name, chart.sorted[0], chart.top * 0.1, color("--surface"), {
        text_align: "center",
        background_fill_color: ink,
        background_fill_alpha: 0.85,
        padding: 3,
        border_radius: 3,
        visible: false,
      });
      return { span, label };
    });
  }

  /** Mark two commits (revisions, or null) on the axis. */
  function choose(chart, ...revisions) {
    chart.chosen.forEach(({ span, label }, i) => {
      const x =
        revisions[i] === null ? NaN : chart.byDate ? chart.commits.dateOf(revisions[i]) : revisions[i];
      const visible = !Number.isNaN(x);
      if (visible) {
        span.location = x;
        label.x = x;
      }
      span.visible = label.visible = visible;
    });
  }

  antigil.marks = { drawBackground, drawFailed, drawChanges, drawTags, drawChosen, choose, settle };
})();
