//! What the widget weighs, and how much it may: what a page with one language loads, the heaviest.
//!
//! The budget is in brotli at quality 11, which is what a server sends; gzip is shown for servers that cannot. Bytes throughout.

use std::io::Write;

use anyhow::{Context, Result, bail};
use flate2::{Compression, write::GzEncoder};

/// The most the shell may weigh: it is on the page before anything is pressed.
const SHELL_BUDGET: usize = 3 * 1024;
/// The most that everything a page loads may weigh together, in its one language.
const TOTAL_BUDGET: usize = 44 * 1024;

/// One file's size, three ways.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Weight {
    raw: usize,
    gzip: usize,
    brotli: usize,
}

impl Weight {
    pub(super) fn of(content: &[u8]) -> Result<Self> {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(content).context("cannot gzip")?;
        let gzip = gzip.finish().context("cannot gzip")?.len();
        Ok(Self { raw: content.len(), gzip, brotli: brotli(content)?.len() })
    }

    pub(super) fn brotli(&self) -> usize {
        self.brotli
    }
}

/// A line of the table.
pub(super) struct Part {
    name: &'static str,
    weight: Weight,
    counts: bool,
}

impl Part {
    /// A file that the page loads.
    pub(super) fn new(name: &'static str, weight: Weight) -> Self {
        Self { name, weight, counts: true }
    }

    /// A share of the file above, as it would weigh alone, or one of several that the row above stands for: shown, and not counted.
    pub(super) fn within(name: &'static str, weight: Weight) -> Self {
        Self { name, weight, counts: false }
    }
}

/// The content as brotli at its highest quality.
pub(super) fn brotli(content: &[u8]) -> Result<Vec<u8>> {
    let params = brotli::enc::BrotliEncoderParams { quality: 11, size_hint: content.len(), ..Default::default() };
    let mut compressed = Vec::new();
    brotli::BrotliCompress(&mut &content[..], &mut compressed, &params).context("cannot compress")?;
    Ok(compressed)
}

/// Prints the table; the first part is the shell.
///
/// # Errors
/// When a budget is exceeded.
pub(super) fn report(parts: &[Part]) -> Result<()> {
    let total = total(parts);
    println!("{:<12} {:>8} {:>8} {:>8}", "bytes", "raw", "gzip", "brotli");
    for part in parts {
        let name = if part.counts { part.name.to_owned() } else { format!("  {}", part.name) };
        print_line(&name, part.weight);
    }
    print_line("total", total);
    let shell = parts.first().map(|part| part.weight).unwrap_or_default();
    within_budget("the shell", shell.brotli, SHELL_BUDGET)?;
    within_budget("everything", total.brotli, TOTAL_BUDGET)
}

fn print_line(name: &str, weight: Weight) {
    println!("{name:<12} {:>8} {:>8} {:>8}", weight.raw, weight.gzip, weight.brotli);
}

fn total(parts: &[Part]) -> Weight {
    parts.iter().filter(|part| part.counts).fold(Weight::default(), |sum, Part { weight, .. }| Weight {
        raw: sum.raw + weight.raw,
        gzip: sum.gzip + weight.gzip,
        brotli: sum.brotli + weight.brotli,
    })
}

fn within_budget(what: &str, bytes: usize, budget: usize) -> Result<()> {
    if bytes > budget {
        bail!("{what} weighs {bytes} bytes in brotli, {} more than the budget of {budget}", bytes - budget);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weighing(brotli: usize) -> Weight {
        Weight { raw: 3 * brotli, gzip: 2 * brotli, brotli }
    }

    #[test]
    fn the_budget_is_the_last_size_that_passes() {
        let parts = |shell, rest| [Part::new("shell", weighing(shell)), Part::new("rest", weighing(rest))];
        assert!(report(&parts(SHELL_BUDGET, TOTAL_BUDGET - SHELL_BUDGET)).is_ok());
        let error = report(&parts(SHELL_BUDGET + 1, 1)).unwrap_err().to_string();
        assert_eq!(error, "the shell weighs 3073 bytes in brotli, 1 more than the budget of 3072");
        let error = report(&parts(1, TOTAL_BUDGET)).unwrap_err().to_string();
        assert_eq!(error, "everything weighs 45057 bytes in brotli, 1 more than the budget of 45056");
    }

    #[test]
    fn a_share_of_a_file_is_not_counted_twice() {
        let parts = [Part::new("a", weighing(10)), Part::within("its CSS", weighing(4)), Part::new("b", weighing(5))];
        assert_eq!(total(&parts), weighing(15));
    }

    #[test]
    fn brotli_can_be_read_again() {
        let content = "the same words, the same words, the same words".repeat(40);
        let compressed = brotli(content.as_bytes()).unwrap();
        let mut read = Vec::new();
        brotli::BrotliDecompress(&mut &compressed[..], &mut read).unwrap();
        assert_eq!(read, content.as_bytes());
        assert!(Weight::of(content.as_bytes()).unwrap().brotli < content.len() / 10);
    }
}
