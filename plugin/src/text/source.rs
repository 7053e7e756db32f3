//! Compiles the texts as people write them (`words/*.txt`) into the file that a browser loads.
//!
//! `cargo xtask dist` and the tests call it; the WebAssembly does not contain it. A line is `Word: text`, or a comment after `#`. It must
//! reject an incomplete language, because a page has no other language to fall back on.

use kvitt_wire::{CONSENT_WORDING, Language};

use super::NAMES;

/// All languages.
pub const LANGUAGES: [Language; 5] = [Language::Nb, Language::Da, Language::Fi, Language::Sv, Language::En];

/// The texts of a language as people write them.
pub const fn source(language: Language) -> &'static str {
    match language {
        Language::Nb => include_str!("../../words/nb.txt"),
        Language::Da => include_str!("../../words/da.txt"),
        Language::Fi => include_str!("../../words/fi.txt"),
        Language::Sv => include_str!("../../words/sv.txt"),
        Language::En => include_str!("../../words/en.txt"),
    }
}

/// The language's file: the language, the version of the consent's wording, and the texts, one a line.
///
/// # Errors
/// Lists the words that are missing, unknown, empty or defined twice.
pub fn file(language: Language) -> Result<String, String> {
    compile(language, source(language))
}

pub(super) fn compile(language: Language, source: &str) -> Result<String, String> {
    let mut texts = vec![""; NAMES.len()];
    let mut errors = Vec::new();
    for line in source.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (name, text) = line.split_once(": ").unwrap_or((line, ""));
        match NAMES.iter().position(|known| *known == name) {
            None => errors.push(format!("{name} is not a known word")),
            Some(index) if !texts[index].is_empty() => errors.push(format!("{name} is defined twice")),
            Some(index) => texts[index] = text.trim(),
        }
    }
    let missing = NAMES.iter().zip(&texts).filter(|(_, text)| text.is_empty());
    errors.extend(missing.map(|(name, _)| format!("{name} has no text")));
    if errors.is_empty() {
        Ok(format!("{}\n{CONSENT_WORDING}\n{}", language.tag(), texts.join("\n")))
    } else {
        Err(format!("{}: {}", language.tag(), errors.join(", ")))
    }
}
