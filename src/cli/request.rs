//! One request, sent to a running server or to the same routes in this process.

use std::io::Read;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use bytes::{Buf as _, Bytes};
use http_body_util::BodyExt as _;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::runtime::{Handle, Runtime};
use tower::ServiceExt as _;

use super::here::Here;
use super::open::Storage;
use super::{CliError, Place, Target, serve};

/// How long a server may take to begin its answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The largest answer that is read as a whole.
const WHOLE_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// What is asked: a path and parameters. It is the same whoever answers.
#[derive(Clone, Debug, Default)]
pub(super) struct Query {
    path: String,
    parameters: Vec<(&'static str, String)>,
}

impl Query {
    pub(super) fn to(path: impl Into<String>) -> Self {
        Self { path: path.into(), parameters: Vec::new() }
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.parameters.push((name, value.into()));
        self
    }

    /// Adds those parameters that are given.
    pub(super) fn with_given<'a>(
        mut self,
        given: impl IntoIterator<Item = (&'static str, &'a Option<String>)>,
    ) -> Self {
        let given = given.into_iter().filter_map(|(name, value)| Some((name, value.clone()?)));
        self.parameters.extend(given);
        self
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.parameters.iter().any(|(given, _)| *given == name)
    }

    /// Whether it has no parameters.
    pub(super) fn is_bare(&self) -> bool {
        self.parameters.is_empty()
    }

    fn path_and_query(&self) -> String {
        let pairs = self.parameters.iter().map(|(name, value)| format!("{name}={}", encoded(value)));
        let query = pairs.collect::<Vec<_>>().join("&");
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{}{mark}{query}", self.path)
    }
}

