//! The texts of consents: those of the proxy, and the shop's own, which it registers with `[[wording]]`.

use kvitt_wire::{Language, WORDINGS, Wording};

use super::reader::Reader;

/// The most characters of a text.
const MAX_TEXT: usize = 2_000;

/// The shop's own texts. The proxy's are always known.
#[derive(Clone, Debug, Default)]
pub struct Wordings(Vec<ShopWording>);

/// A text of the shop's own.
#[derive(Clone, Debug)]
struct ShopWording {
    version: String,
    language: Language,
    text: String,
}

impl Wordings {
    pub(super) fn read(top: &mut Reader<'_>) -> Self {
        let wordings = top.each("wording", ShopWording::read);
        for (place, wording) in wordings.iter().enumerate() {
            let same = |other: &ShopWording| other.version == wording.version && other.language == wording.language;
            if wordings[..place].iter().any(same) {
                let language = wording.language.tag();
                top.mistake("wording", &format!("two are of version {:?} in {language}", wording.version));
            }
        }
        Self(wordings)
    }

    /// The text of a version in a language, with the shop and the app filled in. A text that the shop has registered in one language only is
    /// that of every customer; so the language of the text is returned, too.
    pub fn text(&self, version: &str, language: Language, shop: &str, app: &str) -> Option<(Language, String)> {
        let fill = |text: &str| text.replace("{0}", shop).replace("{1}", app);
        if let Some(Wording { question, explanation, .. }) = Wording::find(version, language) {
            return Some((language, fill(&format!("{question}\n{explanation}"))));
        }
        let own: Vec<_> = self.0.iter().filter(|wording| wording.version == version).collect();
        let only = own.first().filter(|_| own.len() == 1);
        let found = own.iter().find(|wording| wording.language == language).or(only)?;
        Some((found.language, fill(&found.text)))
    }
}

impl ShopWording {
    fn read(wording: &mut Reader<'_>) -> Self {
        let (version, text) = (wording.string("version"), wording.string("text"));
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
        if version.len() > 32 || !version.bytes().all(plain) {
            wording.mistake("version", "may have letters, digits, '.', '-' and '_', and 32 characters at most");
        }
        if WORDINGS.iter().any(|ours| ours.version == version) {
            wording.mistake("version", "is that of a text of the proxy");
        }
        if text.chars().count() > MAX_TEXT || text.chars().any(|letter| letter.is_control() && letter != '\n') {
            wording.mistake("text", "must have 2000 characters at most, and no control character but line breaks");
        }
        let languages = [Language::Nb, Language::Da, Language::Fi, Language::Sv, Language::En];
        let languages = languages.map(|language| (language.tag(), language));
        Self { version, language: wording.one_of("language", &languages), text }
    }
}
