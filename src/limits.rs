//! Bounds that keep hostile or damaged files from taking memory or time without end.

/// Upper bounds on what reading a file may take.
///
/// The defaults suit every file that the C library writes; lower them for untrusted input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Largest metadata structure (header, heap block, B-tree node) to load, in bytes.
    pub metadata_block: u64,
    /// Largest chunk, before or after its filters, to load, in bytes.
    pub chunk: u64,
    /// Largest result of one read into memory that the library itself allocates, in bytes.
    pub read: u64,
    /// Most bytes of one read that the file does not hold, as those of chunks that were never written,
    /// which have the fill value; and most bytes that the first write into contiguous data fills with it,
    /// where the dataset was there before. A file of some size may have more: 1024 times its bytes.
    pub fill: u64,
    /// How many soft and external links one path may lead through.
    pub link_hops: u32,
    /// How deep trees, groups and datatypes may nest.
    pub depth: u32,
    /// How many continuation blocks an object header may have.
    pub header_chunks: u32,
    /// Bytes of decoded metadata that an open file keeps in memory.
    pub metadata_cache: usize,
    /// Bytes of decoded chunks that an open dataset keeps in memory.
    pub chunk_cache: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            metadata_block: 1 << 30,
            chunk: 1 << 32,
            read: 1 << 40,
            fill: 1 << 28,
            link_hops: 16,
            depth: 64,
            header_chunks: 4096,
            metadata_cache: 32 << 20,
            chunk_cache: 1 << 20,
        }
    }
}
