//! A parser of [server-sent events](https://html.spec.whatwg.org/multipage/server-sent-events.html), as far as the proxy uses them.

/// One event of the stream.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Frame {
    /// The id, which is a cursor.
    pub(super) id: Option<String>,
    /// The data; none for an event that only sets the id.
    pub(super) data: Option<String>,
}

/// The bytes that do not make a complete frame yet.
#[derive(Default)]
pub(super) struct Frames(Vec<u8>);

impl Frames {
    /// Adds bytes, and returns the frames that are now complete.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Vec<Frame> {
        self.0.extend_from_slice(bytes);
        let mut found = Vec::new();
        while let Some(end) = self.0.windows(2).position(|pair| pair == b"\n\n") {
            let text: Vec<u8> = self.0.drain(..end + 2).collect();
            let text = String::from_utf8_lossy(&text);
            let field = |name: &str| {
                let lines = text.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
                let values: Vec<_> = lines.map(|value| value.strip_prefix(' ').unwrap_or(value)).collect();
                (!values.is_empty()).then(|| values.join("\n"))
            };
            found.push(Frame { id: field("id"), data: field("data") });
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_complete_whatever_the_chunks() {
        let text = ": kvitt\nid: 7\nretry: 1500\n\n:\n\nid: 8\ndata: {\"a\":\ndata:\"ø\"}\n\nid: 9\n";
        let frame =
            |id: Option<&str>, data: Option<&str>| Frame { id: id.map(str::to_owned), data: data.map(str::to_owned) };
        let expected = [frame(Some("7"), None), frame(None, None), frame(Some("8"), Some("{\"a\":\n\"ø\"}"))];
        for size in 1..text.len() {
            let mut frames = Frames::default();
            let found: Vec<_> = text.as_bytes().chunks(size).flat_map(|bytes| frames.take(bytes)).collect();
            assert_eq!(found, expected, "in pieces of {size}");
        }
    }
}
