"use strict";
// The scaling curve of one commit beside another's, with the laws that were fitted to it when the pages were written.
(function () {
  const { element, color } = antigil;
  const LAWS = { amdahl: "Amdahl", usl: "Universal Scalability Law" };

  /** Speedup over threads at two commits, with the laws that were fitted to the first. */
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
    const { plot, legend, after } = view.card(
      box,
      "Scaling curve",
      base === now ? `of ${view.name(now)}` : `${view.name(now)} beside ${view.name(base)}`,
    );
    const fits = (environment.laws || {})[now] || [];
    after.append(
      laws(environment, fits),
      antigil.dataTable({
        title: "Scaling curve as a table",
        file: `scaling-${view.name(now)}-${view.name(base)}.csv`,
        columns: [
          "threads",
          "ideal",
          `speedup ${view.name(now)}`,
          "99 % low",
          "99 % high",
          `speedup ${view.name(base)}`,
          "99 % low",
          "99 % high",
        ],
        rows: () =>
          numbers.threadCounts().map((n) => {
            const [p, q] = [a, b].map(
              (side) => side.find((point) => point.n === n) || { s: NaN, low: NaN, high: NaN },
            );
            return [String(n), Math.min(n, cpus ?? n), p.s, p.low, p.high, q.s, q.low, q.high];
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
      const top =
        Math.max(...[...a, ...b].map((p) => (p.high > p.s ? p.high : p.s)), Math.min(most, cpus ?? most), 1) *
        1.08;
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
          y: xs.map((n) => predict(fit, n)),
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

  function laws(environment, fits) {
    if (environment.laws === null) {
      return element(
        "p",
        { class: "muted" },
        "Laws were not fitted: SciPy was not installed when these pages were written.",
      );
    }
    if (!fits.length) {
      return element(
        "p",
        { class: "muted" },
        "No law was fitted here: too few thread counts within the CPUs allowed, or not one of the newest, released or changed commits.",
      );
    }
    const written = (v) => (v === null ? "unknown" : String(+v.toPrecision(3)));
    return element(
      "ul",
      { class: "laws" },
      ...fits.map((fit) => {
        const told = Object.entries(fit.parameters).map(
          ([name, p]) =>
            `${name} = ${written(p.value)}${p.at_bound ? " (at its bound)" : p.standard_error === null ? " (through its only point)" : ` ± ${written(p.standard_error)} (standard error)`}`,
        );
        const peak =
          fit.peak && fit.peak.n !== null
            ? `; best at ${written(fit.peak.n)} threads: ${written(fit.peak.value)}×`
            : "";
        const worst = Math.max(...fit.residuals.map(Math.abs));
        return element(
          "li",
          {},
          element("b", {}, LAWS[fit.law]),
          `: ${told.join(", ")}${peak} `,
          element("span", { class: "muted" }, `misses no point by more than ${worst.toFixed(3)}×`),
        );
      }),
    );
  }

  function predict(fit, n) {
    const p = Object.fromEntries(Object.entries(fit.parameters).map(([name, told]) => [name, told.value]));
    return fit.law === "amdahl"
      ? n / (1 + p.f * (n - 1))
      : n / (1 + p.alpha * (n - 1) + p.beta * n * (n - 1));
  }

  antigil.scaling = scaling;
})();
