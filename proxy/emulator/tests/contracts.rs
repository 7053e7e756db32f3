//! The emulator's contracts against the vendor's OpenAPI files, if those are beside the checkout.
//!
//! Fields, required fields, patterns, limits and enums must agree. Every intended difference is listed below with its
//! reason; a listed one that no longer exists fails too. Without the vendor's files the test compares nothing.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use kvitt_emulator::CONTRACTS;
use serde_json::Value;

/// The intended differences from the vendor's schema: the place, the keyword, the reason.
const INTENDED: &[(&str, &str, &str)] = &[
    ("create-payment.merchantLegalLinks", "added", "newer than the vendor's file"),
    ("create-payment.shipping", "open", "express is refused whatever it says"),
    ("create-payment.metadata", "maxLength", "the limits are in the vendor's text only"),
    ("force-approve", "maxProperties", "the customer or the token, not both"),
    ("merchant-redirect-qr.id", "nullable", "it is required, so null is a mistake"),
    ("merchant-redirect-qr.redirectUrl", "nullable", "it is required, so null is a mistake"),
    ("image.imageId", "pattern", "the same characters, written for another engine"),
    ("category.imageId", "pattern", "the same characters, written for another engine"),
    ("webhook-registration.events[]", "enum", "the vendor's file lists the events elsewhere"),
    ("webhook-registration.events", "minItems", "a registration for nothing is a mistake"),
    ("webhook-registration.url", "minLength", "an empty URL is a mistake"),
    ("merchant-redirect-qr.redirectUrl", "pattern", "the emulator allows a port and loopback"),
    ("merchant-redirect-qr-update.redirectUrl", "pattern", "the emulator allows a port and loopback"),
    ("receipt.orderLines[].totalAmount", "minimum", "negative amounts are refused; returns are flagged"),
    ("receipt.orderLines[].totalAmountExcludingTax", "minimum", "negative amounts are refused; returns are flagged"),
    ("receipt.orderLines[].totalTaxAmount", "minimum", "negative amounts are refused; returns are flagged"),
    ("receipt.bottomLine.currency", "enum", "Order Management has three of the six that ePayment has"),
];

/// Each contract and the vendor's schema for it.
const PAIRS: &[(&str, &str, &str)] = &[
    ("create-payment", "epayment", "CreatePaymentRequest"),
    ("modification", "epayment", "CaptureModificationRequest"),
    ("modification", "epayment", "RefundModificationRequest"),
    ("cancel", "epayment", "CancelModificationRequest"),
    ("force-approve", "epayment", "ForceApprove"),
    ("receipt", "epayment", "Receipt"),
    ("receipt", "order-management", "Receipt"),
    ("category", "order-management", "Order"),
    ("image", "order-management", "Image"),
    ("webhook-registration", "webhooks", "RegisterRequest"),
    ("merchant-redirect-qr", "qr", "MerchantRedirectQrRequest"),
    ("merchant-redirect-qr-update", "qr", "MerchantRedirectQrUpdateRequest"),
];

#[test]
fn every_contract_has_a_schema_of_the_vendor() {
    let paired: BTreeSet<&str> = PAIRS.iter().map(|(contract, _, _)| *contract).collect();
    assert_eq!(paired, CONTRACTS.iter().map(|(name, _)| *name).collect());
}

#[test]
fn contracts_agree_with_the_vendors_files() {
    let Some(folder) = vendor_folder() else {
        eprintln!("the vendor's OpenAPI files are not beside the checkout: nothing is compared");
        return;
    };
    let mut found = BTreeSet::new();
    for (contract, file, schema) in PAIRS {
        let text = std::fs::read_to_string(folder.join(format!("{file}.openapi.yaml"))).unwrap();
        let vendor: Value = serde_norway::from_str(&text).unwrap();
        let ours = contract_named(contract);
        let mut compare = Compare { ours_root: &ours, vendor_root: &vendor, found: &mut found };
        compare.schema(&ours, &vendor["components"]["schemas"][schema], contract);
    }
    let intended: BTreeSet<(String, &str)> =
        INTENDED.iter().map(|(place, what, _)| (place.to_string(), *what)).collect();
    let unintended: Vec<_> = found.difference(&intended).collect();
    let gone: Vec<_> = intended.difference(&found).collect();
    assert!(unintended.is_empty(), "differences nobody intended: {unintended:#?}");
    assert!(gone.is_empty(), "listed as intended, but no differences: {gone:#?}");
}

fn vendor_folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vipps/openapi");
    folder.is_dir().then_some(folder)
}

fn contract_named(name: &str) -> Value {
    let (_, text) = CONTRACTS.iter().find(|(known, _)| *known == name).unwrap();
    serde_json::from_str(text).unwrap()
}

