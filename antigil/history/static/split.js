"use strict";
// Where the speedup went. Of n threads, the speedup S is what arrives; the rest, n - S, divides between
// waiting, being queued for a CPU, and inflation of the CPU time per call, by these weights:
//   waiting     n × (waiting(n) − waiting(1))
//   queued      n × (queued(n) − queued(1)), or none where the speedup is free of queueing (n ≤ CPUs)
//   inflation   S × (inflation(n) − 1), the CPU time spent beyond what one thread would have needed
// so that the four parts always add up to n (a speedup above n leaves nothing to divide).
(function () {
  const PARTS = ["speedup", "waiting", "queued", "inflation"];

  function split(numbers, position, threads, cpus) {
    const value = (quantity, n) => {
      const line = numbers.line(quantity, n);
      return line ? line.value[position] : NaN;
    };
    const speedup = value("speedup", threads);
    if (Number.isNaN(speedup)) {
      return null;
    }
    const missing = Math.max(0, threads - speedup);
    const beyondOne = (quantity) => Math.max(0, (value(quantity, threads) || 0) - (value(quantity, 1) || 0));
    const served = cpus !== null && threads <= cpus;
    const weights = {
      waiting: threads * beyondOne("waiting"),
      queued: served ? 0 : threads * beyondOne("queued"),
      inflation: speedup * Math.max(0, (value("inflation", threads) || 1) - 1),
    };
    const total = weights.waiting + weights.queued + weights.inflation;
    const known = total > 0;
    const part = (name) => (known ? (missing * weights[name]) / total : 0);
    return {
      threads,
      speedup,
      waiting: part("waiting"),
      queued: part("queued"),
      inflation: part("inflation"),
      unexplained: known ? 0 : missing,
    };
  }

  antigil.split = split;
  antigil.PARTS = [...PARTS, "unexplained"];
})();
