// @ts-check
// Elements: made from HTML, found by their id, put in place of others.

/**
 * Make an element from HTML. Values in its text are text, elements, lists of these, or null; of an attribute,
 * in quotes, also true and false, and a function that listens. A text is never read as HTML.
 * @param {TemplateStringsArray} parts @param {unknown[]} values
 */
export function html(parts, ...values) {
  const template = document.createElement("template");
  template.innerHTML = parts.reduce((text, part, i) => `${text}<!--${i - 1}-->${part}`).trim();
  const walker = document.createTreeWalker(template.content);
  const found = [];
  while (walker.nextNode()) {
    found.push(walker.currentNode);
  }
  for (const node of found) {
    if (node instanceof Comment) {
      const value = [values[Number(node.data)]].flat(Infinity);
      node.replaceWith(...value.map((one) => (one instanceof Node ? one : String(one ?? ""))));
    } else if (node instanceof Element) {
      [...node.attributes].forEach(({ name, value }) => fill(node, name, value, values));
    }
  }
  return /** @type {HTMLElement} */ (template.content.firstElementChild);
}

/** @param {Element} element @param {string} name @param {string} text @param {unknown[]} values */
function fill(element, name, text, values) {
  const whole = /^<!--(\d+)-->$/.exec(text);
  const value = whole
    ? values[Number(whole[1])]
    : text.replace(/<!--(\d+)-->/g, (_, i) => String(values[i]));
  element.removeAttribute(name);
  if (typeof value === "function") {
    element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
  } else if (value !== false && value !== null) {
    element.setAttribute(name, value === true ? "" : String(value));
  }
}

/** Return the element with an id. @param {string} id */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) {
    throw new Error(`this page has no element #${id}`);
  }
  return found;
}

/** Let the link to the content move the focus only: the address is the reader's choices'. */
export function skipInPlace() {
  document.querySelector(".skip")?.addEventListener("click", (event) => {
    event.preventDefault();
    byId("main").focus();
  });
}

/**
 * Put new children in place of old ones; the focus stays on the one that has the same data-value or -name.
 * @param {HTMLElement} host @param {Node[]} children
 */
export function refill(host, ...children) {
  const { activeElement } = document;
  const inside = activeElement instanceof HTMLElement && host.contains(activeElement);
  const { value, name } = inside ? activeElement.dataset : {};
  host.replaceChildren(...children);
  const likely = /** @type {HTMLElement[]} */ ([...host.querySelectorAll("button, select")]);
  const isSame = (/** @type {HTMLElement} */ { dataset }) =>
    (value && dataset.value === value) || (name && dataset.name === name);
  likely.find(isSame)?.focus({ preventScroll: true });
}
