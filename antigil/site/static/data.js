"use strict";
// Receives the data files. Each is a script that calls antigil.receive(name, value), because a page opened
// from a folder may load scripts but not JSON.
window.antigil = (function () {
  const received = new Map();
  const loading = new Map();

  function receive(name, value) {
    received.set(name, value);
  }

  function get(name) {
    return received.get(name);
  }

  /** Load a data file once; resolve to its value. */
  function load(url, name) {
    if (received.has(name)) {
      return Promise.resolve(received.get(name));
    }
    if (!loading.has(name)) {
      loading.set(
        name,
        new Promise((resolve, reject) => {
          const script = document.createElement("script");
          script.src = url;
          script.onload = () => resolve(received.get(name));
          script.onerror = () => reject(new Error(`${url} could not be loaded`));
          document.head.append(script);
        }),
      );
    }
    return loading.get(name);
  }

  /** Make an element; text is set as text, never as HTML. */
  function element(tag, attributes, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name.startsWith("on")) {
        made.addEventListener(name.slice(2), value);
      } else if (value === true) {
        made.setAttribute(name, "");
      } else if (value !== false && value !== null && value !== undefined) {
        made.setAttribute(name, value);
      }
    }
    made.append(...children.filter((child) => child !== null && child !== undefined));
    return made;
  }

  /** Put children into an element in place of what was there; null children are left out. */
  function fill(host, ...children) {
    host.replaceChildren(...children.filter((child) => child !== null));
  }

  /** Put new children in place of old ones; the focus stays on the one that has the same data-value or -name. */
  function refill(host, ...children) {
    const { activeElement } = document;
    const { value, name } = host.contains(activeElement) ? activeElement.dataset : {};
    host.replaceChildren(...children);
    const again = [...host.querySelectorAll("button, select")].find(
      (one) => (value && one.dataset.value === value) || (name && one.dataset.name === name),
    );
    again?.focus({ preventScroll: true });
  }

  return { receive, get, load, element, fill, refill };
})();
