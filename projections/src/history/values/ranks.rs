//! Percentiles by nearest rank.

/// The rank, from 1, of a percentile among so many values.
fn rank(count: u64, percent: u8) -> u64 {
    let rank = (u128::from(count) * u128::from(percent)).div_ceil(100);
    u64::try_from(rank).unwrap_or(count).clamp(1, count)
}

/// The values at the ranks of an unsorted list; `None` when it is empty.
///
/// Divides the list at the lowest rank, then what is above it at the next, so that each rank costs less than
/// the one before.
pub(super) fn of_list<const N: usize>(mut list: Vec<u32>, asked: [u8; N]) -> Option<[u64; N]> {
    if list.is_empty() {
        return None;
    }
    let mut places: [usize; N] = std::array::from_fn(|place| place);
    places.sort_unstable_by_key(|place| asked[*place]);
    let count = list.len() as u64;
    let mut found = [0; N];
    let mut below = 0;
    for place in places {
        let index = usize::try_from(rank(count, asked[place]) - 1).expect("a rank is within the list");
        found[place] = u64::from(*list[below..].select_nth_unstable(index - below).1);
        below = index;
    }
    Some(found)
}

/// The values at the ranks of a sorted multiset; `None` when nothing is in it.
pub(super) fn of_multiset<const N: usize>(sorted: &[(u64, i64)], asked: [u8; N]) -> Option<[u64; N]> {
    let count = u64::try_from(sorted.iter().map(|(_, times)| times).sum::<i64>()).ok()?;
    let ranks = asked.map(|percent| rank(count.max(1), percent));
    let mut found = [sorted.last()?.0; N];
    for (place, rank) in found.iter_mut().zip(ranks) {
        let mut seen = 0;
        for (value, times) in sorted {
            seen += times;
            if u64::try_from(seen).is_ok_and(|seen| seen >= rank) {
                *place = *value;
                break;
            }
        }
    }
    Some(found)
}
