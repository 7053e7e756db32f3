//! Errors, named for what the caller can do: retry, stop, or read the payment. They come from answers and from the connection, and are safe to
//! log: no URL, no body, no header.

use std::{error::Error as StdError, fmt, sync::Arc, time::Duration};

use crate::Problem;

/// Why a call failed.
#[derive(Clone, Debug)]
pub enum Error {
    /// Nothing was done, or the documentation says to repeat the call. Retry with the same key.
    Retry {
        /// The answer's `Retry-After`.
        after: Option<Duration>,
        /// The cause.
        cause: Cause,
    },
    /// A permanent failure: the same request will be refused again.
    Refused(Box<Problem>),
    /// The request was sent and no readable answer came. It may have worked: retry with the same key, or read the payment.
    Unknown(Cause),
}

/// The cause of an error.
#[derive(Clone)]
pub enum Cause {
    /// The answer was not a success.
    Answered(Box<Problem>),
    /// A successful answer could not be read. The text has the position, not the content.
    Unreadable(String),
    /// The connection could not be opened, broke, or timed out.
    Transport(Arc<dyn StdError + Send + Sync>),
}

impl Error {
    /// The answer, if there was one.
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Refused(problem)
            | Self::Retry { cause: Cause::Answered(problem), .. }
            | Self::Unknown(Cause::Answered(problem)) => Some(problem),
            Self::Retry { .. } | Self::Unknown(_) => None,
        }
    }

    /// The numeric code of the answer, if it has one.
    pub fn code(&self) -> Option<u32> {
        self.problem()?.code
    }

    /// The answer's `Retry-After`.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Retry { after, .. } => *after,
            other => other.problem()?.retry_after,
        }
    }

    /// The meaning of an answer that is not a success.
    pub(crate) fn from_problem(problem: Problem) -> Self {
        let problem = Box::new(problem);
        // 6160 locked, 6250 the customer is approving now, 6280 capture failed: retry later.
        if matches!(problem.status, 423 | 425 | 429) || matches!(problem.code, Some(6160 | 6250 | 6280)) {
            return Self::Retry { after: problem.retry_after, cause: Cause::Answered(problem) };
        }
        match problem.status {
            0 | 400..=407 | 409..=499 => Self::Refused(problem),
            _ => Self::Unknown(Cause::Answered(problem)),
        }
    }

    /// A successful answer that cannot be read. The parser's message is not passed on: it may repeat a value of the answer.
    pub(crate) fn unreadable(error: &serde_json::Error) -> Self {
        let words = error.to_string();
        let place = if words.starts_with("missing field") {
            words
        } else {
            format!("{:?} error at line {} column {}", error.classify(), error.line(), error.column())
        };
        Self::Unknown(Cause::Unreadable(place))
    }

    /// A request that can never be sent.
    pub(crate) fn unsent(detail: &str) -> Self {
        Self::Refused(Box::new(Problem::unsent(detail)))
    }

    /// The meaning of a connection error. The URL is removed: it may identify a customer.
    pub(crate) fn from_transport(error: reqwest::Error) -> Self {
        let error = error.without_url();
        if error.is_builder() {
            return Self::unsent("the request could not be built");
        }
        let not_connected = error.is_connect();
        let cause = Cause::Transport(Arc::new(error));
        if not_connected { Self::Retry { after: None, cause } } else { Self::Unknown(cause) }
    }

    /// The same error while fetching a token for a call: whatever was answered, the call itself was never sent, so it can be retried.
    pub(crate) fn before_sending(self) -> Self {
        let after = self.retry_after();
        match self {
            Self::Refused(problem) => Self::Retry { after, cause: Cause::Answered(problem) },
            Self::Unknown(cause) => Self::Retry { after, cause },
            retry @ Self::Retry { .. } => retry,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Retry { cause, .. } => write!(f, "try again: {cause}"),
            Self::Refused(problem) => write!(f, "refused: {problem}"),
            Self::Unknown(cause) => write!(f, "outcome unknown: {cause}"),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Retry { cause, .. } | Self::Unknown(cause) => match cause {
                Cause::Transport(source) => Some(source.as_ref()),
                Cause::Answered(_) | Cause::Unreadable(_) => None,
            },
            Self::Refused(_) => None,
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered(problem) => problem.fmt(f),
            Self::Unreadable(place) => write!(f, "the answer could not be read: {place}"),
            Self::Transport(source) => write!(f, "no answer: {}", root(source.as_ref())),
        }
    }
}

impl fmt::Debug for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered(problem) => problem.fmt(f),
            Self::Unreadable(place) => write!(f, "Unreadable({place})"),
            Self::Transport(source) => write!(f, "Transport({source:?})"),
        }
    }
}

/// The layers above the root only say that something went wrong.
fn root<'a>(mut error: &'a (dyn StdError + 'static)) -> &'a (dyn StdError + 'static) {
    while let Some(source) = error.source() {
        error = source;
    }
    error
}
