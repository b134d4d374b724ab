// @ts-check
// Every quantity that a page can draw, and how its values are written.

/** @param {number} v */
const times = (v) => `${v < 100 ? v.toFixed(2) : v.toFixed(0)}×`;
/** @param {number} v */
const share = (v) => `${(100 * v).toFixed(v !== 0 && Math.abs(v) < 0.1 ? 1 : 0)} %`;

/** @type {[string, number][]} */
const UNITS = [["s", 1], ["ms", 1e-3], ["µs", 1e-6], ["ns", 1e-9]];

/** @param {number} v */
function seconds(v) {
  const fitting = UNITS.find(([, size]) => v >= size);
  return fitting ? `${(v / fitting[1]).toPrecision(3)} ${fitting[0]}` : "0 s";
}

/** @type {{ [name in QuantityName]: { title: string, axis: string, write: (v: number) => string } }} */
export const QUANTITIES = {
  speedup: { title: "Speedup", axis: "speedup over one thread", write: times },
  efficiency: { title: "Efficiency", axis: "speedup ÷ threads", write: share },
  gil_held: { title: "GIL held", axis: "share of time for which the GIL is held", write: share },
  waiting: { title: "Waiting", axis: "share of the threads’ time spent waiting", write: share },
  queued: { title: "Queued", axis: "share of the threads’ time queued for a CPU", write: share },
  inflation: { title: "Inflation", axis: "CPU time per call over one thread’s", write: times },
  stall: { title: "Stall", axis: "longest stop of every other thread", write: seconds },
  time: { title: "One call", axis: "time of one call on one thread", write: seconds },
};
/** Whether there is a GIL, or may be: null is not known. @param {Environment} environment */
export const hasGil = ({ gil }) => gil !== false;

/** Call the held share what it is on a page of which no environment has a GIL. @param {Environment[]} all */
export function nameHeldShare(all) {
  if (all.length && !all.some(hasGil)) {
    const axis = "share of time for which other threads are stopped";
    Object.assign(QUANTITIES.gil_held, { title: "Other threads stopped", axis });
  }
}

export const QUANTITY_NAMES = /** @type {QuantityName[]} */ (Object.keys(QUANTITIES));

/**
 * Write a value with its interval, or why there is none.
 * @param {QuantityName} quantity @param {Line} line @param {number} i
 */
export function written(quantity, { value, low, high, absent }, i) {
  const { write } = QUANTITIES[quantity];
  if (Number.isNaN(value[i])) {
    return absent.get(i) || "missing";
  }
  const bounded = low && high && !Number.isNaN(low[i]);
  return write(value[i]) + (bounded ? ` (${write(low[i])} to ${write(high[i])})` : "");
}

/** Write a value on the axis of a quantity. @param {QuantityName} quantity @param {number} v */
export function tickText(quantity, v) {
  const { write } = QUANTITIES[quantity];
  if (quantity === "gil_held" && v > 0) {
    return `${write(v)} · ≤ ${(1 / v).toFixed(1)}×`;
  }
  return quantity === "speedup" ? `${+v.toFixed(2)}×` : write(v);
}

/** @param {Date} date */
export const day = (date) => (Number.isNaN(date.getTime()) ? "" : date.toISOString().slice(0, 10));

/** @param {Environment} environment */
export const placeName = ({ label, build }) => `${label} · ${build}`;
