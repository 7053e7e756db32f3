//! From the words as people write them to the file that a browser loads.
//!
//! `cargo xtask dist` and the tests use it; nothing of it is in the WebAssembly. A line is `Word: text`, or a remark after `#`. It
//! must let nothing incomplete through: a page has no other language to fall back on.

use kvitt_wire::{CONSENT_WORDING, Language};

use super::NAMES;

/// All languages that there are.
pub const LANGUAGES: [Language; 5] = [Language::Nb, Language::Da, Language::Fi, Language::Sv, Language::En];

/// The words of a language, as they are written.
pub const fn source(language: Language) -> &'static str {
    match language {
        Language::Nb => include_str!("../../words/nb.txt"),
        Language::Da => include_str!("../../words/da.txt"),
        Language::Fi => include_str!("../../words/fi.txt"),
        Language::Sv => include_str!("../../words/sv.txt"),
        Language::En => include_str!("../../words/en.txt"),
    }
}

/// What the language's file has: the language, the wording, and each text, a line each.
///
/// # Errors
/// All words that are missing, unknown, empty or there twice.
pub fn file(language: Language) -> Result<String, String> {
    compile(language, source(language))
}

pub(super) fn compile(language: Language, source: &str) -> Result<String, String> {
    let mut texts = vec![""; NAMES.len()];
    let mut mistakes = Vec::new();
    for line in source.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (name, text) = line.split_once(": ").unwrap_or((line, ""));
        match NAMES.iter().position(|known| *known == name) {
            None => mistakes.push(format!("{name} is no word")),
            Some(place) if !texts[place].is_empty() => mistakes.push(format!("{name} is there twice")),
            Some(place) => texts[place] = text.trim(),
        }
    }
    let silent = NAMES.iter().zip(&texts).filter(|(_, text)| text.is_empty());
    mistakes.extend(silent.map(|(name, _)| format!("{name} has no text")));
    if mistakes.is_empty() {
        Ok(format!("{}\n{CONSENT_WORDING}\n{}", language.tag(), texts.join("\n")))
    } else {
        Err(format!("{}: {}", language.tag(), mistakes.join(", ")))
    }
}
