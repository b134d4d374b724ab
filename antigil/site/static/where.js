"use strict";
// The chart that divides n threads into speedup, waiting, queued and inflation, at one commit.
(function () {
  const { element, color } = antigil;
  const HATCH = { speedup: " ", waiting: "/", queued: ".", inflation: "x", unexplained: "-" };
  const NAMES = {
    speedup: "speedup",
    waiting: "waiting",
    queued: "queued",
    inflation: "inflation",
    unexplained: "unexplained",
  };

  /** What each part is, for the legend. */
  const MEANING = {
    speedup: "speedup",
    waiting: "waiting for the GIL or another lock",
    queued: "queued for a CPU",
    inflation: "inflation: more CPU time per call",
    unexplained: "unexplained",
  };

  /** n split into speedup, waiting, queued and inflation. */
  function where(view, box, environment, numbers, { now }) {
    const position = numbers.index.get(now);
    const counts = numbers.threadCounts().filter((n) => n > 1);
    const splits = counts
      .map((n) => antigil.split(numbers, position, n, numbers.cpusAt(now)))
      .filter(Boolean);
    const { plot, legend, after } = view.card(
      box,
      "Where the speedup went",
      `of n threads at ${view.name(now)}`,
    );
    if (!numbers.has("waiting") || !splits.length) {
      plot.replaceWith(
        element(
          "p",
          { class: "muted" },
          splits.length
            ? "Only asv’s times are known of this benchmark, so the missing speedup cannot be divided."
            : "Nothing was measured at this commit.",
        ),
      );
      return async () => {};
    }
    const parts = antigil.PARTS.filter((part) => splits.some((s) => s[part] > 0.0005));
    // Rounding leaves a small rest, which the table tells and the chart does not.
    const drawn = parts.filter(
      (part) => part !== "unexplained" || splits.some((s) => s[part] > 0.01 * s.threads),
    );
    after.append(
      antigil.dataTable({
        title: "Where the speedup went, as a table",
        key: `where-${environment.id}`,
        file: `where-${view.name(now)}.csv`,
        columns: ["threads", ...parts.map((part) => NAMES[part])],
        rows: () => splits.map((s) => [String(s.threads), ...parts.map((part) => s[part])]),
      }),
    );
    legend.append(
      ...drawn
        .filter((part) => splits.some((s) => s[part] >= 0.01 * s.threads))
        .map((part) => element("span", {}, element("i", { class: `swatch part-${part}` }), MEANING[part])),
    );
    return async () => {
      const factors = splits.map((s) => String(s.threads));
      const figure = view.figure(
        {
          x_range: factors,
          y_range: new Bokeh.Range1d({
            start: 0,
            end: Math.max(...splits.map((s) => Math.max(s.threads, s.speedup))) * 1.04,
          }),
        },
        "threads",
        "threads’ worth of work",
      );
      const bottom = splits.map(() => 0);
      for (const part of drawn) {
        const top = bottom.map((v, i) => v + splits[i][part]);
        figure.vbar({
          x: factors,
          top,
          bottom: [...bottom],
          width: 0.62,
          fill_color: color(`--part-${part}`),
          line_color: color("--surface"),
          hatch_pattern: HATCH[part],
          hatch_color: color("--surface"),
          hatch_alpha: 0.55,
          hatch_scale: 9,
        });
        top.forEach((v, i) => {
          bottom[i] = v;
        });
      }
      figure.text({
        x: factors,
        y: splits.map((s) => s.speedup / 2),
        text: splits.map((s) => `${s.speedup.toFixed(2)}×`),
        text_align: "center",
        text_baseline: "middle",
        text_font_size: "12px",
        text_font_style: "bold",
        text_font: "system-ui, sans-serif",
        text_color: color("--surface"),
      });
      await view.show(figure, plot);
    };
  }

  antigil.where = where;
})();
