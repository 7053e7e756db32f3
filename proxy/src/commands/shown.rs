//! How commands show things to people: tables, and lengths of time.

/// Prints rows under their headings, in columns.
pub(crate) fn table(headings: &[&str], rows: impl Iterator<Item = Vec<String>>) {
    let rows: Vec<_> = rows.collect();
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([headings[column].len()]).max().unwrap_or_default()
    };
    let widths: Vec<_> = (0..headings.len()).map(width).collect();
    let line = |cells: Vec<&str>| {
        let padded = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    println!("{}", line(headings.to_vec()));
    for row in &rows {
        println!("{}", line(row.iter().map(String::as_str).collect()));
    }
}

/// A length of time in its largest unit, such as `3 min`.
pub(crate) fn duration(ms: i64) -> String {
    let seconds = ms.max(0) / 1000;
    match seconds {
        ..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// A size in its largest unit, such as `3 MB`.
pub(crate) fn bytes(bytes: u64) -> String {
    match bytes {
        ..2_000_000 => format!("{} kB", bytes / 1_000),
        2_000_000..2_000_000_000 => format!("{} MB", bytes / 1_000_000),
        _ => format!("{} GB", bytes / 1_000_000_000),
    }
}

/// When something is due that is due in so many milliseconds.
pub(crate) fn until(ms: i64) -> String {
    if ms > 0 { format!("in {}", duration(ms)) } else { format!("{} ago", duration(-ms)) }
}

/// Minor units as the amount that people read; every currency here has two decimals.
pub(crate) fn amount(minor: i64) -> String {
    format!("{}.{:02}", minor / 100, minor.abs() % 100)
}
