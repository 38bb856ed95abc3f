//! What Rust readers get back.

use attempt_ledger::files::{Cell, CsvOptions, DecimalMark, FileFormat, FileOptions};
use bytes::Bytes;
use parquet::basic::{ConvertedType, LogicalType, TimeUnit};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use serde_json::{Map, Value};

use crate::files::harness::{as_json, bytes, every_kind, every_kind_rows, text_rows, texts_table, written};

fn csv_rows(file: &[u8], separator: u8) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).delimiter(separator).from_reader(file);
    reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

/// As the documentation of the formats promises it.
fn csv_text(cell: &Cell<'_>) -> String {
    match cell {
        Cell::Null => String::new(),
        Cell::Text(text) if text.starts_with(['+', '=', '\t']) => format!("'{text}"),
        Cell::Text(text) => text.to_string(),
        Cell::Integer(number) | Cell::Duration(number) => number.to_string(),
        Cell::Real(number) => format!("{number:?}"),
        Cell::Boolean(value) => value.to_string(),
        Cell::Time(unix_ms) => chrono::DateTime::from_timestamp_millis(*unix_ms)
            .unwrap()
            .format("%Y-%m-%dT%H:%M:%S%.3fZ")
            .to_string(),
    }
}

#[test]
fn csv_gives_back_every_value_with_every_separator() {
    let rows = every_kind_rows();
    for separator in CsvOptions::SEPARATORS {
        let csv = CsvOptions { separator, ..CsvOptions::default() };
        let options = FileOptions { csv, ..FileOptions::default() };
        let (file, _) = written(FileFormat::Csv, every_kind(), &options, &rows);
        let read = csv_rows(&file, separator);
        assert_eq!(read[0], ["destination", "attempt_id", "rate", "answered", "joined_at", "talk_ms"]);
        let expected: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(csv_text).collect()).collect();
        assert_eq!(read[1..], expected);
    }
}

#[test]
fn csv_is_written_to_the_byte_as_documented() {
    let csv = CsvOptions { separator: b';', byte_order_mark: true, ..CsvOptions::default() };
    let options = FileOptions { csv, ..FileOptions::default() };
    let rows = [
        vec![
            Cell::from("Київ \"1\""),
            Cell::Integer(-5),
            Cell::Real(-0.5),
            Cell::Boolean(false),
            Cell::Time(1_795_410_000_123),
            Cell::Duration(1_500),
        ],
        vec![Cell::from(""), Cell::Null, Cell::Real(f64::NAN), Cell::Null, Cell::Time(i64::MAX), Cell::Null],
    ];
    let (file, _) = written(FileFormat::Csv, every_kind(), &options, &rows);
    let expected = "\u{feff}destination;attempt_id;rate;answered;joined_at;talk_ms\r\n\
                    \"Київ \"\"1\"\"\";-5;-0.5;false;2026-11-23T05:00:00.123Z;1500\r\n\
                    \"\";;;;9223372036854775807;\r\n";
    assert_eq!(String::from_utf8(file).unwrap(), expected);
}

#[test]
fn csv_for_a_decimal_comma_has_it_in_fractions_and_nowhere_else() {
    let rows = [vec![
        Cell::from("1.5"),
        Cell::Integer(-5),
        Cell::Real(-0.5),
        Cell::Boolean(false),
        Cell::Time(1_795_410_000_123),
        Cell::Duration(1_500),
    ]];
    for (separator, expected) in [
        (b';', "1.5;-5;-0,5;false;2026-11-23T05:00:00.123Z;1500"),
        (b',', "1.5,-5,\"-0,5\",false,2026-11-23T05:00:00.123Z,1500"),
    ] {
        let csv = CsvOptions { separator, decimal: DecimalMark::Comma, ..CsvOptions::default() };
        let options = FileOptions { csv, ..FileOptions::default() };
        let (file, _) = written(FileFormat::Csv, every_kind(), &options, &rows);
        assert_eq!(String::from_utf8(file).unwrap().lines().nth(1), Some(expected));
    }
}

