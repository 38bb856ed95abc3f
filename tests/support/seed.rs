//! Seeds of random tests.

const VARIABLE: &str = "ATTEMPT_LEDGER_TEST_SEED";

/// The seed of this test: a new one, unless ATTEMPT_LEDGER_TEST_SEED gives one back. A test that fails shows
/// it.
pub fn seed() -> u64 {
    let seed = match std::env::var(VARIABLE) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{VARIABLE} is no number: {text}")),
        // Small, so that tests may count on from it.
        Err(_) => u64::from(rand::random::<u32>()),
    };
    println!("{VARIABLE}={seed}");
    seed
}
