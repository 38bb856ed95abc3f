//! Parquet, one row group at a time.

use std::fs::File;
use std::io::Write;
use std::sync::Arc;

use bytes::Bytes;
use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical, ZstdLevel};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{Type, TypePtr};

use super::error::FileError;
use super::format::FileFormat;
use super::table::{Cell, Column, ColumnKind, Table};
use super::table_writer::{FileSummary, TableWriter};

/// A group ends early when its texts take this much, so that long texts do not take memory without bound.
const TEXT_BYTES_PER_GROUP: usize = 16 * 1024 * 1024;

pub struct ParquetWriter {
    file: SerializedFileWriter<Box<dyn Write + Send>>,
    columns: Vec<ColumnBuffer>,
    rows_per_group: usize,
    gathered_rows: usize,
    rows: u64,
}

/// The cells of one column that wait for their group.
struct ColumnBuffer {
    values: ColumnValues,
    /// 1 for a value, 0 for a null: Parquet's definition levels.
    levels: Vec<i16>,
}

enum ColumnValues {
    /// The texts one after another, and where each ends.
    Text {
        bytes: Vec<u8>,
        ends: Vec<usize>,
    },
    Integer(Vec<i64>),
    Real(Vec<f64>),
    Boolean(Vec<bool>),
}

impl ParquetWriter {
    pub fn begin(
        table: &Table,
        rows_per_group: usize,
        out: Box<dyn Write + Send>,
    ) -> Result<Self, FileError> {
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_created_by(concat!("attempt-ledger version ", env!("CARGO_PKG_VERSION")).to_owned())
            .build();
        let schema = schema(table).map_err(encode)?;
        let file = SerializedFileWriter::new(out, schema, Arc::new(properties)).map_err(encode)?;
        let columns = table.columns.iter().map(|column| ColumnBuffer::new(column.kind)).collect();
        Ok(Self { file, columns, rows_per_group: rows_per_group.max(1), gathered_rows: 0, rows: 0 })
    }

    fn write_group(&mut self) -> ParquetResult<()> {
        if self.gathered_rows == 0 {
            return Ok(());
        }
        let mut group = self.file.next_row_group()?;
        for column in &mut self.columns {
            let mut writer = group.next_column()?.expect("the schema was made of the same columns");
            column.write(&mut writer)?;
            writer.close()?;
        }
        group.close()?;
        self.gathered_rows = 0;
        self.file.flush()?;
        Ok(())
    }

    fn text_bytes(&self) -> usize {
        self.columns.iter().map(ColumnBuffer::text_bytes).sum()
    }
}

impl TableWriter for ParquetWriter {
    fn row(&mut self, cells: &[Cell<'_>]) -> Result<(), FileError> {
        for (column, cell) in self.columns.iter_mut().zip(cells) {
            column.push(cell);
        }
        self.gathered_rows += 1;
        self.rows += 1;
        if self.gathered_rows >= self.rows_per_group || self.text_bytes() >= TEXT_BYTES_PER_GROUP {
            self.write_group().map_err(encode)?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<FileSummary, FileError> {
        self.write_group().map_err(encode)?;
        self.file.finish().map_err(encode)?;
        self.file.flush()?;
        Ok(FileSummary { rows: self.rows, shortened: 0 })
    }
}

impl ColumnBuffer {
    const fn new(kind: ColumnKind) -> Self {
        let values = match kind {
            ColumnKind::Text => ColumnValues::Text { bytes: Vec::new(), ends: Vec::new() },
            ColumnKind::Integer | ColumnKind::Time | ColumnKind::Duration => {
                ColumnValues::Integer(Vec::new())
            }
            ColumnKind::Real => ColumnValues::Real(Vec::new()),
            ColumnKind::Boolean => ColumnValues::Boolean(Vec::new()),
        };
        Self { values, levels: Vec::new() }
    }

    fn push(&mut self, cell: &Cell<'_>) {
        if cell.is_null() {
            self.levels.push(0);
            return;
        }
        self.levels.push(1);
        match (&mut self.values, cell) {
            (ColumnValues::Text { bytes, ends }, Cell::Text(text)) => {
                bytes.extend_from_slice(text.as_bytes());
                ends.push(bytes.len());
            }
            (
                ColumnValues::Integer(values),
                Cell::Integer(number) | Cell::Time(number) | Cell::Duration(number),
            ) => {
                values.push(*number);
            }
            (ColumnValues::Real(values), Cell::Real(number)) => values.push(*number),
            (ColumnValues::Boolean(values), Cell::Boolean(value)) => values.push(*value),
            _ => unreachable!("rows are checked against the table before they come here"),
        }
    }

    const fn text_bytes(&self) -> usize {
        match &self.values {
            ColumnValues::Text { bytes, .. } => bytes.len(),
            _ => 0,
        }
    }

    fn write(&mut self, writer: &mut SerializedColumnWriter<'_>) -> ParquetResult<()> {
        let levels = Some(self.levels.as_slice());
        match &mut self.values {
            ColumnValues::Text { bytes, ends } => {
                let all = Bytes::from(std::mem::take(bytes));
                let mut start = 0;
                let mut texts = Vec::with_capacity(ends.len());
                for end in ends.drain(..) {
                    texts.push(ByteArray::from(all.slice(start..end)));
                    start = end;
                }
                writer.typed::<ByteArrayType>().write_batch(&texts, levels, None)?;
            }
            ColumnValues::Integer(values) => {
                writer.typed::<Int64Type>().write_batch(values, levels, None)?;
                values.clear();
            }
            ColumnValues::Real(values) => {
                writer.typed::<DoubleType>().write_batch(values, levels, None)?;
                values.clear();
            }
            ColumnValues::Boolean(values) => {
                writer.typed::<BoolType>().write_batch(values, levels, None)?;
                values.clear();
            }
        }
        self.levels.clear();
        Ok(())
    }
}

fn schema(table: &Table) -> ParquetResult<TypePtr> {
    let fields = table.columns.iter().map(field).collect::<ParquetResult<Vec<_>>>()?;
    Ok(Arc::new(Type::group_type_builder("schema").with_fields(fields).build()?))
}

fn field(column: &Column) -> ParquetResult<TypePtr> {
    let (physical, logical) = match column.kind {
        ColumnKind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        ColumnKind::Integer | ColumnKind::Duration => (Physical::INT64, None),
        ColumnKind::Real => (Physical::DOUBLE, None),
        ColumnKind::Boolean => (Physical::BOOLEAN, None),
        ColumnKind::Time => (Physical::INT64, Some(LogicalType::timestamp(true, TimeUnit::MILLIS))),
    };
    let field = Type::primitive_type_builder(&column.name, physical)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(logical)
        .build()?;
    Ok(Arc::new(field))
}

fn encode(cause: ParquetError) -> FileError {
    FileError::Encode { format: FileFormat::Parquet, cause: Box::new(cause) }
}
/// The rows of a finished Parquet file, as its footer counts them; `None` when it is none.
#[must_use]
pub fn parquet_row_count(file: File) -> Option<u64> {
    let reader = SerializedFileReader::new(file).ok()?;
    reader.metadata().file_metadata().num_rows().try_into().ok()
}
