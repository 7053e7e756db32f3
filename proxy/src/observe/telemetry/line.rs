//! Formats a line of the log, as JSON or as text: the event's fields and those of its spans, each name once. The
//! innermost value wins.

use std::fmt;

use serde_json::{Map, Value};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, JsonFields, Writer};
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

/// The fields of a span as JSON objects one after another: those that it begins with, and each that is recorded later. Only a line puts them
/// together, and most spans have none.
#[derive(Default)]
pub(super) struct Fields(JsonFields);

impl<'writer> FormatFields<'writer> for Fields {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'writer>, fields: R) -> fmt::Result {
        self.0.format_fields(writer, fields)
    }
}

/// The formatter.
pub(super) struct Line {
    pub(super) json: bool,
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> FormatEvent<S, Fields> for Line {
    fn format_event(
        &self,
        context: &FmtContext<'_, S, Fields>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut fields = Map::new();
        for span in context.event_scope().into_iter().flat_map(|scope| scope.from_root()) {
            if let Some(written) = span.extensions().get::<FormattedFields<Fields>>() {
                merge(&mut fields, &written.fields);
            }
        }
        let mut written = String::new();
        Fields::default().format_fields(Writer::new(&mut written), event)?;
        merge(&mut fields, &written);
        let message = fields.remove("message").unwrap_or_default();
        let mut time = String::new();
        SystemTime.format_time(&mut Writer::new(&mut time))?;
        let (level, target) = (event.metadata().level(), event.metadata().target());
        if self.json {
            write!(writer, r#"{{"timestamp":"{time}","level":"{level}","target":"{target}","message":{message}"#)?;
            for (name, value) in fields {
                write!(writer, ",{}:{value}", Value::String(name))?;
            }
            writeln!(writer, "}}")
        } else {
            write!(writer, "{time} ")?;
            match colour(level).filter(|_| writer.has_ansi_escapes()) {
                Some(colour) => write!(writer, "\u{1b}[{colour}m{level:>5}\u{1b}[0m")?,
                None => write!(writer, "{level:>5}")?,
            }
            write!(writer, " {}", escaped(&message))?;
            for (name, value) in fields {
                write!(writer, " {name}={}", escaped(&value))?;
            }
            writeln!(writer)
        }
    }
}

fn merge(fields: &mut Map<String, Value>, written: &str) {
    let objects = serde_json::Deserializer::from_str(written).into_iter::<Map<String, Value>>();
    objects.map_while(Result::ok).for_each(|object| fields.extend(object));
}

/// A value without line breaks or control characters.
fn escaped(value: &Value) -> String {
    match value {
        Value::String(text) if !text.contains(char::is_control) => text.clone(),
        value => value.to_string(),
    }
}

const fn colour(level: &Level) -> Option<u8> {
    match *level {
        Level::ERROR => Some(31),
        Level::WARN => Some(33),
        Level::INFO => Some(32),
        _ => None,
    }
}
