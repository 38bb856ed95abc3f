//! Texts of the document as HTML. What looks like HTML in them is text.

use pulldown_cmark::{Event, Parser, html};
use serde_json::Value;

/// Text with nothing in it that is a sign of HTML.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The text of a member; nothing when there is none.
pub fn text(member: &Value) -> String {
    escape(member.as_str().unwrap_or_default())
}

/// A word of a program.
pub fn code(word: &str) -> String {
    format!("<code>{}</code>", escape(word))
}

/// Markdown in paragraphs and lists.
pub fn block(markdown: &Value) -> String {
    let markdown = markdown.as_str().unwrap_or_default();
    let events = Parser::new(markdown).map(|event| match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        other => other,
    });
    let mut rendered = String::new();
    html::push_html(&mut rendered, events);
    rendered
}

/// Markdown in a line.
pub fn inline(markdown: &str) -> String {
    let rendered = block(&Value::from(markdown));
    let line = rendered.trim().strip_prefix("<p>").and_then(|rest| rest.strip_suffix("</p>"));
    line.filter(|line| !line.contains("<p>")).unwrap_or(rendered.trim()).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_is_rendered_and_nothing_in_it_is_html() {
        assert_eq!(inline("one of `call`, *or* none"), "one of <code>call</code>, <em>or</em> none");
        assert_eq!(inline("[here](/docs)"), "<a href=\"/docs\">here</a>");
        assert!(block(&"* one\n* two".into()).contains("<li>two</li>"));
        assert_eq!(inline("a <script>alert(1)</script>"), "a &lt;script&gt;alert(1)&lt;/script&gt;");
        let whole = block(&"<img src=x onerror=alert(1)>".into());
        assert!(!whole.contains("<img"), "{whole}");
        assert_eq!(inline("5 < 6 & `<b>`"), "5 &lt; 6 &amp; <code>&lt;b&gt;</code>");
        assert_eq!(code("a<b>\""), "<code>a&lt;b&gt;&quot;</code>");
    }
}
