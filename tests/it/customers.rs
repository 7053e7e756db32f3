//! A person is one customer of a sales unit, under one id. No row identifies them, and erasing removes what they shared.

use std::collections::BTreeSet;

use kvitt::base::vault::{Key, Vault};
use kvitt::checkout::{Checkout, Customer, PhoneNumber};
use kvitt::store::{Cause, Committed, Store};
use kvitt_wire::{ShopCustomer, ShopOrder, ShopSharing, State};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

use crate::orders::a_danish_mug;
use crate::shop::{Database, ENCRYPTION_KEY, Order, PHONE_NUMBER, Shop, dump, eventually, problem};
use crate::store::{Place, insert, next_version};

/// The shop's staff.
struct Office<'a> {
    shop: &'a Shop,
    key: String,
}

impl<'a> Office<'a> {
    async fn of(shop: &'a Shop) -> Self {
        Self { shop, key: shop.key("office").await }
    }

    async fn get(&self, path: &str) -> Response {
        self.shop.get(&format!("/v1/shop/{path}")).bearer_auth(&self.key).send().await.unwrap()
    }

    async fn order(&self, reference: &str) -> ShopOrder {
        self.get(&format!("orders/{reference}")).await.json().await.unwrap()
    }

    async fn customer(&self, id: &str) -> ShopCustomer {
        let answer = self.get(&format!("customers/{id}")).await;
        assert_eq!(answer.status(), StatusCode::OK);
        answer.json().await.unwrap()
    }

    async fn by_number(&self, what: &str, number: &str) -> Response {
        let request = self.shop.post(&format!("/v1/shop/customers/{what}")).bearer_auth(&self.key);
        request.json(&json!({ "phone_number": number })).send().await.unwrap()
    }

    async fn found(&self, number: &str) -> Vec<Value> {
        let found: Value = self.by_number("find", number).await.json().await.unwrap();
        found["customers"].as_array().unwrap().clone()
    }

    async fn erases(&self, id: &str) -> StatusCode {
        let url = format!("{}/v1/shop/customers/{id}", self.shop.url);
        self.shop.http.delete(url).bearer_auth(&self.key).send().await.unwrap().status()
    }
}

async fn shared(shop: &Shop) -> Order<'_> {
    let mut order = shop.ordered().await;
    shop.vipps.approves(order.reference()).await;
    order.follows(|checkout| checkout.sharing.phone_number_ending.is_some(), "shared").await;
    order
}

#[tokio::test]
async fn a_customer_has_one_id_over_all_their_orders() {
    let shop = Shop::open().await;
    let office = Office::of(&shop).await;
    let (one, two) = (shared(&shop).await, shared(&shop).await);
    let unshared = shop.ordered().await;
    let id = office.order(one.reference()).await.customer_id.unwrap();
    let second = office.order(two.reference()).await;
    assert_eq!((second.customer_id.as_deref(), second.sharing), (Some(&id[..]), Some(ShopSharing::Received)));
    let waiting = office.order(unshared.reference()).await;
    assert_eq!((waiting.customer_id, waiting.sharing), (None, Some(ShopSharing::Awaited)));

    let customer = office.customer(&id).await;
    assert_eq!((customer.phone_number.as_deref(), customer.sales_unit.as_str()), (Some(PHONE_NUMBER), "no"));
    assert_eq!(customer.orders, [one.reference(), two.reference()]);
    assert!(customer.sub.as_ref().is_some_and(|sub| !sub.is_empty()) && customer.received_at_ms > 0);
    let consents: Vec<_> = customer.consents.iter().map(|given| given.reference.as_str()).collect();
    assert_eq!(consents, [one.reference(), two.reference()]);
    let consent = &customer.consents[0].consent;
    assert!(consent.text.as_ref().is_some_and(|text| text.contains("Nordlys Keramikk")), "{consent:?}");
    assert_eq!((consent.scope.as_str(), consent.wording.as_str()), ("phoneNumber", kvitt_wire::CONSENT_WORDING));

    for written in ["+47 912 34 567", "004791234567", PHONE_NUMBER] {
        let found = office.found(written).await;
        assert_eq!((found.len(), &found[0]["id"]), (1, &json!(id)), "{written}");
    }
    assert!(office.found("+47 912 34 568").await.is_empty());
    assert_eq!(office.found("912 34 567").await.len(), 1, "as it is written in the country of the first sales unit");
    let in_denmark = json!({ "phone_number": "912 34 567", "sales_unit": "dk" });
    let elsewhere = office.shop.post("/v1/shop/customers/find").bearer_auth(&office.key).json(&in_denmark);
    let elsewhere: Value = elsewhere.send().await.unwrap().json().await.unwrap();
    assert_eq!(elsewhere, json!({ "customers": [] }), "a Danish number of the same digits");
    for bad in ["", "12", "91 23", "[Expired]", "4791234567x", "040 123 4567"] {
        problem(office.by_number("find", bad).await, 422, "bad_phone_number").await;
    }
    for unknown in ["cus_none", "x", "%00", "ø", &"x".repeat(3_000)] {
        problem(office.get(&format!("customers/{unknown}")).await, 404, "not_found").await;
    }
    let written = dump(&shop.files.database).await;
    assert!(written.contains(&id) && !written.contains(PHONE_NUMBER) && !written.contains(&customer.sub.unwrap()));
    shop.close().await;
}

