//! The widget in a real browser: the screens in a shadow root, with a fake proxy and a fake stream.
//!
//! `cargo test --package kvitt-plugin --target wasm32-unknown-unknown`, with wasm-bindgen's test runner as cargo's runner.

#![cfg(target_arch = "wasm32")]

mod fixture;

use fixture::{Fixture, cart, checkout, words};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
async fn the_start_screen_shows_lines_vat_and_total() {
    let fixture = Fixture::new("nb");
    fixture.respond("GET", "/v1/cart", 200, &cart());
    fixture.widget.open();
    fixture.until(".lines").await;
    assert_eq!(fixture.text(".name"), "Steinkopp");
    // `Intl` separates with spaces that do not break.
    assert_eq!(fixture.text(".total dd").replace('\u{a0}', " "), "587,00 kr");
    assert_eq!(fixture.text(".vat dt").replace('\u{a0}', " "), "herav mva. 25 %");
    assert_eq!(fixture.text("[data-do=pay]"), "Betal med Vipps");
    assert!(fixture.requested("/v1/cart?items=mug%3A2%2Ctea%3A1&sales_unit=no"));
    assert!(!fixture.find(".checkbox[data-do=share]").expect("the question").has_attribute("checked"));
    assert_eq!(fixture.focused(), "heading");
    assert_eq!(fixture.events(), ["open"]);
}

#[wasm_bindgen_test]
async fn the_cover_hides_and_comes_back() {
    let fixture = Fixture::new("en");
    fixture.respond("GET", "/v1/cart", 200, &cart());
    fixture.widget.open();
    fixture.until(".lines").await;
    assert!(fixture.cover().hidden());
    fixture.click("[data-do=back]");
    assert!(!fixture.cover().hidden());
    assert!(fixture.find(".lines").is_none());
}

#[wasm_bindgen_test]
async fn nothing_is_paid_before_the_terms_are_accepted() {
    let fixture = Fixture::new("en");
    fixture.respond("GET", "/v1/cart", 200, &cart());
    fixture.widget.open();
    fixture.until(".lines").await;
    fixture.click("[data-do=pay]");
    assert_eq!(fixture.text(".error:not([hidden])"), "Accept the terms of sale to go on.");
    assert_eq!(fixture.focused(), "checkbox");
    fixture.click("[data-do=terms]");
    assert!(fixture.find(".error:not([hidden])").is_none());
    assert!(!fixture.requested("/v1/checkouts"));
}

#[wasm_bindgen_test]
async fn a_payment_from_the_press_to_the_confirmation() {
    let fixture = Fixture::new("en");
    fixture.respond("GET", "/v1/cart", 200, &cart());
    fixture.respond("POST", "/v1/checkouts", 201, &checkout(1, "created"));
    fixture.widget.open();
    fixture.until(".lines").await;
    fixture.click("[data-do=terms]");
    fixture.click("[data-do=share]");
    fixture.click("[data-do=pay]");
    fixture.until(".left").await;
    assert_eq!(fixture.keys(), ["salt-"]);
    let body = fixture.body_of("/v1/checkouts");
    for part in [
        r#""items":[{"sku":"mug","quantity":2},{"sku":"tea","quantity":1}]"#,
        r#""amount":{"value":58700,"currency":"NOK"}"#,
        r#""terms_accepted":true"#,
        r#""consent":{"wording":""#,
        r#""sales_unit":"no""#,
        r#""return_url":"http"#,
    ] {
        assert!(body.contains(part), "{part} in {body}");
    }
    assert_eq!(fixture.attribute("a[part=button]", "href"), "https://landing.example/?token=x");
    assert_eq!(fixture.attribute("a[part=button]", "rel"), "noopener");
    assert!(fixture.has_stream("/v1/checkouts/a-token/events"));

    fixture.stream(&checkout(2, "authorized"));
    fixture.until(".tick").await;
    assert_eq!(fixture.text(".heading"), "Thank you for your order");
    assert!(fixture.text(".facts").contains("fjord"));
    assert_eq!(fixture.focused(), "heading");
    assert_eq!(fixture.events(), ["open", "state", "leave", "state"]);
}

#[wasm_bindgen_test]
async fn a_request_without_an_answer_keeps_its_key() {
    let fixture = Fixture::new("en");
    fixture.respond("GET", "/v1/cart", 200, &cart());
    fixture.respond("POST", "/v1/checkouts", fixture::NO_RESPONSE, "");
    fixture.widget.open();
    fixture.until(".lines").await;
    fixture.click("[data-do=terms]");
    fixture.click("[data-do=pay]");
    fixture.until(".cross").await;
    assert_eq!(fixture.text(".heading"), "We cannot reach the shop");
    fixture.respond("POST", "/v1/checkouts", 201, &checkout(1, "created"));
    fixture.click("[data-do=again]");
    fixture.until(".left").await;
    assert_eq!(fixture.keys(), ["salt-", "salt-"]);
}

