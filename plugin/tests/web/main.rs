//! The widget in a real browser: screens inside a shadow root, with the proxy and its stream played by the page.
//!
//! `cargo test --package kvitt-plugin --target wasm32-unknown-unknown`, with wasm-bindgen's test runner as cargo's runner.

#![cfg(target_arch = "wasm32")]

mod fixture;

use fixture::{Stage, cart, checkout, words};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
async fn the_start_screen_shows_lines_vat_and_total() {
    let stage = Stage::new("nb");
    stage.answers("GET", "/v1/cart", 200, &cart());
    stage.widget.open();
    stage.until(".lines").await;
    assert_eq!(stage.text(".name"), "Steinkopp");
    // `Intl` separates with spaces that do not break.
    assert_eq!(stage.text(".total dd").replace('\u{a0}', " "), "587,00 kr");
    assert_eq!(stage.text(".vat dt").replace('\u{a0}', " "), "herav mva. 25 %");
    assert_eq!(stage.text("[data-do=pay]"), "Betal med Vipps");
    assert!(stage.asked("/v1/cart?items=mug%3A2%2Ctea%3A1&sales_unit=no"));
    assert!(!stage.find(".checkbox[data-do=share]").expect("the question").has_attribute("checked"));
    assert_eq!(stage.focused(), "heading");
    assert_eq!(stage.events(), ["kvitt:open"]);
}

#[wasm_bindgen_test]
async fn the_cover_gives_way_and_comes_back() {
    let stage = Stage::new("en");
    stage.answers("GET", "/v1/cart", 200, &cart());
    stage.widget.open();
    stage.until(".lines").await;
    assert!(stage.cover().hidden());
    stage.click("[data-do=back]");
    assert!(!stage.cover().hidden());
    assert!(stage.find(".lines").is_none());
}

#[wasm_bindgen_test]
async fn without_the_terms_nothing_is_paid() {
    let stage = Stage::new("en");
    stage.answers("GET", "/v1/cart", 200, &cart());
    stage.widget.open();
    stage.until(".lines").await;
    stage.click("[data-do=pay]");
    assert_eq!(stage.text(".error:not([hidden])"), "Accept the terms of sale to go on.");
    assert_eq!(stage.focused(), "checkbox");
    stage.click("[data-do=terms]");
    assert!(stage.find(".error:not([hidden])").is_none());
    assert!(!stage.asked("/v1/checkouts"));
}

#[wasm_bindgen_test]
async fn a_payment_from_the_press_to_the_confirmation() {
    let stage = Stage::new("en");
    stage.answers("GET", "/v1/cart", 200, &cart());
    stage.answers("POST", "/v1/checkouts", 201, &checkout(1, "created"));
    stage.widget.open();
    stage.until(".lines").await;
    stage.click("[data-do=terms]");
    stage.click("[data-do=share]");
    stage.click("[data-do=pay]");
    stage.until(".left").await;
    assert_eq!(stage.keys(), ["salt-"]);
    let body = stage.sent("/v1/checkouts");
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
    assert_eq!(stage.attribute("a[part=button]", "href"), "https://landing.example/?token=x");
    assert_eq!(stage.attribute("a[part=button]", "rel"), "noopener");
    assert!(stage.listens_to("/v1/checkouts/a-token/events"));

    stage.streams(&checkout(2, "authorized"));
    stage.until(".tick").await;
    assert_eq!(stage.text(".heading"), "Thank you for your order");
    assert!(stage.text(".facts").contains("fjord-1"));
    assert_eq!(stage.focused(), "heading");
    assert_eq!(stage.events(), ["kvitt:open", "kvitt:state", "kvitt:leave", "kvitt:state"]);
}

#[wasm_bindgen_test]
async fn an_answer_that_is_lost_is_asked_for_under_its_key() {
    let stage = Stage::new("en");
    stage.answers("GET", "/v1/cart", 200, &cart());
    stage.answers("POST", "/v1/checkouts", fixture::LOST, "");
    stage.widget.open();
    stage.until(".lines").await;
    stage.click("[data-do=terms]");
    stage.click("[data-do=pay]");
    stage.until(".cross").await;
    assert_eq!(stage.text(".heading"), "We cannot reach the shop");
    stage.answers("POST", "/v1/checkouts", 201, &checkout(1, "created"));
    stage.click("[data-do=again]");
    stage.until(".left").await;
    assert_eq!(stage.keys(), ["salt-", "salt-"]);
}

