//! Errors named for what the caller can do. None of them says anything that must not be logged: no URL, no body, no header.

use std::{error::Error as StdError, fmt, sync::Arc, time::Duration};

use crate::Problem;

/// Why a call did not give what was asked for.
#[derive(Clone, Debug)]
pub enum Error {
    /// Nothing was done, or repeating with the same key is the documented way on. Do it again, with the same key.
    Retry {
        /// How long the answer asked us to wait, if it did.
        after: Option<Duration>,
        /// What happened.
        cause: Cause,
    },
    /// No, and the same request will get the same no.
    Refused(Box<Problem>),
    /// The request was sent and no readable answer came. It may or may not have worked: repeat it with the same key, or look.
    Unknown(Cause),
}

/// What happened on the way.
#[derive(Clone)]
pub enum Cause {
    /// Something was answered, and it was no yes.
    Answered(Box<Problem>),
    /// A yes was answered in a form that could not be read; says where, not what.
    Unreadable(String),
    /// The connection could not be opened, broke, or took too long.
    Transport(Arc<dyn StdError + Send + Sync>),
}

impl Error {
    /// What the answer said, if there was one.
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Refused(problem)
            | Self::Retry { cause: Cause::Answered(problem), .. }
            | Self::Unknown(Cause::Answered(problem)) => Some(problem),
            Self::Retry { .. } | Self::Unknown(_) => None,
        }
    }

    /// The numeric code of the answer, if it had one.
    pub fn code(&self) -> Option<u32> {
        self.problem()?.code
    }

    /// How long the answer asked us to wait, if it did.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Retry { after, .. } => *after,
            other => other.problem()?.retry_after,
        }
    }

    /// What an answer other than a yes means.
    pub(crate) fn from_problem(problem: Problem) -> Self {
        let problem = Box::new(problem);
        // 6160 locked, 6250 the customer is approving at this moment, 6280 capture failed: try again later.
        if matches!(problem.status, 423 | 425 | 429) || matches!(problem.code, Some(6160 | 6250 | 6280)) {
            return Self::Retry { after: problem.retry_after, cause: Cause::Answered(problem) };
        }
        match problem.status {
            0 | 400..=407 | 409..=499 => Self::Refused(problem),
            _ => Self::Unknown(Cause::Answered(problem)),
        }
    }

    /// A yes that cannot be read. What the reader found stays here: its words may repeat a value of the answer.
    pub(crate) fn unreadable(error: &serde_json::Error) -> Self {
        let words = error.to_string();
        let place = if words.starts_with("missing field") {
            words
        } else {
            format!("{:?} error at line {} column {}", error.classify(), error.line(), error.column())
        };
        Self::Unknown(Cause::Unreadable(place))
    }

    /// A request that cannot be sent as it is, now or later.
    pub(crate) fn unsent(detail: &str) -> Self {
        Self::Refused(Box::new(Problem::unsent(detail)))
    }

    /// What a broken connection means. The URL is taken out: it may name a customer.
    pub(crate) fn from_transport(error: reqwest::Error) -> Self {
        let error = error.without_url();
        if error.is_builder() {
            return Self::unsent("the request could not be built");
        }
        let unopened = error.is_connect();
        let cause = Cause::Transport(Arc::new(error));
        if unopened { Self::Retry { after: None, cause } } else { Self::Unknown(cause) }
    }

    /// The same trouble on the way to a token: the call itself was never sent, so it can be.
    pub(crate) fn before_sending(self) -> Self {
        match self {
            Self::Unknown(cause) => {
                let after = match &cause {
                    Cause::Answered(problem) => problem.retry_after,
                    Cause::Unreadable(_) | Cause::Transport(_) => None,
                };
                Self::Retry { after, cause }
            }
            other => other,
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
