"use strict";
// Scaling laws fitted to one commit's speedups, as antigil/laws.py fits them (docs/laws.md; a test compares
// the two): unweighted least squares in S over the bounds 0..1,
//   Amdahl                      S(n) = n / (1 + f (n - 1))
//   Universal Scalability Law   S(n) = n / (1 + alpha (n - 1) + beta n (n - 1))
// Amdahl is the second without beta, so one search serves both. It runs on every face of the box (each
// parameter free, 0 or 1) from the best point of a grid; among equals the face with fewer free parameters
// wins. A parameter on its bound is a constant and has no standard error; neither has one where as many
// points as free parameters leave no degree of freedom.
(function () {
  const LAWS = { amdahl: ["f"], usl: ["alpha", "beta"] };
  /** Relative difference of two sums of squares that rounding may make. */
  const EQUAL = 1e-9;
  const STEPS = 200;

  const model = (n, [alpha, beta]) => n / (1 + alpha * (n - 1) + beta * n * (n - 1));

  /** Derivatives of the model by alpha and beta. */
  function slopes(n, theta) {
    const byAlpha = (-(model(n, theta) ** 2) * (n - 1)) / n;
    return [byAlpha, byAlpha * n];
  }

  const misses = (points, theta) => points.map(({ n, s }) => s - model(n, theta));
  const squares = (points, theta) => misses(points, theta).reduce((sum, r) => sum + r * r, 0);

  /** Return J'J and J'r over the free parameters. */
  function normal(points, theta, free) {
    const left = free.map(() => free.map(() => 0));
    const right = free.map(() => 0);
    points.forEach(({ n, s }) => {
      const row = slopes(n, theta);
      const miss = s - model(n, theta);
      free.forEach((a, i) => {
        right[i] += row[a] * miss;
        free.forEach((b, j) => {
          left[i][j] += row[a] * row[b];
        });
      });
    });
    return [left, right];
  }

  /** Solve for one or two unknowns; null where there is no single solution. */
  function solve(left, right) {
    if (right.length === 1) {
      return left[0][0] > 0 ? [right[0] / left[0][0]] : null;
    }
    const [[a, b], [, d]] = left;
    const determinant = a * d - b * b;
    return determinant > 1e-14 * a * d
      ? [(d * right[0] - b * right[1]) / determinant, (a * right[1] - b * right[0]) / determinant]
      : null;
  }

  /** Return the minimum near a start, by Levenberg and Marquardt's method. */
  function search(points, start, free) {
    let theta = start;
    let sum = squares(points, theta);
    let damping = 1e-3;
    for (let i = 0; i < STEPS && free.length; i += 1) {
      const [left, right] = normal(points, theta, free);
      const damped = left.map((row, j) => row.map((v, k) => (j === k ? v * (1 + damping) : v)));
      const step = solve(damped, right);
      const moved = [...theta];
      free.forEach((a, j) => {
        moved[a] += step ? step[j] : 0;
      });
      const next = squares(points, moved);
      if (step && next <= sum) {
        const still = free.every((a) => Math.abs(moved[a] - theta[a]) <= 1e-15 * (1 + Math.abs(moved[a])));
        [theta, sum, damping] = [moved, next, damping / 10];
        if (still) {
          break;
        }
      } else {
        damping *= 10;
        if (damping > 1e12) {
          break;
        }
      }
    }
    return theta;
  }

  /** Return the best point of a grid that covers every scale of the free parameters. */
  function start(points, face) {
    const most = points[points.length - 1].n;
    const grid = (value, reach) => {
      const least = Math.log(1e-3 / reach);
      return value === null
        ? [0, ...Array.from({ length: 30 }, (_, i) => Math.exp(least * (1 - i / 29)))]
        : [value];
    };
    let best = null;
    for (const alpha of grid(face[0], most)) {
      for (const beta of grid(face[1], most * most)) {
        const sum = squares(points, [alpha, beta]);
        if (best === null || sum < best.sum) {
          best = { sum, theta: [alpha, beta] };
        }
      }
    }
    return best.theta;
  }

  function minimum(points, coherency) {
    const found = [];
    for (const alpha of [null, 0, 1]) {
      for (const beta of coherency ? [null, 0, 1] : [0]) {
        const face = [alpha, beta];
        const free = [0, 1].filter((i) => face[i] === null);
        const theta = search(points, start(points, face), free);
        if (theta.every((v) => v >= 0 && v <= 1)) {
          found.push({ theta, free, sum: squares(points, theta) });
        }
      }
    }
    const least = Math.min(...found.map((one) => one.sum)) * (1 + EQUAL) + points.length * 1e-28;
    return found.filter((one) => one.sum <= least).sort((a, b) => a.free.length - b.free.length)[0];
  }

  /** Return the free parameters' standard errors; null where there are none. */
  function errors(points, { theta, free, sum }) {
    const degrees = points.length - free.length;
    return theta.map((_, i) => {
      const place = free.indexOf(i);
      if (place < 0 || degrees < 1) {
        return null;
      }
      const [left] = normal(points, theta, free);
      const column = solve(
        left,
        free.map((_, j) => (j === place ? 1 : 0)),
      );
      return column && Math.sqrt((sum / degrees) * column[place]);
    });
  }

  /**
   * Fit every law that the points suffice for.
   * @param points speedups {n, s} with n above 1, ascending, within the CPUs allowed
   * @returns [{law, parameters: {name: {value, error, atBound}}, worst, peak, predict}]
   */
  function fit(points) {
    return Object.entries(LAWS)
      .filter(([, names]) => points.length >= names.length)
      .map(([law, names]) => {
        const found = minimum(points, law === "usl");
        const told = errors(points, found);
        const [alpha, beta] = found.theta;
        const at = beta > 0 ? Math.max(Math.sqrt((1 - alpha) / beta), 1) : null;
        return {
          law,
          parameters: Object.fromEntries(
            names.map((name, i) => [
              name,
              { value: found.theta[i], error: told[i], atBound: !found.free.includes(i) },
            ]),
          ),
          worst: Math.max(...misses(points, found.theta).map(Math.abs)),
          peak: at === null ? null : { n: at, value: model(at, found.theta) },
          predict: (n) => model(n, found.theta),
        };
      });
  }

  antigil.fitLaws = fit;
})();
