//! Two tabs, or two elements, on one cart: they are one order, at whichever proxy, before and after it is paid.

use futures_util::future::join_all;
use kvitt::checkout::Moment;
use kvitt_wire::{Amount, Checkout, Currency, Item, NewCheckout, State};
use reqwest::{Response, StatusCode};

use crate::shop::{Database, Order, SHOP_ORIGIN, Shop, http, problem, two_mugs_and_a_tea};

const CART: &str = "b51c2d9e-the-cart-of-a-customer";

/// The order of the scenarios in a cart that its tabs know by an id.
fn with_id(cart_id: &str) -> NewCheckout {
    NewCheckout { cart_id: Some(cart_id.to_owned()), ..two_mugs_and_a_tea() }
}

async fn pays(proxy: &str, request: &NewCheckout) -> Response {
    http().post(format!("{proxy}/v1/checkouts")).header("origin", SHOP_ORIGIN).json(request).send().await.unwrap()
}

/// The order of a tab's answer, which is a new one or not.
async fn order(response: Response, is_new: bool) -> Checkout {
    assert_eq!(response.status(), if is_new { StatusCode::CREATED } else { StatusCode::OK });
    response.json().await.unwrap()
}

/// All tabs press at once, at these proxies, and get one order with one payment.
async fn are_one_order(shop: &Shop, proxies: &[&str]) {
    let request = with_id(CART);
    let answers = join_all(proxies.iter().map(|proxy| pays(proxy, &request))).await;
    let new = answers.iter().filter(|answer| answer.status() == StatusCode::CREATED).count();
    assert_eq!(new, 1);
    let mut tokens = Vec::new();
    for answer in answers {
        let seen: Checkout = answer.json().await.unwrap();
        assert_eq!(seen.state, State::Created);
        tokens.push(seen.token);
    }
    tokens.dedup();
    assert_eq!((tokens.len(), shop.vipps.records().await.len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn tabs_that_press_at_once_are_one_order() {
    let shop = Shop::open().await;
    are_one_order(&shop, &[shop.url.as_str(); 8]).await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tabs_at_two_proxies_are_one_order() {
    let mut shop = Shop::open_on(Database::Postgres, "").await;
    let other = shop.opens_another_proxy().await;
    are_one_order(&shop, &[shop.url.as_str(), &other].repeat(4)).await;
    shop.close().await;
}

#[tokio::test]
async fn a_second_tab_pays_the_order_of_the_first_and_learns_of_its_end() {
    let shop = Shop::open().await;
    let shown = NewCheckout { open: true, terms_accepted: false, consent: None, ..with_id(CART) };
    let first = order(pays(&shop.url, &shown).await, true).await;
    assert_eq!(first.state, State::Open);
    assert_eq!(order(pays(&shop.url, &shown).await, false).await, first, "its QR is the same");
    let paying = order(pays(&shop.url, &with_id(CART)).await, false).await;
    assert_eq!((&paying.token, paying.state, paying.sharing.consented), (&first.token, State::Created, true));

    // The payment that waits in the other tab shares the number, and nobody asks for it here: it is shown as it is.
    let keeps_it = NewCheckout { consent: None, ..with_id(CART) };
    let shown = order(pays(&shop.url, &keeps_it).await, false).await;
    assert_eq!((&shown.reference, shown.state), (&paying.reference, State::Created));
    shop.vipps.customer("reject", &paying.reference).await;
    let mut seen = Order::of(&shop, &first.token).await;
    seen.becomes(State::Aborted).await;
    let again = order(pays(&shop.url, &keeps_it).await, false).await;
    assert_eq!((&again.token, again.state, again.sharing.consented), (&first.token, State::Created, false));
    assert_eq!(again.reference, format!("{}-2", first.order_number));

    shop.vipps.approves(&again.reference).await;
    seen.becomes(State::Authorized).await;
    let late = order(pays(&shop.url, &with_id(CART)).await, false).await;
    assert_eq!((&late.token, late.state), (&first.token, State::Authorized), "the cart is paid, and not paid again");
    shop.alters_checkout(&seen, |checkout| checkout.attempts[1].aggregate.refunded = 58_700).await;
    let anew = order(pays(&shop.url, &with_id(CART)).await, true).await;
    assert_ne!(anew.token, first.token, "the money is back with the customer, who buys once more");
    let next = order(pays(&shop.url, &with_id("another-cart-of-the-customer")).await, true).await;
    assert_ne!(next.token, first.token);
    let without = order(pays(&shop.url, &two_mugs_and_a_tea()).await, true).await;
    assert_ne!(without.token, next.token);
    shop.close().await;
}

#[tokio::test]
async fn another_cart_is_another_order_and_one_that_can_no_longer_be_paid_is_not_taken() {
    let shop = Shop::open().await;
    let first = order(pays(&shop.url, &with_id(CART)).await, true).await;
    let mug = NewCheckout {
        items: vec![Item { sku: "mug".into(), quantity: 1 }],
        amount: Amount { value: 24_900, currency: Currency::Nok },
        ..with_id(CART)
    };
    let other = order(pays(&shop.url, &mug).await, true).await;
    assert_ne!(other.token, first.token);
    assert_eq!(order(pays(&shop.url, &with_id(CART)).await, false).await.token, first.token, "as it was before");

    let ended = Order::of(&shop, &first.token).await;
    shop.alters_checkout(&ended, |checkout| {
        checkout.attempts[0].state = State::Expired;
        checkout.order.payable_until = Some(Moment(0));
    })
    .await;
    let new = order(pays(&shop.url, &with_id(CART)).await, true).await;
    assert_ne!(new.token, first.token);
    assert_eq!(order(pays(&shop.url, &with_id(CART)).await, false).await.token, new.token);
    for malformed in ["", "short", "with a space in the cart", &"x".repeat(65)] {
        problem(pays(&shop.url, &with_id(malformed)).await, 422, "bad_cart_id").await;
    }
    shop.close().await;
}
