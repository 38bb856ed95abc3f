//! What cannot be written is refused with the next step.

use std::io::{self, Write};

use attempt_ledger::files::{
    Cell, Column, ColumnKind, CsvOptions, FileError, FileFormat, FileOptions, Table, open,
};

use crate::files::harness::{every_kind, opened, text_rows, texts_table};

fn refusal(table: Table, options: &FileOptions) -> String {
    opened(FileFormat::Csv, table, options).map(|_| ()).unwrap_err().to_string()
}

#[test]
fn formats_are_known_by_name_in_any_case() {
    for format in FileFormat::ALL {
        assert_eq!(FileFormat::parse(format.name()).unwrap(), format);
        assert_eq!(FileFormat::parse(&format.name().to_uppercase()).unwrap(), format);
    }
    let error = FileFormat::parse("ods").unwrap_err().to_string();
    assert_eq!(error, "there is no file format `ods`; choose one of csv, ndjson, parquet and xlsx");
}

#[test]
fn separator_that_would_be_mistaken_is_refused() {
    for separator in *b"\"\n\r a.'" {
        let csv = CsvOptions { separator, byte_order_mark: false, ..CsvOptions::default() };
        let error = refusal(texts_table(), &FileOptions { csv, ..FileOptions::default() });
        assert!(error.contains("choose a comma, a semicolon, a tab or a bar"), "{error}");
    }
}

#[test]
fn columns_without_a_name_of_their_own_are_refused() {
    for (names, problem) in [
        (vec![], "it has no columns"),
        (vec!["a", " "], "a column has no name"),
        (vec!["queue", "Queue"], "two columns are called `Queue`"),
    ] {
        let columns = names.into_iter().map(|name| Column::new(name, ColumnKind::Text)).collect();
        let error = refusal(Table { name: "t".into(), columns }, &FileOptions::default());
        assert_eq!(
            error,
            format!("the table `t` cannot be written: {problem}; give every column a name of its own")
        );
    }
}

#[test]
fn row_that_does_not_fit_is_refused_in_every_format_and_the_next_one_is_taken() {
    for format in FileFormat::ALL {
        let (mut writer, _) = opened(format, texts_table(), &FileOptions::default()).unwrap();
        let error = writer.row(&[Cell::Null]).unwrap_err();
        assert!(matches!(error, FileError::CellCount { row: 1, expected: 2, found: 1 }), "{error}");
        let error = writer.row(&[Cell::Real(1.0), Cell::Null]).unwrap_err().to_string();
        let expected = "row 1 has a real number in the column `number`, which holds an integer; \
                        convert it or write null";
        assert_eq!(error, expected);
        writer.row(&[Cell::Integer(1), Cell::Null]).unwrap();
        assert_eq!(writer.finish().unwrap().rows, 1);
    }
}

/// Takes some bytes, then no more.
struct Full(usize);

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0 < bytes.len() {
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        self.0 -= bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn full_disk_is_an_error_in_every_format_and_never_a_finished_file() {
    for format in FileFormat::ALL {
        for room in [0, 3, 100] {
            let outcome = open(format, every_kind(), &FileOptions::default(), Box::new(Full(room))).and_then(
                |mut writer| {
                    for _ in 0..10 {
                        writer.row(&vec![Cell::Null; 6])?;
                    }
                    writer.finish()
                },
            );
            let error = outcome.unwrap_err().to_string();
            assert!(
                error.contains("it is incomplete: see that there is space"),
                "{}: {error}",
                format.name()
            );
        }
    }
}

#[test]
fn excel_refuses_more_columns_than_it_holds() {
    let columns = (0..16_385).map(|number| Column::new(format!("c{number}"), ColumnKind::Text)).collect();
    let table = Table { name: "wide".into(), columns };
    let error = opened(FileFormat::Xlsx, table, &FileOptions::default()).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("16384 columns") && error.contains("choose another format"), "{error}");
}

#[test]
fn texts_are_taken_from_memory_that_ends_before_the_file_does() {
    let (mut writer, _) = opened(FileFormat::Parquet, texts_table(), &FileOptions::default()).unwrap();
    {
        let text = String::from("short lived");
        writer.row(&text_rows(&[text.as_str()])[0]).unwrap();
    }
    assert_eq!(writer.finish().unwrap().rows, 1);
}
