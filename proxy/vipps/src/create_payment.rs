//! A request to create a payment: plain data, so that the caller can store it before sending and send the same bytes again under the same
//! idempotency key. Absent fields are omitted, never null. The API checks the fields' limits; this module checks only what the API would let
//! through to the customer.

use std::{collections::BTreeMap, fmt};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Amount, PhoneNumber, Receipt, open_enum::open_enum};

/// `POST /epayment/v1/payments`. `Debug` leaves out what may identify the customer.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreatePayment {
    /// The amount to reserve, in the currency of the sales unit. At least 1.00 NOK, 0.01 DKK, 0.01 EUR.
    pub amount: Amount,
    /// Wallet or card.
    pub payment_method: PaymentMethod,
    /// The shop's name for the payment: 8 to 64 letters, digits and hyphens, unique for the sales unit, shown to the customer.
    pub reference: String,
    /// How the customer gets to the payment.
    pub user_flow: UserFlow,
    /// The page the customer returns to, paid or not. Required by [`UserFlow::WebRedirect`]; `https` only, at most 2500 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_url: Option<String>,
    /// What is paid for, 3 to 100 characters. The app shows it, so always send it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_description: Option<String>,
    /// What the customer is asked to share. A refusal fails the payment, so ask for the least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<Profile>,
    /// The order lines, if they do not go through Order Management.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<Receipt>,
    /// The payer, when known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<Customer>,
    /// Whether the customer is in the shop; without it, not present.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_interaction: Option<CustomerInteraction>,
    /// The minimum age of the payer in whole years, 0 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum_user_age: Option<u8>,
    /// For long-living payments, which need approval and a receipt: more than 10 minutes and less than 60 days ahead.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "expiry")]
    pub expires_at: Option<Timestamp>,
    /// Returned with the payment, not with webhooks. Never personal data.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
    /// The shop's own receipt, on the web.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt_url: Option<String>,
    /// The format of the QR code; only with [`UserFlow::Qr`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub qr_format: Option<QrFormat>,
}

impl CreatePayment {
    /// A wallet payment without optional fields.
    pub fn new(amount: Amount, reference: impl Into<String>, user_flow: UserFlow) -> Self {
        Self {
            amount,
            payment_method: PaymentMethod::wallet(),
            reference: reference.into(),
            user_flow,
            return_url: None,
            payment_description: None,
            profile: None,
            receipt: None,
            customer: None,
            customer_interaction: None,
            minimum_user_age: None,
            expires_at: None,
            metadata: Metadata::default(),
            receipt_url: None,
            qr_format: None,
        }
    }
}

impl fmt::Debug for CreatePayment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreatePayment")
            .field("amount", &self.amount)
            .field("payment_method", &self.payment_method)
            .field("reference", &self.reference)
            .field("user_flow", &self.user_flow)
            .field("payment_description", &self.payment_description)
            .field("profile", &self.profile)
            .field("receipt", &self.receipt)
            .field("customer", &self.customer)
            .field("customer_interaction", &self.customer_interaction)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// The payment method.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentMethod {
    /// Wallet, or card.
    #[serde(rename = "type")]
    pub kind: PaymentMethodType,
}

impl PaymentMethod {
    /// The app, with any card or account in it.
    pub fn wallet() -> Self {
        Self { kind: PaymentMethodType::Wallet }
    }
}

open_enum! {
    /// The kind of payment method.
    PaymentMethodType {
        /// The app.
        Wallet = "WALLET",
        /// A card entered on a page; it has no receipt and shares no profile.
        Card = "CARD",
    }
}

open_enum! {
    /// How the customer gets to the payment.
    UserFlow {
        /// By a link, which opens the app on a phone and the landing page elsewhere. The default choice.
        WebRedirect = "WEB_REDIRECT",
        /// By a push to the app of a known customer; needs approval of the sales unit.
        PushMessage = "PUSH_MESSAGE",
        /// By a one-time QR code on the shop's screen.
        Qr = "QR",
        /// By a `vipps://` link. Discouraged.
        NativeRedirect = "NATIVE_REDIRECT",
    }
}

open_enum! {
    /// Whether the customer is in the shop.
    CustomerInteraction {
        /// In a shop.
        Present = "CUSTOMER_PRESENT",
        /// On the web.
        NotPresent = "CUSTOMER_NOT_PRESENT",
    }
}

/// What the customer is asked to share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Space-separated: `name address email phoneNumber birthDate`.
    pub scope: String,
}

impl Profile {
    /// The telephone number alone.
    pub fn phone_number() -> Self {
        Self { scope: "phoneNumber".to_owned() }
    }
}

/// The payer, identified in exactly one way.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Customer {
    /// By a number that the customer has shared before. Never ask the customer for it.
    #[serde(rename = "phoneNumber")]
    PhoneNumber(PhoneNumber),
    /// By the content of the personal QR code in the customer's app.
    #[serde(rename = "personalQr")]
    PersonalQr(String),
    /// By the token of a check-in, which is valid for 15 minutes.
    #[serde(rename = "customerToken")]
    Token(String),
}

impl fmt::Debug for Customer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PhoneNumber(number) => number.fmt(f),
            Self::PersonalQr(_) => f.write_str("PersonalQr(…)"),
            Self::Token(_) => f.write_str("Token(…)"),
        }
    }
}

/// The format of a one-time QR code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QrFormat {
    /// What `redirect_url` points to.
    pub format: QrContent,
    /// Side of the square in pixels, 100 to 2000; PNG only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u32>,
}

open_enum! {
    /// What the `redirect_url` of a QR payment points to.
    QrContent {
        /// An SVG image.
        Svg = "IMAGE/SVG+XML",
        /// A PNG image.
        Png = "IMAGE/PNG",
        /// The text to encode.
        TargetUrl = "TEXT/TARGETURL",
    }
}

/// Metadata of a payment: at most five pairs, keys of at most 100 and values of at most 500 characters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<String, String>")]
pub struct Metadata(BTreeMap<String, String>);

/// More metadata than a payment can carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("metadata is at most 5 pairs, keys of at most 100 and values of at most 500 characters")]
pub struct TooMuchMetadata;

impl Metadata {
    /// Whether there are no pairs.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The pairs.
    pub fn pairs(&self) -> &BTreeMap<String, String> {
        &self.0
    }
}

impl TryFrom<BTreeMap<String, String>> for Metadata {
    type Error = TooMuchMetadata;

    fn try_from(pairs: BTreeMap<String, String>) -> Result<Self, TooMuchMetadata> {
        let fits = |(key, value): (&String, &String)| key.chars().count() <= 100 && value.chars().count() <= 500;
        if pairs.len() <= 5 && pairs.iter().all(fits) { Ok(Self(pairs)) } else { Err(TooMuchMetadata) }
    }
}

/// RFC 3339 with seconds and `Z`, as the API's pattern requires.
mod expiry {
    use jiff::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(moment: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
        match moment {
            Some(moment) => serializer.collect_str(moment),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|text| text.parse().map_err(Error::custom)).transpose()
    }
}
