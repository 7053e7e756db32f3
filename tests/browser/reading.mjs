/**
 * What a browser runs in a page to read it as a customer does: through slots and shadow roots, and only what is visible. Each function
 * is sent to the page as text, so it uses nothing from outside itself.
 */

/** All that is written on the page, in the order of reading, with single spaces. */
export function written() {
  const text = (node) => {
    if (node.nodeType === Node.TEXT_NODE) return node.textContent;
    if (!(node instanceof Element) || !(node instanceof HTMLSlotElement || node.checkVisibility())) return "";
    const inside = node instanceof HTMLSlotElement ? node.assignedNodes() : (node.shadowRoot ?? node).childNodes;
    return [...inside].map(text).join(" ");
  };
  return text(document.body).replace(/\s+/g, " ");
}

/** The text of the focused element. */
export function focused() {
  let focused = document.activeElement;
  while (focused?.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement;
  return (focused?.labels?.[0] ?? focused)?.textContent ?? "";
}

/**
 * The centre of the first visible element of a kind with a name, scrolled into the window. `undefined` when there is none, another
 * element covers it, or the page is still loading.
 */
export function place(selector, pattern) {
  if (document.readyState !== "complete") return undefined;
  const name = new RegExp(pattern);
  const elements = (node) => {
    const inside = node instanceof HTMLSlotElement ? node.assignedElements() : (node.shadowRoot ?? node).children;
    return [...inside].flatMap((child) => [child, ...elements(child)]);
  };
  const named = (element) => name.test((element.labels?.[0] ?? element).textContent.replace(/\s+/g, " ").trim());
  const found = elements(document.body).find((element) => element.matches(selector) && element.checkVisibility() && named(element));
  if (!found) return undefined;
  found.scrollIntoView({ block: "center", behavior: "instant" });
  const { left, top, width, height } = found.getClientRects()[0];
  const [x, y] = [Math.round(left + width / 2), Math.round(top + height / 2)];
  const hit = found.getRootNode().elementFromPoint(x, y);
  return found.contains(hit) ? [x, y] : undefined;
}
