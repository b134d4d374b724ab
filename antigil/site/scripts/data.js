// @ts-check
// Receives the data files. Each is a script that calls antigil.receive(name, value), because a page opened
// from a folder may load scripts but not JSON.

/** @type {Map<string, any>} */
const received = new Map();

/** @param {string} name @param {unknown} value */
export function receive(name, value) {
  received.set(name, value);
}

/** Return what was received. @param {string} name */
export function data(name) {
  return received.get(name);
}

/**
 * Load a data file; resolve to its value.
 * @param {string} url @param {string} name @returns {Promise<any>}
 */
export function load(url, name) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = url;
    script.onload = () => resolve(received.get(name));
    script.onerror = () => reject(new Error(`${url} could not be loaded`));
    document.head.append(script);
  });
}
