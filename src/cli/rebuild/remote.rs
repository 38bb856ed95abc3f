//! A rebuild at a running server: begun, watched and, when asked, cancelled over HTTP.

use std::time::Duration;

use anyhow::anyhow;

use super::differences::Differences;
use super::interrupt::Interrupt;
use super::progress_report::{Comparison, ProgressReport, RebuildState};
use super::request::RebuildRequest;
use crate::cli::CliError;
use crate::cli::remote_service::{RemoteService, read, refusal};
use crate::read_store::Projection;

/// Between two looks at how far it is.
const LOOK_PAUSE: Duration = Duration::from_millis(200);
const PROGRESS: &str = "/v1/projections/rebuild";
const DIFFERENCES: &str = "/v1/projections/rebuild/differences";

pub(super) fn run(
    request: &RebuildRequest,
    url: &str,
    interrupt: &Interrupt,
    mut report: ProgressReport,
    differences: &mut Differences,
) -> Result<Comparison, CliError> {
    let server = RemoteService::new(url);
    let projections = &request.projections;
    let names: Vec<&str> = if projections.len() == Projection::ALL.len() {
        vec!["all"]
    } else {
        projections.iter().copied().map(Projection::name).collect()
    };
    // A server builds one read model or all of them at once.
    let mut comparison = Comparison::default();
    let mut last = None;
    for name in names {
        let path = format!("/v1/projections/{name}/rebuild?swap={}", request.swap);
        expect(202, &path, server.post(&path)?)?;
        let state = watch(&server, interrupt, &mut report)?;
        take_differences(&server, &state, differences)?;
        comparison.compared.extend(state.compared.clone());
        comparison.damage = comparison.damage.or_else(|| state.damage.clone());
        last = Some(state);
    }
    if let Some(mut state) = last {
        state.compared.clone_from(&comparison.compared);
        report.end(&state, request.swap)?;
    }
    Ok(comparison)
}

fn expect(wanted: u16, path: &str, (status, text): (u16, String)) -> Result<String, CliError> {
    if status == wanted { Ok(text) } else { Err(refusal(status, path, &text)) }
}

/// Follows the rebuild that was just begun to its end.
fn watch(
    server: &RemoteService,
    interrupt: &Interrupt,
    report: &mut ProgressReport,
) -> Result<RebuildState, CliError> {
    let mut is_cancelled = false;
    loop {
        if interrupt.is_requested() && !is_cancelled {
            is_cancelled = true;
            // It may be over already, which shows below.
            server.delete(PROGRESS)?;
        }
        let (status, text) = server.get(PROGRESS)?;
        // Before its first report there is nothing to see.
        if status != 404 {
            let state: RebuildState = read(&expect(200, PROGRESS, (status, text.clone()))?, PROGRESS)?;
            report.show(&state, &text)?;
            match &*state.phase {
                "done" => return Ok(state),
                _ if state.is_over() => {
                    let reason = state.reason.unwrap_or(state.phase);
                    return Err(anyhow!("{reason}\nhint: the same command begins again").into());
                }
                _ => {}
            }
        }
        std::thread::sleep(LOOK_PAUSE);
    }
}

fn take_differences(
    server: &RemoteService,
    state: &RebuildState,
    differences: &mut Differences,
) -> Result<(), CliError> {
    let counted: u64 = state.compared.iter().filter_map(|one| one.differences).sum();
    if counted == 0 {
        return Ok(());
    }
    let before = differences.count();
    for line in expect(200, DIFFERENCES, server.get(DIFFERENCES)?)?.lines() {
        differences.take(line)?;
    }
    let taken = differences.count() - before;
    if taken < counted {
        anstream::eprintln!("the server keeps {taken} of {counted} differences");
    }
    Ok(())
}
