//! The list of tables that a keyspace of the index states, `v{n}`, as fjall 3 writes it: an archive whose
//! section `tables` holds levels of runs of tables, each with its number, the kind of its checksum, the
//! checksum, and a sequence number.

use std::collections::HashMap;
use std::io::Cursor;

const SECTION: &[u8] = b"tables";
/// The only kind of checksum that there is.
const XXH3: u8 = 0;

/// The checksum of each table in the list, by number; `None` for a list of another shape.
pub(super) fn listed_tables(version: &[u8]) -> Option<HashMap<u64, u128>> {
    let archive = sfa::Reader::from_reader(&mut Cursor::new(version)).ok()?;
    let section = archive.toc().section(SECTION)?;
    let start = usize::try_from(section.pos()).ok()?;
    let length = usize::try_from(section.len()).ok()?;
    let mut rest = version.get(start..start.checked_add(length)?)?;
    let mut tables = HashMap::new();
    for _ in 0..u8::from_le_bytes(take(&mut rest)?) {
        for _ in 0..u8::from_le_bytes(take(&mut rest)?) {
            for _ in 0..u32::from_le_bytes(take(&mut rest)?) {
                let number = u64::from_le_bytes(take(&mut rest)?);
                let [XXH3] = take(&mut rest)? else { return None };
                tables.insert(number, u128::from_le_bytes(take(&mut rest)?));
                let _sequence_number: [u8; 8] = take(&mut rest)?;
            }
        }
    }
    rest.is_empty().then_some(tables)
}

fn take<const LENGTH: usize>(rest: &mut &[u8]) -> Option<[u8; LENGTH]> {
    let (taken, left) = rest.split_first_chunk()?;
    *rest = left;
    Some(*taken)
}
