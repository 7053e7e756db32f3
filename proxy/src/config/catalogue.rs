//! The catalogue: the articles and their prices, from a file that the shop writes. A page never sets a price.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use kvitt_wire::Currency;
use serde::Deserialize;

use crate::base::text;
use crate::checkout::money;

/// The articles by their sku.
#[derive(Clone, Debug, Default)]
pub struct Catalogue(BTreeMap<String, Article>);

/// An article.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Article {
    /// The stock-keeping unit: letters, digits, dot, hyphen and underscore; 64 at most.
    pub sku: String,
    /// The name.
    pub name: String,
    /// The URL of a picture.
    #[serde(default)]
    pub picture: Option<String>,
    /// The prices, one for each currency.
    pub price: Vec<Price>,
}

/// A price.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// The currency.
    pub currency: Currency,
    /// The price in minor units, including VAT.
    pub value: i64,
    /// The VAT rate in hundredths of a percent: 2500 is 25 %.
    pub vat_rate: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    article: Vec<Article>,
}

impl Catalogue {
    /// Reads a file.
    ///
    /// # Errors
    /// Every mistake in the file.
    pub fn read(path: &Path) -> Result<Self, Vec<String>> {
        let text = std::fs::read_to_string(path).map_err(|error| vec![format!("{}: {error}", path.display())])?;
        Self::parse(&text)
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    /// Every mistake in the text.
    pub fn parse(text: &str) -> Result<Self, Vec<String>> {
        let file: File = toml::from_str(text).map_err(|error| vec![error.to_string().trim_end().replace('\n', " ")])?;
        let mut mistakes = Vec::new();
        let mut articles = BTreeMap::new();
        if file.article.is_empty() {
            mistakes.push("has no [[article]]".to_owned());
        }
        for article in file.article {
            let sku = article.sku.clone();
            if !is_sku(&sku) {
                mistakes.push(format!("{sku:?} is not a sku: letters, digits, '.', '-' and '_', 64 at most"));
            }
            if !text::is_line(&article.name, 1..=200) {
                mistakes.push(format!("{sku}: name must have 1 to 200 characters, none of them a control character"));
            }
            let currencies: BTreeSet<_> = article.price.iter().map(|price| price.currency.code()).collect();
            if currencies.is_empty() || currencies.len() < article.price.len() {
                mistakes.push(format!("{sku}: must have exactly one price for each currency in which it is sold"));
            }
            if article.price.iter().any(|price| !(1..=65_000_000).contains(&price.value)) {
                mistakes.push(format!("{sku}: a price must be 1 to 65000000 minor units"));
            }
            if !article.price.iter().all(|price| money::is_vat_rate(price.vat_rate)) {
                mistakes.push(format!("{sku}: {}", money::VAT_RATE));
            }
            if articles.insert(sku.clone(), article).is_some() {
                mistakes.push(format!("{sku}: is there twice"));
            }
        }
        if mistakes.is_empty() { Ok(Self(articles)) } else { Err(mistakes) }
    }

    /// The articles that are sold in a currency, ordered by sku.
    pub fn sold_in(&self, currency: Currency) -> impl Iterator<Item = (&Article, Price)> {
        self.0.keys().filter_map(move |sku| self.find(sku, currency))
    }

    /// An article and its price in a currency.
    pub fn find(&self, sku: &str, currency: Currency) -> Option<(&Article, Price)> {
        let article = self.0.get(sku)?;
        let price = article.price.iter().find(|price| price.currency == currency)?;
        Some((article, *price))
    }
}

/// Whether a text is a valid sku.
fn is_sku(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    (1..=64).contains(&text.len()) && text.bytes().all(plain)
}