#[tokio::test]
async fn an_erased_customer_is_unknown_and_returns_under_a_new_id() {
    let shop = Shop::open().await;
    let office = Office::of(&shop).await;
    let (one, two) = (shared(&shop).await, shared(&shop).await);
    let id = office.order(one.reference()).await.customer_id.unwrap();
    assert_eq!(office.erases(&id).await, StatusCode::NO_CONTENT);
    assert_eq!(office.erases(&id).await, StatusCode::NOT_FOUND);
    problem(office.get(&format!("customers/{id}")).await, 404, "not_found").await;
    assert!(office.found(PHONE_NUMBER).await.is_empty());
    for order in [&one, &two] {
        let left = office.order(order.reference()).await;
        assert_eq!((left.state, left.customer_id, left.sharing), (State::Authorized, None, Some(ShopSharing::Erased)));
        assert!(left.attempts[0].consent.is_some(), "the fact of the consent stays");
        assert_eq!(shop.stored(order).await.customer, None);
    }
    let store = shop.store().await;
    assert!(store.known_customer(&id).await.unwrap().is_none());
    store.close().await;

    let three = shared(&shop).await;
    let again = office.order(three.reference()).await.customer_id.unwrap();
    assert_ne!(again, id);
    let erased: Value = office.by_number("erase", "+47 912 34 567").await.json().await.unwrap();
    assert_eq!(erased, json!({ "erased": 1 }));
    let erased: Value = office.by_number("erase", PHONE_NUMBER).await.json().await.unwrap();
    assert_eq!(erased, json!({ "erased": 0 }));
    for bad in ["nobody", "040 123 4567"] {
        problem(office.by_number("erase", bad).await, 422, "bad_phone_number").await;
    }
    assert_eq!(office.order(three.reference()).await.sharing, Some(ShopSharing::Erased));
    shop.close().await;
}

#[tokio::test]
async fn a_key_of_one_sales_unit_sees_no_customers_of_another() {
    let shop = Shop::open().await;
    let office = Office::of(&shop).await;
    let norwegian = shared(&shop).await;
    let mut danish = shop.order(&a_danish_mug()).await;
    shop.vipps.approves(danish.reference()).await;
    danish.follows(|checkout| checkout.sharing.phone_number_ending.is_some(), "shared").await;
    let there = office.order(danish.reference()).await.customer_id.unwrap();
    let here = office.order(norwegian.reference()).await.customer_id.unwrap();
    assert_ne!(there, here);
    let number = office.customer(&there).await.phone_number.unwrap();

    let made = shop.runs(&["keys", "add", "Norwegian", "--sales-unit", "no"]).await.succeeded();
    let limited = Office { shop: &shop, key: made.out.trim().to_owned() };
    assert_eq!(limited.customer(&here).await.orders, [norwegian.reference()]);
    problem(limited.get(&format!("customers/{there}")).await, 404, "not_found").await;
    assert_eq!(limited.erases(&there).await, StatusCode::NOT_FOUND);
    let found = limited.found(&number).await;
    assert!(found.iter().all(|customer| customer["id"] != there.as_str()), "{found:?}");
    limited.by_number("erase", &number).await;
    assert_eq!(office.customer(&there).await.orders, [danish.reference()]);
    shop.close().await;
}

