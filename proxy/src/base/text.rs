//! The rule for texts that come from a shop and are shown to people: catalogue, carts, configuration, keys.

use std::ops::RangeInclusive;

/// Whether a text is a line of so many characters: not blank, no control character. Characters count, not bytes, as people count them.
/// (PostgreSQL stores a JSON document with a NUL, but cannot read it any more.)
pub fn is_line(text: &str, length: RangeInclusive<usize>) -> bool {
    length.contains(&text.chars().count()) && !text.trim().is_empty() && !text.chars().any(char::is_control)
}

/// Whether a text is a random one of a page's own, such as a UUID: 16 to 64 letters, digits, `-` and `_`.
pub fn is_random(text: &str) -> bool {
    (16..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// The text; or, if it has more than `max` characters, its beginning up to the end of a word, and an ellipsis. A long word is cut within.
pub fn shortened(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let end = text.char_indices().nth(max - 1).map_or(text.len(), |(place, _)| place);
    // A cut before a space is the end of a word too.
    let within_word = !text[end..].starts_with(char::is_whitespace);
    // Where that would leave little, the word is cut.
    let word_end = text[..end].rfind(char::is_whitespace).filter(|place| within_word && *place >= end / 2);
    let kept = text[..word_end.unwrap_or(end)].trim_end_matches(|letter: char| letter.is_whitespace() || letter == ',');
    format!("{kept}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_count_and_control_characters_do_not_pass() {
        assert!(is_line(&"å".repeat(200), 1..=200) && !is_line(&"å".repeat(201), 1..=200));
        for bad in ["", "  ", "a\nb", "a\u{0}", "\u{7f}", "a\u{85}b"] {
            assert!(!is_line(bad, 1..=200), "{bad:?}");
        }
    }

    #[test]
    fn a_text_is_cut_at_a_word() {
        assert_eq!(shortened("Stoneware mug", 13), "Stoneware mug");
        assert_eq!(shortened("Stoneware mug", 12), "Stoneware…");
        assert_eq!(shortened("Stoneware mug, tea", 15), "Stoneware mug…");
        assert_eq!(shortened("Stoneware mug", 10), "Stoneware…");
        assert_eq!(shortened("Smørrebrødsjomfru", 5), "Smør…");
        assert_eq!(shortened("A smørrebrødsjomfru", 10), "A smørreb…");
    }
}
