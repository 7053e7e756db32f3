//! Turns effects into calls to Vipps MobilePay, and the responses into inputs.
//!
//! It implements [`Perform`] for the outbox and decides nothing about a checkout. It knows which errors are final and
//! which are retried under the same key. No response body, telephone number or address of a payment page is logged.

mod details;
mod operations;
mod qr;
mod receipts;
mod redirects;
mod webhooks;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use kvitt_vipps::{Added, CancelScope, Client, CustomerInteraction, Error, Exchange, Observer, Problem, UserFlow};
use kvitt_wire::{Aggregate, Amount, Currency};

use crate::base::clock;
use crate::base::reference::ReferenceClock;
use crate::checkout::effect::{CreatePayment, Receipt};
use crate::checkout::{Effect, Flow, Input, Moment, PaymentSnapshot, PaymentState, PhoneNumber, Reference, Update};
use crate::config::{SalesUnit, Vipps};
use crate::engine::outbox::{Outcome, Perform};
use crate::vendor::client;

use redirects::Redirects;

pub use details::Uploaded;
pub use webhooks::Registered;

/// One client per sales unit; clones share them.
#[derive(Clone)]
pub struct Performer {
    clients: Arc<HashMap<String, Client>>,
    reference: ReferenceClock,
    redirects: Arc<Redirects>,
}

impl Performer {
    /// Makes a client for every sales unit. `vipps.redirect_hosts` are the hosts that customers may be sent to.
    ///
    /// # Errors
    /// When an HTTP client cannot be made.
    pub fn new(vipps: &Vipps, units: &[SalesUnit]) -> Result<Self, kvitt_vipps::ConfigError> {
        let clients = units.iter().map(|unit| Ok((unit.name.clone(), client::new(vipps, unit)?)));
        let clients: Result<HashMap<_, _>, kvitt_vipps::ConfigError> = clients.collect();
        let redirects = Redirects::new(vipps.redirect_hosts.clone(), &vipps.base_url);
        Ok(Self { clients: Arc::new(clients?), reference: ReferenceClock::default(), redirects: Arc::new(redirects) })
    }

    fn client(&self, sales_unit: &str) -> Option<&Client> {
        self.clients.get(sales_unit)
    }

    /// Calls an observer after every exchange from now on, and compares the clocks by its date.
    pub fn observe(&self, observer: &Observer) {
        for client in self.clients.values() {
            let (reference, observer) = (self.reference.clone(), observer.clone());
            client.observe(Arc::new(move |exchange: Exchange| {
                let date = exchange.date.map(|date| Moment(date.as_millisecond()));
                if let Some(ahead_ms) = date.and_then(|date| reference.arrived(date)) {
                    tracing::error!(
                        ahead_ms,
                        "the clock differs from that of Vipps MobilePay: nothing is deleted or expired until it is right"
                    );
                }
                observer(exchange);
            }));
        }
    }

    /// The clock of Vipps MobilePay, which is known once the exchanges are [observed](Self::observe).
    pub fn reference(&self) -> &ReferenceClock {
        &self.reference
    }

    /// All clients, with the names of the sales units.
    pub fn clients(&self) -> impl Iterator<Item = (&String, &Client)> {
        self.clients.iter()
    }

    /// Reads a payment; `None` when it does not exist.
    ///
    /// # Errors
    /// [`Unavailable`]; it may be retried.
    pub async fn payment(
        &self,
        sales_unit: &str,
        reference: &Reference,
    ) -> Result<Option<PaymentSnapshot>, Unavailable> {
        match self.require(sales_unit)?.payment(reference.as_str()).await {
            Ok(payment) => Ok(Some(snapshot(payment))),
            Err(Error::Refused(problem)) if problem.status == 404 => Ok(None),
            Err(error) => Err(Unavailable::of(&error)),
        }
    }

    fn require(&self, sales_unit: &str) -> Result<&Client, Unavailable> {
        let unknown = || Unavailable { reason: format!("no sales unit named {sales_unit}"), after: None };
        self.client(sales_unit).ok_or_else(unknown)
    }
}

impl Perform for Performer {
    async fn perform(&self, sales_unit: &str, effect: &Effect, number: Option<&PhoneNumber>) -> Outcome {
        let Some(client) = self.client(sales_unit) else {
            return Outcome::Park { reason: format!("no sales unit named {sales_unit}") };
        };
        match effect {
            Effect::CreatePayment(create) => create_payment(client, &self.redirects, create, number).await,
            Effect::ExpireOffer { reference } => update(reference, Update::OfferExpired),
            Effect::Poll { reference, round } => poll(client, reference, *round).await,
            Effect::CancelPayment { reference, key, unless_authorized } => {
                cancel(client, reference, key, *unless_authorized).await
            }
            Effect::Operate(operation) => operations::operate(client, operation, clock::now()).await,
            Effect::SendReceipt { reference, receipt } => send_receipt(client, reference, receipt).await,
            Effect::Categorize { reference, nth, category } => {
                details::categorize(client, reference, *nth, category).await
            }
            Effect::ReadProfile { reference, .. } => read_profile(client, reference).await,
            Effect::Notify(_) => Outcome::Done("the relay delivers it"),
        }
    }
}

