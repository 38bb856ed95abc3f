//! Circles of files: file A names an item of file B, and B, directly or through others, one of A.
//!
//! `circles` reads every `.rs` file under a crate's source directory and resolves each path that begins with
//! `crate`, `super`, `self`, a child module or an imported name to the file that defines the item. A
//! re-export is followed to its origin, so a parent that only declares and re-exports is in no circle with
//! its children; a parent that defines what they use is. `mod name;` is no use. Inline `#[cfg(test)]` modules
//! do not count. Calls of methods are not seen.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

type Module = Vec<String>;

/// A name that a module gets from elsewhere; `*` for all names.
struct Import {
    path: Vec<String>,
    name: String,
}

/// What one module says, by its tokens.
#[derive(Default)]
struct Scope {
    file: PathBuf,
    items: BTreeSet<String>,
    imports: Vec<Import>,
    paths: Vec<Vec<String>>,
}

#[derive(Default)]
struct Tree(BTreeMap<Module, Scope>);

/// Every circle, as the files in it; none when the crate is in order.
pub fn circles(source: &Path) -> Vec<Vec<PathBuf>> {
    let uses = uses(source);
    let reach = |from: &Path| {
        let mut seen = BTreeSet::new();
        let mut open = vec![from.to_owned()];
        while let Some(file) = open.pop() {
            for next in uses.get(&file).into_iter().flatten() {
                if seen.insert(next.clone()) {
                    open.push(next.clone());
                }
            }
        }
        seen
    };
    let reached: BTreeMap<&PathBuf, BTreeSet<PathBuf>> =
        uses.keys().map(|file| (file, reach(file))).collect();
    let mut circles = BTreeSet::new();
    for (file, from_here) in &reached {
        let mutual = |other: &&PathBuf| reached.get(other).is_some_and(|back| back.contains(*file));
        let circle: BTreeSet<&PathBuf> = from_here.iter().filter(mutual).collect();
        if !circle.is_empty() {
            circles.insert(circle.into_iter().cloned().collect::<Vec<_>>());
        }
    }
    circles.into_iter().collect()
}

/// Which files each file uses, as paths under the source directory.
pub fn uses(source: &Path) -> BTreeMap<PathBuf, BTreeSet<PathBuf>> {
    let mut tree = Tree::default();
    read_directory(source, source, &mut tree);
    let mut uses: BTreeMap<PathBuf, BTreeSet<PathBuf>> = BTreeMap::new();
    for (module, scope) in &tree.0 {
        let used = uses.entry(scope.file.clone()).or_default();
        let paths = scope.imports.iter().map(|import| &import.path).chain(&scope.paths);
        used.extend(paths.filter_map(|path| tree.file_of(module, path)).filter(|file| *file != scope.file));
    }
    uses
}

fn read_directory(source: &Path, directory: &Path, tree: &mut Tree) {
    for entry in fs::read_dir(directory).expect("the directory reads") {
        let path = entry.expect("the entry reads").path();
        if path.is_dir() {
            read_directory(source, &path, tree);
        } else if path.extension().is_some_and(|end| end == "rs") {
            let file = path.strip_prefix(source).expect("it lies there").to_owned();
            let mut module: Module =
                file.with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
            if module.last().is_some_and(|last| ["mod", "lib", "main"].contains(&last.as_str())) {
                module.pop();
            }
            let tokens = tokens(&fs::read_to_string(&path).expect("the file reads"));
            Reader { tokens: &tokens, at: 0, tree, file: &file }.read(&module);
        }
    }
}

impl Tree {
    /// The file that defines what a path in a module names; `None` when another crate does.
    fn file_of(&self, from: &[String], path: &[String]) -> Option<PathBuf> {
        self.resolve(from, path, 0).map(|(module, _)| self.0[&module].file.clone())
    }

