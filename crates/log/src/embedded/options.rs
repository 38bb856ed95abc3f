//! The limits of the embedded log that an operator can meet or that files share, each with the reason for its
//! value. A size that only one file needs lies in that file.

use std::time::Duration;

/// A segment is rotated before it would grow beyond this many bytes. Opening the log scans the last one, at 4
/// ms for each megabyte, and one fits into memory while it is packed.
pub const SEGMENT_BYTES_MAX: u64 = 64 * MEBIBYTE;

/// A packed frame holds at most this many bytes of whole lines (one longer line gets a frame to itself).
/// Larger frames compress better, smaller ones make the read of one record cheaper: 16 KiB take 267 bytes an
/// event and 12 µs a frame, 32 KiB 229 and 20, 64 KiB 206 and 34 (level 9, 1,166 bytes an event unpacked).
pub const FRAME_BYTES_MAX: usize = 32 * 1024;

/// zstd's level for packed segments: 6 saves 4 % less, 12 nothing more, at 1.4 and 0.4 times the speed.
pub const ZSTD_LEVEL: i32 = 9;

/// With more full segments than this waiting, the packer compresses at a faster level.
pub const HURRY_SEGMENTS: usize = 2;

/// Append calls that may wait for the writer; one more is refused with `Busy`.
pub const QUEUE_DEPTH_MAX: usize = 8 * 1024;

/// Bytes of records that may wait for the writer; one append above it is refused with `Busy`.
pub const QUEUE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// The writer stops adding waiting appends to a group when the group has this many bytes. It also bounds
/// what a power cut can tear: see `tail.rs`.
pub const GROUP_BYTES_MAX: usize = 8 * 1024 * 1024;

/// A group of fewer calls is synced at once.
pub const LINGER_JOBS_MIN: usize = 4;

/// Full segments that may wait for the packer before the writer waits for it: bounds memory, and the keys
/// files that opening reads.
pub const UNPACKED_SEGMENTS_MAX: usize = 32;

/// Revisions of attempts that the writer remembers; older ones are looked up in the index.
pub const STREAM_HEADS_MAX: usize = 1024 * 1024;

/// Memory for the index's blocks.
pub const INDEX_CACHE_BYTES: u64 = 48 * MEBIBYTE;

/// Opening the log adds packed segments to an index that is behind until so many records are added, which
/// takes a fifth of a second; the packer adds the rest while the log serves.
pub const INDEXED_AT_OPENING_MAX: u64 = 32 * 1024;

/// Opening the log compares the index's tables with their checksums when they have so many bytes, which takes
/// a tenth of a second; the packer compares larger ones while the log serves.
pub const TABLE_BYTES_AT_OPENING_MAX: u64 = 64 * MEBIBYTE;

/// Each sealed segment is read once in so long, whether somebody asks for it or not.
pub const SCRUB_INTERVAL: Duration = Duration::from_secs(24 * 60 * 60);

/// A plain segment is scanned in pieces of about this many bytes.
pub const SCAN_BYTES: usize = 256 * 1024;

/// A segment's offsets within compressed frames are 32 bits wide; this leaves room for one oversized group.
pub const SEGMENT_BYTES_LIMIT: u64 = 1024 * MEBIBYTE;

const MEBIBYTE: u64 = 1024 * 1024;

const _: () = {
    assert!(GROUP_BYTES_MAX <= QUEUE_BYTES_MAX, "what a group takes fits into the queue");
    assert!(SEGMENT_BYTES_MAX <= SEGMENT_BYTES_LIMIT && SEGMENT_BYTES_LIMIT < u32::MAX as u64, "offsets fit");
    assert!(LINGER_JOBS_MIN <= QUEUE_DEPTH_MAX && HURRY_SEGMENTS < UNPACKED_SEGMENTS_MAX);
};

/// How an embedded log is opened.
#[derive(Clone, Debug)]
pub struct EmbeddedOptions {
    /// See [`SEGMENT_BYTES_MAX`].
    pub segment_bytes_max: u64,
    /// See [`FRAME_BYTES_MAX`].
    pub frame_bytes_max: usize,
    /// See [`ZSTD_LEVEL`].
    pub zstd_level: i32,
    /// See [`QUEUE_DEPTH_MAX`].
    pub queue_depth_max: usize,
    /// See [`QUEUE_BYTES_MAX`].
    pub queue_bytes_max: usize,
    /// See [`GROUP_BYTES_MAX`].
    pub group_bytes_max: usize,
    /// See [`UNPACKED_SEGMENTS_MAX`].
    pub unpacked_segments_max: usize,
    /// See [`STREAM_HEADS_MAX`].
    pub stream_heads_max: usize,
    /// See [`INDEX_CACHE_BYTES`].
    pub index_cache_bytes: u64,
    /// See [`SCRUB_INTERVAL`].
    pub scrub_interval: Duration,
    /// Whether full segments are compressed. Without it they stay plain and their keys stay in memory.
    pub pack: bool,
    /// Whether the log is a copy of another one that is filled again from there. Of a copy it is no loss that
    /// it holds less than what is beside it has seen.
    pub is_copy: bool,
}

impl Default for EmbeddedOptions {
    fn default() -> Self {
        Self {
            segment_bytes_max: SEGMENT_BYTES_MAX,
            frame_bytes_max: FRAME_BYTES_MAX,
            zstd_level: ZSTD_LEVEL,
            queue_depth_max: QUEUE_DEPTH_MAX,
            queue_bytes_max: QUEUE_BYTES_MAX,
            group_bytes_max: GROUP_BYTES_MAX,
            unpacked_segments_max: UNPACKED_SEGMENTS_MAX,
            stream_heads_max: STREAM_HEADS_MAX,
            index_cache_bytes: INDEX_CACHE_BYTES,
            scrub_interval: SCRUB_INTERVAL,
            pack: true,
            is_copy: false,
        }
    }
}

impl EmbeddedOptions {
    /// The same options within the limits that the code relies on.
    pub(super) fn clamped(&self) -> Self {
        let mut options = self.clone();
        options.segment_bytes_max = options.segment_bytes_max.clamp(1, SEGMENT_BYTES_LIMIT);
        options.frame_bytes_max = options.frame_bytes_max.max(1);
        options.queue_depth_max = options.queue_depth_max.max(1);
        options.unpacked_segments_max = options.unpacked_segments_max.max(1);
        options.stream_heads_max = options.stream_heads_max.max(1);
        options
    }
}
