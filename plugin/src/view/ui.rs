//! A screen as text: a line for each element's begin and end, attribute and piece of text. `js/draw.js` keeps the page in line with it.
//!
//! One line is one character that says what it is, and what it is about:
//!
//! | line | what it is |
//! |---|---|
//! | `<tag.class|attribute=value` | an element begins; its class is its part, too |
//! | `>` | it ends |
//! | `=attribute value` | an attribute of the element that has begun; without a value it has none |
//! | `'text` | a piece of text, with amounts and dates as [`format`](mod@crate::format) writes them |
//!
//! Texts of the shop have no control characters (`js/json.js` replaces them), so no name can end a line.

use kvitt_wire::Amount;

use crate::format;
use crate::text::{Word, Words};

/// The text of a screen so far, and the texts of the customer's language.
pub(crate) struct Ui<'a> {
    out: String,
    pub(super) words: &'a Words,
}

impl<'a> Ui<'a> {
    pub(crate) fn new(words: &'a Words) -> Self {
        Self { out: String::new(), words }
    }

    /// The whole text.
    pub(crate) fn into_text(self) -> String {
        self.out
    }

    /// Begins an element: its tag, its class and its constant attributes.
    pub(super) fn open(&mut self, what: &str) {
        self.line("<", what);
    }

    /// Ends the element that began last.
    pub(super) fn close(&mut self) {
        self.line(">", "");
    }

    /// Appends text.
    pub(super) fn text(&mut self, text: &str) {
        if !text.is_empty() {
            self.line("'", text);
        }
    }

    /// Appends a number, as [`format::push`] has it.
    pub(super) fn number(&mut self, kind: &str, number: i64) {
        self.out.push('\'');
        format::push(&mut self.out, kind, number);
        self.out.push('\n');
    }

    /// An element with a number.
    pub(super) fn figure(&mut self, what: &str, kind: &str, number: i64) {
        self.open(what);
        self.number(kind, number);
        self.close();
    }

    /// An element with a text.
    pub(super) fn leaf(&mut self, what: &str, text: &str) {
        self.open(what);
        self.text(text);
        self.close();
    }

    /// An element with one of the texts.
    pub(super) fn word(&mut self, what: &str, word: Word) {
        self.leaf(what, self.words.text(word));
    }

    /// An element with one of the texts, its placeholders filled.
    pub(super) fn fill(&mut self, what: &str, word: Word, values: &[&str]) {
        self.open(what);
        self.out.push('\'');
        self.words.fill_into(&mut self.out, word, values);
        self.out.push('\n');
        self.close();
    }

    /// Sets an attribute of the element that began last, or removes it.
    pub(super) fn attr(&mut self, name: &str, value: &str) {
        self.out.push('=');
        self.out.push_str(name);
        self.line(" ", value);
    }

    /// Appends one of the texts, with `inside` in the place of its placeholder.
    pub(super) fn around(&mut self, word: Word, inside: impl FnOnce(&mut Self)) {
        let (before, after) = self.words.around(word);
        self.text(before);
        inside(self);
        self.text(after);
    }

    /// A row of a description list: a label and an amount.
    pub(super) fn sum(&mut self, what: &str, label: &str, amount: Amount) {
        self.open(what);
        self.leaf("dt", label);
        self.figure("dd", amount.currency.code(), amount.value);
        self.close();
    }

    /// A row of a description list: a label and its value.
    pub(super) fn row(&mut self, what: &str, label: &str, value: &str) {
        self.open(what);
        self.leaf("dt", label);
        self.leaf("dd", value);
        self.close();
    }

    fn line(&mut self, kind: &str, rest: &str) {
        self.out.push_str(kind);
        self.out.push_str(rest);
        self.out.push('\n');
    }
}
