//! The JSON that the proxy answers, read into its own types field by field. (A deserializer for each type would be several times as large.)
//!
//! The browser parses it. Nothing here may print a value. What is missing or of another kind makes the whole unreadable; the widget would
//! treat every detail alike.

use gloo_net::http::Response;
use kvitt_wire::{
    Aggregate, Amount, Brand, Cart, CategoryName, Checkout, Currency, Line, OrderLink, PaymentSources, Quantity,
    Sharing, State, Unit,
};
use wasm_bindgen::prelude::*;

use crate::model::{Order, RequestError};
use crate::text::{self, Words};

#[wasm_bindgen(module = "/js/json.js")]
extern "C" {
    fn field(object: &JsValue, name: &str) -> JsValue;
    #[wasm_bindgen(js_name = field)]
    fn element(list: &JsValue, index: u32) -> JsValue;
    #[wasm_bindgen(js_name = text)]
    fn string(object: &JsValue, name: &str) -> Option<String>;
    fn number(object: &JsValue, name: &str) -> f64;
}

const CURRENCIES: [Currency; 3] = [Currency::Nok, Currency::Dkk, Currency::Eur];
const BRANDS: [Brand; 2] = [Brand::Vipps, Brand::MobilePay];

/// The codes of all values of a type, as constants.
macro_rules! codes {
    ($($name:ident: $all:expr, $code:path;)*) => {$(
        const $name: [&str; $all.len()] = {
            let mut codes = [""; $all.len()];
            let mut at = 0;
            while at < codes.len() {
                codes[at] = $code($all[at]);
                at += 1;
            }
            codes
        };
    )*};
}

codes! {
    STATES: State::ALL, State::as_str;
    UNITS: Unit::ALL, Unit::code;
    CATEGORIES: CategoryName::ALL, CategoryName::code;
    BRAND_CODES: BRANDS, Brand::code;
    CURRENCY_CODES: CURRENCIES, Currency::code;
}

/// An object whose fields are read. It is complete as long as none was missing.
pub(crate) struct Object {
    value: JsValue,
    complete: bool,
}

impl Object {
    pub(crate) fn new(value: JsValue) -> Self {
        Self { value, complete: true }
    }

    /// The file of texts in the field `words`, which has several lines.
    pub(crate) fn words(&self) -> Words {
        Words::new(field(&self.value, "words").as_string().unwrap_or_default())
    }

    /// A text, if there is one.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        string(&self.value, name)
    }

    /// The object in a field; incomplete if there is none.
    pub(crate) fn object(&self, name: &str) -> Self {
        Self::new(field(&self.value, name))
    }

    /// A text that must be there.
    fn required(&mut self, name: &str) -> String {
        let found = self.text(name);
        self.complete &= found.is_some();
        found.unwrap_or_default()
    }

    /// A number that must be there. JSON's numbers are floats; they represent amounts in minor units exactly, far beyond any price.
    pub(crate) fn number(&mut self, name: &str) -> f64 {
        let found = number(&self.value, name);
        self.complete &= found.is_finite();
        found
    }

    fn integer(&mut self, name: &str) -> i64 {
        self.number(name) as i64
    }

    /// Whether a field is true.
    pub(crate) fn flag(&self, name: &str) -> bool {
        field(&self.value, name).is_truthy()
    }

    /// The response in the field of that name, if there is one.
    pub(crate) fn response(&self) -> Option<Response> {
        let value = field(&self.value, "response");
        (!value.is_undefined()).then(|| value.unchecked_into::<web_sys::Response>().into())
    }

    /// The one of these whose code the field has.
    fn one_of<T: Copy>(&self, name: &str, all: &[T], codes: &[&str]) -> Option<T> {
        all.get(self.position(name, codes)?).copied()
    }

    fn position(&self, name: &str, codes: &[&str]) -> Option<usize> {
        let found = string(&self.value, name)?;
        codes.iter().position(|code| *code == found)
    }

    /// The value, if nothing was missing.
    fn whole<T>(&self, value: T) -> Option<T> {
        self.complete.then_some(value)
    }
}

