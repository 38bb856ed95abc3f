//! A pattern language just large enough for lifecycles: letters, groups, `|`, `?` and `*`.

use std::collections::BTreeSet;

/// Whether the whole of `text` matches `pattern`.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    ends(pattern.as_bytes(), text.as_bytes(), &BTreeSet::from([0])).contains(&text.len())
}

/// Where a match of one of the alternatives can end that begins at one of `starts`.
fn ends(pattern: &[u8], text: &[u8], starts: &BTreeSet<usize>) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    let mut depth = 0;
    let mut from = 0;
    for (index, byte) in pattern.iter().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => depth -= 1,
            b'|' if depth == 0 => {
                found.append(&mut sequence(&pattern[from..index], text, starts));
                from = index + 1;
            }
            _ => {}
        }
    }
    found.append(&mut sequence(&pattern[from..], text, starts));
    found
}

fn sequence(pattern: &[u8], text: &[u8], starts: &BTreeSet<usize>) -> BTreeSet<usize> {
    let Some(first) = pattern.first() else {
        return starts.clone();
    };
    let length = if *first == b'(' { group_length(pattern) } else { 1 };
    let once = |starts: &BTreeSet<usize>| -> BTreeSet<usize> {
        if *first == b'(' {
            return ends(&pattern[1..length - 1], text, starts);
        }
        starts.iter().filter(|at| text.get(**at) == Some(first)).map(|at| at + 1).collect()
    };
    let (after, rest) = match pattern.get(length) {
        Some(b'?') => (starts | &once(starts), &pattern[length + 1..]),
        Some(b'*') => {
            let mut reached = starts.clone();
            loop {
                let more = &reached | &once(&reached);
                if more == reached {
                    break;
                }
                reached = more;
            }
            (reached, &pattern[length + 1..])
        }
        _ => (once(starts), &pattern[length..]),
    };
    sequence(rest, text, &after)
}

fn group_length(pattern: &[u8]) -> usize {
    let mut depth = 0;
    for (index, byte) in pattern.iter().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return index + 1;
        }
    }
    panic!("unbalanced pattern");
}

#[test]
fn patterns_match_what_they_say() {
    for (pattern, yes, no) in [
        ("L|J(O?M)*(L|O?B?P?L)", "JOMMOBPL", "JOOBL"),
        ("J?(O|M)*B*M?P?L?", "", "BO"),
        ("O?A?B*P?L", "OABBL", "OABB"),
    ] {
        assert!(matches(pattern, yes), "{pattern} {yes}");
        assert!(!matches(pattern, no), "{pattern} {no}");
    }
}
