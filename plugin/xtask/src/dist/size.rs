//! The widget's size and its budget: the files that a page with one language loads, with the largest language.
//!
//! The budget is in brotli at quality 11, which servers should send; the gzip column is for servers without brotli. All sizes are in bytes.

use std::io::Write;

use anyhow::{Context, Result, bail};
use flate2::{Compression, write::GzEncoder};

/// The budget of the shell, which a page loads before any press.
const SHELL_BUDGET: usize = 3 * 1024;
/// The budget of everything that a page with one language loads.
const TOTAL_BUDGET: usize = 30 * 1024;

/// A file's size: uncompressed, in gzip and in brotli.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Size {
    raw: usize,
    gzip: usize,
    brotli: usize,
}

impl Size {
    pub(super) fn of(content: &[u8]) -> Result<Self> {
        Ok(Self { raw: content.len(), gzip: gzip(content)?.len(), brotli: brotli(content)?.len() })
    }

    pub(super) fn brotli(&self) -> usize {
        self.brotli
    }
}

/// A row of the table.
pub(super) struct Row {
    name: &'static str,
    size: Size,
    counts: bool,
}

impl Row {
    /// A file that the page loads.
    pub(super) fn new(name: &'static str, size: Size) -> Self {
        Self { name, size, counts: true }
    }

    /// A part of the file in the row above, or one of the files that it represents. It is printed but not counted.
    pub(super) fn within(name: &'static str, size: Size) -> Self {
        Self { name, size, counts: false }
    }
}

/// Compresses with brotli at its highest quality.
pub(super) fn brotli(content: &[u8]) -> Result<Vec<u8>> {
    let params = brotli::enc::BrotliEncoderParams { quality: 11, size_hint: content.len(), ..Default::default() };
    let mut compressed = Vec::new();
    brotli::BrotliCompress(&mut &content[..], &mut compressed, &params).context("cannot compress")?;
    Ok(compressed)
}

/// Compresses with gzip at its highest level.
pub(super) fn gzip(content: &[u8]) -> Result<Vec<u8>> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(content).context("cannot gzip")?;
    gzip.finish().context("cannot gzip")
}

/// Prints the table and checks the budgets. The first row is the shell.
///
/// # Errors
/// When a budget is exceeded.
pub(super) fn report(rows: &[Row]) -> Result<()> {
    let total = total(rows);
    println!("{:<12} {:>8} {:>8} {:>8}", "bytes", "raw", "gzip", "brotli");
    for row in rows {
        let name = if row.counts { row.name.to_owned() } else { format!("  {}", row.name) };
        print_line(&name, row.size);
    }
    print_line("total", total);
    let shell = rows.first().map(|row| row.size).unwrap_or_default();
    within_budget("the shell", shell.brotli, SHELL_BUDGET)?;
    within_budget("everything", total.brotli, TOTAL_BUDGET)
}

fn print_line(name: &str, size: Size) {
    println!("{name:<12} {:>8} {:>8} {:>8}", size.raw, size.gzip, size.brotli);
}

fn total(rows: &[Row]) -> Size {
    rows.iter().filter(|row| row.counts).fold(Size::default(), |sum, Row { size, .. }| Size {
        raw: sum.raw + size.raw,
        gzip: sum.gzip + size.gzip,
        brotli: sum.brotli + size.brotli,
    })
}

fn within_budget(what: &str, bytes: usize, budget: usize) -> Result<()> {
    if bytes > budget {
        bail!("{what} has {bytes} bytes in brotli, {} more than the budget of {budget}", bytes - budget);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sized(brotli: usize) -> Size {
        Size { raw: 3 * brotli, gzip: 2 * brotli, brotli }
    }

    #[test]
    fn a_size_equal_to_the_budget_passes() {
        let rows = |shell, rest| [Row::new("shell", sized(shell)), Row::new("rest", sized(rest))];
        assert!(report(&rows(SHELL_BUDGET, TOTAL_BUDGET - SHELL_BUDGET)).is_ok());
        let error = report(&rows(SHELL_BUDGET + 1, 1)).unwrap_err().to_string();
        assert_eq!(error, "the shell has 3073 bytes in brotli, 1 more than the budget of 3072");
        let error = report(&rows(1, TOTAL_BUDGET)).unwrap_err().to_string();
        assert_eq!(error, "everything has 30721 bytes in brotli, 1 more than the budget of 30720");
    }

    #[test]
    fn a_part_of_a_file_is_not_counted_twice() {
        let rows = [Row::new("a", sized(10)), Row::within("its CSS", sized(4)), Row::new("b", sized(5))];
        assert_eq!(total(&rows), sized(15));
    }

    #[test]
    fn brotli_can_be_decompressed() {
        let content = "the same words, the same words, the same words".repeat(40);
        let compressed = brotli(content.as_bytes()).unwrap();
        let mut read = Vec::new();
        brotli::BrotliDecompress(&mut &compressed[..], &mut read).unwrap();
        assert_eq!(read, content.as_bytes());
        assert!(Size::of(content.as_bytes()).unwrap().brotli < content.len() / 10);
    }
}
