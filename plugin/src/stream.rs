//! The checkout's stream of server-sent events, as a value: dropping it closes the connection.
//!
//! The browser's own reconnecting is not used: it knows nothing of pages that sleep, and `model::subscription` has the plan.

use wasm_bindgen::JsCast;
use web_sys::{EventSource, MessageEvent};

use crate::api;
use crate::dom::Listener;
use crate::model::Msg;

/// An open stream.
pub(crate) struct Live {
    source: EventSource,
    _listener: Listener,
}

impl Live {
    /// Opens the stream of a checkout; `then` gets each event, and the end.
    pub(crate) fn new(origin: &str, token: &str, then: impl Fn(Msg) + 'static) -> Option<Self> {
        let source = EventSource::new(&api::url(origin, token, "/events")).ok()?;
        let listener = Listener::new(source.clone().into(), &["checkout", "error"], move |event| {
            let message = event.dyn_ref::<MessageEvent>().and_then(|event| event.data().as_string());
            match message {
                Some(data) => {
                    if let Some(checkout) = api::checkout(&data) {
                        then(Msg::Streamed(checkout));
                    }
                }
                None => then(Msg::StreamLost),
            }
        });
        Some(Self { source, _listener: listener })
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.source.close();
    }
}
