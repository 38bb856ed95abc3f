//! `attempt-ledger ingest`: deliveries from a file or standard input, into a directory or a running server.

mod counts;
mod line_batches;
mod progress_file;
mod sink;

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use attempt_ledger_domain::{Address, HookName, QueueType};
use clap::Args;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesOrdered;
use serde::Serialize;

use super::storage::{LogArguments, Storage};
use super::{CliError, LedgerLocation, Target, open, output, progress_bar, serve};
use crate::byte_order_mark::other_encoding;
use counts::Counts;
use line_batches::{LineBatch, LineBatches};
use progress_file::ProgressFile;
use sink::{LineOutcome, Sink, TOO_LARGE, TargetState};

#[derive(Args)]
pub(super) struct IngestCommand {
    /// NDJSON, one delivery a line; - is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    target: Target,
    /// The queue type of every delivery, by name or by the producer's number
    #[arg(long, value_name = "TYPE")]
    queue_type: Option<String>,
    /// The event of every delivery, or an observation such as wait_agent
    #[arg(long, value_name = "EVENT")]
    event: Option<String>,
    /// Who delivers: ASCII, recorded with every event
    #[arg(long, default_value = "ingest")]
    source: String,
    /// Write refused lines here, as NDJSON with the rule beside the line
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// Go on where an interrupted run of the same file stopped
    #[arg(long)]
    resume: bool,
    /// Exit with 4 when anything was refused that was not refused before
    #[arg(long)]
    strict: bool,
    /// Deliveries sent together
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    batch: u64,
    /// Batches under way at once
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u64).range(1..=64))]
    concurrency: u64,
    /// Print the counts as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    log_files: LogArguments,
}

/// A refused line, for the file of rejects.
#[derive(Serialize)]
struct Reject<'a> {
    line: u64,
    code: &'a str,
    /// Absent where the line is kept nowhere else.
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal_id: Option<&'a str>,
    detail: &'a str,
    body: &'a str,
}

impl IngestCommand {
    pub(super) fn run(self) -> Result<(), CliError> {
        let storage = Storage::from(self.log_files);
        let address = self.address()?;
        if !self.source.is_ascii() || self.source.is_empty() {
            return Err(CliError::Usage("--source must be ASCII".to_owned()));
        }
        let mut progress_file = ProgressFile::beside(&self.file);
        let (start, mut counts) = progress_file.begin(self.resume)?;
        let (mut input, length) = self.input(start)?;
        if start == 0 {
            self.check_is_text(&mut input)?;
        }
        let bar = progress_bar::over_input(length, start, self.json);
        let mut rejects = self.rejects(self.resume)?;
        let runtime = serve::runtime()?;
        let (sink, log) = match self.target.location()? {
            LedgerLocation::Server(url) => (Sink::server(&url, &address), None),
            LedgerLocation::Directory(directory) => {
                if start > 0 && matches!(open::refuse_missing(&directory), Err(CliError::NoLedger(_))) {
                    // Opening would make an empty ledger.
                    let place = Sink::directory_place(&directory);
                    progress_file.check_target(&place, true, || Ok(TargetState::default()))?;
                }
                let (ledger, log) = open::or_create(&directory, &storage)?;
                (Sink::directory(ledger, address, &self.source, &directory), Some(log))
            }
        };
        progress_file.check_target(&sink.place(), start > 0, || sink.state())?;
        let mut lines = LineBatches::new(input, start, counts.lines, self.batch);
        let result = runtime.block_on(async {
            let mut under_way = FuturesOrdered::new();
            let mut under_way_max = usize::try_from(self.concurrency).unwrap_or(1);
            loop {
                while under_way.len() < under_way_max {
                    let Some(batch) = lines.next_batch().with_context(|| self.input_name())? else { break };
                    if batch.is_exported() {
                        under_way_max = 1;
                    }
                    under_way.push_back(sink.send(batch));
                }
                let Some(answered) = under_way.next().await else { break };
                let (batch, answers) = answered?;
                if answers.len() != batch.lines.len() {
                    let (sent, answered) = (batch.lines.len(), answers.len());
                    return Err(anyhow!("{sent} lines were sent and {answered} answered").into());
                }
                let too_large = |line: u64, detail: &str| {
                    bar.suspend(|| anstream::eprintln!("{}:{line}: too large: {detail}", self.input_name()));
                };
                note(&batch, &answers, &mut counts, rejects.as_mut(), &too_large)
                    .with_context(|| self.rejects_name())?;
                if progress_file.lacks_target() {
                    progress_file.note_target(sink.state()?);
                }
                progress_file.save(&batch, &counts, last_position(&answers))?;
                bar.set_position(batch.end);
            }
            Ok::<(), CliError>(())
        });
        bar.finish_and_clear();
        drop((sink, log));
        result.map_err(|error| progress_file.explain(error))?;
        progress_file.finish()?;
        self.report(&counts)
    }