/// Vipps MobilePay gives out a number for a week. After that it answers `[Expired]`.
#[tokio::test]
async fn a_number_that_did_not_come_in_time_is_marked_as_missed() {
    let shop = Shop::open().await;
    let office = Office::of(&shop).await;
    let first = shared(&shop).await;
    let known = office.order(first.reference()).await.customer_id.unwrap();
    let mut silent = shop.vipps.record(first.reference()).await;
    let mut order = shop.ordered().await;
    silent["reference"] = order.reference().into();
    silent.as_object_mut().unwrap().remove("userDetails");
    // Neither the payment nor the Userinfo API has the number in time.
    shop.vipps.fails("GET", order.reference(), 100, json!({ "status": 200, "body": silent })).await;
    shop.vipps.fails("GET", "/userinfo/", 1, json!({ "status": 503 })).await;
    shop.vipps.approves(order.reference()).await;
    order.becomes(State::Authorized).await;
    let called = || async { (!shop.vipps.calls("GET", "/userinfo/").await.is_empty()).then_some(()) };
    eventually("Userinfo is called", called).await;
    shop.vipps.clock_moves(169 * 60 * 60 * 1000).await;
    let missed = || async {
        let order = office.order(order.reference()).await;
        (order.sharing == Some(ShopSharing::Missed)).then_some(order)
    };
    let missed = eventually("the number is marked as missed", missed).await;
    assert_eq!(missed.customer_id, Some(known.clone()), "the `sub` identifies the customer");
    let customer = shop.stored(&order).await.customer.unwrap();
    assert_eq!((customer.phone_number, customer.sub.is_some()), (None, true));
    assert_eq!(
        office.customer(&known).await.phone_number.as_deref(),
        Some(PHONE_NUMBER),
        "known from the earlier order"
    );
    shop.close().await;
}

/// Stores the nth order with this customer. Returns the customer's id.
async fn bought(store: &Store, nth: u128, sub: Option<&str>, number: Option<&str>) -> String {
    let first = insert(store, nth).await;
    let customer = Customer {
        sub: sub.map(str::to_owned),
        phone_number: number.and_then(PhoneNumber::parse),
        received_at: first.created_at,
    };
    let second = Checkout { customer: Some(customer), ..next_version(&first) };
    let committed = store.commit(&second, &[], &Cause::Request, first.created_at).await.unwrap();
    assert_eq!(committed, Committed::Yes);
    let found = store.checkout(first.id).await.unwrap().unwrap();
    assert_eq!(found.checkout, second);
    found.customer_id.unwrap()
}

async fn is_found_again(database: Database) {
    let place = Place::new(database);
    let store = place.open().await;
    let (kari, ola) = (Some("4791234567"), Some("4798765432"));
    let id = bought(&store, 1, None, kari).await;
    assert_eq!(bought(&store, 2, Some("kari"), kari).await, id, "by the number, before the `sub` was known");
    assert_eq!(bought(&store, 3, Some("kari"), None).await, id);
    assert_eq!(bought(&store, 4, Some("kari"), ola).await, id, "by the `sub`, with a new number");
    let other = bought(&store, 5, Some("ola"), kari).await;
    assert_ne!(other, id, "the number belongs to another person now");
    assert_eq!(bought(&store, 6, None, kari).await, other);
    assert_eq!(bought(&store, 7, Some("kari"), None).await, id);
    // Concurrent orders of one person have one customer.
    let orders = (10..20).map(|nth| bought(&store, nth, Some("new"), Some("4790000000")));
    let ids: BTreeSet<_> = futures_util::future::join_all(orders).await.into_iter().collect();
    assert_eq!(ids.len(), 1, "{ids:?}");
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_found_again_in_sqlite() {
    is_found_again(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_found_again_in_postgres() {
    is_found_again(Database::Postgres).await;
}

#[tokio::test]
async fn a_person_is_found_again_after_the_key_was_replaced() {
    let place = Place::new(Database::chosen());
    let number = Some("4791234567");
    let store = place.open().await;
    let id = bought(&store, 1, Some("kari"), number).await;
    store.close().await;

    let (old, new) = (Key::parse(ENCRYPTION_KEY).unwrap(), Key::random());
    let store = Store::open(&place.url, &Vault::new(&new, Some(&old))).await.unwrap();
    assert_eq!(bought(&store, 2, Some("kari"), None).await, id, "while the key is being replaced");
    while store.reseal_customers(10).await.unwrap() > 0 {}
    store.close().await;

    let store = Store::open(&place.url, &Vault::new(&new, None)).await.unwrap();
    assert_eq!(bought(&store, 3, Some("kari"), None).await, id);
    assert_eq!(bought(&store, 4, None, number).await, id);
    assert_eq!(store.customers_with_number(&PhoneNumber::parse("4791234567").unwrap()).await.unwrap(), [id]);
    store.close().await;
}