/// Reads the order that the element describes (`js/page.js: order`). What is missing or unreadable is left out; the proxy
/// reports what it requires.
pub(crate) fn order(mut it: Object) -> Order {
    let value = it.integer("amount");
    let currency = it.one_of("currency", &CURRENCIES, &CURRENCY_CODES).filter(|_| it.complete);
    let cart = it.text("cart");
    Order {
        origin: it.text("origin").unwrap_or_default(),
        storage_key: it.text("key").unwrap_or_default(),
        signed: cart.is_some(),
        items: cart.or_else(|| it.text("items")).unwrap_or_default(),
        amount: currency.map(|currency| Amount { value, currency }),
        cart_id: it.text("cartId"),
        sales_unit: it.text("salesUnit"),
        return_url: it.text("returnUrl"),
    }
}

/// Reads the body of an answer, or the problem that it describes.
pub(crate) fn answer(response: &Response, mut it: Object) -> Result<Object, RequestError> {
    if response.ok() {
        return Ok(it);
    }
    let status = it.number("status") as u16;
    let (code, trace_id) = (it.required("code"), it.required("trace_id"));
    if !it.complete {
        return Err(RequestError::Unreachable);
    }
    if status >= 500 || status == 429 || code == "idempotency_in_progress" {
        let pause = response.headers().get("retry-after").and_then(|seconds| text::whole(&seconds));
        return Err(RequestError::Busy { retry_after: pause.map(|seconds| i64::from(seconds) * 1_000), trace_id });
    }
    Err(RequestError::Problem { code, trace_id, cart: cart(it.object("cart")) })
}

/// Reads a checkout.
pub(crate) fn checkout(mut it: Object) -> Option<Box<Checkout>> {
    let state = it.one_of("state", &State::ALL, &STATES)?;
    let cart = cart(it.object("cart"))?;
    let mut money = it.object("aggregate");
    let aggregate = Aggregate {
        authorized: money.integer("authorized"),
        captured: money.integer("captured"),
        cancelled: money.integer("cancelled"),
        refunded: money.integer("refunded"),
    };
    let shared = it.object("sharing");
    let checkout = Checkout {
        token: it.required("token"),
        version: it.number("version") as u32,
        state,
        order_number: it.required("order_number"),
        reference: it.required("reference"),
        redirect_url: it.text("redirect_url"),
        trouble: it.text("trouble"),
        cart: *cart,
        aggregate,
        sharing: Sharing {
            consented: shared.flag("consented"),
            phone_number_ending: shared.text("phone_number_ending"),
        },
        category: link(&it.object("category")),
        created_at_ms: it.integer("created_at_ms"),
        expires_at_ms: it.integer("expires_at_ms"),
    };
    it.complete &= money.complete;
    it.whole(Box::new(checkout))
}

/// Reads the shop's link, if there is one.
fn link(it: &Object) -> Option<OrderLink> {
    let category = it.one_of("category", &CategoryName::ALL, &CATEGORIES)?;
    Some(OrderLink { category, details_url: it.text("details_url")? })
}

/// Reads a cart, without what only the proxy needs.
pub(crate) fn cart(mut it: Object) -> Option<Box<Cart>> {
    let mut total = it.object("total");
    let list = it.object("lines");
    let count = number(&list.value, "length");
    let lines = (0..count as u32).map(|index| line(element(&list.value, index))).collect::<Option<_>>()?;
    let cart = Cart {
        sales_unit: String::new(),
        shop: it.required("shop"),
        brand: it.one_of("brand", &BRANDS, &BRAND_CODES)?,
        lines,
        total: Amount {
            value: total.integer("value"),
            currency: total.one_of("currency", &CURRENCIES, &CURRENCY_CODES)?,
        },
        vat: 0,
        terms_url: it.required("terms_url"),
        asks_phone_number: it.flag("asks_phone_number"),
        payment_sources: PaymentSources::default(),
    };
    it.complete &= total.complete && count.is_finite();
    it.whole(Box::new(cart))
}

fn line(value: JsValue) -> Option<Line> {
    let mut it = Object::new(value);
    let line = Line {
        sku: it.required("sku"),
        name: it.required("name"),
        // A number has three decimals exactly.
        quantity: Quantity::from_thousandths((it.number("quantity") * 1_000.0 + 0.5) as u64),
        unit: it.one_of("unit", &Unit::ALL, &UNITS),
        unit_price: it.integer("unit_price"),
        total: it.integer("total"),
        vat_rate: it.number("vat_rate") as u32,
        vat: it.integer("vat"),
        picture: it.text("picture"),
        ..Line::default()
    };
    it.whole(line)
}