    fn address(&self) -> Result<Address, CliError> {
        let queue_type = self.queue_type.as_deref();
        if queue_type.is_some_and(|text| QueueType::parse(text).is_none()) {
            let reason = "--queue-type must be one of the eight queue types, or a number 0 to 9";
            return Err(CliError::Usage(reason.to_owned()));
        }
        if self.event.as_deref().is_some_and(|text| HookName::parse(text).is_none()) {
            let reason = "--event must be one of the eight events or an observation";
            return Err(CliError::Usage(reason.to_owned()));
        }
        Ok(Address { event: self.event.clone(), queue_type: self.queue_type.clone(), ..Address::default() })
    }

    /// The input from byte `start` on, and its whole length when that is known.
    fn input(&self, start: u64) -> Result<(Box<dyn BufRead>, Option<u64>), CliError> {
        if self.file.as_os_str() == "-" {
            return Ok((Box::new(BufReader::with_capacity(1 << 20, std::io::stdin())), None));
        }
        let mut file = File::open(&self.file).with_context(|| self.input_name())?;
        let length = file.metadata().with_context(|| self.input_name())?.len();
        file.seek(SeekFrom::Start(start)).with_context(|| self.input_name())?;
        Ok((Box::new(BufReader::with_capacity(1 << 20, file)), Some(length)))
    }

    /// A packed file has no lines, and text in another encoding has others: cut up at its line feeds, each
    /// piece would be refused.
    fn check_is_text(&self, input: &mut dyn BufRead) -> Result<(), CliError> {
        let start = input.fill_buf().with_context(|| self.input_name())?;
        if let Some(encoding) = other_encoding(start) {
            let name = self.input_name();
            return Err(anyhow!(
                "{name} is in {encoding}, and lines are read in UTF-8\nhint: convert it first: \
                 iconv -f {encoding} -t UTF-8 {name} | attempt-ledger ingest -"
            )
            .into());
        }
        let command = match start {
            [0x1f, 0x8b, ..] => "zcat",
            [0x28, 0xb5, 0x2f, 0xfd, ..] => "zstdcat",
            _ => return Ok(()),
        };
        let name = self.input_name();
        Err(anyhow!("{name} is packed\nhint: unpack it first: {command} {name} | attempt-ledger ingest -")
            .into())
    }

    fn input_name(&self) -> String {
        self.file.display().to_string()
    }

    fn rejects_name(&self) -> String {
        self.rejects.as_deref().unwrap_or(Path::new("--rejects")).display().to_string()
    }

    fn rejects(&self, append: bool) -> Result<Option<BufWriter<File>>, CliError> {
        let Some(path) = &self.rejects else { return Ok(None) };
        let mut options = File::options();
        options.create(true).write(true).append(append).truncate(!append);
        let file = options.open(path).with_context(|| path.display().to_string())?;
        Ok(Some(BufWriter::new(file)))
    }

    fn report(&self, counts: &Counts) -> Result<(), CliError> {
        let place = self.target.location()?.as_arguments();
        if self.json {
            output::print_json(&serde_json::to_string(counts).context("stdout")?)?;
        } else {
            output::print(&counts.in_words())?;
            if counts.newly_refused() > 0 && !self.strict {
                anstream::eprintln!("hint: `attempt-ledger refusals list {place}` shows what was refused");
            }
        }
        if self.strict && counts.newly_refused() > 0 {
            return Err(CliError::RefusedUnderStrict { refused: counts.newly_refused(), place });
        }
        Ok(())
    }
}

/// The last position at which the ledger has recorded any of these lines.
fn last_position(answers: &[LineOutcome]) -> Option<u64> {
    let positions = answers.iter().filter_map(|answer| match answer {
        LineOutcome::Recorded { position, .. } => *position,
        _ => None,
    });
    positions.max()
}

fn note(
    batch: &LineBatch,
    answers: &[LineOutcome],
    counts: &mut Counts,
    mut rejects: Option<&mut BufWriter<File>>,
    too_large: &dyn Fn(u64, &str),
) -> std::io::Result<()> {
    for ((number, body), answer) in batch.lines.iter().zip(answers) {
        counts.lines = *number;
        match answer {
            LineOutcome::Recorded { flags, .. } => {
                counts.recorded += 1;
                counts.add_flags(flags);
            }
            LineOutcome::Duplicate { flags } => {
                counts.duplicates += 1;
                counts.add_flags(flags);
            }
            LineOutcome::Skipped => counts.skipped += 1,
            LineOutcome::Refused { code, refusal_id, detail, repeated } => {
                counts.refused += 1;
                counts.refused_before += u64::from(*repeated);
                *counts.rules.entry(code.clone()).or_default() += 1;
                counts.not_kept += u64::from(refusal_id.is_none());
                if code == TOO_LARGE {
                    too_large(*number, detail);
                }
                if let Some(rejects) = &mut rejects {
                    let body = &String::from_utf8_lossy(body);
                    let refusal_id = refusal_id.as_deref();
                    let reject = Reject { line: *number, code, refusal_id, detail, body };
                    serde_json::to_writer(&mut **rejects, &reject)?;
                    rejects.write_all(b"\n")?;
                }
            }
        }
    }
    // What is noted as done is not sent again, so its rejects must be in their file before.
    rejects.map_or(Ok(()), Write::flush)
}