/// Vipps MobilePay could not be reached, or gave no usable response. The call may be retried.
#[derive(Debug)]
pub struct Unavailable {
    /// The reason, for the operator.
    pub reason: String,
    /// The `Retry-After` of the response.
    pub after: Option<Duration>,
}

impl Unavailable {
    fn of(error: &Error) -> Self {
        Self { reason: error.to_string(), after: error.retry_after() }
    }
}

async fn create_payment(
    client: &Client,
    redirects: &Redirects,
    create: &CreatePayment,
    number: Option<&PhoneNumber>,
) -> Outcome {
    let reference = create.reference.clone();
    // The customer was erased meanwhile: there is no number to push to.
    if create.flow == Flow::Push && number.is_none() {
        return update(&reference, Update::CustomerErased);
    }
    match client.create_payment(&create.key, &request(create, number)).await {
        Ok(created) => created_at(redirects, &reference, created.redirect_url),
        // It was created before, under this key or before a crash. The payment has the redirect URL.
        Err(Error::Refused(problem)) if problem.status == 409 => match client.payment(reference.as_str()).await {
            Ok(payment) => created_at(redirects, &reference, payment.redirect_url),
            Err(Error::Refused(missing)) if missing.status == 404 => not_created(&reference, &problem),
            Err(error) => retry(&error),
        },
        // The API keys were refused, not the payment. The attempt fails after a minute of retries.
        Err(Error::Refused(problem)) if problem.status == 401 => Outcome::Retry { after: None },
        Err(Error::Refused(problem)) => not_created(&reference, &problem),
        Err(error) => retry(&error),
    }
}

fn created_at(redirects: &Redirects, reference: &Reference, redirect_url: Option<String>) -> Outcome {
    match redirect_url.as_deref().map_or(Ok(()), |url| redirects.check(url)) {
        Ok(()) => update(reference, Update::Created { redirect_url }),
        Err(host) => {
            tracing::error!(%reference, host, "payment page at a host that is not allowed");
            update(reference, Update::BadRedirect)
        }
    }
}

async fn poll(client: &Client, reference: &Reference, round: Option<u32>) -> Outcome {
    match client.payment(reference.as_str()).await {
        Ok(payment) => update(reference, Update::Polled { round, payment: snapshot(payment) }),
        // A read can always be repeated. One that is refused may succeed once the API keys are right.
        Err(error) => retry(&error),
    }
}

async fn cancel(client: &Client, reference: &Reference, key: &str, unless_authorized: bool) -> Outcome {
    let scope = if unless_authorized { CancelScope::UnlessAuthorized } else { CancelScope::Remainder };
    match client.cancel(reference.as_str(), key, scope).await {
        // Without a code it is not the payment's own answer.
        Err(error @ Error::Refused(_)) if error.code().is_none() => retry(&error),
        Err(Error::Refused(problem)) if is_auth_failure(&problem) => Outcome::Retry { after: None },
        Err(Error::Refused(problem)) if problem.status == 404 && unless_authorized => {
            Outcome::Done("there is no such payment")
        }
        // It was authorized, so it exists; retry.
        Err(Error::Refused(problem)) if problem.status == 404 => Outcome::Retry { after: None },
        Err(Error::Refused(problem)) if !unless_authorized => match already_released(client, reference, &problem).await
        {
            Ok(Some(_)) => update(reference, Update::CancelAnswered),
            // Money is still reserved that should be released: this needs an operator.
            Ok(None) => Outcome::Park { reason: problem.to_string() },
            Err(error) => retry(&error),
        },
        // A refusal means too late, or cancelled before: the next poll tells.
        Ok(_) | Err(Error::Refused(_)) => update(reference, Update::CancelAnswered),
        Err(error) => retry(&error),
    }
}

/// Reads the payment after a refused cancel: Vipps MobilePay refuses a cancel that was done before, whatever its key.
/// Returns the amounts when nothing is reserved any more, else `None`.
async fn already_released(
    client: &Client,
    reference: &Reference,
    problem: &Problem,
) -> Result<Option<Aggregate>, Error> {
    if !matches!(problem.code, Some(6050 | 6190)) {
        return Ok(None);
    }
    let money = aggregate(&client.payment(reference.as_str()).await?.aggregate);
    let released = money.cancelled > 0 && money.captured + money.cancelled >= money.authorized;
    Ok(released.then_some(money))
}

async fn send_receipt(client: &Client, reference: &Reference, receipt: &Receipt) -> Outcome {
    let answered = |trouble| update(reference, Update::ReceiptAnswered { trouble });
    match client.add_receipt(reference.as_str(), &receipts::body(receipt)).await {
        Ok(Added::Now | Added::Already) => answered(None),
        Err(Error::Refused(problem)) if !is_auth_failure(&problem) => {
            tracing::warn!(%reference, %problem, "receipt refused");
            answered(Some(code(&problem)))
        }
        Err(error) => retry(&error),
    }
}

