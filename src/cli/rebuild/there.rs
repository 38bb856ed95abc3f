//! A rebuild at a running server: begun, watched and, when asked, cancelled over HTTP.

use std::time::Duration;

use anyhow::anyhow;

use super::differences::Differences;
use super::interrupt::Interrupt;
use super::report::{Comparison, Report, Told};
use crate::cli::CliError;
use crate::cli::request::{Server, read, refusal};
use crate::read_store::Projection;

/// Between two looks at how far it is.
const LOOK_PAUSE: Duration = Duration::from_millis(200);
const PROGRESS: &str = "/v1/projections/rebuild";
const DIFFERENCES: &str = "/v1/projections/rebuild/differences";

pub(super) fn run(
    rebuild: &super::Rebuild,
    url: &str,
    interrupt: &Interrupt,
    mut report: Report,
    differences: &mut Differences,
) -> Result<Vec<Comparison>, CliError> {
    let server = Server::new(url);
    let projections = rebuild.projections();
    let names: Vec<&str> = if projections.len() == Projection::ALL.len() {
        vec!["all"]
    } else {
        projections.into_iter().map(Projection::name).collect()
    };
    // A server builds one read model or all of them at once.
    let mut compared = Vec::new();
    let mut last = None;
    for name in names {
        let path = format!("/v1/projections/{name}/rebuild?swap={}", !rebuild.compare);
        expect(202, &path, server.post(&path)?)?;
        let told = watch(&server, interrupt, &mut report)?;
        take_differences(&server, &told, differences)?;
        compared.extend(told.compared.clone());
        last = Some(told);
    }
    if let Some(mut told) = last {
        told.compared.clone_from(&compared);
        report.end(&told, !rebuild.compare)?;
    }
    Ok(compared)
}

fn expect(wanted: u16, path: &str, (status, text): (u16, String)) -> Result<String, CliError> {
    if status == wanted { Ok(text) } else { Err(refusal(status, path, &text)) }
}

/// Follows the rebuild that was just begun to its end.
fn watch(server: &Server, interrupt: &Interrupt, report: &mut Report) -> Result<Told, CliError> {
    let mut is_cancelled = false;
    loop {
        if interrupt.is_asked() && !is_cancelled {
            is_cancelled = true;
            // It may be over already, which shows below.
            server.delete(PROGRESS)?;
        }
        let (status, text) = server.get(PROGRESS)?;
        // Before its first report there is nothing to see.
        if status != 404 {
            let told: Told = read(&expect(200, PROGRESS, (status, text.clone()))?, PROGRESS)?;
            report.hear(&told, &text)?;
            match &*told.phase {
                "done" => return Ok(told),
                _ if told.is_over() => {
                    let reason = told.reason.unwrap_or(told.phase);
                    return Err(anyhow!("{reason}\nhint: the same command begins again").into());
                }
                _ => {}
            }
        }
        std::thread::sleep(LOOK_PAUSE);
    }
}

fn take_differences(server: &Server, told: &Told, differences: &mut Differences) -> Result<(), CliError> {
    let counted: u64 = told.compared.iter().filter_map(|one| one.differences).sum();
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
