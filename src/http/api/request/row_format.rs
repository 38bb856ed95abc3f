//! In which form rows are answered: JSON, or one of the files.

use utoipa::IntoParams;

use super::parameter::invalid;
use super::query_string::QueryString;
use crate::files::{CsvOptions, DecimalMark, FileFormat};
use crate::http::problem::Problem;

/// In which form the rows come.
#[derive(Clone, Copy, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RowFormat {
    /// `json` (the default), or a file of every row: `ndjson`, `csv`, `parquet` or `xlsx`.
    #[param(value_type = Option<String>)]
    pub format: Option<FileFormat>,
    /// Stands between the columns of a CSV file: `,` (the default), `;`, `|` or a tab.
    #[param(value_type = Option<String>)]
    pub separator: u8,
    /// Whether a CSV file begins with a byte order mark, without which Excel takes it for another encoding.
    #[param(value_type = Option<bool>)]
    pub byte_order_mark: bool,
    /// What stands before the fraction of a number in a CSV file: `point` (the default), or `comma`, with
    /// which columns are separated by `;` unless `separator` says otherwise.
    #[param(value_type = Option<String>)]
    pub decimal: DecimalMark,
}

impl RowFormat {
    pub fn read(query: &mut QueryString) -> Result<Self, Problem> {
        let formats = [None].into_iter().chain(FileFormat::ALL.map(Some)).collect::<Vec<_>>();
        let name_of = |format: Option<FileFormat>| format.map_or("json", FileFormat::name);
        let format = query.one_of("format", &formats, name_of)?.flatten();
        let (separator, byte_order_mark) = (query.text("separator")?, query.flag("byte_order_mark")?);
        let decimal = query.one_of("decimal", &DecimalMark::ALL, DecimalMark::name)?;
        let given = [
            ("separator", separator.is_some()),
            ("byte_order_mark", byte_order_mark.is_some()),
            ("decimal", decimal.is_some()),
        ];
        if let Some((name, _)) =
            given.iter().find(|(_, is_given)| *is_given && format != Some(FileFormat::Csv))
        {
            return Err(invalid(name, "it is for format=csv only"));
        }
        let defaults = CsvOptions::default();
        let separator = match separator.as_deref().map(str::as_bytes) {
            None => CsvOptions::separator_beside(decimal.unwrap_or_default()),
            Some([byte]) if CsvOptions::SEPARATORS.contains(byte) => *byte,
            Some(_) => {
                let reason = "it must be a comma, a semicolon, a bar or a tab, written %2C, %3B, %7C or %09";
                return Err(invalid("separator", reason));
            }
        };
        let byte_order_mark = byte_order_mark.unwrap_or(defaults.byte_order_mark);
        Ok(Self { format, separator, byte_order_mark, decimal: decimal.unwrap_or_default() })
    }
}
