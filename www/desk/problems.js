/**
 * Errors in words for the staff: what happened, and what to do.
 */
import { Problem } from "./api.js";
import { h } from "./dom.js";
import { Blocked } from "./submissions.js";

/** By the proxy's codes. A code that is not here is shown with the proxy's title and detail. */
const WORDS = {
  not_paid: ["This order is not paid.", "Nothing can be captured or refunded. Do not ship it."],
  exceeds_what_is_left: ["That is more than there is left.", "Someone else may have captured or refunded some of it."],
  exceeds_what_was_ordered: ["That is more pieces than were ordered.", "Someone else may have shipped some. Check what is left."],
  submission_pending: ["An earlier operation has no answer yet.", "Nothing was sent now. Retry the earlier one first, or check the order."],
  other_login: [
    "An operation under another login has no answer yet.",
    "Nothing was sent now. Log in with that login to retry it, and check the orders whether it was carried out.",
  ],
  capture_under_way: ["A capture is pending.", "Wait until it is done, then release the rest."],
  too_many_operations: ["This order has too many operations.", "Continue in the Vipps MobilePay portal."],
  bad_amount: ["The amount is not valid.", "It must be more than zero."],
  wrong_currency: ["The order is in another currency.", "Load the page again."],
  bad_lines: ["The lines are not valid.", "Load the page again and select them again."],
  idempotency_key_reused: ["The idempotency key was used for something else.", "Load the page again, and check the order before you retry."],
  idempotency_in_progress: ["The same operation is running already.", "Check the order in a moment."],
  rate_limited: ["There were too many requests.", "Wait a little, then try again."],
  busy: ["The proxy is overloaded, or its database does not answer.", "Nothing is lost. Try again shortly."],
  not_found: ["It does not exist.", "It may have been erased, or the reference is another shop's."],
  unauthorized: ["You are not logged in any more.", "Log in again. Then retry what was not answered."],
  role_not_allowed: ["This login may not do that.", "Log in with one that may. The operator of the proxy makes it."],
  login_refused: [
    "The login was refused.",
    "A key may have been revoked. A link is valid once and for some minutes: ask for another.",
  ],
  no_consent: ["This customer has not consented to requests.", "Make a link, and let the customer open it."],
  unknown_customer: ["There is no such customer.", "Make a link, and let the customer open it."],
  bad_expiry: ["The time to pay is not valid.", "Choose another time."],
  bad_description: ["The description must have at least 3 characters.", "Write more, or leave it empty."],
  bad_phone_number: ["The telephone number is not valid.", "Enter the whole number, with the country code."],
  bad_total: ["The total is out of range.", "Split it into two requests."],
  not_withdrawable: ["The request cannot be withdrawn.", "It is paid, or it has ended. Check the order."],
  endpoint_disabled: ["This endpoint is disabled.", "Enable it first."],
  internal: [
    "Something went wrong in the proxy.",
    "Check whether it was carried out before you try again. The operator finds the error by the id below.",
  ],
};

/** The two sentences for an error. */
export function words(error) {
  if (error instanceof Blocked) return WORDS[error.code];
  if (!(error instanceof Problem)) {
    return ["There was no answer.", "The outcome is unknown. Retrying is safe: it is carried out once."];
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

/** The error as a box on the page, with a button to retry where that is possible. */
export function problemBox(error, retry) {
  const [what, todo] = words(error);
  return h(
    "div.trouble",
    { role: "alert" },
    h("p", {}, h("strong", {}, what), " ", todo),
    error.trace && h("p.trace", {}, `${error.code} · ${error.trace}`),
    retry && h("button.button.second", { type: "button", onclick: retry }, "Try again"),
  );
}
