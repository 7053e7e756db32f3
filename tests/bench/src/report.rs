//! The results: samples of several rounds, shown as medians and ratios.

use std::collections::BTreeMap;
use std::fmt::Write;

use anyhow::Context;

const BEGIN: &str = "<!-- bench -->";
const END: &str = "<!-- end of bench -->";

/// A heading, and the columns that are divided.
type Ratio = (&'static str, &'static str, &'static str);

fn median(samples: &[f64]) -> Option<f64> {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        count if count % 2 == 0 => Some((sorted[middle - 1] + sorted[middle]) / 2.0),
        _ => Some(sorted[middle]),
    }
}

/// A table: lines of what was measured, columns of who was, and ratios of two columns.
pub(crate) struct Table {
    title: String,
    columns: Vec<&'static str>,
    ratios: Vec<Ratio>,
    /// In the order in which they were first measured.
    lines: Vec<String>,
    samples: BTreeMap<(String, &'static str), Vec<f64>>,
    failures: Vec<String>,
}

impl Table {
    /// An empty table.
    pub(crate) fn new(title: impl Into<String>, columns: &[&'static str], ratios: &[Ratio]) -> Self {
        Self {
            title: title.into(),
            columns: columns.to_vec(),
            ratios: ratios.to_vec(),
            lines: Vec::new(),
            samples: BTreeMap::new(),
            failures: Vec::new(),
        }
    }

    /// Adds a sample.
    pub(crate) fn add(&mut self, line: impl Into<String>, column: &'static str, value: f64) {
        let line = line.into();
        if !self.lines.contains(&line) {
            self.lines.push(line.clone());
        }
        self.samples.entry((line, column)).or_default().push(value);
    }

    /// Says that something could not be measured, and why.
    pub(crate) fn fails(&mut self, column: &'static str, error: &anyhow::Error) {
        let failure = format!("{column}: {error:#}");
        eprintln!("    failed: {failure}");
        self.failures.push(failure);
    }

    /// The table in Markdown.
    pub(crate) fn markdown(&self) -> String {
        let mut text = format!("## {}\n\n", self.title);
        if !self.lines.is_empty() {
            text += &head(&self.columns, &self.ratios);
        }
        for line in &self.lines {
            text += &self.line(line, line, &self.columns, &self.ratios);
        }
        for failure in &self.failures {
            let _ = writeln!(text, "\nFailed, and not measured here: {}", failure.replace('\n', " "));
        }
        text
    }

    fn line(&self, line: &str, shown_as: &str, columns: &[&'static str], ratios: &[Ratio]) -> String {
        let of = |column: &'static str| median(self.samples.get(&(line.to_owned(), column))?);
        let values = columns.iter().map(|column| of(column).map_or("–".to_owned(), number));
        let ratio = |(_, above, below): &Ratio| {
            let ratio = of(above)? / of(below).filter(|below| *below > 0.0)?;
            Some(format!("**{ratio:.2}**"))
        };
        let ratios = ratios.iter().map(|pair| ratio(pair).unwrap_or("–".to_owned()));
        let cells: Vec<String> = values.chain(ratios).collect();
        format!("| {shown_as} | {} |\n", cells.join(" | "))
    }
}

fn head(columns: &[&str], ratios: &[Ratio]) -> String {
    let headings: Vec<_> = columns.iter().copied().chain(ratios.iter().map(|(heading, ..)| *heading)).collect();
    format!("| | {} |\n|---|{}\n", headings.join(" | "), "---:|".repeat(headings.len()))
}

/// What the README of the repository shows: a line of a table, and how it is called there.
const HEADLINE: [(&str, &str); 9] = [
    ("open, 32 in flight: CPU µs a request", "open, 32 in flight: CPU µs"),
    ("open, one at a time: p50 ms", "the same, one at a time: p50 ms"),
    ("webhook, 32 in flight: CPU µs a request", "webhook, 32 in flight: CPU µs"),
    ("connect to 200: p99 ms", "256 new connections: p99 ms"),
    ("100 a second, 100 idle streams: p50 ms", "approval to page: p50 ms"),
    ("500 a second, 10000 idle streams: p99 ms", "the same, beside 10,000 pages: p99 ms"),
    ("peak memory, MiB", "peak memory, MiB"),
    ("10000 streams: KiB each", "an open page: KiB"),
    ("start to ready, ms", "start to ready, ms"),
];

/// The headline of the tables: those of its lines that were measured.
pub(crate) fn headline(tables: &[Table]) -> String {
    let (columns, ratios) = (["floor", "fastify", "Kvitt"], [("Kvitt ÷ fastify", "Kvitt", "fastify")]);
    let lines = HEADLINE.iter().filter_map(|(line, shown_as)| {
        let table = tables.iter().find(|table| table.lines.iter().any(|known| known == line))?;
        Some(table.line(line, shown_as, &columns, &ratios))
    });
    lines.fold(head(&columns, &ratios), |text, line| text + &line)
}

/// A text with something else between its two markers.
pub(crate) fn between_markers(text: &str, content: &str) -> anyhow::Result<String> {
    let (before, rest) = text.split_once(BEGIN).context("there is no marker")?;
    let (_, after) = rest.split_once(END).context("there is no second marker")?;
    Ok(format!("{before}{BEGIN}\n{content}{END}{after}"))
}

/// The section of the results that `cargo xtask bench widget` has written, with the empty line before it.
pub(crate) fn about_the_widget(results: &str) -> &str {
    results.find("\n## What a customer waits for\n").map_or("", |at| &results[at..])
}

/// Three digits are enough for anything measured here.
fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => {
            let digits = format!("{value:.0}");
            let start = digits.len() % 3;
            let groups = (0..digits.len()).map(|at| if at > 0 && at % 3 == start { 1 } else { 0 });
            digits.chars().zip(groups).fold(String::new(), |mut text, (digit, gap)| {
                if gap == 1 {
                    text.push(',');
                }
                text.push(digit);
                text
            })
        }
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_shows_medians_and_their_ratios() {
        let mut table = Table::new("Opening", &["peer", "ours"], &[("ours ÷ peer", "ours", "peer")]);
        for (column, value) in [("peer", 10.0), ("peer", 1234.0), ("peer", 1000.0), ("ours", 400.0), ("ours", 600.0)] {
            table.add("p50 ms", column, value);
        }
        table.add("p99 ms", "ours", 1.234);
        let text = table.markdown();
        assert!(text.contains("| p50 ms | 1,000 | 500 | **0.50** |"), "{text}");
        assert!(text.contains("| p99 ms | – | 1.23 | – |"), "{text}");
    }

    #[test]
    fn the_headline_has_what_was_measured_and_goes_between_the_markers() {
        let mut table = Table::new("Start", &["floor", "fastify", "express", "Kvitt"], &[]);
        for (column, value) in [("fastify", 300.0), ("express", 400.0), ("Kvitt", 30.0)] {
            table.add("start to ready, ms", column, value);
        }
        let text = between_markers("a <!-- bench --> old <!-- end of bench --> b", &headline(&[table])).unwrap();
        assert!(
            text.starts_with("a <!-- bench -->\n| | floor |") && text.ends_with("<!-- end of bench --> b"),
            "{text}"
        );
        assert!(text.contains("| start to ready, ms | – | 300 | 30.0 | **0.10** |") && !text.contains("old"), "{text}");
        assert_eq!(text.lines().count(), 5, "{text}");
    }

    #[test]
    fn the_section_about_the_widget_is_kept() {
        let section = "\n## What a customer waits for\n\n- Machine\n";
        assert_eq!(about_the_widget(&format!("# Results\n{section}")), section);
        assert_eq!(about_the_widget("# Results\n"), "");
    }

    #[test]
    fn numbers_are_grouped() {
        for (value, text) in [(0.5, "0.50"), (12.34, "12.3"), (123.4, "123"), (12345.0, "12,345"), (1e6, "1,000,000")] {
            assert_eq!(number(value), text);
        }
    }
}
