//! Generates a request from the description and a tape of bytes: valid, nearly valid, or invalid.

use reqwest::{Method, RequestBuilder};
use serde_json::{Map, Value, json};

use crate::carts::mugs_and_freight;
use crate::details::png;
use crate::shop::{Shop, two_mugs_and_a_tea};

const TEXTS: &[&str] = &[
    "",
    "mug",
    "tea",
    "no",
    "1",
    "yes",
    "nb",
    "NOK",
    "mug:2,tea:1",
    "mug:0",
    "mug:1000",
    "mug:1,,",
    ":",
    "58700",
    "-1",
    "99999999999999999999",
    "https://shop.example/thanks",
    "https://shop.example.evil.example/",
    "javascript:alert(1)",
    "http://[",
    "\u{0}",
    "ø\u{202e}🍵",
    "%",
    "' OR 1=1 --",
    "../../etc/passwd",
];
const NUMBERS: &[i64] = &[0, 1, 2, 999, 1_000, 58_700, -1, 4_294_967_296, 9_007_199_254_740_993, i64::MAX, i64::MIN];
/// Values of a path parameter, percent-encoded.
const SEGMENTS: &[&str] = &["x", "no", "%20", "%00", "%FF%FE", "..%2F..", "%F0%9F%8D%B5", "a-b_c.d", "%3Fa%3Db"];
const KINDS: &[&str] =
    &["application/json; charset=utf-8", "text/plain", "application/x-www-form-urlencoded", ";", "a"];

/// The source of every decision, byte by byte, and zeros after its end.
pub(super) struct Tape<'a>(pub(super) std::slice::Iter<'a, u8>);

impl Tape<'_> {
    pub(super) fn below(&mut self, end: usize) -> usize {
        usize::from(*self.0.next().unwrap_or(&0)) % end
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 1
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}

/// A method of a path, and its description.
pub(super) struct Operation {
    pub(super) name: String,
    pub(super) description: Value,
    method: Method,
    path: String,
}

impl Operation {
    pub(super) fn all(description: &Value) -> Vec<Self> {
        let mut all = Vec::new();
        for (path, methods) in description["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                let method = method.to_uppercase();
                all.push(Self {
                    name: format!("{method} {path}"),
                    description: operation.clone(),
                    method: method.parse().unwrap(),
                    path: path.clone(),
                });
            }
        }
        all
    }

    fn parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        let parameters = self.description["parameters"].as_array().map_or(&[][..], Vec::as_slice);
        parameters.iter().map(|parameter| (parameter["name"].as_str().unwrap(), parameter["in"].as_str().unwrap()))
    }
}

