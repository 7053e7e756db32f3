//! The words of all languages, held against each other and against what else says them.

use kvitt_wire::CONSENT_WORDING;

use super::source::{LANGUAGES, compile, file, source};
use super::*;

const WORDS: [Word; 2] = [Word::ShareNumber, Word::ShareWhy];

fn words(language: Language) -> Words {
    Words::new(file(language).expect("the words are complete"))
}

/// FNV-1a, 32 bits: enough to notice a change.
fn fingerprint(texts: impl IntoIterator<Item = String>) -> u32 {
    let bytes = texts.into_iter().flat_map(|text| text.into_bytes().into_iter().chain([0]));
    bytes.fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[test]
fn gaps_are_filled_in_any_order() {
    assert_eq!(
        words(Language::Sv).say(Word::FailedWhat, &["Vipps", "Fjord"]),
        "Vipps kunde inte ta emot betalningen. Du har inte betalat något. Försök igen eller kontakta Fjord."
    );
    assert_eq!(words(Language::Fi).say(Word::Reference, &[]), "Viite");
}

#[test]
fn the_finnish_caption_bends_the_name() {
    assert_eq!(
        words(Language::Fi).say(Word::Pay, &[words(Language::Fi).text(Word::PayMobilePay)]),
        "Maksa MobilePaylla"
    );
    assert_eq!(words(Language::Nb).around(Word::Pay), ("Betal med ", ""));
}

#[test]
fn a_file_knows_its_language_and_its_wording() {
    for language in LANGUAGES {
        assert_eq!(words(language).language(), language);
        assert_eq!(words(language).wording(), CONSENT_WORDING);
    }
    assert_eq!(Words::default().text(Word::Pay), "", "what is not there is not said");
}

#[test]
fn all_languages_say_everything_with_the_same_gaps() {
    let gaps = |text: &str| (text.contains("{0}"), text.contains("{1}"));
    let english = words(Language::En);
    for language in LANGUAGES {
        for (line, name) in NAMES.iter().enumerate() {
            let said = words(language).line(line + HEAD).to_owned();
            assert_eq!(gaps(&said), gaps(english.line(line + HEAD)), "{name} in {language:?}");
            assert_eq!(said.matches('{').count(), said.matches("{0}").count() + said.matches("{1}").count(), "{said}");
        }
    }
}

#[test]
fn no_sentence_ends_with_an_amount() {
    // Danish writes `kr.`, and two full stops look like a mistake.
    for word in [Word::Reserved, Word::Captured, Word::PartlyCaptured, Word::Refunded, Word::PartlyRefunded] {
        assert!(!words(Language::Da).text(word).ends_with("{0}."), "{word:?}");
    }
}

#[test]
fn what_is_consented_to_does_not_change_under_its_name() {
    let consented = LANGUAGES.map(words).map(|words| WORDS.map(|word| words.text(word).to_owned()));
    let now = (CONSENT_WORDING, fingerprint(consented.into_iter().flatten()));
    assert_eq!(now, ("2026-11", 2_314_169_191), "other words need another CONSENT_WORDING; then write both here");
}

#[test]
fn the_button_says_the_same_before_the_words_are_there() {
    let captions = include_str!("../../js/captions.js");
    for language in LANGUAGES {
        let said = format!("{}: \"{}\"", language.tag(), words(language).around(Word::Pay).0);
        assert!(captions.contains(&said), "{said}");
    }
}

#[test]
fn every_mistake_in_a_file_is_told() {
    let english = source(Language::En);
    let wrong =
        english.replace("Total: Total\n", "").replace("Back: Back", "Beck: Back").replace("Print: Print", "Print: ");
    let told = compile(Language::En, &(wrong + "Date: Day\n")).unwrap_err();
    for mistake in
        ["en: ", "Beck is no word", "Total has no text", "Back has no text", "Print has no text", "Date is there twice"]
    {
        assert!(told.contains(mistake), "{mistake} in {told}");
    }
}
