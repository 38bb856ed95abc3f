//! What opening does after recovery: the watermark, the queues' revisions, the two threads.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use attempt_ledger_domain::{QueueId, Revision};
use attempt_ledger_system::disk::Disk;

use super::error::OpenError;
use super::group::AppendJob;
use super::layout::LogLayout;
use super::open_log::OpenLog;
use super::packer::{self, StopGuard};
use super::watermark::{Watermark, WatermarkFile};
use super::writer::LogWriter;
use crate::Key;
use crate::record::Leaf;

/// From here on the watermark says what recovery has made durable.
pub(super) fn start_watermark(
    layout: &LogLayout,
    disk: &dyn Disk,
    mark: Watermark,
) -> Result<WatermarkFile, OpenError> {
    let path = layout.watermark();
    let mut file = WatermarkFile::open(&path).map_err(OpenError::io(&path))?;
    file.write(disk, mark).map_err(OpenError::io(&path))?;
    file.trim(disk, mark).map_err(OpenError::io(&path))?;
    Ok(file)
}

/// Reads every queue definition: there are few.
pub(super) fn queue_heads(shared: &OpenLog) -> Result<HashMap<QueueId, Revision>, OpenError> {
    let positions = shared.find(Key::Queues)?;
    let mut heads = HashMap::<QueueId, Revision>::new();
    for record in shared.read(&positions)? {
        let leaf = Leaf::parse(&record.leaf).map_err(|error| OpenError::Damaged {
            file: shared.layout.log(),
            offset: 0,
            reason: format!("the queue definition at position {}: {error}", record.position),
        })?;
        if let Some(queue) = leaf.queue_id {
            let head = heads.entry(queue).or_default();
            *head = head.next();
        }
    }
    Ok(heads)
}

pub(super) fn start_writer(writer: LogWriter) -> Result<(SyncSender<AppendJob>, JoinHandle<()>), OpenError> {
    let (jobs, receiver) = sync_channel(writer.shared.options.queue_depth_max);
    let root = writer.shared.layout.root.clone();
    let thread = thread::Builder::new()
        .name("log-writer".to_owned())
        .spawn(move || writer.run(&receiver))
        .map_err(OpenError::io(&root))?;
    Ok((jobs, thread))
}

pub(super) fn start_packer(shared: &Arc<OpenLog>) -> Result<JoinHandle<()>, OpenError> {
    let guard = StopGuard(Arc::clone(shared));
    let thread = thread::Builder::new()
        .name("log-packer".to_owned())
        .spawn(move || packer::run(&guard.0))
        .map_err(OpenError::io(&shared.layout.root))?;
    shared.packer_gate.wake();
    Ok(thread)
}
