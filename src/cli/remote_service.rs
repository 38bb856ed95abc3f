//! A running server, over HTTP.

use std::io::Read;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::error::CliError;
use super::visible::visible;

/// How long a server may take to begin its answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The largest answer that is read as a whole.
const WHOLE_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Reads an answer.
pub(super) fn read<T: DeserializeOwned>(text: &str, path: &str) -> Result<T, CliError> {
    let read = serde_json::from_str(text);
    Ok(read.with_context(|| format!("{path} did not answer as an attempt-ledger of this release does"))?)
}

pub(super) fn whole(body: &mut dyn Read) -> std::io::Result<String> {
    let mut text = String::new();
    body.take(WHOLE_BYTES_MAX).read_to_string(&mut text)?;
    Ok(text)
}

#[derive(Deserialize)]
struct ProblemBody {
    #[serde(default)]
    code: String,
    title: String,
    #[serde(default)]
    detail: String,
    #[serde(default)]
    hint: Option<String>,
}

/// The error for an answer with another status than the wanted one.
pub(super) fn refusal(status: u16, asked: &str, body: &str) -> CliError {
    let Ok(ProblemBody { code, title, detail, hint }) = serde_json::from_str::<ProblemBody>(body) else {
        return anyhow!("{asked} was answered {status}: {}", visible(body.trim())).into();
    };
    let (title, detail) = (visible(&title), visible(&detail));
    let hint = hint.map(|hint| format!("\nhint: {}", visible(&as_typed(&hint)))).unwrap_or_default();
    let said = if detail.is_empty() { title.to_string() } else { format!("{title}: {detail}") };
    match (status, code.as_str()) {
        (400, _) if detail.is_empty() => CliError::Usage(format!("{title}{hint}")),
        (400, _) => CliError::Usage(format!("{detail}{hint}")),
        (_, "log_damaged") => CliError::Damaged(format!("{said}{hint}")),
        _ => anyhow!("{said}{hint}").into(),
    }
}

/// A hint of a route in the words of the command line: `` `from=now-7d` `` is typed as `--from now-7d`.
fn as_typed(hint: &str) -> String {
    let parts = hint.split('`').enumerate().map(|(place, part)| match part.split_once('=') {
        Some((name, value)) if place % 2 == 1 && !name.contains(' ') => {
            format!("--{} {value}", name.replace('_', "-"))
        }
        _ => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join("`")
}

/// A running server. Error answers are answers here, with their status.
#[derive(Clone)]
pub(super) struct RemoteService {
    agent: ureq::Agent,
    base: String,
}

impl RemoteService {
    pub(super) fn new(url: &str) -> Self {
        let configuration = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .timeout_recv_response(Some(ANSWER_TIMEOUT));
        Self { agent: configuration.build().into(), base: url.trim_end_matches('/').to_owned() }
    }

    /// The whole address of a path.
    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// The status of an answer, and its body as it arrives.
    pub(super) fn stream(&self, path: &str) -> Result<(u16, Box<dyn Read>), CliError> {
        let url = self.url(path);
        let response = self.agent.get(&url).call().with_context(|| url.clone())?;
        let status = response.status().as_u16();
        Ok((status, Box::new(response.into_body().into_with_config().limit(u64::MAX).reader())))
    }

    /// The status and the text of an answer.
    pub(super) fn get(&self, path: &str) -> Result<(u16, String), CliError> {
        let (status, mut body) = self.stream(path)?;
        Ok((status, whole(&mut body).with_context(|| self.url(path))?))
    }

    /// The same for a POST without a body.
    pub(super) fn post(&self, path: &str) -> Result<(u16, String), CliError> {
        let url = self.url(path);
        Self::answer(&url, self.agent.post(&url).send_empty())
    }

    /// The same for a POST with a body.
    pub(super) fn post_body(
        &self,
        path: &str,
        content_type: &str,
        body: &[u8],
    ) -> Result<(u16, String), CliError> {
        let url = self.url(path);
        Self::answer(&url, self.agent.post(&url).header("content-type", content_type).send(body))
    }

    /// The same for a DELETE.
    pub(super) fn delete(&self, path: &str) -> Result<(u16, String), CliError> {
        let url = self.url(path);
        Self::answer(&url, self.agent.delete(&url).call())
    }

    fn answer(
        url: &str,
        sent: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> Result<(u16, String), CliError> {
        let response = sent.with_context(|| url.to_owned())?;
        let status = response.status().as_u16();
        let mut body = response.into_body().into_with_config().limit(WHOLE_BYTES_MAX).reader();
        Ok((status, whole(&mut body).with_context(|| url.to_owned())?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_in_a_hint_is_shown_as_it_is_typed() {
        assert_eq!(as_typed("Say for instance `from=now-7d`."), "Say for instance `--from now-7d`.");
        assert_eq!(as_typed("Run `attempt-ledger status`; a=b."), "Run `attempt-ledger status`; a=b.");
    }

    #[test]
    fn a_wrong_parameter_is_wrong_usage_with_its_hint() {
        let body = r#"{"title":"A parameter is not valid","detail":"`state`: no.","hint":"Look."}"#;
        let error = refusal(400, "/v1/attempts", body);
        assert!(matches!(&error, CliError::Usage(text) if text == "`state`: no.\nhint: Look."), "{error}");
        let error = refusal(502, "/v1/attempts", "<html>");
        assert!(matches!(error, CliError::Other(_)));
    }
}
