//! The articles and what they cost, from a file that the shop writes. The page never decides a price.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use kvitt_wire::Currency;
use serde::Deserialize;

/// The articles by their stock-keeping units.
#[derive(Clone, Debug, Default)]
pub struct Catalogue(BTreeMap<String, Article>);

/// Something that is sold.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Article {
    /// Its stock-keeping unit: letters, digits, dot, hyphen and underscore; 64 at most.
    pub sku: String,
    /// Its name.
    pub name: String,
    /// The address of a picture of it.
    #[serde(default)]
    pub picture: Option<String>,
    /// What it costs, one price a currency.
    pub price: Vec<Price>,
}

/// A price.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// In this currency.
    pub currency: Currency,
    /// Minor units, VAT included.
    pub value: i64,
    /// VAT rate in hundredths of a percent: 2500 is 25 %.
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
    /// Every mistake in it.
    pub fn read(path: &Path) -> Result<Self, Vec<String>> {
        let text = std::fs::read_to_string(path).map_err(|error| vec![format!("{}: {error}", path.display())])?;
        Self::parse(&text)
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    /// Every mistake in it.
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
            if article.name.trim().is_empty() || article.name.len() > 200 {
                mistakes.push(format!("{sku}: name must have 1 to 200 characters"));
            }
            let currencies: BTreeSet<_> = article.price.iter().map(|price| price.currency.code()).collect();
            if currencies.is_empty() || currencies.len() < article.price.len() {
                mistakes.push(format!("{sku}: must have one price for each currency that it is sold in"));
            }
            if article.price.iter().any(|price| !(1..=65_000_000).contains(&price.value) || price.vat_rate > 10_000) {
                mistakes.push(format!("{sku}: prices are 1 to 65000000 minor units, VAT rates 0 to 10000"));
            }
            if articles.insert(sku.clone(), article).is_some() {
                mistakes.push(format!("{sku}: stands there twice"));
            }
        }
        if mistakes.is_empty() { Ok(Self(articles)) } else { Err(mistakes) }
    }

    /// What is sold in that currency, by its stock-keeping unit.
    pub fn sold_in(&self, currency: Currency) -> impl Iterator<Item = (&Article, Price)> {
        self.0.keys().filter_map(move |sku| self.find(sku, currency))
    }

    /// An article, and its price in that currency.
    pub fn find(&self, sku: &str, currency: Currency) -> Option<(&Article, Price)> {
        let article = self.0.get(sku)?;
        let price = article.price.iter().find(|price| price.currency == currency)?;
        Some((article, *price))
    }
}

/// Whether this may be a stock-keeping unit.
fn is_sku(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    (1..=64).contains(&text.len()) && text.bytes().all(plain)
}
