//! In which sizes the kernel gives memory.

/// Takes memory in small pages from here on.
///
/// The allocator asks for huge pages, of which one touched byte makes two mebibytes resident. Threads and
/// connections that hold a little each would leave nothing of a memory budget; no benchmark of this
/// repository is slower without. Where the kernel refuses, memory is taken as before.
pub fn use_small_pages() {
    let _ = rustix::thread::disable_transparent_huge_pages(true);
}
