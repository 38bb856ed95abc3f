//! A file of any length takes the same memory: what is not yet handed over does not grow with the rows.

use attempt_ledger::files::{Cell, FileFormat, FileOptions};

use crate::files::harness::{opened, texts_table};

/// Bytes that came only with `finish`, after this many rows, and all bytes.
fn withheld(format: FileFormat, rows: i64) -> (usize, usize) {
    let options = FileOptions { rows_per_group: 10_000, ..FileOptions::default() };
    let (mut writer, sink) = opened(format, texts_table(), &options).unwrap();
    for number in 0..rows {
        // Digits that do not repeat, so that compression leaves something to see.
        let text = format!("{:016x}", number.wrapping_mul(0x5851_f42d_4c95_7f2d));
        writer.row(&[Cell::Integer(number), Cell::from(text.as_str())]).unwrap();
    }
    let before = sink.length();
    writer.finish().unwrap();
    (sink.length() - before, sink.length())
}

#[test]
fn most_bytes_are_handed_over_before_the_end() {
    for format in [FileFormat::Csv, FileFormat::Ndjson, FileFormat::Parquet] {
        let (few_withheld, few) = withheld(format, 109_999);
        let (many_withheld, many) = withheld(format, 439_999);
        let name = format.name();
        assert!(many > 3 * few, "{name}: {few} {many}");
        assert!(few_withheld < few / 5, "{name}: {few_withheld} of {few}");
        // A Parquet file ends with some 500 bytes about each group.
        assert!(many_withheld < few_withheld + 64 * 1024, "{name}: {few_withheld} {many_withheld}");
    }
}
