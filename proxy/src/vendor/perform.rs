//! Effects become calls here, and answers become inputs: the only module that talks to the world.
//!
//! It decides nothing about the checkout. It knows which answers are final and which call for another try with the same key.

mod codes;
mod details;
mod receipts;
mod redirects;
mod webhooks;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use kvitt_vipps::{Added, CancelScope, Client, CustomerInteraction, Error, Problem, UserFlow};
use kvitt_wire::{Aggregate, Amount, Currency};

use crate::checkout::effect::{CreatePayment, Receipt};
use crate::checkout::operation::{OperationId, OperationKind, OperationResult};
use crate::checkout::{Effect, Flow, Input, Moment, PaymentSnapshot, PaymentState, PhoneNumber, Reference, Update};
use crate::config::{SalesUnit, Vipps};
use crate::engine::outbox::{Outcome, Perform};
use crate::vendor::client;

use redirects::Redirects;

pub use details::Uploaded;
pub use webhooks::Registered;

/// A client for each sales unit; clones share them.
#[derive(Clone)]
pub struct Performer {
    clients: Arc<HashMap<String, Client>>,
    redirects: Arc<Redirects>,
}

impl Performer {
    /// With a client for every sales unit, and the hosts that customers may be sent to.
    ///
    /// # Errors
    /// When there is no HTTP client to be had.
    pub fn new(vipps: &Vipps, units: &[SalesUnit]) -> Result<Self, kvitt_vipps::ConfigError> {
        let clients = units.iter().map(|unit| Ok((unit.name.clone(), client::new(vipps, unit)?)));
        let clients: Result<HashMap<_, _>, kvitt_vipps::ConfigError> = clients.collect();
        let redirects = Redirects::new(vipps.redirect_hosts.clone(), &vipps.base_url);
        Ok(Self { clients: Arc::new(clients?), redirects: Arc::new(redirects) })
    }

    fn client(&self, sales_unit: &str) -> Option<&Client> {
        self.clients.get(sales_unit)
    }

    /// All of them, with the sales units' names.
    pub fn clients(&self) -> impl Iterator<Item = (&String, &Client)> {
        self.clients.iter()
    }

    /// The payment as the vendor has it; none when there is no such payment.
    ///
    /// # Errors
    /// [`Unseen`], and it may be asked for again.
    pub async fn payment(&self, sales_unit: &str, reference: &Reference) -> Result<Option<PaymentSnapshot>, Unseen> {
        match self.known(sales_unit)?.payment(reference.as_str()).await {
            Ok(payment) => Ok(Some(seen(payment))),
            Err(Error::Refused(problem)) if problem.status == 404 => Ok(None),
            Err(error) => Err(Unseen::of(&error)),
        }
    }

    fn known(&self, sales_unit: &str) -> Result<&Client, Unseen> {
        let unknown = || Unseen { reason: format!("no sales unit named {sales_unit}"), after: None };
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
            Effect::ExpireOffer { reference } => news(reference, Update::OfferExpired),
            Effect::Poll { reference, round } => look(client, reference, *round).await,
            Effect::CancelPayment { reference, key, unless_authorized } => {
                cancel(client, reference, key, *unless_authorized).await
            }
            Effect::Operate { reference, id, kind, amount, key } => {
                operate(client, reference, *id, *kind, *amount, key).await
            }
            Effect::SendReceipt { reference, receipt } => send_receipt(client, reference, receipt).await,
            Effect::Categorize { reference, nth, category } => {
                details::categorize(client, reference, *nth, category).await
            }
            Effect::ReadProfile { reference, .. } => read_profile(client, reference).await,
            Effect::Notify(_) => Outcome::Done("the relay tells the shop"),
        }
    }
}

/// Why the vendor could not be asked about something.
#[derive(Debug)]
pub struct Unseen {
    /// Why, for the operator.
    pub reason: String,
    /// The wait that the vendor asked for.
    pub after: Option<Duration>,
}

impl Unseen {
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
    // Forgotten meanwhile: a message to nobody.
    if create.flow == Flow::Push && number.is_none() {
        return news(&reference, Update::CustomerErased);
    }
    match client.create_payment(&create.key, &request(create, number)).await {
        Ok(created) => created_at(redirects, &reference, created.redirect_url),
        // It is there already, under this key or from a run that died: its redirect URL is in the payment itself.
        Err(Error::Refused(problem)) if problem.status == 409 => match client.payment(reference.as_str()).await {
            Ok(payment) => created_at(redirects, &reference, payment.redirect_url),
            Err(Error::Refused(_)) => not_created(&reference, &problem),
            Err(error) => again(&error),
        },
        // Of the keys and not of the payment. Whoever waits for it is told in a minute.
        Err(Error::Refused(problem)) if problem.status == 401 => Outcome::Retry { after: None },
        Err(Error::Refused(problem)) => not_created(&reference, &problem),
        Err(error) => again(&error),
    }
}

fn created_at(redirects: &Redirects, reference: &Reference, redirect_url: Option<String>) -> Outcome {
    match redirect_url.as_deref().map_or(Ok(()), |url| redirects.check(url)) {
        Ok(()) => news(reference, Update::Created { redirect_url }),
        Err(host) => {
            tracing::error!(%reference, host, "payment at a host that no customer is sent to");
            news(reference, Update::BadRedirect)
        }
    }
}

async fn look(client: &Client, reference: &Reference, round: Option<u32>) -> Outcome {
    match client.payment(reference.as_str()).await {
        Ok(payment) => news(reference, Update::Polled { round, payment: seen(payment) }),
        // A look can always be repeated, and one that is refused today may be answered when the keys are right again.
        Err(error) => again(&error),
    }
}

