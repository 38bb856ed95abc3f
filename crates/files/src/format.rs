//! The formats of files, and what may be chosen about them.

use thiserror::Error;

/// Rows on one sheet of an Excel file, without the header; Excel can hold no more.
pub const ROWS_PER_SHEET_LIMIT: u32 = 1_048_575;

/// Rows of a Parquet file that are gathered before they are written.
pub const ROWS_PER_GROUP_DEFAULT: usize = 65_536;

/// A name that is no format of ours.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("there is no file format `{given}`; choose one of csv, ndjson, parquet and xlsx")]
pub struct UnknownFormat {
    /// What was asked for.
    pub given: String,
}

/// A format that tables are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FileFormat {
    /// Comma-separated values as RFC 4180 has them, in UTF-8.
    Csv,
    /// One JSON object for each row and line, and no other lines.
    Ndjson,
    /// Apache Parquet, compressed with zstd.
    Parquet,
    /// Excel 2007 and later.
    Xlsx,
}

impl FileFormat {
    /// Every format.
    pub const ALL: [Self; 4] = [Self::Csv, Self::Ndjson, Self::Parquet, Self::Xlsx];

    /// Reads a format's name, in any case.
    pub fn parse(name: &str) -> Result<Self, UnknownFormat> {
        Self::ALL
            .into_iter()
            .find(|format| format.name().eq_ignore_ascii_case(name))
            .ok_or_else(|| UnknownFormat { given: name.to_owned() })
    }

    /// The name in URLs and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
            Self::Parquet => "parquet",
            Self::Xlsx => "xlsx",
        }
    }

    /// The value for the header `Content-Type`.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Ndjson => "application/x-ndjson",
            Self::Parquet => "application/vnd.apache.parquet",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }

    /// How names of such files end, without the dot.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        self.name()
    }
}

/// What may be chosen about a CSV file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CsvOptions {
    /// Stands between columns: a comma, a semicolon, a tab or a bar. Excel expects a semicolon where the
    /// decimal mark is a comma.
    pub separator: u8,
    /// Whether the file begins with a byte order mark, without which Excel takes UTF-8 for another encoding.
    pub byte_order_mark: bool,
    /// What stands before the fraction of a number.
    pub decimal: DecimalMark,
}

/// What stands before the fraction of a number in a CSV file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum DecimalMark {
    /// As programs read it.
    #[default]
    Point,
    /// As Excel reads it in most of Europe, with a semicolon between columns.
    Comma,
}

impl DecimalMark {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Point, Self::Comma];

    /// The name in URLs and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Point => "point",
            Self::Comma => "comma",
        }
    }
}

impl CsvOptions {
    /// The separators that a file may have.
    pub const SEPARATORS: [u8; 4] = *b",;\t|";

    /// The separator that goes with a decimal mark where none is chosen.
    #[must_use]
    pub const fn separator_beside(decimal: DecimalMark) -> u8 {
        match decimal {
            DecimalMark::Point => b',',
            DecimalMark::Comma => b';',
        }
    }
}

impl Default for CsvOptions {
    fn default() -> Self {
        Self { separator: b',', byte_order_mark: false, decimal: DecimalMark::Point }
    }
}

/// What may be chosen about a file; each format reads its own part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileOptions {
    /// For CSV.
    pub csv: CsvOptions,
    /// For Parquet: rows that are gathered in memory and written as one group.
    pub rows_per_group: usize,
    /// For Excel: rows on one sheet, at most [`ROWS_PER_SHEET_LIMIT`]; more go on further sheets.
    pub rows_per_sheet: u32,
}

impl Default for FileOptions {
    fn default() -> Self {
        Self {
            csv: CsvOptions::default(),
            rows_per_group: ROWS_PER_GROUP_DEFAULT,
            rows_per_sheet: ROWS_PER_SHEET_LIMIT,
        }
    }
}
