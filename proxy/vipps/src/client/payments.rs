//! ePayment: create, read, cancel, capture, refund. Every call that changes something takes an idempotency key, which the caller has stored
//! before the call: the same key with the same arguments is always safe to repeat.

use reqwest::Method;
use serde::Serialize;

use super::{
    Client,
    request::{Request, segment},
};
use crate::{
    Adjustment, Amount, CancelScope, CreatePayment, CreatedPayment, Customer, Error, Payment, PaymentEvent, PhoneNumber,
};

const PAYMENTS: &str = "/epayment/v1/payments";

impl Client {
    /// Creates a payment. `key` has at most 50 characters; a new attempt needs a new key and a new reference.
    pub async fn create_payment(&self, key: &str, request: &CreatePayment) -> Result<CreatedPayment, Error> {
        let request = Request::new(Method::POST, PAYMENTS.to_owned()).key(key)?.json(request)?;
        self.call(request).await?.json()
    }

    /// The payment as it is now. At most 120 times a minute for each reference.
    pub async fn payment(&self, reference: &str) -> Result<Payment, Error> {
        let path = format!("{PAYMENTS}/{}", segment(reference)?);
        self.call(Request::get(&path)).await?.json()
    }

    /// The payment's history, oldest first.
    pub async fn events(&self, reference: &str) -> Result<Vec<PaymentEvent>, Error> {
        let path = format!("{PAYMENTS}/{}/events", segment(reference)?);
        self.call(Request::get(&path)).await?.json()
    }

    /// Ends a payment that the customer has not approved, or releases what is not captured. A repeated cancel is refused with 6050 or 6190: read
    /// the payment then.
    pub async fn cancel(&self, reference: &str, key: &str, scope: CancelScope) -> Result<Adjustment, Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Body {
            cancel_transaction_only: bool,
        }
        let body = Body { cancel_transaction_only: scope == CancelScope::UnlessAuthorized };
        self.adjust(reference, "cancel", key, &body).await
    }

    /// Captures reserved money, in full or in part. The answer's aggregate says whether it worked.
    pub async fn capture(&self, reference: &str, key: &str, amount: Amount) -> Result<Adjustment, Error> {
        self.adjust(reference, "capture", key, &Modification { modification_amount: amount }).await
    }

    /// Refunds captured money, in full or in part.
    pub async fn refund(&self, reference: &str, key: &str, amount: Amount) -> Result<Adjustment, Error> {
        self.adjust(reference, "refund", key, &Modification { modification_amount: amount }).await
    }

    /// Approves the payment in place of the customer with this number. In the test environment only.
    pub async fn force_approve(&self, reference: &str, phone_number: &PhoneNumber) -> Result<(), Error> {
        #[derive(Serialize)]
        struct Body {
            customer: Customer,
        }
        let path = format!("/epayment/v1/test/payments/{}/approve", segment(reference)?);
        let body = Body { customer: Customer::PhoneNumber(phone_number.clone()) };
        self.call(Request::new(Method::POST, path).json(&body)?).await.map(drop)
    }

    async fn adjust<T: Serialize>(
        &self,
        reference: &str,
        verb: &str,
        key: &str,
        body: &T,
    ) -> Result<Adjustment, Error> {
        let path = format!("{PAYMENTS}/{}/{verb}", segment(reference)?);
        self.call(Request::new(Method::POST, path).key(key)?.json(body)?).await?.json()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Modification {
    modification_amount: Amount,
}
