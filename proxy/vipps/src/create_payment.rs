//! A request to create a payment: plain data, so that it can be written down before it is sent and sent again unchanged, byte for byte,
//! under the same idempotency key. Absent fields are omitted, never null. The fields' limits are the API's to check, except where a mistake would
//! only be seen by the customer.

use std::{collections::BTreeMap, fmt};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Amount, PhoneNumber, Receipt, open_enum::open_enum};

/// `POST /epayment/v1/payments`. `Debug` leaves out what may lead to the customer.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreatePayment {
    /// What to reserve, in the currency of the sales unit. At least 1.00 NOK, 0.01 DKK, 0.01 EUR.
    pub amount: Amount,
    /// What is paid with.
    pub payment_method: PaymentMethod,
    /// Our name for the payment: 8 to 64 letters, digits and hyphens, unique for the sales unit, shown to the customer.
    pub reference: String,
    /// How the customer gets to the payment.
    pub user_flow: UserFlow,
    /// Where the customer comes back to, paid or not. Required by [`UserFlow::WebRedirect`]; `https` only, at most 2500 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_url: Option<String>,
    /// What is paid for, 3 to 100 characters. Shown in the app; always worth sending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_description: Option<String>,
    /// What the customer is asked to share. Refusing fails the payment, so ask for the least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<Profile>,
    /// The order lines, if they do not go through Order Management.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<Receipt>,
    /// Who pays, when that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<Customer>,
    /// Whether the customer stands in front of us; not present when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_interaction: Option<CustomerInteraction>,
    /// The least age of the payer in whole years, 0 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum_user_age: Option<u8>,
    /// For long-living payments, which need approval and a receipt: more than 10 minutes and less than 60 days ahead.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "expiry")]
    pub expires_at: Option<Timestamp>,
    /// Comes back with the payment, not with webhooks. Never personal data.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
    /// The shop's own receipt, on the web.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt_url: Option<String>,
    /// What the QR looks like; only with [`UserFlow::Qr`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub qr_format: Option<QrFormat>,
}

impl CreatePayment {
    /// A wallet payment with nothing optional in it.
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

/// What is paid with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentMethod {
    /// Wallet, or card.
    #[serde(rename = "type")]
    pub kind: PaymentMethodType,
}

impl PaymentMethod {
    /// The app, with whatever card or account the customer keeps in it.
    pub fn wallet() -> Self {
        Self { kind: PaymentMethodType::Wallet }
    }
}

open_enum! {
    /// What is paid with.
    PaymentMethodType {
        /// The app.
        Wallet = "WALLET",
        /// A card typed in on a page; has no receipt and shares no profile.
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
        /// By a one-time QR on a screen of ours.
        Qr = "QR",
        /// By a `vipps://` link. Discouraged.
        NativeRedirect = "NATIVE_REDIRECT",
    }
}

open_enum! {
    /// Whether the customer stands in front of us.
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

/// Who pays: exactly one way of knowing it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Customer {
    /// By a number that the customer has shared before. Never ask for it.
    #[serde(rename = "phoneNumber")]
    PhoneNumber(PhoneNumber),
    /// By the content of the personal QR in the customer's app.
    #[serde(rename = "personalQr")]
    PersonalQr(String),
    /// By the token of a check-in, which is good for 15 minutes.
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

/// What a one-time QR looks like.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QrFormat {
    /// What `redirect_url` leads to.
    pub format: QrContent,
    /// Side of the square in pixels, 100 to 2000; PNG only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u32>,
}

open_enum! {
    /// What the `redirect_url` of a QR payment leads to.
    QrContent {
        /// A drawing.
        Svg = "IMAGE/SVG+XML",
        /// A picture.
        Png = "IMAGE/PNG",
        /// The text to draw.
        TargetUrl = "TEXT/TARGETURL",
    }
}

/// At most five pairs, keys of at most 100 and values of at most 500 characters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<String, String>")]
pub struct Metadata(BTreeMap<String, String>);

/// More metadata than a payment can carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("metadata is at most 5 pairs, keys of at most 100 and values of at most 500 characters")]
pub struct TooMuchMetadata;

impl Metadata {
    /// Whether there is none.
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

/// RFC 3339 with seconds and `Z`, as the API's pattern wants it.
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
