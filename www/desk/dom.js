/**
 * Elements, made without markup: text from an order is always text, so the page's content security policy needs no exception.
 */

/**
 * Makes an element: `h("p.quiet", { id: "x", onclick: f }, "text", node)`. Children that are null, undefined or false are left out.
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
  node.append(...present(children));
  return node;
}

const present = (children) => children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);

/** Replaces the children of a node. */
export function fill(node, ...children) {
  node.replaceChildren(...present(children));
  return node;
}

/**
 * The same for a node that may contain the focus: the new element with the same `data-keep` gets the focus, or else the heading.
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
 * Updates a list of links to these items. The link of a changed item stays the same element, so that the focus and a click in progress are
 * kept.
 *
 * @template T
 * @param {HTMLElement} list
 * @param {T[]} items
 * @param {(item: T) => string} name
 * @param {(item: T) => HTMLElement} make an element with the link in it, and nothing else
 */
export function updateList(list, items, name, make) {
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

/** Announces a text to screen readers, without moving the focus. */
export function announce(text) {
  const region = document.getElementById("voice");
  // Emptied first, so that the same text is announced again.
  fill(region);
  requestAnimationFrame(() => fill(region, text));
}