async fn read_profile(client: &Client, reference: &Reference) -> Outcome {
    // The customer's id is not stored with the effect, so it is read from the payment again.
    let PaymentSnapshot { sub, phone_number, .. } = match client.payment(reference.as_str()).await {
        Ok(payment) => snapshot(payment),
        Err(error) => return retry(&error),
    };
    let phone_number = match &sub {
        Some(sub) if phone_number.is_none() => match client.userinfo(sub).await {
            Ok(profile) => profile.phone_number.and_then(|number| PhoneNumber::parse(number.as_str())),
            Err(Error::Refused(problem)) if !is_auth_failure(&problem) => {
                tracing::warn!(%reference, %problem, "profile refused");
                None
            }
            Err(error) => return retry(&error),
        },
        _ => phone_number,
    };
    update(reference, Update::ProfileRead { sub, phone_number })
}

/// The request that creates a payment. It is a pure function of the effect, because a retry under the same key must
/// have the same content.
fn request(create: &CreatePayment, number: Option<&PhoneNumber>) -> kvitt_vipps::CreatePayment {
    let flow = match create.flow {
        Flow::Redirect => UserFlow::WebRedirect,
        Flow::Push => UserFlow::PushMessage,
    };
    let mut request = kvitt_vipps::CreatePayment::new(amount(create.amount), create.reference.as_str(), flow);
    request.return_url = (create.flow == Flow::Redirect).then(|| create.return_url.0.clone());
    let number = number.and_then(|number| kvitt_vipps::PhoneNumber::parse(number.digits()).ok());
    request.customer = number.map(kvitt_vipps::Customer::PhoneNumber);
    request.customer_interaction = create.customer_present.then_some(CustomerInteraction::Present);
    request.expires_at = create.expires_at.and_then(|at| jiff::Timestamp::from_millisecond(at.0).ok());
    request.payment_description = Some(create.description.clone());
    request.profile = create.shares_phone_number.then(kvitt_vipps::Profile::phone_number);
    request.receipt = create.receipt.as_ref().map(receipts::body);
    request
}

fn amount(amount: Amount) -> kvitt_vipps::Amount {
    kvitt_vipps::Amount { value: amount.value, currency: amount.currency.code().to_owned() }
}

fn snapshot(payment: kvitt_vipps::Payment) -> PaymentSnapshot {
    PaymentSnapshot {
        state: match payment.state {
            kvitt_vipps::PaymentState::Created => PaymentState::Created,
            kvitt_vipps::PaymentState::Authorized => PaymentState::Authorized,
            kvitt_vipps::PaymentState::Aborted => PaymentState::Aborted,
            kvitt_vipps::PaymentState::Expired => PaymentState::Expired,
            kvitt_vipps::PaymentState::Terminated => PaymentState::Terminated,
            _ => PaymentState::Unknown,
        },
        amount: currency(&payment.amount.currency).map(|currency| Amount { value: payment.amount.value, currency }),
        aggregate: aggregate(&payment.aggregate),
        capture_guaranteed_until: payment.capture_guaranteed_until.map(|until| Moment(until.as_millisecond())),
        sub: payment.profile_sub,
        phone_number: payment
            .user_details
            .and_then(|details| details.mobile_number)
            .and_then(|number| PhoneNumber::parse(number.as_str())),
    }
}

fn aggregate(money: &kvitt_vipps::Aggregate) -> Aggregate {
    Aggregate {
        authorized: money.authorized_amount.value,
        captured: money.captured_amount.value,
        cancelled: money.cancelled_amount.value,
        refunded: money.refunded_amount.value,
    }
}

fn currency(code: &str) -> Option<Currency> {
    [Currency::Nok, Currency::Dkk, Currency::Eur].into_iter().find(|currency| currency.code() == code)
}

fn update(reference: &Reference, update: Update) -> Outcome {
    Outcome::Input(Input::Payment(reference.clone(), update))
}

fn not_created(reference: &Reference, problem: &Problem) -> Outcome {
    tracing::warn!(%reference, %problem, "payment refused");
    update(reference, Update::CreateRefused { trouble: code(problem) })
}

/// The numeric code of Vipps MobilePay as one of ours: `vipps_7010`, or `vipps_refused` without one.
fn code(problem: &Problem) -> String {
    problem.code.map_or_else(|| "vipps_refused".to_owned(), |code| format!("vipps_{code}"))
}

/// Whether the API keys were refused, and not the request itself: it was not executed, and may be once the keys are
/// right.
fn is_auth_failure(problem: &Problem) -> bool {
    matches!(problem.status, 401 | 403)
}

fn retry(error: &Error) -> Outcome {
    Outcome::Retry { after: error.retry_after() }
}
