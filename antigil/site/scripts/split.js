// @ts-check
// Where the speedup went. Of n threads, the speedup S is what arrives. The instrument's identity
//   S(n) = n × on(n) ÷ on(1) ÷ inflation(n),   on = 1 − waiting − queued, the share of time on a CPU
// divides the rest, n − S, into
//   waiting     n × (waiting(n) − waiting(1)) ÷ on(1)
//   queued      n × (queued(n) − queued(1)) ÷ on(1)
//   inflation   S × (inflation(n) − 1), the CPU time spent beyond what one thread would have needed
// While n ≤ CPUs the stored speedup is free of queueing, so the shares are freed of it in the same way
// (antigil/scaling/rounds.py: time lost to other programs is given back): on becomes on ÷ kept, the rest of
// it is waiting, and nothing is queued. Medians over rounds do not keep the identity to the last digit, and
// stored numbers may lack some: what the three parts do not account for is shown as unexplained. Parts that
// come to more than n − S are scaled down to it.
/** @import { Numbers } from "./numbers.js" */

export const PARTS = /** @type {const} */ (["speedup", "waiting", "queued", "inflation", "unexplained"]);

/** @typedef {(quantity: QuantityName, threads: number) => number} Value NaN where there is no number */

/**
 * Return the shares of time of n threads: as they were measured, or freed of queueing.
 * @param {Value} value @param {number} n @param {boolean} served
 */
function shares(value, n, served) {
  const [waiting, queued] = [value("waiting", n), value("queued", n)];
  if (!served) {
    return { waiting, queued };
  }
  const on = 1 - waiting - queued;
  const waits = Math.max(0, waiting - value("waiting", 1)) / (1 - queued);
  const kept = Math.max(1 - queued * (1 + (n - 1) * waits), on);
  return { waiting: 1 - on / kept, queued: 0 };
}

/**
 * Divide n threads at one commit into parts that add up to n (to the speedup, where it exceeds n).
 * @param {Value} value @param {number} threads @param {boolean} served by a CPU each
 * @returns null without a speedup
 */
export function divide(value, threads, served) {
  const speedup = value("speedup", threads);
  if (Number.isNaN(speedup)) {
    return null;
  }
  const [one, all] = [shares(value, 1, served), shares(value, threads, served)];
  const on = 1 - one.waiting - one.queued;
  const sizes = [
    (threads * (all.waiting - one.waiting)) / on,
    (threads * (all.queued - one.queued)) / on,
    speedup * (value("inflation", threads) - 1),
  ].map((size) => (size > 0 && size < Infinity ? size : 0)); // NaN, for want of a number, explains nothing
  const missing = Math.max(0, threads - speedup);
  const total = sizes[0] + sizes[1] + sizes[2];
  const scale = total > missing ? missing / total : 1;
  const [waiting, queued, inflation] = sizes.map((size) => size * scale);
  return { threads, speedup, waiting, queued, inflation, unexplained: Math.max(0, missing - total) };
}

/** Divide n threads at a commit. @param {Numbers} numbers @param {number} revision @param {number} threads */
export function split(numbers, revision, threads) {
  const position = numbers.index.get(revision) ?? NaN;
  const cpus = numbers.cpusAt(revision);
  /** @type {Value} */
  const value = (quantity, n) => numbers.line(quantity, n)?.value[position] ?? NaN;
  return divide(value, threads, cpus !== null && threads <= cpus);
}
