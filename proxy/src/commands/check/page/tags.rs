//! The tags of a page, as a browser's parser reads them.

use std::collections::BTreeMap;

use html5gum::emitters::default::DefaultEmitter;
use html5gum::{Token, Tokenizer};

/// A start tag.
pub(super) struct Tag {
    /// Its name, in lower case.
    pub(super) name: String,
    /// Its attributes, by their names in lower case.
    pub(super) attributes: BTreeMap<String, String>,
    /// The line in which it begins, counted from 1.
    line: usize,
}

impl Tag {
    /// The value of an attribute.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }

    /// Where it is, for people.
    pub(super) fn place(&self) -> String {
        format!("<{}> in line {}", self.name, self.line)
    }
}

/// All start tags of a page; none that is within a script, a text field or a comment.
pub(super) fn all(html: &str) -> Vec<Tag> {
    let mut emitter = DefaultEmitter::<usize>::new_with_span();
    emitter.naively_switch_states(true);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let tag = |token: Token<usize>| {
        let Token::StartTag(tag) = token else { return None };
        let before = html.get(..tag.span.start).unwrap_or(html);
        Some(Tag {
            name: text(&tag.name),
            attributes: tag.attributes.iter().map(|(name, value)| (text(name), text(value))).collect(),
            line: 1 + before.matches('\n').count(),
        })
    };
    Tokenizer::new_with_emitter(html, emitter).flatten().filter_map(tag).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_found_where_a_browser_finds_them() {
        let html = "<!-- <kvitt-checkout> -->\n<script>\"<kvitt-checkout>\"</script>\n\n<KVITT-Checkout Items='mug:1&amp;' amount=1>";
        let tags = all(html);
        let names: Vec<_> = tags.iter().map(|tag| tag.name.as_str()).collect();
        assert_eq!(names, ["script", "kvitt-checkout"]);
        let element = &tags[1];
        assert_eq!((element.get("items"), element.get("amount")), (Some("mug:1&"), Some("1")));
        assert_eq!(element.place(), "<kvitt-checkout> in line 4");
    }
}
