//! The results: samples of several rounds, shown as medians and ratios.

use std::collections::BTreeMap;
use std::fmt::Write;

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
    /// The heading, and the columns that are divided.
    ratios: Vec<(&'static str, &'static str, &'static str)>,
    /// In the order in which they were first measured.
    lines: Vec<String>,
    samples: BTreeMap<(String, &'static str), Vec<f64>>,
    failures: Vec<String>,
}

impl Table {
    /// An empty table.
    pub(crate) fn new(
        title: impl Into<String>,
        columns: &[&'static str],
        ratios: &[(&'static str, &'static str, &'static str)],
    ) -> Self {
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
            let headings = self.columns.iter().copied().chain(self.ratios.iter().map(|(heading, ..)| *heading));
            let headings: Vec<_> = headings.collect();
            let _ = writeln!(text, "| | {} |\n|---|{}", headings.join(" | "), "---:|".repeat(headings.len()));
        }
        for line in &self.lines {
            let of = |column: &'static str| median(self.samples.get(&(line.clone(), column))?);
            let shown = self.columns.iter().map(|column| of(column).map_or("–".to_owned(), number));
            let ratio = |(_, above, below): &(&str, &'static str, &'static str)| {
                let ratio = of(above)? / of(below).filter(|below| *below > 0.0)?;
                Some(format!("**{ratio:.2}**"))
            };
            let ratios = self.ratios.iter().map(|pair| ratio(pair).unwrap_or("–".to_owned()));
            let cells: Vec<String> = shown.chain(ratios).collect();
            let _ = writeln!(text, "| {line} | {} |", cells.join(" | "));
        }
        for failure in &self.failures {
            let _ = writeln!(text, "\nFailed, and not measured here: {}", failure.replace('\n', " "));
        }
        text
    }
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
    fn numbers_are_grouped() {
        for (value, text) in [(0.5, "0.50"), (12.34, "12.3"), (123.4, "123"), (12345.0, "12,345"), (1e6, "1,000,000")] {
            assert_eq!(number(value), text);
        }
    }
}
