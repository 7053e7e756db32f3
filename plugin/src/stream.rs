//! A checkout's stream of server-sent events.
//!
//! The proxy sends the checkout's state, and each event becomes a message. The stream is a value: dropping it closes the connection. It
//! must not reconnect by itself: the browser's own reconnecting does not know when a page slept, and `model` has the schedule.

use wasm_bindgen::JsCast;
use web_sys::{EventSource, MessageEvent};

use crate::api;
use crate::dom::Listener;
use crate::model::Msg;

/// An open stream.
pub(crate) struct Stream {
    source: EventSource,
    _listener: Listener,
}

impl Stream {
    /// Opens the stream of a checkout. `send` receives a message for each event, and one when the stream breaks.
    pub(crate) fn new(origin: &str, token: &str, send: impl Fn(Msg) + 'static) -> Option<Self> {
        let source = EventSource::new(&api::url(origin, token, "/events")).ok()?;
        let listener = Listener::new(source.clone().into(), &["checkout", "error"], move |event| {
            let message = event.dyn_ref::<MessageEvent>().and_then(|event| event.data().as_string());
            match message {
                Some(data) => {
                    if let Some(checkout) = api::read_event(&data) {
                        send(Msg::Streamed(checkout));
                    }
                }
                None => send(Msg::StreamLost),
            }
        });
        Some(Self { source, _listener: listener })
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.source.close();
    }
}