/// A value as a query may hold it.
fn encoded(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// Who answers.
pub(super) struct Service {
    door: Door,
    // Last, so that whatever runs on it is dropped before.
    runtime: Runtime,
}

enum Door {
    Server(Server),
    Here(Here),
}

impl Service {
    /// A running server, or the ledger's directory with its read models brought up to the head.
    pub(super) fn open(target: &Target, storage: Storage) -> Result<Self, CliError> {
        let runtime = serve::runtime()?;
        let door = match target.place()? {
            Place::Server(url) => Door::Server(Server::new(&url)),
            Place::Directory(directory) => Door::Here(Here::open(&directory, storage)?),
        };
        Ok(Self { door, runtime })
    }

    /// Asks; the answer's body streams.
    ///
    /// # Errors
    /// [`CliError::Usage`] for a 400, anything else for every other answer than 200.
    pub(super) fn stream(&self, query: &Query) -> Result<Box<dyn Read>, CliError> {
        let asked = query.path_and_query();
        let (status, mut body) = match &self.door {
            Door::Server(server) => server.stream(&asked)?,
            Door::Here(here) => in_process(self.runtime.handle(), here.router(), &asked)?,
        };
        if status == 200 {
            return Ok(body);
        }
        Err(refusal(status, &asked, &whole(&mut body).context("the answer breaks off")?))
    }

    /// Asks for all of the answer's text.
    pub(super) fn text(&self, query: &Query) -> Result<String, CliError> {
        let mut body = self.stream(query)?;
        Ok(whole(&mut body).with_context(|| format!("the answer of {} breaks off", query.path))?)
    }

    /// Asks for JSON.
    pub(super) fn json<T: DeserializeOwned>(&self, query: &Query) -> Result<T, CliError> {
        read(&self.text(query)?, &query.path)
    }
}

/// Reads an answer.
pub(super) fn read<T: DeserializeOwned>(text: &str, path: &str) -> Result<T, CliError> {
    let read = serde_json::from_str(text);
    Ok(read.with_context(|| format!("{path} did not answer as an attempt-ledger of this release does"))?)
}

fn whole(body: &mut dyn Read) -> std::io::Result<String> {
    let mut text = String::new();
    body.take(WHOLE_BYTES_MAX).read_to_string(&mut text)?;
    Ok(text)
}

#[derive(Deserialize)]
struct Problem {
    title: String,
    #[serde(default)]
    detail: String,
    #[serde(default)]
    hint: Option<String>,
}

/// What an answer other than the wanted one means.
pub(super) fn refusal(status: u16, asked: &str, body: &str) -> CliError {
    let Ok(Problem { title, detail, hint }) = serde_json::from_str::<Problem>(body) else {
        return anyhow!("{asked} was answered {status}: {}", body.trim()).into();
    };
    let detail = if detail.is_empty() { title.clone() } else { detail };
    let hint = hint.map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
    match status {
        400 => CliError::Usage(format!("{detail}{hint}")),
        _ => anyhow!("{title}: {detail}{hint}").into(),
    }
}

/// A running server.
pub(super) struct Server {
    agent: ureq::Agent,
    base: String,
}

impl Server {
    pub(super) fn new(url: &str) -> Self {
        let configuration = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .timeout_recv_response(Some(ANSWER_TIMEOUT));
        Self { agent: configuration.build().into(), base: url.trim_end_matches('/').to_owned() }
    }

    fn stream(&self, path: &str) -> Result<(u16, Box<dyn Read>), CliError> {
        let url = format!("{}{path}", self.base);
        let response = self.agent.get(&url).call().with_context(|| url.clone())?;
        let status = response.status().as_u16();
        Ok((status, Box::new(response.into_body().into_with_config().limit(u64::MAX).reader())))
    }

    /// The status and the text of an answer.
    pub(super) fn get(&self, path: &str) -> Result<(u16, String), CliError> {
        let (status, mut body) = self.stream(path)?;
        Ok((status, whole(&mut body).with_context(|| path.to_owned())?))
    }

    /// The same for a POST without a body.
    pub(super) fn post(&self, path: &str) -> Result<(u16, String), CliError> {
        let url = format!("{}{path}", self.base);
        let mut response = self.agent.post(&url).send_empty().with_context(|| url.clone())?;
        let text = response.body_mut().read_to_string().with_context(|| url.clone())?;
        Ok((response.status().as_u16(), text))
    }

    /// The same for a DELETE.
    pub(super) fn delete(&self, path: &str) -> Result<(u16, String), CliError> {
        let url = format!("{}{path}", self.base);
        let mut response = self.agent.delete(&url).call().with_context(|| url.clone())?;
        let text = response.body_mut().read_to_string().with_context(|| url.clone())?;
        Ok((response.status().as_u16(), text))
    }
}

fn in_process(handle: &Handle, router: Router, asked: &str) -> Result<(u16, Box<dyn Read>), CliError> {
    let request = Request::get(asked).body(Body::empty()).context("the request is not one")?;
    let response = match handle.block_on(router.oneshot(request)) {
        Ok(response) => response,
        Err(never) => match never {},
    };
    let status = response.status().as_u16();
    let body = Chunks { handle: handle.clone(), body: response.into_body(), chunk: Bytes::new() };
    Ok((status, Box::new(body)))
}

/// Reads a body that tasks write.
struct Chunks {
    handle: Handle,
    body: Body,
    chunk: Bytes,
}

impl Read for Chunks {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        while self.chunk.is_empty() {
            match self.handle.block_on(self.body.frame()) {
                None => return Ok(0),
                Some(frame) => {
                    self.chunk = frame.map_err(std::io::Error::other)?.into_data().unwrap_or_default();
                }
            }
        }
        let taken = self.chunk.len().min(out.len());
        self.chunk.copy_to_slice(&mut out[..taken]);
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_encoded_so_that_no_text_is_taken_for_another_parameter() {
        let query = Query::to("/v1/attempts").with("destination", "+38050&state=left").with("result", "не");
        assert_eq!(
            query.path_and_query(),
            "/v1/attempts?destination=%2B38050%26state%3Dleft&result=%D0%BD%D0%B5"
        );
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
