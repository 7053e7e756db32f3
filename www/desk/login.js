/**
 * The login: with a shop key, or with a link that is valid once. The button uses the link; opening the page does not.
 */
import { call } from "./api.js";
import { fill, h } from "./dom.js";
import { problemBox } from "./problems.js";

/**
 * @param {HTMLElement} root
 * @param {{ link?: string, notice?: string, opened: (session: object) => void }} how
 */
export function login(root, { link, notice, opened }) {
  document.title = "Order desk";
  const message = h("div.said");
  const button = h("button.button", { type: "submit" }, link ? "Open the desk" : "Log in");
  const key = h("input", {
    id: "key",
    type: "password",
    name: "key",
    autocomplete: "current-password",
    spellcheck: "false",
    autocapitalize: "none",
    required: true,
    "aria-describedby": "key-hint",
  });
  const fields = link
    ? [h("p.soft", {}, "This link opens the order desk once, in this browser.")]
    : [
        h(
          "div.field",
          {},
          h("label.label", { for: "key" }, "Shop key"),
          key,
          h("p.hint", { id: "key-hint" }, "It begins with kvitt_. It is not stored in this browser, unless your browser stores passwords."),
        ),
      ];
  const send = async (event) => {
    event.preventDefault();
    if (button.getAttribute("aria-busy") === "true") return;
    button.setAttribute("aria-busy", "true");
    try {
      const session = await call("POST", "/desk/session", { body: link ? { link } : { key: key.value } });
      key.value = "";
      opened(session);
    } catch (error) {
      fill(message, problemBox(error));
      button.removeAttribute("aria-busy");
      // With any other error the key or the link may still be valid.
      if (error.code !== "login_refused") return button.focus();
      if (link) {
        const heading = h("h1", { tabindex: "-1" }, "Order desk");
        fill(form, heading, message, h("p", {}, h("a", { href: location.pathname, onclick: withKey }, "Log in with a shop key")));
        return heading.focus();
      }
      key.setAttribute("aria-invalid", "true");
      key.focus();
      key.select();
    }
  };
  const withKey = (event) => {
    event.preventDefault();
    login(root, { opened });
  };
  const form = h(
    "form.alone-card",
    { onsubmit: send },
    h("h1", { tabindex: "-1" }, "Order desk"),
    notice && h("p.note", { "data-tone": "plain", role: "status" }, notice),
    ...fields,
    message,
    button,
    !link && h("p.hint", {}, "No key? The operator of the proxy makes a link for you with ", h("code", {}, "kvitt desk"), "."),
  );
  fill(root, h("main.alone", {}, form));
  (link ? button : key).focus();
}
