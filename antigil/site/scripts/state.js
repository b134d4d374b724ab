// @ts-check
// What the reader chose, kept in the address so that a link restores it:
// #env=ID,ID&q=speedup&x=date&from=HASH&to=HASH&hide=2,4&commit=HASH&base=HASH
// HASH is the beginning of a commit's; in older links from and to are asv's revision numbers, which change
// when other branches grow.
import { QUANTITY_NAMES } from "./quantities.js";

/** @typedef {(text: string) => string | string[] | undefined} Rule */

/** @param {string[]} names @returns {Rule} */
const oneOf = (names) => (text) => (names.includes(text) ? text : undefined);
/** @param {(part: string) => boolean} fits @returns {Rule} */
const list = (fits) => (text) => text.split(",").filter(fits);
/** @type {Rule} */
const told = (text) => text.slice(0, 40) || undefined;

/** What each name may say; the rest of an address, which anybody can write, is not read. */
const RULES = new Map([
  ["env", list(Boolean)],
  ["q", oneOf(QUANTITY_NAMES)],
  ["x", oneOf(["commit", "date"])],
  ["from", told],
  ["to", told],
  ["hide", list((text) => /^[1-9]\d*$/.test(text))],
  ["commit", told],
  ["base", told],
]);
/** @type {State} */
const DEFAULTS = { q: "speedup", x: "commit" };

/** @type {(changed: Set<string>, outside: boolean) => void} */
let listener = () => {};
let current = read();

/** @returns {State} */
function read() {
  const found = { ...DEFAULTS };
  for (const [name, text] of new URLSearchParams(location.hash.slice(1))) {
    const value = RULES.get(name)?.(text);
    if (value !== undefined) {
      Object.assign(found, { [name]: value });
    }
  }
  return found;
}

function write() {
  const address = new URLSearchParams();
  for (const [name, value] of Object.entries(current)) {
    const text = String(value ?? "");
    if (text && text !== Object(DEFAULTS)[name]) {
      address.set(name, text);
    }
  }
  const hash = address.toString().replaceAll("%2C", ",");
  history.replaceState(null, "", hash ? `#${hash}` : location.href.split("#")[0]);
}

/** Replace what was chosen, and tell the listener which names changed. @param {State} next */
function become(next, outside = false) {
  const [before, after] = [Object(current), Object(next)];
  const names = Object.keys({ ...before, ...after });
  const changed = names.filter((name) => String(before[name] ?? "") !== String(after[name] ?? ""));
  current = next;
  if (changed.length && !outside) {
    write();
  }
  if (changed.length) {
    listener(new Set(changed), outside);
  }
}

// The address itself was changed: by a link, by hand, or by going back.
window.addEventListener("hashchange", () => become(read(), true));

export const state = {
  /** @template {keyof State} Name @param {Name} name */
  get: (name) => current[name],
  /** Change what was chosen. @param {Partial<State>} changes */
  set: (changes) => become({ ...current, ...changes }),
  /** Tell a function which names change, and whether from outside the page. @param {typeof listener} one */
  onChange: (one) => (listener = one),
};
