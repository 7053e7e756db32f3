/**
 * Keeps the page in line with a screen that `src/view/ui.rs` has written as text. It builds elements one by one and parses no HTML. An
 * element whose line is the same stays, and with it its focus; only what differs is touched.
 */

/** Writes the numbers in a text as people of the locale do. */
const format = (locale) => (_, kind, number) => {
  const write = (unit, options) => new Intl.NumberFormat(locale, options).format(number / unit);
  if (kind == "date") return new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" }).format(number);
  if (kind == "quantity") return write(1e3);
  if (kind == "rate") return write(1e4, { style: "percent", maximumFractionDigits: 2 });
  return write(100, { style: "currency", currency: kind });
};

/** Draws a screen as the children of `parent` from `next` on. */
export function draw(parent, next, screen, locale) {
  for (const line of screen.split("\n")) {
    const rest = line.slice(1);
    if (line[0] == "<") {
      if (next?.line != rest) {
        const [what, ...attributes] = rest.split("|");
        const [tag, name] = what.split(".");
        const element = document.createElement(tag);
        element.line = rest;
        if (name) element.className = element.part = name;
        for (const attribute of attributes) element.setAttribute(...attribute.split("="));
        parent.insertBefore(element, next);
        next = element;
      }
      parent = next;
      next = parent.firstChild;
    } else if (line[0] == "'") {
      const text = rest.replace(/\x01(\w+) (-?\d+)\x01/g, format(locale));
      if (next?.nodeType != 3) next = parent.insertBefore(new Text(), next);
      if (next.data != text) next.data = text;
      next = next.nextSibling;
    } else if (line[0] == "=") {
      const [name, value] = rest.split(/ (.*)/);
      if (name == "checked") parent.checked = value;
      else if (!value) parent.removeAttribute(name);
      else if (parent.getAttribute(name) != value) parent.setAttribute(name, value);
    } else {
      for (let gone; (gone = next); gone.remove()) next = gone.nextSibling;
      next = parent.nextSibling;
      parent = parent.parentNode;
    }
  }
}
