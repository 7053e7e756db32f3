/**
 * Nodes, and nothing that is read as markup: what an order says stays text, and the page's policy has no need of an exception.
 */

/**
 * Makes an element: `h("p.quiet", { id: "x", onclick: f }, "text", node)`. What is null, undefined or false is left out.
 *
 * @param {string} tag the element's name and its classes
 * @param {Record<string, unknown>} [attributes]
 * @param {...unknown} children
 */
export function h(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const node = document.createElement(name);
  if (classes.length) node.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? "" : String(value));
  }
  node.append(...there(children));
  return node;
}

const there = (children) => children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);

/** Puts these in the place of what a node has. */
export function fill(node, ...children) {
  node.replaceChildren(...there(children));
  return node;
}

/**
 * The same for a node that may have the focus inside: whatever has the same `data-keep` has it afterwards, and the heading where
 * that is gone.
 */
export function refill(node, ...children) {
  const inside = node.contains(document.activeElement) && document.activeElement;
  const kept = inside && inside.closest("[data-keep]")?.dataset.keep;
  fill(node, ...children);
  if (!inside) return;
  const heading = node.querySelector("h1, h2");
  heading?.setAttribute("tabindex", "-1");
  const same = kept && node.querySelector(`[data-keep="${CSS.escape(kept)}"]`);
  (same || heading)?.focus({ preventScroll: true });
}

/**
 * Has a list of links show these items. A link stays the same element while its item changes, so that neither focus nor a press that is
 * half done is lost.
 *
 * @template T
 * @param {HTMLElement} list
 * @param {T[]} items
 * @param {(item: T) => string} name
 * @param {(item: T) => HTMLElement} make an element with the link in it, and nothing else
 */
export function show(list, items, name, make) {
  const before = new Map([...list.children].map((child) => [child.dataset.name, child]));
  let place = list.firstElementChild;
  for (const item of items) {
    const key = name(item);
    const seen = JSON.stringify(item);
    const node = before.get(key) ?? make(item);
    if (before.delete(key) && node.seen !== seen) {
      const [link, fresh] = [node.firstElementChild, make(item).firstElementChild];
      link.setAttribute("href", fresh.getAttribute("href"));
      link.replaceChildren(...fresh.childNodes);
    }
    node.dataset.name = key;
    node.seen = seen;
    if (place === node) place = node.nextElementSibling;
    else list.insertBefore(node, place);
  }
  for (const gone of before.values()) gone.remove();
}

/** Has a screen reader say it, without taking anybody anywhere. */
export function say(text) {
  const voice = document.getElementById("voice");
  // The same text twice is said twice.
  fill(voice);
  requestAnimationFrame(() => fill(voice, text));
}