struct Compare<'a> {
    ours_root: &'a Value,
    vendor_root: &'a Value,
    found: &'a mut BTreeSet<(String, &'static str)>,
}

impl Compare<'_> {
    fn differs(&mut self, place: &str, what: &'static str) {
        self.found.insert((place.to_owned(), what));
    }

    fn schema(&mut self, ours: &Value, vendor: &Value, place: &str) {
        if let Some(reference) = ours["$ref"].as_str() {
            return match reference.strip_prefix('#') {
                Some(pointer) => {
                    let root = self.ours_root;
                    self.schema(root.pointer(pointer).unwrap(), vendor, place);
                }
                None => {
                    let other = contract_named(reference);
                    let mut inner = Compare { ours_root: &other, vendor_root: self.vendor_root, found: self.found };
                    inner.schema(&other, vendor, reference);
                }
            };
        }
        if let Some(pointer) = vendor["$ref"].as_str().and_then(|reference| reference.strip_prefix('#')) {
            let root = self.vendor_root;
            return self.schema(ours, root.pointer(pointer).unwrap(), place);
        }
        // The vendor expresses "exactly one of" with alternatives, the contract with a count of fields.
        let merged = merge_alternatives(vendor, self.vendor_root);
        let vendor = merged.as_ref().unwrap_or(vendor);

        let (our_type, nullable) = plain_type(ours);
        if our_type != vendor["type"] {
            self.differs(place, "type");
        }
        if nullable != is_nullable(ours, vendor) {
            self.differs(place, "nullable");
        }
        for keyword in ["pattern", "minLength", "maxLength", "minimum", "maximum", "minItems", "maxProperties"] {
            if merged.is_none() && !same(&ours[keyword], &vendor[keyword]) {
                self.differs(place, keyword);
            }
        }
        if set(&ours["enum"]) != set(&vendor["enum"]) {
            self.differs(place, "enum");
        }
        if set(&ours["required"]) != set(&vendor["required"]) {
            self.differs(place, "required");
        }
        if ours["items"].is_object() && vendor["items"].is_object() {
            self.schema(&ours["items"], &vendor["items"], &format!("{place}[]"));
        }
        if ours["additionalProperties"].is_object()
            && !same(&ours["additionalProperties"]["maxLength"], &vendor["additionalProperties"]["maxLength"])
        {
            self.differs(place, "maxLength");
        }
        self.fields(ours, vendor, place);
    }

    fn fields(&mut self, ours: &Value, vendor: &Value, place: &str) {
        let empty = serde_json::Map::new();
        let (our_fields, vendor_fields) =
            (ours["properties"].as_object().unwrap_or(&empty), vendor["properties"].as_object().unwrap_or(&empty));
        if our_fields.is_empty() && !vendor_fields.is_empty() {
            return self.differs(place, "open");
        }
        for (name, field) in our_fields {
            let inside = format!("{place}.{name}");
            match vendor_fields.get(name) {
                Some(vendor_field) => self.schema(field, vendor_field, &inside),
                None => self.differs(&inside, "added"),
            }
        }
        for name in vendor_fields.keys().filter(|name| !our_fields.contains_key(*name)) {
            self.differs(&format!("{place}.{name}"), "absent");
        }
    }
}

fn merge_alternatives(vendor: &Value, root: &Value) -> Option<Value> {
    let mut fields = serde_json::Map::new();
    for alternative in vendor["oneOf"].as_array()? {
        let alternative = match alternative["$ref"].as_str().and_then(|reference| reference.strip_prefix('#')) {
            Some(pointer) => root.pointer(pointer)?,
            None => alternative,
        };
        fields.extend(alternative["properties"].as_object()?.clone());
    }
    Some(serde_json::json!({ "type": "object", "properties": fields }))
}

/// The contract's type without null, and whether null was in it.
fn plain_type(ours: &Value) -> (Value, bool) {
    match &ours["type"] {
        Value::Array(types) => (types.iter().find(|name| *name != "null").unwrap().clone(), true),
        one => (one.clone(), false),
    }
}

/// A required field is not nullable in a contract, even where the vendor's shared enum allows null.
fn is_nullable(ours: &Value, vendor: &Value) -> bool {
    let shared_enum = vendor["enum"].is_array() && !set(&ours["enum"]).is_empty();
    if shared_enum { plain_type(ours).1 } else { vendor["nullable"] == true }
}

fn same(ours: &Value, vendor: &Value) -> bool {
    match (ours.as_f64(), vendor.as_f64()) {
        (Some(ours), Some(vendor)) => ours == vendor,
        _ => ours == vendor,
    }
}

fn set(list: &Value) -> BTreeSet<String> {
    list.as_array().into_iter().flatten().filter(|value| !value.is_null()).map(Value::to_string).collect()
}
