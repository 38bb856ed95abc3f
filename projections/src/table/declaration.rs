//! How a row and the columns of its table are declared: one line for a column.

/// Declares a row's type together with the columns of its table.
///
/// A line says a column's name, which is the field's, its type, the schema since which the table has it, and
/// its meaning; `answer` is what the description of the API says about it. A column that follows from others
/// has no field: `derived` says how it is worked out, and nothing reads it back.
macro_rules! table_row {
    (
        $(#[$of_row:meta])*
        pub struct $row:ident: $table:literal {
            $(
                $(#[$of_field:meta])*
                $name:ident: $type:ty, since $since:literal, $meaning:literal $(, answer $answer:literal)?;
            )+
        }
        $(derived {$(
            $derived:ident: $of:ty = $work_out:expr, since $from:literal, $says:literal
            $(, answer $explains:literal)?;
        )+})?
    ) => {
        $(#[$of_row])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $row {$(
            #[doc = $meaning]
            $(#[$of_field])*
            pub $name: $type,
        )+}

        $crate::table::table_columns! {
            $row: $table { $($name: $type = $name, since $since, $meaning $(, answer $answer)?;)+ }
            $(derived { $($derived: $of = $work_out, since $from, $says $(, answer $explains)?;)+ })?
            read $row { $($name),+ }
        }
    };
}

/// The columns of a row whose type is declared elsewhere: each names the field that it is read off, and
/// `read` makes a row from all of them.
macro_rules! table_columns {
    (
        $row:ident: $table:literal {$(
            $name:ident: $type:ty = $($field:ident).+, since $since:literal, $meaning:literal
            $(, answer $answer:literal)?;
        )+}
        $(derived {$(
            $derived:ident: $of:ty = $work_out:expr, since $from:literal, $says:literal
            $(, answer $explains:literal)?;
        )+})?
        read $made:expr
    ) => {
        impl $crate::table::TableRow for $row {
            const TABLE: &'static str = $table;
            const COLUMN_NAMES: &'static str =
                concat!($(", ", stringify!($name),)+ $($(", ", stringify!($derived),)+)?).split_at(2).1;
            const COLUMNS: &'static [$crate::table::TableColumn<Self>] = &[
                $($crate::table::row_column!(
                    $name: $type, $since, $meaning, [$($answer)?],
                    |row| $crate::table::ColumnType::stored(&row.$($field).+)
                ),)+
                $($($crate::table::row_column!(
                    $derived: $of, $from, $says, [$($explains)?],
                    |row| {
                        let work_out: fn(&$row) -> $of = $work_out;
                        $crate::table::ColumnType::stored(&work_out(row))
                            .map($crate::table::StoredValue::into_owned)
                    }
                ),)+)?
            ];

            fn read<'v>(
                mut next: impl FnMut() -> Result<Option<$crate::table::StoredValue<'v>>, String>,
            ) -> Result<Self, String> {
                $(let $name = <$type as $crate::table::ColumnType>::of_stored(next()?)
                    .map_err(|reason| format!("{}: {reason}", stringify!($name)))?;)+
                Ok($made)
            }
        }
    };
}

/// One column.
macro_rules! row_column {
    ($name:ident: $type:ty, $since:literal, $meaning:literal, [$($answer:literal)?], $value:expr) => {
        $crate::table::TableColumn {
            name: stringify!($name),
            kind: <$type as $crate::table::ColumnType>::KIND,
            is_optional: <$type as $crate::table::ColumnType>::IS_OPTIONAL,
            since: $since,
            meaning: $meaning,
            description: $crate::table::first(&[$($answer)?]),
            value: $value,
        }
    };
}

pub(crate) use {row_column, table_columns, table_row};

#[cfg(test)]
mod tests {
    use attempt_ledger_domain::UnixMillis;

    use crate::table::{StoredValue, TableRow, ValueKind, newest_column, to_markdown};

    table_row! {
        /// A row with one column of each sort.
        pub struct Visit: "visits" {
            visit_id: i64, since 1, "the key";
            started_at: UnixMillis, since 1, "the beginning", answer "The beginning.";
            ended_at: Option<UnixMillis>, since 2, "the end";
        }
        derived {
            visit_ms: Option<u64> = |visit| Some(visit.ended_at?.since(visit.started_at)), since 3,
                "how long";
        }
    }

    #[test]
    fn a_line_declares_a_column_and_a_derived_one_is_worked_out_and_not_read() {
        let visit = Visit { visit_id: 7, started_at: UnixMillis(5), ended_at: Some(UnixMillis(9)) };
        let values: Vec<_> = Visit::COLUMNS.iter().map(|column| (column.value)(&visit)).collect();
        assert_eq!(values, [7, 5, 9, 4].map(|number| Some(StoredValue::Integer(number))));
        assert_eq!(Visit::COLUMN_NAMES, "visit_id, started_at, ended_at, visit_ms");
        let mut left = values.into_iter();
        assert_eq!(Visit::read(|| Ok(left.next().flatten())).as_ref(), Ok(&visit));
        assert_eq!(left.count(), 1);
        assert_eq!(newest_column::<Visit>(), 3);
        let [_, started, ended, length] = Visit::COLUMNS else { panic!("there are four columns") };
        assert_eq!((started.description, started.is_optional), (Some("The beginning."), false));
        assert_eq!((ended.description, ended.is_optional, length.kind), (None, true, ValueKind::Duration));
        let last_line = "| `visit_ms` | INTEGER or NULL | how long; since schema 3 |\n";
        assert!(to_markdown::<Visit>().ends_with(last_line));
    }

    #[test]
    fn what_no_row_has_is_refused_with_the_name_of_its_column() {
        let mut values = [Some(StoredValue::Integer(7)), Some(StoredValue::Text("noon".into()))].into_iter();
        let error = Visit::read(|| Ok(values.next().flatten())).unwrap_err();
        assert_eq!(error, "started_at: \"noon\" is no number");
    }
}