    /// The module that defines it, and whether the path names that module itself.
    fn resolve(&self, from: &[String], path: &[String], depth: usize) -> Option<(Module, bool)> {
        let mut module = from.to_vec();
        let mut rest = path;
        let mut is_anchored = false;
        while let Some((first, others)) = rest.split_first() {
            match first.as_str() {
                "crate" => module.clear(),
                "self" => {}
                "super" => drop(module.pop()?),
                _ => break,
            }
            (rest, is_anchored) = (others, true);
        }
        for (at, name) in rest.iter().enumerate() {
            let child = [module.as_slice(), std::slice::from_ref(name)].concat();
            if self.0.contains_key(&child) {
                module = child;
                continue;
            }
            if name == "*" || name == "self" {
                return Some((module, true));
            }
            let is_known = is_anchored || at > 0;
            return match self.look_up(&module, name, depth) {
                Some((found, true)) => match &rest[at + 1..] {
                    [] => Some((found, true)),
                    others => {
                        self.resolve(&found, &[vec!["self".to_owned()], others.to_vec()].concat(), depth + 1)
                    }
                },
                Some(found) => Some(found),
                None if is_known && !self.imports_from_elsewhere(&module, name) => Some((module, false)),
                None => None,
            };
        }
        Some((module, true))
    }

    fn look_up(&self, module: &[String], name: &str, depth: usize) -> Option<(Module, bool)> {
        let scope = self.0.get(module).filter(|_| depth < 16)?;
        if scope.items.contains(name) {
            return Some((module.to_vec(), false));
        }
        if let Some(import) = scope.imports.iter().find(|import| import.name == name) {
            // `use name;` of another crate names itself.
            let is_own = import.path.len() == 1 && import.path[0] == name;
            return if is_own { None } else { self.resolve(module, &import.path, depth + 1) };
        }
        scope.imports.iter().filter(|import| import.name == "*").find_map(|import| {
            let (from, _) = self.resolve(module, &import.path, depth + 1)?;
            if from == module { None } else { self.look_up(&from, name, depth + 1) }
        })
    }

    fn imports_from_elsewhere(&self, module: &[String], name: &str) -> bool {
        self.0.get(module).is_some_and(|scope| scope.imports.iter().any(|import| import.name == name))
    }
}

struct Reader<'t> {
    tokens: &'t [String],
    at: usize,
    tree: &'t mut Tree,
    file: &'t Path,
}

