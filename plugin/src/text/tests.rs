//! The texts of all languages: complete, consistent with each other, and the same as the button's caption in `js/captions.js`.

use kvitt_wire::{CONSENT_WORDING, WORDINGS, Wording};

use super::source::{LANGUAGES, compile, file, source};
use super::*;

fn words(language: Language) -> Words {
    Words::new(file(language).expect("the words are complete"))
}

#[test]
fn placeholders_are_filled_in_any_order() {
    assert_eq!(
        words(Language::Sv).fill(Word::FailedWhat, &["Vipps", "Fjord"]),
        "Vipps kunde inte ta emot betalningen. Du har inte betalat något. Försök igen eller kontakta Fjord."
    );
    assert_eq!(words(Language::Fi).fill(Word::OrderNumber, &[]), "Tilausnumero");
}

#[test]
fn the_finnish_caption_inflects_the_name() {
    assert_eq!(
        words(Language::Fi).fill(Word::Pay, &[words(Language::Fi).text(Word::PayMobilePay)]),
        "Maksa MobilePaylla"
    );
    assert_eq!(words(Language::Nb).around(Word::Pay), ("Betal med ", ""));
}

#[test]
fn a_file_has_its_language_and_its_consent_wording() {
    for language in LANGUAGES {
        assert_eq!(words(language).language(), language);
        assert_eq!(words(language).wording(), CONSENT_WORDING);
    }
    assert_eq!(Words::default().text(Word::Pay), "", "a missing text is empty");
}

#[test]
fn all_languages_have_every_text_with_the_same_placeholders() {
    let placeholders = |text: &str| (text.contains("{0}"), text.contains("{1}"));
    let english = words(Language::En);
    for language in LANGUAGES {
        for (line, name) in NAMES.iter().enumerate() {
            let text = words(language).line(line + HEADER_LINES).to_owned();
            assert_eq!(placeholders(&text), placeholders(english.line(line + HEADER_LINES)), "{name} in {language:?}");
            assert_eq!(text.matches('{').count(), text.matches("{0}").count() + text.matches("{1}").count(), "{text}");
        }
    }
}

#[test]
fn no_sentence_ends_with_an_amount() {
    // Danish writes `kr.`, and two full stops look like an error.
    for word in [Word::Reserved, Word::Captured, Word::PartlyCaptured, Word::Refunded, Word::PartlyRefunded] {
        assert!(!words(Language::Da).text(word).ends_with("{0}."), "{word:?}");
    }
}

#[test]
fn the_widget_asks_in_the_words_that_are_kept() {
    for language in LANGUAGES {
        let (words, kept) = (words(language), Wording::current(language));
        let shown = (words.text(Word::ShareNumber), words.text(Word::ShareWhy));
        assert_eq!(shown, (kept.question, kept.explanation), "another text needs another version in WORDINGS");
    }
}

/// FNV-1a, 32 bits, of all texts that were ever shown: enough to notice a change.
#[test]
fn the_words_that_are_kept_do_not_change() {
    let texts = WORDINGS.iter().filter(|wording| wording.version <= "2026-11");
    let bytes = texts.flat_map(|kept| [kept.question, kept.explanation]).flat_map(|text| text.bytes().chain([0]));
    let hash = bytes.fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    assert_eq!(hash, 2_314_169_191, "customers have consented to these words");
}

#[test]
fn the_button_has_the_same_caption_before_the_texts_are_loaded() {
    let captions = include_str!("../../js/captions.js");
    for language in LANGUAGES {
        let text = format!("{}: \"{}\"", language.tag(), words(language).around(Word::Pay).0);
        assert!(captions.contains(&text), "{text}");
    }
}

#[test]
fn every_error_in_a_file_is_reported() {
    let english = source(Language::En);
    let wrong =
        english.replace("Total: Total\n", "").replace("Back: Back", "Beck: Back").replace("Print: Print", "Print: ");
    let error = compile(Language::En, &(wrong + "Date: Day\n")).unwrap_err();
    for expected in [
        "en: ",
        "Beck is not a known word",
        "Total has no text",
        "Back has no text",
        "Print has no text",
        "Date is defined twice",
    ] {
        assert!(error.contains(expected), "{expected} in {error}");
    }
}