#[test]
fn ndjson_gives_back_every_value_and_names_every_column_in_every_line() {
    let table = every_kind();
    let rows = every_kind_rows();
    let file = String::from_utf8(bytes(FileFormat::Ndjson, table.clone(), &rows)).unwrap();
    assert!(file.ends_with("}\n"));
    let read: Vec<Map<String, Value>> =
        file.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let expected: Vec<Map<String, Value>> = rows
        .iter()
        .map(|row| {
            table.columns.iter().zip(row).map(|(c, cell)| (c.name.to_string(), as_json(cell))).collect()
        })
        .collect();
    assert_eq!(read, expected);
    let infinite = bytes(
        FileFormat::Ndjson,
        table,
        &[vec![Cell::Null, Cell::Null, Cell::Real(f64::INFINITY), Cell::Null, Cell::Null, Cell::Null]],
    );
    assert!(String::from_utf8(infinite).unwrap().contains("\"rate\":null,"));
}

fn parquet_value(field: &Field) -> Value {
    match field {
        Field::Null => Value::Null,
        Field::Str(text) => Value::from(text.as_str()),
        Field::Long(number) | Field::TimestampMillis(number) => Value::from(*number),
        Field::Double(number) => Value::from(*number),
        Field::Bool(value) => Value::from(*value),
        other => panic!("no column is of the type of {other:?}"),
    }
}

#[test]
fn parquet_gives_back_every_value_with_its_type_from_groups_of_any_size() {
    let rows = every_kind_rows();
    let expected: Vec<Vec<Value>> = rows.iter().map(|row| row.iter().map(as_json).collect()).collect();
    for rows_per_group in [1, 7, rows.len(), 65_536] {
        let options = FileOptions { rows_per_group, ..FileOptions::default() };
        let (file, _) = written(FileFormat::Parquet, every_kind(), &options, &rows);
        let reader = SerializedFileReader::new(Bytes::from(file)).unwrap();
        assert_eq!(reader.num_row_groups(), rows.len().div_ceil(rows_per_group));
        let read: Vec<Vec<Value>> = reader
            .get_row_iter(None)
            .unwrap()
            .map(|row| row.unwrap().get_column_iter().map(|(_, field)| parquet_value(field)).collect())
            .collect();
        assert_eq!(read, expected);
        let schema = reader.metadata().file_metadata().schema_descr();
        assert_eq!(schema.column(0).logical_type_ref(), Some(&LogicalType::String));
        let time = LogicalType::timestamp(true, TimeUnit::MILLIS);
        assert_eq!(schema.column(4).logical_type_ref(), Some(&time));
        assert_eq!(schema.column(4).converted_type(), ConvertedType::TIMESTAMP_MILLIS);
    }
}

#[test]
fn long_texts_end_a_parquet_group_early() {
    let text = "x".repeat(1024 * 1024);
    let rows = text_rows(&[text.as_str(); 40]);
    let reader =
        SerializedFileReader::new(Bytes::from(bytes(FileFormat::Parquet, texts_table(), &rows))).unwrap();
    let groups: Vec<i64> = reader
        .metadata()
        .row_groups()
        .iter()
        .map(parquet::file::metadata::RowGroupMetaData::num_rows)
        .collect();
    assert_eq!(groups, [16, 16, 8]);
}

#[test]
fn same_rows_give_the_same_bytes() {
    let rows = every_kind_rows();
    for format in FileFormat::ALL {
        assert_eq!(
            bytes(format, every_kind(), &rows),
            bytes(format, every_kind(), &rows),
            "{}",
            format.name()
        );
    }
}

#[test]
fn empty_table_is_a_whole_file() {
    assert_eq!(bytes(FileFormat::Csv, texts_table(), &[]), b"number,text\r\n");
    assert_eq!(bytes(FileFormat::Ndjson, texts_table(), &[]), b"");
    let file = bytes(FileFormat::Parquet, texts_table(), &[]);
    let reader = SerializedFileReader::new(Bytes::from(file)).unwrap();
    assert_eq!(reader.metadata().file_metadata().num_rows(), 0);
    assert_eq!(reader.metadata().file_metadata().schema_descr().num_columns(), 2);
}