impl Reader<'_> {
    fn peek(&self, ahead: usize) -> &str {
        self.tokens.get(self.at + ahead).map_or("", String::as_str)
    }

    /// Reads a module up to its closing brace, or to the end of the file.
    fn read(&mut self, module: &[String]) {
        let scope = self.tree.0.entry(module.to_vec()).or_default();
        scope.file = self.file.to_owned();
        let mut depth = 0_usize;
        let mut is_test = false;
        while self.at < self.tokens.len() {
            let token = self.peek(0).to_owned();
            let before = self.at.checked_sub(1).map_or("", |at| self.tokens[at].as_str());
            match token.as_str() {
                "{" => depth += 1,
                "}" if depth == 0 => return,
                "}" => depth -= 1,
                "#" if self.tokens[self.at..].iter().take(7).map(String::as_str).eq(TEST_ATTRIBUTE) => {
                    is_test = true;
                    self.at += TEST_ATTRIBUTE.len();
                    continue;
                }
                "mod" if self.peek(2) == "{" => {
                    let child = [module, &[self.peek(1).to_owned()]].concat();
                    self.at += 3;
                    if is_test {
                        self.skip_block();
                    } else {
                        self.read(&child);
                    }
                }
                // `use<'a>` of a return type is no import.
                "use" if self.peek(1) != "<" => {
                    self.at += 1;
                    let imports = self.use_tree(&mut Vec::new());
                    self.tree.0.get_mut(module).expect("it is read now").imports.extend(imports);
                }
                "struct" | "enum" | "union" | "trait" | "type" | "fn" | "const" | "static"
                    if depth == 0 && is_name(self.peek(1)) =>
                {
                    let name = self.peek(1).to_owned();
                    self.tree.0.get_mut(module).expect("it is read now").items.insert(name);
                }
                _ if is_name(&token) && self.peek(1) == "::" && before != "::" => {
                    let mut path = vec![token];
                    while self.peek(1) == "::" && is_name(self.peek(2)) {
                        path.push(self.peek(2).to_owned());
                        self.at += 2;
                    }
                    self.tree.0.get_mut(module).expect("it is read now").paths.push(path);
                }
                _ => {}
            }
            if matches!(self.peek(0), ";" | "}") {
                is_test = false;
            }
            self.at += 1;
        }
    }

    /// Leaves the reader at the closing brace.
    fn skip_block(&mut self) {
        let mut depth = 0_usize;
        while self.at < self.tokens.len() {
            match self.peek(0) {
                "{" => depth += 1,
                "}" if depth == 0 => return,
                "}" => depth -= 1,
                _ => {}
            }
            self.at += 1;
        }
    }

    /// Reads one branch of a `use` and leaves the reader at what ends it.
    fn use_tree(&mut self, prefix: &mut Vec<String>) -> Vec<Import> {
        let length = prefix.len();
        let mut imports = Vec::new();
        loop {
            let token = self.peek(0).to_owned();
            match token.as_str() {
                "::" => {}
                "{" => {
                    self.at += 1;
                    while !matches!(self.peek(0), "}" | "") {
                        imports.extend(self.use_tree(prefix));
                        match self.peek(0) {
                            "," => self.at += 1,
                            "}" => {}
                            _ => return imports,
                        }
                    }
                    self.at += 1;
                    prefix.truncate(length);
                    return imports;
                }
                "as" => {
                    let name = self.peek(1).to_owned();
                    self.at += 2;
                    imports.push(Import { path: prefix.clone(), name });
                    prefix.truncate(length);
                    return imports;
                }
                "," | ";" | "}" | "" => {
                    let named = prefix.iter().rev().find(|part| *part != "self");
                    let name = named.cloned().unwrap_or_default();
                    if prefix.len() > length {
                        imports.push(Import { path: prefix.clone(), name });
                    }
                    prefix.truncate(length);
                    return imports;
                }
                _ => prefix.push(token),
            }
            self.at += 1;
        }
    }
}

const TEST_ATTRIBUTE: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];

fn is_name(token: &str) -> bool {
    token.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

/// Names, `::` and single signs, without comments and literals.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_raw = ["r\"", "r#\"", "r##\"", "br\"", "br#\""].iter().any(|start| rest.starts_with(start));
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if is_raw {
            let quote = rest.find('"').expect("it is raw");
            let end = format!("\"{}", "#".repeat(rest[..quote].matches('#').count()));
            rest[quote + 1..].find(&end).map_or(rest.len(), |at| quote + 1 + at + end.len())
        } else if first == '"' {
            quoted(rest)
        } else if first == '\'' {
            character(rest)
        } else if is_name(rest) {
            let end = rest.find(|sign: char| !sign.is_alphanumeric() && sign != '_').unwrap_or(rest.len());
            tokens.push(rest[..end].to_owned());
            end
        } else if rest.starts_with("::") {
            tokens.push("::".to_owned());
            2
        } else {
            if !first.is_whitespace() {
                tokens.push(first.to_string());
            }
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    tokens
}

/// The length of a string literal.
fn quoted(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, sign) in text.char_indices().skip(1) {
        match sign {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of a character literal, or of the apostrophe of a lifetime.
fn character(text: &str) -> usize {
    let mut signs = text.char_indices().skip(1);
    match signs.next() {
        Some((_, '\\')) => {
            text[2..].char_indices().skip(1).find(|(_, sign)| *sign == '\'').map_or(1, |(at, _)| at + 3)
        }
        Some(_) => signs.next().filter(|(_, sign)| *sign == '\'').map_or(1, |(at, _)| at + 1),
        None => 1,
    }
}