#[wasm_bindgen_test]
async fn a_changed_price_is_shown_beside_the_old_one() {
    let fixture = Fixture::new("en");
    let dearer = cart().replace("58700", "60000");
    let problem = format!(
        r#"{{"status":409,"code":"price_changed","title":"The price has changed","trace_id":"t","cart":{dearer}}}"#
    );
    fixture.respond("GET", "/v1/cart", 200, &cart());
    fixture.respond("POST", "/v1/checkouts", 409, &problem);
    fixture.widget.open();
    fixture.until(".lines").await;
    fixture.click("[data-do=terms]");
    fixture.click("[data-do=pay]");
    fixture.until(".new").await;
    assert!(fixture.text(".old dd").contains("587.00"));
    assert!(fixture.text(".new dd").contains("600.00"));
    fixture.click("[data-do=accept]");
    assert!(fixture.text(".total dd").contains("600.00"));
}

#[wasm_bindgen_test]
async fn an_aborted_payment_can_be_retried_without_sharing() {
    let fixture = Fixture::new("en");
    let aborted = checkout(3, "aborted").replace(r#""consented":false"#, r#""consented":true"#);
    fixture.respond("GET", "/v1/checkouts/a-token", 200, &aborted);
    fixture.respond("POST", "/v1/checkouts/a-token/attempts", 201, &checkout(4, "created"));
    fixture.widget.resume("a-token", true);
    fixture.until("[data-do=unshared]").await;
    assert_eq!(fixture.text(".heading"), "The payment was stopped");
    fixture.click("[data-do=unshared]");
    fixture.until(".left").await;
    assert_eq!(fixture.keys(), ["salt-"]);
    assert_eq!(fixture.body_of("/attempts"), "{\"terms_accepted\":false}");
    assert_eq!(fixture.events(), ["state", "trouble", "state", "leave"]);
}

#[wasm_bindgen_test]
async fn an_unreachable_or_busy_proxy_can_be_tried_again() {
    let fixture = Fixture::new("sv");
    fixture.respond("GET", "/v1/cart", 503, "<html>");
    fixture.widget.open();
    fixture.until("[data-do=again]").await;
    assert_eq!(fixture.text(".heading"), "Vi får inte kontakt med butiken");
    assert!(fixture.find(".trace").is_none());
    fixture.respond("GET", "/v1/cart", 503, r#"{"status":503,"code":"busy","title":"Busy","trace_id":"4bf92f"}"#);
    fixture.click("[data-do=again]");
    fixture.until(".trace").await;
    assert_eq!(fixture.text(".heading"), "Butiken kan inte svara just nu");
    assert_eq!(fixture.text(".trace"), "4bf92f");
    fixture.respond("GET", "/v1/cart", 200, &cart());
    fixture.click("[data-do=again]");
    fixture.until(".lines").await;
}

#[wasm_bindgen_test]
async fn an_answer_that_cannot_be_read_counts_as_none() {
    for nonsense in ["[]", "null", r#"{"sales_unit":7}"#, r#"{"lines":{}}"#] {
        let fixture = Fixture::new("en");
        fixture.respond("GET", "/v1/cart", 200, nonsense);
        fixture.widget.open();
        fixture.until("[data-do=again]").await;
    }
}

#[wasm_bindgen_test]
async fn an_unknown_order_shows_a_failure() {
    let fixture = Fixture::new("fi");
    fixture.respond(
        "GET",
        "/v1/checkouts/a-token",
        404,
        r#"{"status":404,"code":"not_found","title":"Not found","trace_id":"t"}"#,
    );
    fixture.widget.resume("a-token", true);
    fixture.until(".cross").await;
    assert_eq!(fixture.text(".heading"), "Tilausta ei löydy");
    assert_eq!(fixture.focused(), "", "a page that has just opened keeps the focus where it is");
}

#[wasm_bindgen_test]
async fn the_confirmation_shows_the_state_of_money_and_number() {
    let fixture = Fixture::new("en");
    let refunded = checkout(9, "authorized")
        .replace(r#""captured":0"#, r#""captured":58700"#)
        .replace(r#""refunded":0"#, r#""refunded":8900"#)
        .replace(r#""consented":false"#, r#""consented":true,"phone_number_ending":"67""#);
    fixture.respond("GET", "/v1/checkouts/a-token", 200, &refunded);
    fixture.widget.resume("a-token", true);
    fixture.until(".tick").await;
    assert!(fixture.text(".lead").contains("89.00"));
    assert!(fixture.text(".facts").contains("··67"));
    assert!(fixture.text(".facts").contains("2026"));
}

#[wasm_bindgen_test]
async fn a_change_of_language_takes_effect_at_once() {
    let fixture = Fixture::new("en");
    fixture.respond("GET", "/v1/cart", 200, &cart());
    fixture.widget.open();
    fixture.until(".lines").await;
    fixture.widget.speak(&words("da"));
    assert_eq!(fixture.text(".heading"), "Din bestilling");
    assert_eq!(fixture.attribute(".frame", "lang"), "da");
}

#[wasm_bindgen_test]
async fn a_disconnected_element_closes_its_stream() {
    let fixture = Fixture::new("en");
    fixture.respond("GET", "/v1/checkouts/a-token", 200, &checkout(1, "created"));
    fixture.widget.resume("a-token", true);
    fixture.until(".left").await;
    assert!(fixture.has_stream("/events"));
    fixture.widget.rest();
    fixture.settle().await;
    assert!(!fixture.has_stream("/events"), "the stream is closed");
    fixture.widget.wake();
    fixture.settle().await;
    assert!(fixture.has_stream("/events"), "and open again");
}

#[wasm_bindgen_test]
async fn a_change_is_announced_when_the_focus_is_elsewhere() {
    let fixture = Fixture::new("en");
    fixture.respond("GET", "/v1/checkouts/a-token", 200, &checkout(1, "starting"));
    fixture.widget.resume("a-token", true);
    fixture.until("[data-do=cancel]").await;
    assert_eq!(
        fixture.text(".voice"),
        "Complete the payment in Vipps",
        "a page that has just opened announces the heading"
    );
    fixture.focus_field();
    fixture.stream(&checkout(2, "authorized"));
    fixture.until(".tick").await;
    assert_eq!(fixture.focused(), "", "the focus stays in the page's field");
    assert_eq!(fixture.text(".voice"), "Thank you for your order");
}

#[wasm_bindgen_test]
async fn missing_terms_take_the_focus_once_a_press() {
    let fixture = Fixture::new("en");
    fixture.respond("GET", "/v1/cart", 200, &cart());
    fixture.widget.open();
    fixture.until(".lines").await;
    fixture.click("[data-do=pay]");
    assert_eq!(fixture.focused(), "checkbox");
    fixture.focus_field();
    fixture.widget.wake();
    assert_eq!(fixture.focused(), "", "the customer did not press");
    fixture.click("[data-do=pay]");
    assert_eq!(fixture.focused(), "checkbox");
}

#[wasm_bindgen_test]
async fn a_page_may_call_back_on_every_move_of_the_focus() {
    let fixture = Fixture::new("en");
    fixture.call_back_on_focus_change();
    fixture.respond("GET", "/v1/cart", 200, &cart());
    fixture.widget.open();
    fixture.until(".lines").await;
    fixture.click("[data-do=pay]");
    assert_eq!(fixture.text(".heading"), "Din bestilling");
    fixture.click("[data-do=back]");
    assert!(!fixture.cover().hidden());
}

#[wasm_bindgen_test]
async fn a_script_url_is_no_link_to_the_terms() {
    let fixture = Fixture::new("en");
    fixture.respond("GET", "/v1/cart", 200, &cart().replace("\"/terms\"", "\"javascript:alert(1)\""));
    fixture.widget.open();
    fixture.until(".lines").await;
    assert!(!fixture.find("a.link").expect("the words").has_attribute("href"));
}

#[wasm_bindgen_test]
async fn the_cart_on_the_screen_is_paid() {
    let fixture = Fixture::new("en");
    fixture.respond("GET", "/v1/cart", 200, &cart());
    fixture.widget.open();
    fixture.until(".lines").await;
    assert_eq!(fixture.text(".line .note").replace('\u{a0}', " ").chars().next(), Some('2'));
    fixture.host().set_attribute("items", "mug:1,tea:1").expect("a valid name");
    fixture.respond("GET", "/v1/cart", 200, &cart().replace(r#""quantity":2"#, r#""quantity":1"#));
    fixture.widget.changed(&fixture.key(), &fixture.origin());
    fixture.until_requested("items=mug%3A1%2Ctea%3A1").await;
    fixture.until(".lines").await;
    assert_eq!(fixture.text(".line .note").chars().next(), Some('1'));
    fixture.click("[data-do=terms]");
    fixture.click("[data-do=pay]");
    fixture.until(".cross").await;
    assert!(fixture.body_of("/v1/checkouts").contains(r#"{"sku":"mug","quantity":1}"#));
}

#[wasm_bindgen_test]
async fn decimals_returns_and_a_gift_card_are_shown() {
    let fixture = Fixture::new("nb");
    let weighed = cart()
        .replace(r#""quantity":2,"#, r#""quantity":"1.25","unit":"kg","#)
        .replace(r#""total":49800"#, r#""total":31125"#)
        .replace(r#""unit_price":8900,"total":8900"#, r#""unit_price":-8900,"total":-8900"#)
        .replace(r#""value":58700"#, r#""value":12225"#);
    fixture.respond("GET", "/v1/cart", 200, &weighed);
    fixture.host().set_attribute("amount", "12225").expect("a valid name");
    fixture.widget.changed(&fixture.key(), &fixture.origin());
    fixture.widget.open();
    fixture.until(".lines").await;
    let text = |selector: &str| fixture.text(selector).replace(['\u{a0}', '\u{202f}'], " ");
    assert_eq!(text(".line .note"), "1,25 kg × 249,00 kr");
    assert_eq!(text(".line:last-child .sum"), "−89,00 kr");
    assert_eq!(text(".otherwise dt"), "Gavekort eller annen betaling");
    assert_eq!((text(".otherwise dd"), text(".total dd")), ("−100,00 kr".into(), "122,25 kr".into()));
}
