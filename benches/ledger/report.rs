//! Rows of measured figures, printed as they come and once more as a table.

#[derive(Default)]
pub struct Report {
    rows: Vec<[String; 3]>,
}

impl Report {
    /// Notes a figure and what it is compared with.
    pub fn row(&mut self, what: &str, figure: String, beside: String) {
        eprintln!("{what}: {figure} ({beside})");
        self.rows.push([what.to_owned(), figure, beside]);
    }

    /// Prints the table in Markdown.
    pub fn print(&self) {
        println!("| what | measured | beside |\n|---|---|---|");
        for [what, figure, beside] in &self.rows {
            println!("| {what} | {figure} | {beside} |");
        }
    }
}

/// A number with thin groups of thousands.
pub fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