/// Existing resources and credentials for the requests.
pub(super) struct Known {
    pub(super) token: String,
    /// The token of an order that is paid.
    pub(super) paid: String,
    /// An order for each operation that changes one, by the end of its path. The last is for all others.
    pub(super) references: Vec<(&'static str, String)>,
    /// One to deliver to, one to disable, and one to remove.
    pub(super) endpoints: [String; 3],
    /// A delivery to the first of them.
    pub(super) event: String,
    /// One to show, and one to erase.
    pub(super) customers: [String; 2],
    pub(super) authorization: String,
    /// The shop key of the requests.
    pub(super) key: String,
    /// Two sessions at the desk: one to use, and one to log out.
    pub(super) cookies: [String; 2],
    pub(super) signed_cart: String,
}

impl Known {
    fn reference(&self, path: &str) -> &str {
        let (_, reference) =
            self.references.iter().find(|(end, _)| path.ends_with(end)).expect("the last one matches every path");
        reference
    }
}

/// A request, and its text for a failed assertion.
pub(super) fn request(
    shop: &Shop,
    operation: &Operation,
    description: &Value,
    known: &Known,
    tape: &mut Tape<'_>,
) -> (RequestBuilder, String) {
    let (mut path, fresh) = (operation.path.clone(), uuid::Uuid::new_v4().to_string());
    let return_page = format!("https://shop.example/thanks?kvitt={}", known.token);
    let mut query = Vec::new();
    let mut headers = Vec::new();
    let bare = tape.one_in(4);
    for (name, place) in operation.parameters() {
        match place {
            "path" => {
                let right = match name {
                    "token" if path.ends_with("/purchase") => known.paid.as_str(),
                    "token" => known.token.as_str(),
                    "reference" => known.reference(&path),
                    "id" if path.contains("/endpoints/") => match operation.method {
                        Method::DELETE => &known.endpoints[2],
                        _ if path.ends_with("/disable") => &known.endpoints[1],
                        _ => &known.endpoints[0],
                    },
                    "delivery" => &known.event,
                    "id" if path.contains("/customers/") => {
                        &known.customers[usize::from(operation.method == Method::DELETE)]
                    }
                    _ => "no",
                };
                let value = if tape.one_in(3) { tape.of(SEGMENTS) } else { right };
                path = path.replace(&format!("{{{name}}}"), value);
            }
            "query" if name == "items" && !tape.one_in(3) => query.push((name, "mug:2,tea:1")),
            "query" if !bare && tape.one_in(2) => query.push((name, tape.of(TEXTS))),
            "header" if name == "referer" && tape.one_in(2) => {
                headers.push((name.to_owned(), return_page.as_str()));
            }
            "header" if tape.one_in(3) => {
                headers.push((name.to_owned(), tape.of(&["0", "7", "-1", "x", "", "one-key-for-many-of-them"])))
            }
            "header" if name == "kvitt-desk" => {
                headers.push((name.to_owned(), "person"));
                headers.push(("sec-fetch-site".to_owned(), "same-origin"));
            }
            "header" if name == "Idempotency-Key" && !tape.one_in(3) => headers.push((name.to_owned(), &fresh)),
            _ => {}
        }
    }
    match operation.description["security"][0].as_object().and_then(|security| security.keys().next()) {
        Some(session) if session == "desk_session" && !tape.one_in(4) => {
            headers.push(("cookie".to_owned(), &known.cookies[usize::from(operation.method == Method::DELETE)]));
        }
        Some(_) if !tape.one_in(4) => headers.push(("authorization".to_owned(), &known.authorization)),
        _ => {}
    }
    if tape.one_in(12) {
        headers.push(("origin".to_owned(), tape.of(&["https://shop.example", "https://evil.example", "null"])));
    }
    let mut text = format!("{} {path} {query:?} {headers:?}", operation.method);
    let mut request = shop.http.request(operation.method.clone(), format!("{}{path}", shop.url)).query(&query);
    if let Some((kind, content)) =
        operation.description["requestBody"]["content"].as_object().and_then(|c| c.iter().next())
    {
        let body = body(kind, &content["schema"], description, known, tape);
        let kind = if tape.one_in(16) { tape.of(KINDS) } else { kind };
        text.push_str(&format!(" {kind} {}", String::from_utf8_lossy(&body[..body.len().min(500)])));
        request = request.header("content-type", kind).body(body);
    }
    for (name, value) in headers {
        request = request.header(name, value);
    }
    (request, text)
}

fn body(kind: &str, schema: &Value, description: &Value, known: &Known, tape: &mut Tape<'_>) -> Vec<u8> {
    if tape.one_in(16) {
        return tape.0.as_slice().to_vec();
    }
    let name = schema["$ref"].as_str().and_then(|name| name.rsplit('/').next()).unwrap_or_default();
    let mut body = match name {
        _ if tape.one_in(2) => made(schema, description, tape),
        "NewShopCheckout" | "NewPaymentRequest" => json!({ "cart": mugs_and_freight() }),
        "SignedCart" => json!({ "signed_cart": known.signed_cart }),
        "NewShopEndpoint" => json!({ "url": "https://shop.example/hooks" }),
        "ReplaySince" => json!({ "since_ms": 0 }),
        "NewCategory" => json!({ "category": "delivery", "details_url": "https://post.example/1" }),
        "NewImage" => json!({ "id": "parcel", "data": png(200) }),
        "OfNumber" => json!({ "phone_number": "+47 900 00 000" }),
        "NewCheckout" => serde_json::to_value(two_mugs_and_a_tea()).unwrap(),
        "NewPurchase" => json!({ "claim": "0123456789abcdef" }),
        "PayForm" => {
            json!({ "items": "mug:2,tea:1", "amount": 58_700, "currency": "NOK", "terms_accepted": "yes", "wording": "1" })
        }
        "DeskLogin" => json!({ "key": known.key }),
        _ => json!({}),
    };
    if tape.one_in(2) {
        mutate(&mut body, tape);
    }
    if !kind.contains("form") {
        return body.to_string().into_bytes();
    }
    let mut form = Form(String::new());
    for (field, value) in body.as_object().into_iter().flatten() {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        form.append(field, &text);
    }
    form.0.into_bytes()
}

/// The body of a form.
struct Form(String);

impl Form {
    fn append(&mut self, field: &str, text: &str) {
        let encoded = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
        self.0.push_str(&format!("{}={}&", encoded(field), encoded(text)));
    }
}

/// Generates a value of a schema.
fn made(schema: &Value, description: &Value, tape: &mut Tape<'_>) -> Value {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.rsplit('/').next().unwrap();
        return made(&description["components"]["schemas"][name], description, tape);
    }
    if let Some(choices) = schema["oneOf"].as_array().or(schema["enum"].as_array()) {
        let choice = &choices[tape.below(choices.len())];
        return if choice.is_object() { made(choice, description, tape) } else { choice.clone() };
    }
    let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str()).unwrap_or("null");
    match kind {
        "string" => json!(tape.of(TEXTS)),
        "integer" => json!(tape.of(NUMBERS)),
        "boolean" => json!(!tape.one_in(2)),
        "array" => (0..tape.below(4)).map(|_| made(&schema["items"], description, tape)).collect(),
        "object" => {
            let mut object = Map::new();
            let required = schema["required"].as_array();
            for (name, property) in schema["properties"].as_object().into_iter().flatten() {
                if required.is_some_and(|required| required.contains(&json!(name))) || tape.one_in(2) {
                    object.insert(name.clone(), made(property, description, tape));
                }
            }
            Value::Object(object)
        }
        _ => Value::Null,
    }
}

/// Changes a value at one place.
fn mutate(value: &mut Value, tape: &mut Tape<'_>) {
    match value {
        Value::Object(object) if !object.is_empty() && !tape.one_in(4) => {
            let name = object.keys().nth(tape.below(object.len())).unwrap().clone();
            match tape.below(4) {
                0 => drop(object.remove(&name)),
                1 => drop(object.insert(tape.of(TEXTS).to_owned(), json!(1))),
                _ => mutate(&mut object[&name], tape),
            }
        }
        Value::Array(array) if !array.is_empty() && !tape.one_in(4) => {
            let place = tape.below(array.len());
            mutate(&mut array[place], tape);
        }
        value => {
            *value = match tape.below(8) {
                0 => Value::Null,
                1 => json!(tape.of(NUMBERS)),
                2 => json!(tape.of(TEXTS)),
                3 => json!([]),
                4 => json!({}),
                5 => json!(1.5e300),
                6 => json!(vec![json!({ "sku": "mug", "quantity": 1 }); 300]),
                _ => (0..100).fold(json!(0), |inner, _| json!([inner])),
            }
        }
    }
}