async fn cancel(client: &Client, reference: &Reference, key: &str, unless_authorized: bool) -> Outcome {
    let scope = if unless_authorized { CancelScope::UnlessAuthorized } else { CancelScope::Remainder };
    match client.cancel(reference.as_str(), key, scope).await {
        Err(Error::Refused(problem)) if is_about_us(&problem) => Outcome::Retry { after: None },
        Err(Error::Refused(problem)) if problem.status == 404 && unless_authorized => {
            Outcome::Done("there is no such payment")
        }
        // What is released has been authorized, so it is there.
        Err(Error::Refused(problem)) if problem.status == 404 => Outcome::Retry { after: None },
        Err(Error::Refused(problem)) if !unless_authorized => match let_go_before(client, reference, &problem).await {
            Ok(Some(_)) => news(reference, Update::CancelAnswered),
            // Money that nobody is owed is still reserved: a person has to look.
            Ok(None) => Outcome::Park { reason: problem.to_string() },
            Err(error) => again(&error),
        },
        // Refused means too late, or done before: the next look tells which.
        Ok(_) | Err(Error::Refused(_)) => news(reference, Update::CancelAnswered),
        Err(error) => again(&error),
    }
}

async fn operate(
    client: &Client,
    reference: &Reference,
    id: OperationId,
    kind: OperationKind,
    asked: Amount,
    key: &str,
) -> Outcome {
    let name = reference.as_str();
    let answer = match kind {
        OperationKind::Capture => client.capture(name, key, amount(asked)).await,
        OperationKind::Cancel => client.cancel(name, key, CancelScope::Remainder).await,
        OperationKind::Refund => client.refund(name, key, amount(asked)).await,
    };
    let answered = match answer {
        Ok(adjustment) => OperationResult::Done(aggregate(&adjustment.aggregate)),
        // The payment is there, for it has been paid: whatever this is, it will be right again.
        Err(Error::Refused(problem)) if is_about_us(&problem) || problem.status == 404 => {
            return Outcome::Retry { after: None };
        }
        Err(Error::Refused(problem)) if kind == OperationKind::Cancel => {
            match let_go_before(client, reference, &problem).await {
                Ok(Some(money)) => OperationResult::Done(money),
                Ok(None) => refused(reference, kind, &problem),
                Err(error) => return again(&error),
            }
        }
        Err(Error::Refused(problem)) => refused(reference, kind, &problem),
        Err(error) => return again(&error),
    };
    news(reference, Update::Operated { id, result: answered })
}

fn refused(reference: &Reference, kind: OperationKind, problem: &Problem) -> OperationResult {
    tracing::warn!(%reference, operation = kind.as_str(), %problem, "operation refused");
    OperationResult::Refused { trouble: code(problem) }
}

/// A cancel that was done before is refused and not repeated, whatever its key: the payment tells whether it was. What has become of the
/// money, if nothing of it is reserved any more.
async fn let_go_before(client: &Client, reference: &Reference, problem: &Problem) -> Result<Option<Aggregate>, Error> {
    if !matches!(problem.code, Some(6050 | 6190)) {
        return Ok(None);
    }
    let money = aggregate(&client.payment(reference.as_str()).await?.aggregate);
    let let_go = money.cancelled > 0 && money.captured + money.cancelled >= money.authorized;
    Ok(let_go.then_some(money))
}

async fn send_receipt(client: &Client, reference: &Reference, receipt: &Receipt) -> Outcome {
    let answered = |trouble| news(reference, Update::ReceiptAnswered { trouble });
    match client.add_receipt(reference.as_str(), &receipts::body(receipt)).await {
        Ok(Added::Now | Added::Already) => answered(None),
        Err(Error::Refused(problem)) if !is_about_us(&problem) => {
            tracing::warn!(%reference, %problem, "receipt refused");
            answered(Some(code(&problem)))
        }
        Err(error) => again(&error),
    }
}

async fn read_profile(client: &Client, reference: &Reference) -> Outcome {
    // Whose profile it is has not been written down, and is asked for once more.
    let PaymentSnapshot { sub, phone_number, .. } = match client.payment(reference.as_str()).await {
        Ok(payment) => seen(payment),
        Err(error) => return again(&error),
    };
    let phone_number = match &sub {
        Some(sub) if phone_number.is_none() => match client.userinfo(sub).await {
            Ok(profile) => profile.phone_number.and_then(|number| PhoneNumber::parse(number.as_str())),
            Err(Error::Refused(problem)) if !is_about_us(&problem) => {
                tracing::warn!(%reference, %problem, "profile refused");
                None
            }
            Err(error) => return again(&error),
        },
        _ => phone_number,
    };
    news(reference, Update::ProfileRead { sub, phone_number })
}

/// The request for a payment. The same effect always makes the same request, since it is repeated under the same key.
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

fn seen(payment: kvitt_vipps::Payment) -> PaymentSnapshot {
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

fn news(reference: &Reference, news: Update) -> Outcome {
    Outcome::Input(Input::Payment(reference.clone(), news))
}

fn not_created(reference: &Reference, problem: &Problem) -> Outcome {
    tracing::warn!(%reference, %problem, "payment refused");
    news(reference, Update::CreateRefused { trouble: code(problem) })
}

/// The vendor's numeric code as one of ours: `vipps_7010`, or `vipps_refused` when it gave none.
fn code(problem: &Problem) -> String {
    problem.code.map_or_else(|| "vipps_refused".to_owned(), |code| format!("vipps_{code}"))
}

/// Whether the refusal says something of our keys and nothing of the request: it was not done, and may be once they are right.
fn is_about_us(problem: &Problem) -> bool {
    matches!(problem.status, 401 | 403)
}

fn again(error: &Error) -> Outcome {
    let after = match error {
        Error::Retry { after, .. } => *after,
        _ => None,
    };
    Outcome::Retry { after }
}