#[wasm_bindgen_test]
async fn a_refused_price_is_shown_beside_the_old_one() {
    let stage = Stage::new("en");
    let dearer = cart().replace("58700", "60000");
    let problem = format!(
        r#"{{"status":409,"code":"price_changed","title":"The price has changed","trace_id":"t","cart":{dearer}}}"#
    );
    stage.answers("GET", "/v1/cart", 200, &cart());
    stage.answers("POST", "/v1/checkouts", 409, &problem);
    stage.widget.open();
    stage.until(".lines").await;
    stage.click("[data-do=terms]");
    stage.click("[data-do=pay]");
    stage.until(".new").await;
    assert!(stage.text(".old dd").contains("587.00"));
    assert!(stage.text(".new dd").contains("600.00"));
    stage.click("[data-do=accept]");
    assert!(stage.text(".total dd").contains("600.00"));
}

#[wasm_bindgen_test]
async fn who_said_no_can_pay_without_sharing() {
    let stage = Stage::new("en");
    let aborted = checkout(3, "aborted").replace(r#""consented":false"#, r#""consented":true"#);
    stage.answers("GET", "/v1/checkouts/a-token", 200, &aborted);
    stage.answers("POST", "/v1/checkouts/a-token/attempts", 201, &checkout(4, "created"));
    stage.widget.resume("a-token".into(), true);
    stage.until("[data-do=unshared]").await;
    assert_eq!(stage.text(".heading"), "The payment was stopped");
    stage.click("[data-do=unshared]");
    stage.until(".left").await;
    assert_eq!(stage.keys(), ["salt-"]);
    assert_eq!(stage.sent("/attempts"), "{\"terms_accepted\":false}");
    assert_eq!(stage.events(), ["kvitt:state", "kvitt:trouble", "kvitt:state", "kvitt:leave"]);
}

#[wasm_bindgen_test]
async fn a_proxy_in_trouble_can_be_tried_again() {
    let stage = Stage::new("sv");
    stage.answers("GET", "/v1/cart", 503, "<html>");
    stage.widget.open();
    stage.until("[data-do=again]").await;
    assert_eq!(stage.text(".heading"), "Vi får inte kontakt med butiken");
    assert!(stage.find(".trace").is_none());
    stage.answers("GET", "/v1/cart", 503, r#"{"status":503,"code":"busy","title":"Busy","trace_id":"4bf92f"}"#);
    stage.click("[data-do=again]");
    stage.until(".trace").await;
    assert_eq!(stage.text(".heading"), "Butiken kan inte svara just nu");
    assert_eq!(stage.text(".trace"), "4bf92f");
    stage.answers("GET", "/v1/cart", 200, &cart());
    stage.click("[data-do=again]");
    stage.until(".lines").await;
}

#[wasm_bindgen_test]
async fn an_answer_that_makes_no_sense_is_no_answer() {
    for nonsense in ["[]", "null", r#"{"sales_unit":7}"#, r#"{"lines":{}}"#] {
        let stage = Stage::new("en");
        stage.answers("GET", "/v1/cart", 200, nonsense);
        stage.widget.open();
        stage.until("[data-do=again]").await;
    }
}

#[wasm_bindgen_test]
async fn an_order_nobody_knows_says_so() {
    let stage = Stage::new("fi");
    stage.answers(
        "GET",
        "/v1/checkouts/a-token",
        404,
        r#"{"status":404,"code":"not_found","title":"Not found","trace_id":"t"}"#,
    );
    stage.widget.resume("a-token".into(), true);
    stage.until(".cross").await;
    assert_eq!(stage.text(".heading"), "Tilausta ei löydy");
    assert_eq!(stage.focused(), "", "a page that has just opened keeps the keyboard where it is");
}

#[wasm_bindgen_test]
async fn the_confirmation_tells_what_became_of_money_and_number() {
    let stage = Stage::new("en");
    let refunded = checkout(9, "authorized")
        .replace(r#""captured":0"#, r#""captured":58700"#)
        .replace(r#""refunded":0"#, r#""refunded":8900"#)
        .replace(r#""consented":false"#, r#""consented":true,"phone_number_ending":"67""#);
    stage.answers("GET", "/v1/checkouts/a-token", 200, &refunded);
    stage.widget.resume("a-token".into(), true);
    stage.until(".tick").await;
    assert!(stage.text(".lead").contains("89.00"));
    assert!(stage.text(".facts").contains("··67"));
    assert!(stage.text(".facts").contains("2026"));
}

#[wasm_bindgen_test]
async fn another_language_is_spoken_at_once() {
    let stage = Stage::new("en");
    stage.answers("GET", "/v1/cart", 200, &cart());
    stage.widget.open();
    stage.until(".lines").await;
    stage.widget.speak(words("da"));
    assert_eq!(stage.text(".heading"), "Din bestilling");
    assert_eq!(stage.attribute(".frame", "lang"), "da");
}

#[wasm_bindgen_test]
async fn an_element_out_of_the_page_is_quiet() {
    let stage = Stage::new("en");
    stage.answers("GET", "/v1/checkouts/a-token", 200, &checkout(1, "created"));
    stage.widget.resume("a-token".into(), true);
    stage.until(".left").await;
    assert!(stage.listens_to("/events"));
    stage.widget.rest();
    stage.settle().await;
    assert!(!stage.listens_to("/events"), "the stream is closed");
    stage.widget.wake();
    stage.settle().await;
    assert!(stage.listens_to("/events"), "and open again");
}

#[wasm_bindgen_test]
async fn what_happens_elsewhere_is_said_and_takes_no_keyboard() {
    let stage = Stage::new("en");
    stage.answers("GET", "/v1/checkouts/a-token", 200, &checkout(1, "starting"));
    stage.widget.resume("a-token".into(), true);
    stage.until("[data-do=cancel]").await;
    assert_eq!(stage.text(".voice"), "Complete the payment in Vipps", "a page that has just opened says so");
    stage.goes_elsewhere();
    stage.streams(&checkout(2, "authorized"));
    stage.until(".tick").await;
    assert_eq!(stage.focused(), "", "the customer is writing something");
    assert_eq!(stage.text(".voice"), "Thank you for your order");
}

#[wasm_bindgen_test]
async fn the_terms_take_the_keyboard_once_a_press() {
    let stage = Stage::new("en");
    stage.answers("GET", "/v1/cart", 200, &cart());
    stage.widget.open();
    stage.until(".lines").await;
    stage.click("[data-do=pay]");
    assert_eq!(stage.focused(), "checkbox");
    stage.goes_elsewhere();
    stage.widget.wake();
    assert_eq!(stage.focused(), "", "nobody pressed");
    stage.click("[data-do=pay]");
    assert_eq!(stage.focused(), "checkbox");
}

#[wasm_bindgen_test]
async fn a_page_may_answer_every_move_of_the_keyboard() {
    let stage = Stage::new("en");
    stage.meddles();
    stage.answers("GET", "/v1/cart", 200, &cart());
    stage.widget.open();
    stage.until(".lines").await;
    stage.click("[data-do=pay]");
    assert_eq!(stage.text(".heading"), "Din bestilling");
    stage.click("[data-do=back]");
    assert!(!stage.cover().hidden());
}

#[wasm_bindgen_test]
async fn terms_that_are_a_script_are_no_link() {
    let stage = Stage::new("en");
    stage.answers("GET", "/v1/cart", 200, &cart().replace("\"/terms\"", "\"javascript:alert(1)\""));
    stage.widget.open();
    stage.until(".lines").await;
    assert!(!stage.find("a.link").expect("the words").has_attribute("href"));
}

#[wasm_bindgen_test]
async fn what_is_paid_is_what_is_shown() {
    let stage = Stage::new("en");
    stage.answers("GET", "/v1/cart", 200, &cart());
    stage.widget.open();
    stage.until(".lines").await;
    assert_eq!(stage.text(".line .note").replace('\u{a0}', " ").chars().next(), Some('2'));
    stage.host().set_attribute("items", "mug:1,tea:1").expect("a valid name");
    stage.answers("GET", "/v1/cart", 200, &cart().replace(r#""quantity":2"#, r#""quantity":1"#));
    stage.widget.changed(stage.key(), stage.origin());
    stage.until(".lines").await;
    assert!(stage.asked("items=mug%3A1%2Ctea%3A1"));
    assert_eq!(stage.text(".line .note").chars().next(), Some('1'));
    stage.click("[data-do=terms]");
    stage.click("[data-do=pay]");
    stage.until(".cross").await;
    assert!(stage.sent("/v1/checkouts").contains(r#"{"sku":"mug","quantity":1}"#));
}
