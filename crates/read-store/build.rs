//! Lists the migrations, so that a new file under `migrations/` is all that a new schema takes.

use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations");
    let lists = [("SQLITE", "sqlite"), ("POSTGRES", "postgres")].map(|(name, directory)| {
        let directory = root.join(directory);
        println!("cargo:rerun-if-changed={}", directory.display());
        let texts: Vec<String> = migrations(&directory)
            .iter()
            .map(|path| format!("    include_str!({:?}),\n", path.display().to_string()))
            .collect();
        format!("pub(crate) const {name}_MIGRATIONS: &[&str] = &[\n{}];\n", texts.concat())
    });
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo names a directory")).join("migrations.rs");
    fs::write(out, lists.concat()).expect("the list is written");
}

/// The migrations of one database, in the order of their numbers, which are 1, 2, 3 … without a gap.
fn migrations(directory: &Path) -> Vec<PathBuf> {
    let number = |path: &Path| -> Option<usize> {
        let name = path.file_name()?.to_str()?.strip_suffix(".sql")?;
        name.strip_prefix('V')?.split_once("__")?.0.parse().ok()
    };
    let entries = fs::read_dir(directory).expect("the migrations are there");
    let mut found: Vec<(usize, PathBuf)> = entries
        .map(|entry| entry.expect("the migrations can be listed").path())
        .filter_map(|path| Some((number(&path)?, path)))
        .collect();
    found.sort();
    for (expected, (number, path)) in (1..).zip(&found) {
        assert_eq!(*number, expected, "{} is out of turn", path.display());
    }
    found.into_iter().map(|(_, path)| path).collect()
}
