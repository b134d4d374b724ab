"use strict";
// The scaling curve of one commit beside another's, with laws fitted to both.
(function () {
  const { element, color } = antigil;
  const LAWS = { amdahl: "Amdahl", usl: "Universal Scalability Law (USL)" };

  /** Speedup over threads at two commits, with the laws fitted to the first. */
  function scaling(view, box, environment, numbers, { now, base }) {
    const cpus = numbers.cpusAt(now);
    const points = (revision) => {
      const i = numbers.index.get(revision);
      return numbers
        .lines("speedup")
        .map((line) => ({
          n: line.threads,
          s: line.value[i],
          low: line.low ? line.low[i] : NaN,
          high: line.high ? line.high[i] : NaN,
        }))
        .filter((point) => !Number.isNaN(point.s));
    };
    const [a, b] = [points(now), base === now ? [] : points(base)];
    const sides = base === now ? [[now, a]] : [[now, a], [base, b]];
    const { plot, legend, after } = view.card(
      box,
      "Scaling curve",
      base === now ? `of ${view.name(now)}` : `${view.name(now)} beside ${view.name(base)}`,
    );
    const fitted = (side, revision) => {
      const served = numbers.cpusAt(revision) ?? Infinity;
      return antigil.fitLaws(side.filter(({ n, s }) => n > 1 && n <= served && s > 0));
    };
    const fits = fitted(a, now);
    after.append(
      laws([[view.name(now), fits], ...(b.length ? [[view.name(base), fitted(b, base)]] : [])]),
      antigil.dataTable({
        title: "Scaling curve as a table",
        key: `scaling-${environment.id}`,
        file: `scaling-${view.name(now)}-${view.name(base)}.csv`,
        columns: [
          "threads",
          "ideal",
          ...sides.flatMap(([revision]) =>
            ["speedup", "99 % low", "99 % high"].map((what) => `${view.name(revision)}: ${what}`),
          ),
        ],
        rows: () =>
          numbers.threadCounts().map((n) => {
            const told = sides.flatMap(([, side]) => {
              const point = side.find((one) => one.n === n);
              return point ? [point.s, point.low, point.high] : [NaN, NaN, NaN];
            });
            return [String(n), Math.min(n, cpus ?? n), ...told];
          }),
      }),
    );
    const entries = [
      ["line-now", view.name(now)],
      ...(b.length ? [["line-base", view.name(base)]] : []),
      ["line-ideal", "ideal"],
      ...fits.map((fit, i) => [`line-law-${i}`, LAWS[fit.law]]),
    ];
    legend.append(
      ...entries.map(([name, text]) => element("span", {}, element("i", { class: `swatch ${name}` }), text)),
    );
    return async () => {
      const counts = numbers.threadCounts();
      const most = Math.max(...counts);
      const highest = Math.max(...[...a, ...b].map((p) => p.s), Math.min(most, cpus ?? most), 1);
      // A few samples make wide intervals: one that reaches far out must not flatten the curve.
      const ends = [...a, ...b].map((p) => (p.high > p.s ? Math.min(p.high, 1.5 * highest) : p.s));
      const top = Math.max(highest, ...ends) * 1.08;
      const figure = view.figure(
        {
          x_range: new Bokeh.Range1d({ start: 0.6, end: most + 0.5 }),
          y_range: new Bokeh.Range1d({ start: 0, end: top }),
        },
        "threads",
        "speedup",
      );
      figure.xaxes[0].ticker = new Bokeh.FixedTicker({ ticks: counts });
      const dense = (to) => Array.from({ length: 61 }, (_, i) => 1 + ((to - 1) * i) / 60);
      figure.line({
        x: dense(most),
        y: dense(most).map((n) => Math.min(n, cpus ?? n)),
        line_color: color("--muted"),
        line_dash: [6, 5],
      });
      fits.forEach((fit, i) => {
        const xs = dense(Math.min(most, cpus ?? most));
        figure.line({
          x: xs,
          y: xs.map(fit.predict),
          line_color: color(i ? "--thread-4" : "--thread-3"),
          line_dash: i ? [2, 3] : [8, 3, 2, 3],
          line_width: 1.5,
        });
      });
      curve(figure, b, color("--muted"), "square", [5, 3]);
      curve(figure, a, color("--accent"), "circle", "solid");
      await view.show(figure, plot);
    };
  }

  function curve(figure, points, ink, marker, dash) {
    const xs = points.map((p) => p.n);
    const bounded = points.filter((p) => !Number.isNaN(p.low));
    figure.segment({
      x0: bounded.map((p) => p.n),
      x1: bounded.map((p) => p.n),
      y0: bounded.map((p) => p.low),
      y1: bounded.map((p) => p.high),
      line_color: ink,
      line_width: 5,
      line_alpha: 0.35,
    });
    figure.line({ x: xs, y: points.map((p) => p.s), line_color: ink, line_width: 2, line_dash: dash });
    figure.scatter({
      x: xs,
      y: points.map((p) => p.s),
      marker,
      size: 8,
      fill_color: ink,
      line_color: color("--surface"),
    });
  }

  /** The fitted parameters of both commits, as a table. */
  function laws(sides) {
    if (!sides.some(([, fits]) => fits.length)) {
      return element(
        "p",
        { class: "muted" },
        "No law can be fitted: no thread count from 2 to the CPUs allowed was measured.",
      );
    }
    const known = (law) => sides.some(([, fits]) => fits.some((fit) => fit.law === law));
    const rows = [
      ["Amdahl: f", "amdahl", (fit) => parameter(fit, "f")],
      ["USL: alpha", "usl", (fit) => parameter(fit, "alpha")],
      ["USL: beta", "usl", (fit) => parameter(fit, "beta")],
      [
        "USL: peak",
        "usl",
        (fit) =>
          fit.peak ? `${written(fit.peak.value)}× at ${written(fit.peak.n)} threads` : "none, beta is 0",
      ],
    ].filter(([, law]) => known(law));
    const cell = (fits, law, write) => {
      const fit = fits.find((one) => one.law === law);
      return element("td", {}, fit ? write(fit) : "too few thread counts");
    };
    const note = known("usl") ? "" : " The USL needs two of them.";
    return element(
      "div",
      {},
      lawTable(sides, rows, cell),
      element(
        "p",
        { class: "muted" },
        `Fitted to the thread counts from 2 to the CPUs allowed; ± is a standard error.${note}`,
      ),
    );
  }

  /** Return a table with a row per parameter and a column per commit. */
  function lawTable(sides, rows, cell) {
    return element(
      "table",
      { class: "laws" },
      element("caption", { class: "visually-hidden" }, "Fitted laws"),
      element(
        "thead",
        {},
        element(
          "tr",
          {},
          element("th", { scope: "col" }, "Law"),
          ...sides.map(([name]) => element("th", { scope: "col" }, element("code", {}, name))),
        ),
      ),
      element(
        "tbody",
        {},
        ...rows.map(([name, law, write]) =>
          element(
            "tr",
            {},
            element("th", { scope: "row" }, name),
            ...sides.map(([, fits]) => cell(fits, law, write)),
          ),
        ),
      ),
    );
  }

  const written = (v) => String(+v.toPrecision(3));

  /** A parameter with its standard error, or why it has none. */
  function parameter(fit, name) {
    const { value, error, atBound } = fit.parameters[name];
    if (atBound) {
      return `${written(value)} (at its bound)`;
    }
    return error === null
      ? `${written(value)} (through its points)`
      : `${written(value)} ± ${+error.toPrecision(2)}`;
  }

  antigil.scaling = scaling;
})();
