/**
 * What went wrong, in words for whoever stands at the desk: what it means, and what to do.
 */
import { Problem } from "./api.js";
import { h } from "./dom.js";
import { Another } from "./submissions.js";

/** By the proxy's codes. What is not here is shown in the proxy's own words. */
const WORDS = {
  not_paid: ["This order is not paid.", "Nothing can be taken or given back. Do not ship it."],
  exceeds_what_is_left: ["That is more than there is left.", "Somebody else may have been first."],
  exceeds_what_was_ordered: ["That is more pieces than were ordered.", "Somebody else may have shipped some. Look at what is left."],
  another_press: ["Another press is not answered yet.", "Nothing was sent now. Finish that one first, or look what has become of it."],
  another_login: [
    "A press under another login is not answered yet.",
    "Nothing was sent now. Log in as you were then to finish it, and look among the orders whether it was done.",
  ],
  capture_under_way: ["A capture is still being answered.", "Wait until it shows as done, then let the rest go."],
  too_many_operations: ["Too much has been done with this order already.", "Finish it in the Vipps MobilePay portal."],
  bad_amount: ["That is no amount that can be moved.", "It must be more than nothing."],
  wrong_currency: ["The order is in another currency.", "Load the page again."],
  bad_lines: ["The lines could not be kept.", "Load the page again and tick them anew."],
  idempotency_key_reused: ["This press was used for something else.", "Load the page again. Look at the order before you press."],
  idempotency_in_progress: ["The same is being done already.", "Look at the order in a moment."],
  rate_limited: ["Asked too often.", "Wait a little, then try again."],
  busy: ["The proxy has too much to do, or its database is away.", "Nothing is lost. Try again shortly."],
  not_found: ["There is no such thing.", "It may have been erased, or the reference is another shop's."],
  unauthorized: ["You are not logged in any more.", "Log in again. What was not answered can then be sent again."],
  login_refused: [
    "That does not open the desk.",
    "A key may have been revoked. A link is good once and for some minutes: ask for another.",
  ],
  no_consent: ["This customer has not agreed to be sent requests.", "Make a link, and let the customer open it."],
  unknown_customer: ["No customer is known by that.", "Make a link, and let the customer open it."],
  bad_expiry: ["It cannot be paid for so long.", "Choose another time."],
  bad_description: ["What it is for must have 3 to 100 characters.", "Write a little more, or nothing."],
  bad_phone_number: ["That is no telephone number.", "Write the country's code and the number."],
  bad_total: ["That is more, or less, than can be paid at once.", "Make two requests of it."],
  not_withdrawable: ["It cannot be taken back.", "It is paid, or over. Look at the order."],
  endpoint_disabled: ["This endpoint is told nothing at present.", "Enable it first."],
  internal: [
    "Something went wrong in the proxy.",
    "Look whether it was done before you try again. Whoever runs the proxy finds it by the id below.",
  ],
};

/** Its two sentences. */
export function words(error) {
  if (error instanceof Another) return WORDS[error.code];
  if (!(error instanceof Problem)) {
    return ["There was no answer.", "It is not known whether it was done. Trying again is safe: it is done once."];
  }
  if (error.code === "operation_refused") {
    const [, advice] = error.detail.split(/: (.*)/s);
    return ["Vipps MobilePay has refused it.", advice ? `What to do: ${advice}.` : error.detail];
  }
  const known = WORDS[error.code];
  if (!known) return [`${error.message}.`, error.detail];
  const wait = error.retryAfter ? ` (${error.retryAfter} s)` : "";
  return [known[0] + wait, known[1]];
}

/** The problem on the page, with a way on where there is one. */
export function trouble(error, again) {
  const [what, todo] = words(error);
  return h(
    "div.trouble",
    { role: "alert" },
    h("p", {}, h("strong", {}, what), " ", todo),
    error.trace && h("p.trace", {}, `${error.code} · ${error.trace}`),
    again && h("button.button.second", { type: "button", onclick: again }, "Try again"),
  );
}
